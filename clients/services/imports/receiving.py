"""Taking a file in: limits first, then a copy under a name of our own, bound to its hash and its person."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from clients.choices import FileProblem, ImportState
from clients.constants import IMPORT_FILE_BYTES
from clients.models import ImportRun
from clients.readers import ReadError, check_file
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from journal.services import record

if TYPE_CHECKING:
    from accounts.models import Department, User

_CHUNK: Final = 1 << 18
_SELLERS: Final = frozenset({*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR})


def receive_import(*, file: File, actor: User, department: Department | None = None, is_dry: bool = False) -> ImportRun:
    """Stores an uploaded table and writes its run; reading starts with `run_import`.

    The page is for heads and the director; the shell may act in the name of anybody who sells. A director names the
    department. The same file of the same person that was not finished yet is taken up again, not doubled.
    NotAllowed; Invalid {"file": …} for empty, too large, binary and old Excel files.
    """
    home = _home(actor, department)
    size = file.size or 0
    if size == 0:
        raise Invalid({"file": str(FileProblem.EMPTY.label)}, code=FileProblem.EMPTY)
    if size > IMPORT_FILE_BYTES:
        raise Invalid({"file": str(FileProblem.TOO_LARGE.label)}, code=FileProblem.TOO_LARGE)
    name = default_storage.save(f"imports/{uuid.uuid4().hex}.table", file)
    try:
        path = Path(default_storage.path(name))
        try:
            check_file(path)
        except ReadError as problem:
            raise Invalid({"file": str(problem)}, code=problem.code) from problem
        digest = sha256_of(path)
        with transaction.atomic():
            unfinished = _unfinished(digest, actor, home, is_dry)
            if unfinished is not None:
                default_storage.delete(name)
                return unfinished
            run = ImportRun.objects.create(
                department=home,
                started_by=actor,
                file_name=shown_name(file.name),
                sha256=digest,
                file=name,
                is_dry=is_dry,
                created_at=clock.now(),
            )
            record(
                action="import.receive",
                obj=run,
                actor=actor,
                after={"file": run.file_name, "sha256": digest, "bytes": size, "is_dry": is_dry},
            )
    except BaseException:
        default_storage.delete(name)
        raise
    return run


def confirm_import(*, run: ImportRun, actor: User) -> ImportRun:
    """The real import of a file that was checked: same bytes, same person. Conflict when it was already started."""
    with transaction.atomic():
        checked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if checked.started_by_id != actor.pk:
            raise NotAllowed(_("Only the person who uploaded the file may import it."))
        if not checked.is_dry or checked.state != ImportState.DONE or not checked.file:
            raise Conflict(_("This file was already imported, or its copy is no longer kept. Upload it again."))
        real = ImportRun.objects.create(
            department=checked.department,
            started_by=actor,
            file_name=checked.file_name,
            sha256=checked.sha256,
            file=checked.file.name,
            created_at=clock.now(),
        )
        # The copy belongs to one run only; the run that imports deletes it.
        checked.file = ""
        checked.save(update_fields=["file"])
        record(action="import.receive", obj=real, actor=actor, after={"file": real.file_name, "checked": checked.pk})
    return real


def _home(actor: User, department: Department | None) -> Department:
    if not actor.is_active or actor.role not in _SELLERS:
        raise NotAllowed(_("You may not import clients."))
    if department is None:
        department = actor.department
    if department is None or not department.is_active:
        raise Invalid({"department": _("Choose the department.")})
    if not actor.is_director and department.pk != actor.department_id:
        raise NotAllowed(_("You may import clients into your own department only."))
    return department


def _unfinished(digest: str, actor: User, department: Department, is_dry: bool) -> ImportRun | None:
    return (
        ImportRun.objects.select_for_update()
        .filter(sha256=digest, started_by=actor, department=department, is_dry=is_dry)
        .filter(state__in=[ImportState.RECEIVED, ImportState.RUNNING])
        .exclude(file="")
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=clock.now()))
        .first()
    )


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def shown_name(name: str | None) -> str:
    """The person's own name of the file, for showing only: no folders, no control characters."""
    bare = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(mark for mark in bare if mark.isprintable())
    return clean.encode("utf-8", "ignore").decode()[:255] or "?"
