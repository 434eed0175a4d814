"""One real stack for browser tests: the whole WSGI application in this process, collected and compressed static
files, the strict policy, the test database, and the system's Chromium. The clock may be moved under it."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from common import markup
from common.icons import icon_href
from common.messages import compile_catalogues
from config import chromium
from tests.factories.cast import PASSWORD

HERE = Path(__file__).parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--in-process-gpu", "--num-raster-threads=1", "--renderer-process-limit=1",  # a tenth less processor time
]  # fmt: skip
# Chromium reports every answer from 400 on as an error of the console; a refused form is one by design,
# and a test names what else it provokes.
ANSWERED = re.compile(
    r"(?:Failed to load resource: the server responded with a status of|Response Status Error Code) (\d+) "
)
REFUSED = {409, 413, 422}
MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser: skipped without one, a failure where CI promises one."""
    mine = [item for item in items if HERE in item.path.parents]
    is_missing = not chromium.path() and os.environ.get("CI", "").lower() != "true"
    for item in mine:
        item.add_marker(pytest.mark.browser)
        if is_missing:
            item.add_marker(pytest.mark.skip(reason="no Chromium: set CHROMIUM to its path"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would take our own queries for asynchronous ones.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as play:
            started = play.chromium.launch(executable_path=chromium.path(), args=FLAGS)
            yield started
            started.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files as production serves them: hashed names, compressed; the first worker makes them for all."""
    compile_catalogues()
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    root = shared / "static"
    with (shared / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            made = root.with_suffix(".made")
            with override_settings(STATIC_ROOT=made, STORAGES=_storages()):
                call_command("collectstatic", interactive=False, verbosity=0)
            made.rename(root)
    return root


def _storages() -> dict[str, dict[str, str]]:
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": MANIFEST},
    }


class _Handler(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Requests are told by the tests themselves."""


def forget_icons() -> None:
    """Addresses of another storage, kept by the process."""
    icon_href.cache_clear()
    markup._icon.cache_clear()


@pytest.fixture(scope="module")
def address(static_root: Path) -> Iterator[str]:
    """The address of the whole application; settings of a test hold for it too, and none outlives its module."""
    forget_icons()
    with override_settings(STATIC_ROOT=static_root, STORAGES=_storages(), DEMO=True):
        server = ThreadedWSGIServer(("127.0.0.1", 0), _Handler, allow_reuse_address=False)
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
    forget_icons()


@dataclass
class Seen:
    """What the browser had to say: errors and warnings of the console, failed requests, answers."""

    console: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    statuses: list[tuple[int, str]] = field(default_factory=list)
    expected: set[int] = field(default_factory=lambda: set(REFUSED))

    @property
    def is_clean(self) -> bool:
        return not self.console and not self.failed and all(status < 500 for status, _url in self.statuses)

    def _heeded(self) -> dict[str, Callable]:
        return {
            "console": self._heard, "pageerror": self._broke, "requestfailed": self._lost, "response": self._answered,
        }  # fmt: skip

    def watch(self, page: Page) -> None:
        for event, hear in self._heeded().items():
            page.on(event, hear)

    def leave(self, page: Page) -> None:
        for event, hear in self._heeded().items():
            page.remove_listener(event, hear)

    def _broke(self, error) -> None:
        self.console.append(f"error: {error}")

    def _answered(self, answer) -> None:
        self.statuses.append((answer.status, answer.url))

    def _heard(self, message) -> None:
        answered = ANSWERED.match(message.text)
        if answered and int(answered[1]) in self.expected:
            return
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text} {message.location}")

    def _lost(self, request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # a request the page itself gave up by leaving
            self.failed.append(f"{request.url}: {request.failure}")


@dataclass
class Person:
    """One employee at his own browser."""

    page: Page
    context: BrowserContext
    seen: Seen
    address: str

    def goto(self, path: str) -> int:
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        return answer.status

    def sign_in(self, login: str, path: str = "/account/") -> None:
        """By the form, unless today's session still lives; yesterday's is over."""
        self.goto(f"/login/?next={path}")
        if "/login/" not in self.page.url:
            return
        self.page.fill("[name=username]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button[data-default]")
        self.page.wait_for_load_state()
        expect(self.page.locator("details.menu .who")).to_be_visible()

    def text(self, selector: str = "main") -> str:
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def status(self, path: str, *, is_fragment: bool = False) -> int:
        """The status of an address asked beside the page, with the cookies of this person."""
        headers = {"HX-Request": "true"} if is_fragment else {}
        return self.context.request.get(f"{self.address}{path}", headers=headers, max_redirects=0).status


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Callable[..., Person]]:
    """`visitor()` → an empty browser nobody is signed in to; each must have been quiet when the test ends."""
    people: list[Person] = []

    def arrive(**options: object) -> Person:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        context = browser.new_context(locale="ru-RU", timezone_id="Europe/Moscow", **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        person = Person(page, context, Seen(), address)
        person.seen.watch(page)
        people.append(person)
        return person

    yield arrive
    for person in people:
        person.context.close()
    for person in people:
        assert person.seen.is_clean, person.seen


@pytest.fixture
def enter(visitor: Callable[..., Person]) -> Callable[..., Person]:
    """`enter("ivanova")` → this person signed in by the form, in a browser of his own."""

    def sign_in(login: str, path: str = "/account/", **options: object) -> Person:
        person = visitor(**options)
        person.sign_in(login, path)
        return person

    return sign_in
