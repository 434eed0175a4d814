"""The UI kit in a real browser: keys, contact form under its row, drafts, dialogs, themes, widths, accessibility."""

from copy import deepcopy

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Page, expect, sync_playwright

from config import chromium
from tests.browser import kit_pages
from tests.browser.conftest import forget_icons

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium: set CHROMIUM to its path"),
]


@pytest.fixture
def address(settings):
    settings.ROOT_URLCONF = "tests.browser.kit_pages"
    settings.MIDDLEWARE = [
        "csp.middleware.CSPMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
    ]
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"] = ["django.template.context_processors.request"]
    settings.TEMPLATES = templates
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    kit_pages.saved.clear()
    forget_icons()
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def console() -> list[str]:
    return []


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=chromium.path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def tab(browser):
    """One for all tests: a new one is a new process of the browser. Each test has an address, and so a storage, of its own."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab, address, console):
    def heard(message):
        console.append(message.text)

    def broke(error):
        console.append(f"error: {error}")

    tab.context.clear_cookies()
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.on("console", heard)
    tab.on("pageerror", broke)
    tab.goto(f"{address}/")
    yield tab
    tab.context.set_offline(False)
    tab.remove_listener("console", heard)
    tab.remove_listener("pageerror", broke)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")


def open_form(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector("#row-1 form")
    expect(page.locator("[name=kind]:checked")).to_be_focused()


def test_contact_is_logged_by_keyboard_alone(page, console):
    open_form(page)
    page.keyboard.press("2")
    assert page.input_value("[name=kind]:checked") == "meeting"
    page.focus("#note")
    page.keyboard.type("Agreed, j c 1 are only letters here")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Контакт записан")  # first: it fades after three seconds
    page.wait_for_selector("#saved")
    assert [(one["kind"], one["note"][:6]) for one in kit_pages.saved] == [("meeting", "Agreed")]
    assert console == []


def test_refused_form_focuses_the_bad_field_and_double_save_is_one(page):
    open_form(page)
    page.fill("#note", "bad")
    page.locator("[data-default]").dblclick()
    expect(page.locator("#next")).to_be_focused()
    assert len(kit_pages.saved) == 1
    assert page.get_attribute("#next", "aria-invalid") == "true"


def test_escape_closes_the_form_gives_the_focus_back_and_keeps_the_draft(page):
    open_form(page)
    page.fill("#note", "half a word")
    page.keyboard.press("Escape")
    assert page.locator("form.contact-form").count() == 0
    assert focused(page) == "row-1"
    page.reload()
    open_form(page)
    assert page.input_value("#note") == "half a word"


def test_saved_form_forgets_its_draft(page):
    open_form(page)
    page.fill("#note", "good")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#saved")
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft:'))") == []


def test_answers_bring_their_date_and_their_fields(page):
    open_form(page)
    assert page.is_hidden("#reason") and page.is_disabled("#reason")
    page.click("#none")
    assert page.input_value("#next") == "2026-11-21"
    page.click("#refused")
    assert page.is_visible("#reason") and page.is_enabled("#reason")
    page.click("[data-set-date]")
    assert page.input_value("#next") == "2026-11-24"
    assert page.get_attribute("[data-set-date]", "aria-pressed") == "true"


def test_answer_leaves_a_date_the_person_chose(page):
    open_form(page)
    page.focus("#next")
    page.keyboard.type("01152027")
    chosen = page.input_value("#next")
    page.click("#none")
    assert chosen and page.input_value("#next") == chosen


def test_keys_work_in_the_russian_layout_and_rest_when_switched_off(page):
    press = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'о', code: 'KeyJ', bubbles: true}))"
    page.evaluate(press)
    assert focused(page) == "row-1"
    page.evaluate("document.body.dataset.keys = 'off'; document.activeElement.blur()")
    page.evaluate(press)
    assert focused(page) == "BODY"


def test_row_opens_and_sections_are_two_keys_away(page, address):
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/card/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{address}/")
    page.keyboard.press("n")
    page.wait_for_url(f"{address}/clients/new/")


def test_dialog_keeps_and_returns_the_focus(page):
    page.focus("#ask")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    expect(page.locator("#dialog [name=word]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_focused()
    assert page.locator("dialog[open]").count() == 0


def test_selection_shows_its_bar_and_can_mean_everything(page):
    assert page.is_hidden("[data-bulk-bar]")
    page.check("[data-bulk-item] >> nth=0")
    assert page.inner_text("[data-bulk-count]") == "1"
    assert page.evaluate("document.querySelector('[data-bulk-all]').indeterminate")
    page.click("[data-bulk-every]")
    assert page.inner_text("[data-bulk-count]") == "70"
    page.uncheck("[data-bulk-item] >> nth=1")
    assert page.inner_text("[data-bulk-count]") == "2"
    assert page.input_value("[data-bulk-every-field]") == ""
    page.click("[data-bulk-clear]")
    assert page.is_hidden("[data-bulk-bar]")


def test_theme_is_switched_at_once_and_kept_by_the_server(page):
    page.emulate_media(color_scheme="light")
    page.click(".nav-foot [data-theme-switch]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


def test_lost_network_is_told_and_nothing_typed_is_lost(page):
    open_form(page)
    page.fill("#note", "kept")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast-bad")
    assert page.input_value("#note") == "kept"
    page.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#saved")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility_has_no_violations(page, theme, address):
    page.context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    page.reload()
    assert Axe().run(page).response["violations"] == []
    open_form(page)
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("width", [320, 390, 720, 1024, 1440])
def test_no_width_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    open_form(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width < 720:
        assert Axe().run(page).response["violations"] == []


def test_cold_page_is_light_and_carries_no_inline_style(page, address):
    sizes = []
    page.on("response", lambda response: sizes.append(response.url))
    page.goto(f"{address}/")
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= 10
    assert page.locator("[style]").count() == 0
