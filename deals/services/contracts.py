from __future__ import annotations

import uuid
import zipfile
from datetime import date
from decimal import Decimal

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, StaleVersion
from deals.choices import ContractStatus
from deals.constants import LARGEST_FILE
from deals.models import Contract
from deals.rules import content_matches, file_extension
from deals.services.guards import already_saved, check_amount, check_dates, fact_of, mark_documents, plain, refuse
from deals.services.sums import tell_money
from funnels import services as funnels
from funnels.choices import EvidenceType, FactKind
from funnels.models import SalesCycle
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from journal.services import record


@transaction.atomic
def register_contract(
    *,
    cycle: SalesCycle,
    actor: User,
    number: str,
    amount: Decimal,
    signed_by_us_on: date,
    signed_by_client_on: date,
    file: File,
    key: str | None = None,
) -> Contract:
    """A contract signed by both sides, with its file: fact F10 dated the later signature, from state c1 on.

    The file: pdf, jpg, png or docx up to 10 MB, stored under a name of its own. GuardFailed before c1, NotAllowed,
    Conflict (closed cycle, number taken), Invalid by field: number, amount, signed_by_us_on, signed_by_client_on, file.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    if (saved := already_saved(Contract, actor=actor, key=key, cycle=cycle)) is not None:
        return saved
    ensure_open(cycle)
    number = plain("number", number, 40)
    signed = {"signed_by_us_on": signed_by_us_on, "signed_by_client_on": signed_by_client_on}
    errors = check_amount(amount) | check_dates(signed, cycle)
    if not number:
        errors["number"] = _("The number of the contract is needed.")
    refuse(errors)
    extension = check_file(file)
    if Contract.objects.filter(client=cycle.client, number=number).exists():
        raise Invalid({"number": _("This client already has a contract with this number.")}, code="number_taken")
    contract = Contract(
        client=cycle.client,
        cycle=cycle,
        number=number,
        amount=amount,
        status=ContractStatus.SIGNED,
        file_name=(file.name or "")[-200:],
        created_at=clock.now(),
        created_by=actor,
        key=key or None,
        **signed,
    )
    name = f"{uuid.uuid4().hex}.{extension}"
    contract.file.save(name, file, save=False)
    stored = contract.file.name
    try:
        contract.save(force_insert=True)
        mark_documents(cycle.client)
        later = max(signed.values())
        record(
            action="contract.sign",
            obj=contract,
            actor=actor,
            after={"client": cycle.client_id, "amount": amount, "file": contract.file_name, **signed},
        )
        fact = funnels.record_fact(
            cycle=cycle,
            kind=FactKind.CONTRACT_SIGNED,
            on=later,
            amount=amount,
            evidence_type=EvidenceType.CONTRACT,
            evidence_id=contract.pk,
            is_evidence_dated=True,
            actor=actor,
        )
        tell_money(cycle=cycle, actor=actor, on=later, fact=fact)
    except BaseException:
        # The rows roll back; the file would stay behind.
        contract.file.storage.delete(str(stored))
        raise
    return contract


def check_file(file: File) -> str:
    """The extension under which the file may be stored. Invalid when it is none of the allowed kinds, or too large."""
    extension = file_extension(file.name or "")
    if not extension:
        raise Invalid({"file": _("A PDF, JPG, PNG or DOCX file is needed.")}, code="file_kind")
    if not 0 < file.size <= LARGEST_FILE:
        text = _("The file is larger than 10 MB.") if file.size else _("The file is empty.")
        raise Invalid({"file": text}, code="file_size")
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if not content_matches(extension, head) or (extension == "docx" and not _is_document(file)):
        raise Invalid({"file": _("The content of the file is not what its name says.")}, code="file_content")
    file.seek(0)
    return extension


def _is_document(file: File) -> bool:
    """The package names a text document; only the list of its parts is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as package:
            return "word/document.xml" in package.namelist()
    except zipfile.BadZipFile:
        return False


@transaction.atomic
def terminate_contract(
    *, contract: Contract, actor: User, reason: str, on: date | None = None, version: int | None = None
) -> Contract:
    """The contract is terminated: its fact is revoked and no longer makes GREEN.

    NotAllowed; StaleVersion; Conflict when it is not in force; Invalid by field: reason, on.
    """
    cycle = lock_cycle(contract.cycle)
    ensure_may_work(actor, cycle.client)
    contract = Contract.objects.select_for_update(of=("self",)).filter(pk=contract.pk).get()
    if version is not None and version != contract.version:
        raise StaleVersion(_("The contract was changed meanwhile."), current={"status": contract.status})
    if contract.status != ContractStatus.SIGNED:
        raise Conflict(_("The contract is not in force."), code="contract_not_signed")
    reason = plain("reason", reason, 300)
    on = on or clock.today()
    errors = {} if reason else {"reason": _("Say why.")}
    refuse(errors | check_dates({"on": on}, cycle))
    contract.status, contract.terminated_on = ContractStatus.TERMINATED, on
    contract.version += 1
    contract.save(update_fields=["status", "terminated_on", "version"])
    record(
        action="contract.terminate",
        obj=contract,
        actor=actor,
        before={"status": ContractStatus.SIGNED},
        after={"status": ContractStatus.TERMINATED, "on": on, "reason": reason},
    )
    fact = fact_of(cycle=cycle, evidence_type=EvidenceType.CONTRACT, evidence_id=contract.pk)
    if fact is not None:
        fact = funnels.revoke_fact(fact=fact, actor=actor, on=on)
    tell_money(cycle=cycle, actor=actor, on=on, fact=fact)
    return contract
