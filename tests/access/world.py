"""Two departments at work: every kind of object belongs to somebody and says so by its canary.

A canary is `CANARY-<owner>-<kind>`; `seen_in` finds those of an answer, whatever it is made of.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from accounts.models import Absence, Department, User
from accounts.services import create_token
from clients.models import Client, ImportRow, ImportRun
from clients.services import add_email, add_person
from common import clock
from deals.models import Contract, Invoice, Payment
from deals.services import enter_payment, issue_invoice, register_contract, send_offer
from funnels.models import RotationOrder, SalesCycle, Task
from funnels.services import create_task, flag_stagnant
from journal.constants import SET_ASIDE
from journal.models import JobItem, JobRun
from journal.services import claim_run, finish_run, open_run, record
from notifications.models import Notice, OutboxMail
from notifications.services import ring
from planning.models import YearPlan
from planning.services import PlanData, PlanScope, draft_year_plan
from staffing.models import Vacancy
from staffing.services import draft_vacancy
from telephony.models import Call, Line
from telephony.services import create_connection
from tests.factories import Cast, make_cast, make_user
from tests.factories.work import answer, call, dm_of, make_client, make_template, on, take

STALE_DAY = date(2026, 11, 9)
TODAY = date(2026, 11, 20)  # a Friday; what stood since the ninth is flagged in the night
PHONES = {"a1": "+79035550011", "a2": "+79035550012", "b1": "+79035550021", "fA": "+79035550031", "fB": "+79035550032"}
INNS = {"a1": "7707083893", "a2": "7736207543", "b1": "7728168971"}
CANARY = re.compile(r"canary-(\w+?)-(\w+)", re.IGNORECASE)


class Seat(Browser):
    """A browser that asks thousands of pages: it keeps no copies of the templates and contexts behind an answer."""

    def request(self, **request: Any) -> Any:
        response = self.handler(self._base_environ(**request))
        if response.cookies:
            self.cookies.update(response.cookies)
        return response


@dataclass
class Belongings:
    """What one manager has: the client in work with everything on it, and a second one on its way to rotation."""

    user: User
    client: Client
    cycle: SalesCycle
    invoice: Invoice
    contract: Contract
    payment: Payment
    task: Task
    order: RotationOrder
    call: Call
    notice: Notice
    mail: OutboxMail


@dataclass
class World:
    cast: Cast
    people: dict[str, User]
    a1: Belongings
    a2: Belongings
    b1: Belongings
    free: dict[str, Client]
    imports: dict[str, ImportRun]
    absence: Absence
    token: Any
    year_plan: YearPlan
    job_run: JobRun
    vacancy: Vacancy
    connection: Any
    line: Line
    browsers: dict[str, Browser] = field(default_factory=dict)
    handler: Any = field(default_factory=lambda: Browser().handler)

    def browser(self, role: str) -> Browser:
        """Signed in as this person; `anon` is nobody, `disabled` was switched off while his session lived."""
        browser = Seat(raise_request_exception=False)
        browser.handler = self.handler  # the middleware is built once
        if role != "anon":
            if role not in self.browsers:
                user = self.people[role]
                signed = Browser()
                if role == "disabled":
                    User.objects.filter(pk=user.pk).update(is_active=True)
                    user.refresh_from_db()
                signed.force_login(user, backend="accounts.backends.EmployeeBackend")
                if role == "disabled":
                    User.objects.filter(pk=user.pk).update(is_active=False)
                self.browsers[role] = signed
            browser.cookies = type(browser.cookies)(self.browsers[role].cookies.output(header="", sep=";"))
        return browser


def build_world() -> World:
    """Everything by the real services, on two days of the calendar."""
    cast = make_cast()
    make_template(required=2)
    owners = {"a1": cast.ivanova, "a2": cast.petrov, "b1": cast.belov}
    heads = {"A": cast.volkov, "B": cast.boss}
    made = create_connection(name="АТС", actor=cast.admin)
    line = Line.objects.create(connection=made.connection, number="+74951234567", department=cast.sales)
    with on(STALE_DAY):
        for name, user in owners.items():
            take(cast, user, name=canary(name, "order"), department=user.department)
    with on(TODAY, 0, 20):
        flag_stagnant(day=TODAY)
    # Everybody's own recipient, so that a colleague's queue says nothing about this one.
    RotationOrder.objects.filter(department=cast.sales).update(suggested=cast.kuznetsova)
    with on(TODAY, 8, 0):
        things = {name: _belongings(cast, name, user, heads, made.connection) for name, user in owners.items()}
        free = {}
        for letter, department in (("A", cast.sales), ("B", cast.other)):
            free[letter] = make_client(cast, department=department, name=canary(f"f{letter}", "client"))
            free[letter].phones.update(e164=PHONES[f"f{letter}"], last10=PHONES[f"f{letter}"][-10:])
        imports = {letter: _import(head, letter) for letter, head in heads.items()}
        disabled = make_user("gone", "hunter", cast.sales, is_active=False)
        token, _value = create_token(user=cast.ivanova, name=canary("a1", "token"), actor=cast.ivanova)
        scope = PlanScope(clock.today().year, cast.sales)
        data = PlanData(Decimal(1_000_000), reason=canary("a1", "plan"))
        year_plan = draft_year_plan(scope=scope, data=data, actor=cast.volkov)
        vacancy = draft_vacancy(
            department=cast.sales,
            role="farmer",
            headcount=1,
            wanted_on=TODAY.replace(day=1),
            reason={},
            actor=cast.volkov,
        )
        job_run = _job_run([things[name].client for name in owners])
        absence = Absence.objects.create(
            user=cast.ivanova,
            kind="vacation",
            starts_on=date(2026, 6, 1),
            ends_on=date(2026, 6, 14),
            deputy=cast.petrov,
            created_at=clock.now(),
        )
    people = {
        "owner": cast.ivanova,
        "colleague": cast.petrov,
        "farmer": cast.smirnova,
        "intern": cast.orlov,
        "stranger": cast.belov,
        "head": cast.volkov,
        "other_head": cast.boss,
        "director": cast.director,
        "accountant": cast.accountant,
        "quality": cast.quality,
        "admin": cast.admin,
        "disabled": disabled,
    }
    return World(
        cast=cast,
        people=people,
        **things,
        free=free,
        imports=imports,
        absence=absence,
        token=token,
        year_plan=year_plan,
        vacancy=vacancy,
        job_run=job_run,
        connection=made.connection,
        line=line,
    )


def _job_run(clients: list[Client]) -> JobRun:
    """A night that could not handle these clients."""
    run = open_run("flags", TODAY)
    lease = claim_run(run.pk) if run else None
    assert lease is not None
    for client in clients:
        kept = {"object_type": "clients.client", "object_id": client.pk, "result": SET_ASIDE, "error": "ValueError"}
        JobItem.objects.create(run=lease.run, at=clock.now(), **kept)
    return finish_run(lease, {"flagged": 0, SET_ASIDE: len(clients)})


def canary(owner: str, kind: str) -> str:
    return f"CANARY-{owner}-{kind}"


def _belongings(cast: Cast, name: str, user: User, heads: dict[str, User], connection: Any) -> Belongings:
    department: Department = user.department
    client = make_client(
        cast, department=department, name=canary(name, "client"), note=canary(name, "note"), inn=INNS[name]
    )
    client.people.update(full_name=canary(name, "person"))
    client.phones.update(raw=PHONES[name], e164=PHONES[name], last10=PHONES[name][-10:])
    cycle = take(cast, user, client=client)
    add_email(client=client, address=f"{canary(name, 'email').lower()}@example.ru", actor=user)
    add_person(client=client, full_name="Без Должности", note=canary(name, "remark"), actor=user)
    call(cycle, text=canary(name, "contact"), next_step_text=canary(name, "step"))
    answer(cycle, 1)
    cycle.refresh_from_db()
    _answer_in_words(cycle, canary(name, "answer"))
    money = Decimal("100000")
    send_offer(cycle=cycle, actor=user, amount=money, sent_on=TODAY, note=canary(name, "offer"))
    due = TODAY + timedelta(days=7)
    invoice = issue_invoice(
        cycle=cycle, actor=user, amount=money, issued_on=TODAY, due_on=due, subject=canary(name, "invoice")
    )
    file = SimpleUploadedFile("договор.pdf", f"%PDF-1.7 {canary(name, 'file')}".encode(), "application/pdf")
    contract = register_contract(
        cycle=cycle,
        actor=user,
        number=canary(name, "contract"),
        amount=money,
        signed_by_us_on=TODAY,
        signed_by_client_on=TODAY,
        file=file,
    )
    payment = enter_payment(
        cycle=cycle, actor=cast.accountant, amount=Decimal("10000"), paid_on=TODAY, document=canary(name, "payment")
    )
    task = create_task(
        kind="other",
        text=canary(name, "task"),
        due_at=clock.now() + timedelta(hours=3),
        has_time=True,
        assignee=user,
        client=client,
        actor=user,
    )
    now = clock.now()
    shown = {"connection": connection, "direction": "in", "user": user, "department": department, "started_at": now}
    shown |= {
        "ended_at": now,
        "result": "answered",
        "talk_seconds": 60,
        "created_at": now,
        "updated_at": now,
        "rank": 3,
    }
    made = Call.objects.create(call_id=f"{name}-1", client_number=canary(name, "call"), **shown)
    if name != "a2":  # one client of three has never been on the phone: quality does not know it
        Call.objects.create(call_id=f"{name}-2", client_number=PHONES[name], e164=PHONES[name], client=client, **shown)
        Client.objects.filter(pk=client.pk).update(has_calls=True)
    record(action="client.edit", obj=client, actor=user, before={}, after={"note": canary(name, "audit")})
    notice = ring(recipient=user, key=f"canary:{name}", text=canary(name, "notice"), url="/tasks/")
    mail = OutboxMail.objects.create(
        dedupe_key=f"canary:{name}",
        recipient=user,
        to_address=user.email,
        subject=canary(name, "mail"),
        text=canary(name, "mail"),
        html=f"<p>{canary(name, 'mail')}</p>",
        run_after=now,
        message_id=f"<{name}@example.org>",
        created_at=now,
    )
    client.refresh_from_db()
    cycle.refresh_from_db()
    order = RotationOrder.objects.get(old_owner=user)
    return Belongings(user, client, cycle, invoice, contract, payment, task, order, made, notice, mail)


def _answer_in_words(cycle: SalesCycle, words: str) -> None:
    questionnaire = cycle.questionnaire
    questionnaire.answers = dict.fromkeys(questionnaire.answers, words)
    questionnaire.save(update_fields=["answers"])


def _import(head: User, letter: str) -> ImportRun:
    run = ImportRun.objects.create(
        department=head.department,
        started_by=head,
        file_name=f"{canary(f'h{letter}', 'file')}.csv",
        sha256=letter * 64,
        file=SimpleUploadedFile("base.csv", "Компания\nООО «Новая»\n".encode()),
        is_dry=True,
        state="done",
        counts={"rows": 1, "created": 1, "duplicates": 0, "errors": 0, "warnings": 0, "total": 1},
        created_at=clock.now(),
        finished_at=clock.now(),
    )
    ImportRow.objects.create(run=run, row_no=2, state="created", name=canary(f"h{letter}", "row"))
    return run


_BETWEEN_DIGITS = str.maketrans("", "", " \t\r\n\f\v()\u00a0\u202f-")


def seen_in(response: Any) -> set[str]:
    """`<owner>-<kind>` of every canary in the answer; phones count as the kind `phone`, workbooks are opened."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    text = body.decode(errors="replace")
    text += "\n" + " ".join(f"{name}: {value}" for name, value in response.headers.items())
    found = {f"{owner}-{kind}" for owner, kind in CANARY.findall(text)}
    digits = text.translate(_BETWEEN_DIGITS)
    return found | {f"{owner}-phone" for owner, phone in PHONES.items() if phone[-10:] in digits}


__all__ = ["PHONES", "TODAY", "Belongings", "World", "build_world", "canary", "dm_of", "seen_in"]
