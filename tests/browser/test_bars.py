"""The bars of every page: accessibility, policy, silence of the console, weight, widths, languages, history, order."""

from __future__ import annotations

import gzip
import io
import os
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client as HttpClient
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Response

from accounts.choices import Role
from accounts.models import User
from clients.models import Client, ImportRun
from clients.services import receive_import, run_import
from desk.services import run_day
from notifications.models import OutboxMail
from planning.services import PlanData, PlanScope, draft_year_plan
from tests.browser import tables
from tests.browser.conftest import Seen
from tests.factories.work import on

# The company is written once for the module; a test itself only reads, so an ordinary transaction around it is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

AXE = Axe()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "media-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip
SEEDED, TODAY = date(2026, 11, 13), date(2026, 11, 18)
HTML_BYTES = 120 * 1024
COLD_BYTES, COLD_REQUESTS = 60 * 1024, 10
WIDTHS = (1440, 390, 320)

# Names of pages by the role that reads them; `card`, `own_card` and the like are found in the data.
PAGES = {
    "": ["login"],
    Role.HUNTER: [
        "day", "own_contacts", "client_list", "client_list?section=any", "client_new", "own_card",
        "own_contact", "own_edit", "own_questionnaire", "own_offer", "own_invoice", "own_refuse", "funnel_board",
        "tasks", "rotation_queue", "rotation_history", "plan_fact", "documents", "calls", "notices", "account", "pay",
        "search?q=ооо", "search?q=xxxx", "verification_paid", "kpi_norm_clients?of=upgrades",
    ],
    Role.HEAD: [
        "lights", "client_list", "card", "customer", "import_upload", "import", "funnel_board", "funnel_board?by=colour",
        "rotation_queue", "rotation_history", "rotation_settings", "plan_fact", "plan_target", "documents?tab=invoices",
        "documents?tab=contracts", "documents?tab=payments", "tasks", "staff_list", "person", "settings", "transfer",
        "plan_calculator", "forecast_calculator", "funnel_calculator", "staffing_calculator", "vacancies",
        "kpi_board", "kpi_references", "plan_verification", "year_plans", "passages", "verification_forecast",
        "plan_parts", "kpi_norms?of=productive_calls", "staffing_customers",
    ],
    Role.DIRECTOR: [
        "lights", "plan_fact", "settings", "calendar", "audit_log", "mail_box", "letter", "segment_list", "segment",
        "year_plan", "year_divide?into=segments", "verification_amounts", "year_import",
        "pay_scheme", "staffing_calculator?role=farmer", "jobs", "job_runs",
    ],
    Role.ADMINISTRATOR: ["staff_list", "staff_new", "settings", "category_list",
                         "telephony_settings", "audit_log"],
    Role.ACCOUNTANT: ["documents?tab=invoices", "documents?tab=payments", "billed_card", "billed_payment"],
    Role.QUALITY: ["calls", "client_list", "card"],
}  # fmt: skip


def _cases() -> list:
    """Each page once, by the first role that has it; BARS=all looks through every role's eyes."""
    met: set[str] = set()
    cases = []
    for role, names in PAGES.items():
        for name in names:
            if name not in met or os.environ.get("BARS") == "all":
                cases.append(pytest.param(role, name, id=f"{role or 'anybody'}-{name}"))
            met.add(name)
    return cases


CASES = _cases()


def session_of(person: User) -> str:
    seat = HttpClient()
    seat.force_login(person, backend="accounts.backends.EmployeeBackend")
    return seat.cookies[settings.SESSION_COOKIE_NAME].value


class Company:
    """A small company with 45 days behind it, and one browser for each role."""

    def __init__(self, browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: dict[str, BrowserContext] = {}
        self.owned = Client.objects.filter(section="in_work", owner__role=Role.HUNTER, state="c2").first()
        self.people = {role: User.objects.filter(role=role, is_active=True).first() for role in Role.values}
        self.people[Role.HUNTER] = self.owned.owner
        self.people[Role.HEAD] = User.objects.filter(role=Role.HEAD, department=self.owned.department).first()
        # Written before the transactions of the tests begin, so that the server sees them.
        self.keys = {role: session_of(person) for role, person in self.people.items() if person}
        self.billed = Client.objects.filter(invoices__isnull=False).first()
        self.year_plan = draft_year_plan(
            scope=PlanScope(TODAY.year + 1, self.owned.department),
            data=PlanData(amount=Decimal("120000000.00")),
            actor=self.people[Role.DIRECTOR],
        )

    def context(self, role: str) -> BrowserContext:
        if role not in self.contexts:
            context = self.browser.new_context(locale="ru-RU", timezone_id="Europe/Moscow", reduced_motion="reduce")
            context.set_default_timeout(10_000)
            if role:
                cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.keys[role], "url": self.address}
                context.add_cookies([cookie])
            self.contexts[role] = context
        return self.contexts[role]

    def page(self, role: str) -> Page:
        """The one tab of this role: a new tab is a new process of the browser, which costs more than a page."""
        open_already = self.context(role).pages
        return open_already[0] if open_already else self.context(role).new_page()

    def path(self, name: str) -> str:
        own, billed = self.owned.pk, self.billed.pk
        of_head = Client.objects.filter(department=self.owned.department)
        found = {
            "own_card": lambda: reverse("client_card", args=[own]),
            "own_contact": lambda: reverse("contact_form", args=[own]),
            "own_edit": lambda: reverse("client_edit", args=[own]),
            "own_questionnaire": lambda: reverse("questionnaire", args=[own]),
            "own_offer": lambda: reverse("offer_new", args=[own]),
            "own_invoice": lambda: reverse("invoice_new", args=[own]),
            "own_refuse": lambda: reverse("client_refuse", args=[own]),
            "transfer": lambda: reverse("client_transfer", args=[own]),
            "card": lambda: reverse("client_card", args=[own]),
            "customer": lambda: reverse("client_card", args=[of_head.filter(section="customers").first().pk]),
            "billed_card": lambda: reverse("client_card", args=[billed]),
            "billed_payment": lambda: reverse("payment_new", args=[billed]),
            "import": lambda: reverse("import_result", args=[ImportRun.objects.first().pk]),
            "person": lambda: reverse("staff_edit", args=[self.people[Role.HUNTER].pk]),
            "letter": lambda: reverse("mail_letter", args=[OutboxMail.objects.first().pk]),
            "segment": lambda: reverse("segment_edit", args=[self.owned.segment_id]),
            "verification_amounts": lambda: reverse("verification_amounts") + f"?user={self.people[Role.HUNTER].pk}",
            "job_runs": lambda: reverse("job_runs", args=["plan"]),
            "year_divide": lambda: reverse("year_divide", args=[self.year_plan.pk]),
            "year_plan": lambda: reverse("year_plan", args=[self.year_plan.pk]),
        }
        name, _mark, query = name.partition("?")
        path = found[name]() if name in found else reverse(name)
        return f"{path}?{query}" if query else path


def upload() -> ContentFile:
    return ContentFile(tables.as_csv(tables.amocrm_rows()), name="amocrm.csv")


@pytest.fixture(scope="module")
def company(browser, address, django_db_setup, django_db_blocker) -> Iterator[Company]:
    """Seeded, left alone for five days, and looked at before the rotation of the sixth."""
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
        with on(SEEDED, 10):
            call_command("seed_demo", clients=60, managers=3, days=45, stdout=io.StringIO())
        with on(TODAY, 8, 40):
            assert {line.result for line in run_day(day=TODAY, only={"colours", "flags", "plan", "digest"})} == {"done"}
            built = Company(browser, address)
            run_import(run_id=receive_import(file=upload(), actor=built.people[Role.HEAD]).pk)
            yield built
            for context in built.contexts.values():
                context.close()
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def visit(company: Company) -> Iterator[Callable[[str, str], tuple[Page, Seen, Response]]]:
    """`visit(role, name)` → the page, what it said, its own answer."""
    watched = []

    def go(role: str, name: str):
        page, seen = company.page(role), Seen()
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.emulate_media(color_scheme="light")
        seen.watch(page)
        watched.append((seen, page))
        answer = page.goto(f"{company.address}{company.path(name)}")
        page.wait_for_load_state()
        return page, seen, answer

    yield go
    for seen, page in watched:
        seen.leave(page)


FOUND = """options => axe.run(options).then(found => found.violations.flatMap(rule => rule.nodes.slice(0, 3).map(
  node => `${rule.id}: ${node.html.slice(0, 160)} — ${(node.failureSummary || "").slice(0, 200)}`)))"""


def violations(page: Page, only: dict | None = None) -> list[str]:
    """What axe finds, a line for each node; it is brought to a page once."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.axe_script)
    wanted = only or {"type": "tag", "values": TAGS}
    return page.evaluate(FOUND, {"runOnly": wanted, "resultTypes": ["violations"]})


WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(one => one.outerHTML.slice(0, 120))"""


SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
  Promise.allSettled(document.getAnimations().map(one => one.finished)).then(() => done()))))"""


@pytest.mark.parametrize(("role", "name"), CASES)
def test_page_keeps_every_bar(visit, role, name):
    page, seen, answer = visit(role, name)
    problems = []
    if answer.status != 200:
        problems.append(f"status {answer.status}")
    if "/login/" in page.url and name != "login":
        problems.append(f"sent to {page.url}")
    if set(answer.headers.get("content-security-policy", "").split("; ")) != POLICY:
        problems.append(f"policy {answer.headers.get('content-security-policy')}")
    if (size := len(answer.body())) > HTML_BYTES:
        problems.append(f"{size} bytes of HTML")
    problems += violations(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(SETTLED)
    # Only colours differ between the themes.
    problems += [f"dark {line}" for line in violations(page, {"type": "rule", "values": ["color-contrast"]})]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if wide := page.evaluate(WIDE):
            problems.append(f"wider than {width}: {wide}")
    if page.locator("[style]").count():
        problems.append(f"[style]: {page.locator('[style]').first.evaluate('e => e.outerHTML.slice(0, 200)')}")
    if name != "audit_log":  # its rows are keys and values as they are stored
        problems += [f"untranslated: {line}" for line in foreign_words(page.locator("body").inner_text())]
    problems += seen.console + seen.failed + [f"{status} {url}" for status, url in seen.statuses if status >= 400]
    assert not problems, "\n".join(problems)


# Words that are Latin in Russian too: keys, formats, names of programs, and what the demo itself spells so.
LATIN = re.compile(
    r"Ctrl|Enter|Shift|Esc|Space|Alt|KPI|Bitrix24|Excel|XLSX|CSV|DOCX|PDF|JPG|PNG|API|English|HYPERLINK|@SUM|amocrm|"
    r"Europe/Moscow|Message-ID|group:sales|svtel_\S+|"
    r"\b[a-z_]+\.[a-z_]+(?::\d+)?\b|"  # names of acts and objects in the audit
    r"[\w.+-]+@[\w.-]+|https?://\S+|\w+\.(?:ru|csv|xlsx|org)\b|svetofor-demo|onerror|script|alert",
    re.IGNORECASE,
)
LOGINS = re.compile(
    r"\b(?:director|head2?|ivanova|petrov|kuznetsova|smirnova|orlov|accountant|quality|admin|sidorov|fomina)\b"
)


def foreign_words(text: str) -> list[str]:
    """Lines of a Russian page that hold an English word; programs, addresses and logins aside."""
    bare = (LOGINS.sub("", LATIN.sub("", line)) for line in text.splitlines())
    return sorted({line.strip() for line in bare if re.search(r"\b[A-Za-z]{3,}\b", line)})


def test_cold_page_is_light(company):
    """Static files as they travel, compressed; the page as the proxy in front compresses it."""
    context = company.browser.new_context()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": company.keys[Role.HUNTER], "url": company.address}
    context.add_cookies([cookie])
    page = context.new_page()
    finished = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - a builtin is not hooked
    answer = page.goto(f"{company.address}/day/")
    page.wait_for_load_state("networkidle")
    static = [request for request in finished if "/static/" in request.url]
    weights = {request.url: request.sizes()["responseBodySize"] for request in static}
    html = len(gzip.compress(answer.body()))
    styles = [request.response().header_value("content-encoding") for request in static if ".css" in request.url]
    context.close()
    assert static and len(finished) <= COLD_REQUESTS, [request.url for request in finished]
    assert sum(weights.values()) + html <= COLD_BYTES, (weights, html)
    assert styles and all(styles)


REGION = """() => { const one = document.activeElement; return one.matches(".skip") ? "skip" : one.closest("main") ? "main"
  : one.closest("nav") ? "nav" : one.closest("[role=search]") ? "search" : one.closest("header") ? "actions" : "?"; }"""


def test_tab_goes_from_skip_link_to_sections_search_actions_and_content(visit):
    page, _seen, _answer = visit(Role.HEAD, "client_list")
    walked = []
    for _press in range(40):
        page.keyboard.press("Tab")
        region = page.evaluate(REGION)
        if region not in walked[-1:]:
            walked.append(region)
        if region == "main":
            break
    assert walked == ["skip", "nav", "search", "actions", "main"]


@pytest.mark.parametrize(
    ("role", "name", "link"),
    [
        (Role.HUNTER, "own_card", "#history .chips a >> nth=1"),
        (Role.HEAD, "client_list", "main .tabs a >> nth=1"),
        (Role.HEAD, "funnel_board", "main .seg a >> nth=1"),
        (Role.HEAD, "plan_fact", "main .seg a >> nth=1"),
    ],
)
def test_back_and_reload_never_show_a_bare_fragment(visit, role, name, link):
    page, _seen, _answer = visit(role, name)
    page.locator(link).click()
    page.wait_for_timeout(300)
    for move in (
        page.reload,
        lambda: page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/')[2]}/tasks/"),
        page.go_back,
    ):
        move()
        page.wait_for_load_state()
        assert page.locator("nav.nav").count() == 1 and page.locator("main h1").count() >= 1, page.url


@pytest.mark.parametrize(
    ("role", "name"), [(Role.HUNTER, "day"), (Role.HUNTER, "own_card"), (Role.HEAD, "lights"), (Role.HEAD, "plan_fact")]
)
def test_page_speaks_english_when_asked(visit, company, role, name):
    page, _seen, _answer = visit(role, name)
    russian = set(page.locator("nav .nav-text, thead th, .panel-head h2").all_inner_texts())
    request = company.context(role).request
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    headers = {"X-CSRFToken": token, "Referer": company.address}
    for language in ("en", "ru"):
        request.post(
            f"{company.address}/language/", form={"language": language, "next": "/"}, headers=headers, max_redirects=0
        )
        page.reload()
        assert page.get_attribute("html", "lang") == language
        shown = page.locator("nav .nav-text, thead th, .panel-head h2").all_inner_texts()
        if language == "en":
            assert not [text for text in shown if re.search("[А-Яа-я]{3}", text)]
    assert russian == set(page.locator("nav .nav-text, thead th, .panel-head h2").all_inner_texts())
