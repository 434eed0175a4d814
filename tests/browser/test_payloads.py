"""Whatever people, files and PBXs write is text: in every field, on every page, in every letter. Nothing of it runs.

Each field holds one of the payloads by default; pages with an object of their own in the address are then shown without
the server between, and so without its policy. `PAYLOADS=all` shows every payload in every field on every page as served.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client as HttpClient
from playwright.sync_api import Page

from clients.models import Client
from desk.services import run_day
from funnels.models import Questionnaire
from journal.services import record
from notifications.models import Notice, OutboxMail
from tests.access.table import ROLES, TABLE
from tests.access.test_matrix import address as address_of
from tests.access.test_matrix import objects
from tests.access.world import TODAY, World, build_world
from tests.browser.conftest import Seen
from tests.factories.work import on

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LINK = "javascript:alert(1)//"
RENDERED = "Q-7-Q"  # before a sum that no page may work out; a token has no dashes
PAYLOADS = (
    '"><svg onload=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "'\"--><script>alert(1)</script>",
    f"{RENDERED}{{{{7*7}}}}Q{{%debug%}}{RENDERED}${{7*7}}Q",
    "</script><script>alert(1)//",
    '" onmouseover=alert(1) autofocus onfocus=alert(1) x="',
    "<div hx-get=/x hx-trigger=load>",
    "<a href=javascript:alert(1)>x</a>",
    "</textarea><script>alert(1)</script>",
    "</title><svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<b hx-on::load=alert(1) data-hx-on:load=alert(1)>",
    "<math><mtext><style>*{x:url(//x)}</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<base href=//x><form action=javascript:alert(1)>",
    "`${alert(1)}`\\u003cscript\\u003e",
)
IS_LONG = os.environ.get("PAYLOADS") == "all"
ROUNDS = range(len(PAYLOADS)) if IS_LONG else range(1)
SERVED = {"client_card", "import_result", "mail_letter", "client_edit", "contact_form"}
ASSETS = re.compile(r'<(?:link|meta)\b[^>]*>|<script\b[^>]*\bsrc="/static/[^>]*></script>')
ROOMS = "accounts clients funnels deals planning telephony notifications"
# Codes, keys, secrets and addresses of machines: nobody writes them. Letters are written anew out of the rest.
MACHINES = re.compile(
    r"login|password|secret|token|digest|prefix|sha256|key|e164|last10|extension|email|to_address|message_id|html|"
    r"time_zone|state|kind|rule|code|result|event|call_id|provider|group|language|sort_|uuid|recording|"
    r"(?:end|withdrawn)_reason|^reason$|^number$|^url$|^inn$|^kpp$|^ogrn$"
)
WRITTEN = {  # fields that a page must have shown, or the round has proved nothing
    "clients.client.name", "clients.client.note", "clients.client.address", "clients.client.city",
    "clients.contactperson.full_name", "clients.contactperson.position", "clients.phone.raw", "clients.email.address",
    "clients.segment.name", "clients.category.name", "clients.importrun.file_name", "clients.importrow.name",
    "funnels.contact.text", "funnels.task.text", "funnels.question.text", "funnels.questionnaire.answers",
    "deals.offer.note", "deals.payment.document",
    "notifications.notice.text", "accounts.user.last_name", "accounts.department.name", "accounts.organisation.name",
    "accounts.apitoken.name", "telephony.telephonyconnection.name", "journal.auditevent.after",
}  # fmt: skip
HOSTILE = """() => [...document.querySelectorAll(`[onload],[onerror],[onmouseover],[onfocus],[srcdoc],
  iframe:not([sandbox]),math,object,embed,base,style,script:not([src]):not([type="application/json"]),
  [href^="javascript:" i],[href^="data:" i],[action^="javascript:" i],[hx-get="/x"],[hx-on\\\\:\\\\:load]`)]
  .map(one => one.outerHTML.slice(0, 160))"""
LISTEN = """window.told = [];
  document.addEventListener("securitypolicyviolation", one => window.told.push(one.violatedDirective));"""


class Poisoned:
    """The company of the access matrix, every text of which is hostile."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fields: list[str] = []

    def poison(self, turn: int) -> None:
        for model in [one for room in ROOMS.split() for one in apps.get_app_config(room).get_models()]:
            rows = model._base_manager.all()
            for field in [one for one in model._meta.concrete_fields if self._is_written(one)]:
                for pk in rows.values_list("pk", flat=True):
                    text = self._text(f"{model._meta.label_lower}.{field.name}", turn)
                    text = f"{pk}{text}" if field.unique else text
                    rows.filter(pk=pk).update(**{field.name: text[: field.max_length]})
        extra = self._text("clients.client.imported_extra", turn)
        Client.objects.update(website=LINK, imported_extra={extra: extra})
        Notice.objects.update(url=LINK)
        answered = self._text("funnels.questionnaire.answers", turn)
        for row in Questionnaire.objects.all():
            Questionnaire.objects.filter(pk=row.pk).update(answers=dict.fromkeys(row.answers, answered))
        told = self._text("journal.auditevent.after", turn)
        record(action="client.edit", obj=self.world.a1.client, actor=self.world.a1.user, after={told: told})

    @staticmethod
    def _is_written(field: models.Field) -> bool:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        return is_text and (field.max_length or 999) >= 40 and not MACHINES.search(field.name)

    def _text(self, name: str, turn: int) -> str:
        if name not in self.fields:
            self.fields.append(name)
        number = self.fields.index(name)
        return f"Z{number}Z{PAYLOADS[(number + turn) % len(PAYLOADS)]}"


@pytest.fixture
def poisoned(transactional_db, address) -> Iterator[Poisoned]:
    with on(TODAY, 8, 46):
        yield Poisoned(build_world())


def pages_of(world: World) -> list[tuple[str, str, bool]]:
    """Role, address and whether it is served, of every page of the access table; each by the first role that may."""
    known = objects(world)
    order = ["head", "owner", "director", "admin", "accountant", "quality", *ROLES]
    found: dict[str, tuple[str, bool]] = {}
    for key, row in TABLE.items():
        cells = row.cells("GET")
        role = next((one for one in order if cells[one] == 200), None)
        is_page = not row.is_api and not any(word in key for word in ("export", "file", "template", "_book"))
        if is_page and role and role not in ("anon", "disabled"):
            name = key.partition("@")[0]
            found.setdefault(address_of(key, row, known), (role, IS_LONG or not row.args or name in SERVED))
    # What differs from role to role is looked at by two.
    again = (f"/clients/{known['client']}/?", "/day/?", "/clients/?", "/account/?")
    found |= dict.fromkeys(again, ("owner", True))
    return [(role, path, is_served) for path, (role, is_served) in found.items()]


def problems_of(page: Page, seen: Seen, dialogs: list[str], where: str) -> list[str]:
    told = [f"ran: {one}" for one in dialogs] + [f"policy: {one}" for one in page.evaluate("window.told || []")]
    told += [f"element: {one}" for one in page.evaluate(HOSTILE)] + seen.console
    if f"{RENDERED}49Q" in page.content():
        told.append("a template was rendered")
    dialogs.clear()
    return [f"{where}: {one}" for one in told]


@pytest.mark.parametrize("turn", ROUNDS)
def test_no_payload_runs_on_any_page_or_in_any_letter(poisoned, browser, address, turn):
    world, problems, shown, dialogs = poisoned.world, [], set(), []
    poisoned.poison(turn)
    assert [line.result for line in run_day(day=TODAY, only={"digest"})] == ["done"]
    letters = list(OutboxMail.objects.exclude(html="").values_list("html", flat=True))
    pages = pages_of(world)
    context = browser.new_context(locale="ru-RU", reduced_motion="reduce")
    context.add_init_script(LISTEN)
    browser_page, seen = context.new_page(), Seen()
    seen.watch(browser_page)
    browser_page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for role in sorted({role for role, *_page in pages}):
        seat = HttpClient()
        seat.force_login(world.people[role], backend="accounts.backends.EmployeeBackend")
        key = seat.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
        for path, is_served in [page[1:] for page in pages if page[0] == role]:
            where = f"{role} {path}"
            seen.console.clear()
            if is_served:
                answer = browser_page.goto(f"{address}{path}", wait_until="load")
                status, kind = answer.status, answer.headers.get("content-type", "")
            else:
                answer = seat.get(path)
                status, kind = answer.status_code, answer["Content-Type"]
                browser_page.set_content(ASSETS.sub("", answer.content.decode()))
            if not kind.startswith("text/html"):
                continue
            shown |= set(re.findall(r"Z(\d+)Z", browser_page.content()))
            problems += problems_of(browser_page, seen, dialogs, where)
            problems += [f"{where}: {status}"] if status != 200 else []
    for letter in letters:
        # A mail program has no policy of ours.
        seen.console.clear()
        browser_page.set_content(letter)
        problems += problems_of(browser_page, seen, dialogs, "letter")
    context.close()
    assert not problems, "\n".join(problems)
    assert len(pages) >= 50 and len(letters) >= 5
    named = {poisoned.fields[int(number)] for number in shown if int(number) < len(poisoned.fields)}
    assert not WRITTEN - named, sorted(WRITTEN - named)
