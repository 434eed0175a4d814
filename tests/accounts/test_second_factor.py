"""The second factor: AU3, AU6, AU14, AC21, and who may not work without one."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.middleware import LoginRequiredMiddleware
from accounts.models import RecoveryCode, SecondFactor
from common.errors import NotAllowed
from journal.models import AuditEvent
from tests.accounts.authenticator import App, enrol
from tests.accounts.doors import doors
from tests.factories.cast import PASSWORD

pytestmark = pytest.mark.django_db
STRONG = "трава-зелена-47"
DAY = datetime(2026, 6, 1, 6, tzinfo=UTC)
OPEN_BEFORE = {
    "login",
    "login_code",
    "logout",
    "set_language",
    "password_reset",
    "password_reset_link",
    "second_factor",
    "account_confirm",
    "favicon",
    "healthz",
    "readyz",
    "metrics",
    "/unknown/",  # tells nothing but that there is no such page
}


@pytest.fixture(autouse=True)
def _required(settings):
    settings.SECOND_FACTOR_IS_REQUIRED = True


@pytest.fixture
def clock():
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


def password(http, login, value=PASSWORD, **extra):
    return http.post("/login/", {"username": login, "password": value, **extra})


def code(http, value):
    return http.post("/login/code/", {"code": value})


def is_signed_in(http) -> bool:
    return http.get("/account/").status_code == 200


@pytest.fixture
def enrolled(cast, clock):
    """(browser, app, codes) of the hunter, who chose to have a second factor; half a minute has passed."""
    http = Client()
    password(http, "ivanova")
    app, codes = enrol(http)
    clock.shift(timedelta(seconds=31))
    return http, app, codes


# Who must


@pytest.mark.parametrize("who", ["director", "admin"])
def test_a_director_and_an_administrator_set_it_up_before_anything_else(cast, client, clock, who):
    assert password(client, who, next="/plan/")["Location"] == "/plan/"
    page = client.get("/plan/?a=1")
    assert (page.status_code, page["Location"]) == (303, "/account/second-factor/?next=%2Fplan%2F%3Fa%3D1")
    app = App.scanned(client.get(page["Location"]).content.decode())
    shown = client.post("/account/second-factor/", {"code": app.code(), "next": "/plan/?a=1"})
    assert 'href="/plan/?a=1"' in shown.content.decode()
    assert is_signed_in(client)


def test_until_then_no_page_and_no_api_answers(cast, as_user, rf):
    middleware, shut = LoginRequiredMiddleware(HttpResponse), []
    for name, url, entry in doors():
        for method in ("get", "post"):
            request = getattr(rf, method)(url)
            request.user = cast.director
            response = middleware.process_view(request, entry.callback, (), {})
            if name in OPEN_BEFORE:
                assert response is None, name
            elif hasattr(entry.callback, "cls"):
                assert response.status_code == 403, url
                assert b"second_factor" in response.content, url
            else:
                assert response.status_code == 303, url
                assert response["Location"].startswith("/account/second-factor/"), url
        shut.append(name)
    assert len(shut) > 100
    http = as_user(cast.director)
    assert http.get("/day/")["Location"] == "/account/second-factor/?next=%2Fday%2F"
    assert http.get("/api/v1/users/me/").json()["type"].endswith("second_factor")
    assert http.get("/account/", headers={"HX-Request": "true"})["HX-Redirect"].startswith("/account/second-factor/")


def test_the_proof_page_does_not_let_a_person_past_it(cast, as_user):
    http = as_user(cast.director)
    assert http.post("/account/confirm/", {"proof": PASSWORD, "next": "/plan/"})["Location"] == "/plan/"
    assert http.get("/plan/")["Location"].startswith("/account/second-factor/")


def test_others_and_a_demo_are_not_asked(cast, as_user, settings):
    for person in (cast.ivanova, cast.volkov, cast.accountant, cast.quality):
        assert is_signed_in(as_user(person))
    settings.SECOND_FACTOR_IS_REQUIRED = False
    assert is_signed_in(as_user(cast.director))
    assert is_signed_in(as_user(cast.admin))


def test_a_new_director_is_asked_as_soon_as_he_is_one(cast, as_user):
    services.change_role(user=cast.quality, role="director", actor=cast.admin)
    cast.quality.refresh_from_db()
    assert as_user(cast.quality).get("/account/")["Location"].startswith("/account/second-factor/")


def test_a_token_of_a_director_goes_on_working(cast, client):
    _token, value = services.create_token(user=cast.director, name="t", actor=cast.director)
    assert client.get("/api/v1/users/me/", headers={"authorization": f"Bearer {value}"}).status_code == 200


# Setting up


def test_the_page_shows_picture_and_secret_and_looking_changes_nothing(cast, as_user):
    http = as_user(cast.ivanova)
    first, second = (http.get("/account/second-factor/").content.decode() for _ in range(2))
    assert App.scanned(first) == App.scanned(second)
    assert 'src="data:image/svg+xml' in first
    assert not SecondFactor.objects.exists()
    other = Client()
    other.force_login(cast.ivanova, backend="accounts.backends.EmployeeBackend")
    assert App.scanned(other.get("/account/second-factor/").content.decode()) != App.scanned(first)


def test_a_code_of_another_time_sets_nothing_up(cast, as_user, clock):
    http = as_user(cast.ivanova)
    app = App.scanned(http.get("/account/second-factor/").content.decode())
    for steps in (-3, -2, 2, 3):
        assert http.post("/account/second-factor/", {"code": app.code(steps=steps)}).status_code == 422, steps
    assert not SecondFactor.objects.exists()
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.second_factor_since is None


def test_setting_up_ends_the_other_sessions_and_is_written_down(cast, as_user, clock):
    http, other = as_user(cast.ivanova), Client()
    password(other, "ivanova")
    enrol(http)
    assert is_signed_in(http)
    assert not is_signed_in(other)
    assert AuditEvent.objects.filter(action="user.second_factor", object_id=cast.ivanova.pk).count() == 1


def test_neither_secret_nor_codes_stand_in_the_database_or_the_log(enrolled):
    _http, app, codes = enrolled
    rows = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values(), *AuditEvent.objects.values()])
    assert app.secret not in rows
    for one in codes:
        assert one not in rows
        assert one.replace("-", "") not in rows
    assert len(set(codes)) == 10
    assert all(row.digest.startswith("md5$") for row in RecoveryCode.objects.all())  # the hasher of passwords


def test_the_codes_are_shown_once(enrolled):
    http, _app, codes = enrolled
    for path in ("/account/", "/account/second-factor/"):
        assert codes[0] not in http.get(path).content.decode()


# Signing in with it


def test_the_password_alone_opens_nothing(cast, enrolled):
    http = Client()
    assert password(http, "ivanova", next="/account/?a=1")["Location"] == "/login/code/"
    assert not is_signed_in(http)
    assert http.get("/api/v1/users/me/").status_code == 401
    app = enrolled[1]
    assert code(http, app.code())["Location"] == "/account/?a=1"
    assert is_signed_in(http)


def test_the_code_page_needs_the_password_first(cast, client, enrolled):
    assert client.get("/login/code/")["Location"] == "/login/"
    assert code(client, enrolled[1].code())["Location"] == "/login/"
    assert not is_signed_in(client)


def test_the_wait_for_the_code_ends(enrolled, clock):
    http = Client()
    password(http, "ivanova")
    clock.shift(timedelta(minutes=10, seconds=1))
    assert code(http, enrolled[1].code())["Location"] == "/login/"


def test_a_password_changed_meanwhile_ends_the_wait(cast, enrolled):
    http = Client()
    password(http, "ivanova")
    services.change_password(user=cast.ivanova, password=STRONG, actor=cast.volkov)
    assert code(http, enrolled[1].code())["Location"] == "/login/"


def test_a_person_switched_off_meanwhile_stays_out(cast, enrolled):
    http = Client()
    password(http, "ivanova")
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert code(http, enrolled[1].code())["Location"] == "/login/"


def test_a_code_is_taken_once_and_none_older_after_it(enrolled, clock):
    app = enrolled[1]
    first, second = Client(), Client()
    for http in (first, second):
        password(http, "ivanova")
    older, used = app.code(steps=-1), app.code()
    assert code(first, used).status_code == 303
    for value in (used, older):
        assert code(second, value).status_code == 422
    clock.shift(timedelta(seconds=30))
    assert code(second, app.code()).status_code == 303


def test_a_code_is_compared_under_a_lock(cast, enrolled):
    with CaptureQueriesContext(connection) as seen:
        assert services.take_code(user=cast.ivanova, code=enrolled[1].code())
    first = next(query["sql"] for query in seen.captured_queries if "accounts_secondfactor" in query["sql"])
    assert first.startswith("SELECT")
    assert "FOR UPDATE" in first


def test_the_code_of_setting_up_does_not_sign_in(cast, clock):
    http, other = Client(), Client()
    password(http, "ivanova")
    app, _codes = enrol(http)
    password(other, "ivanova")
    assert code(other, app.code()).status_code == 422


def test_wrong_codes_fill_the_bucket_of_wrong_passwords(cast, enrolled):
    http = Client()
    password(http, "ivanova")
    statuses = [code(http, "000000").status_code for _ in range(10)]
    assert statuses == [422] * 4 + [429] * 6
    right = code(http, enrolled[1].code())
    assert (right.status_code, int(right["Retry-After"]) > 0) == (429, True)
    assert password(Client(), "ivanova").status_code == 429
    assert AuditEvent.objects.filter(action="user.lock", object_id=cast.ivanova.pk).count() == 1


def test_the_right_password_alone_does_not_empty_the_bucket(enrolled):
    http = Client()
    for number in range(4):
        password(http, "ivanova")
        assert code(http, "000000").status_code == 422, number
    assert password(http, "ivanova", "wrong-password").status_code == 429


def test_nonsense_is_no_code(enrolled):
    http = Client()
    password(http, "ivanova")
    for value in ("", "12345", "1234567", "½23456", "١٢٣٤٥٦", "\x00", "x" * 40, "aaaa-bbbb-cccc"):
        assert code(http, value).status_code == 422, value
        AccessAttempt.objects.all().delete()


def test_typed_codes_are_not_kept(cast, enrolled):
    http = Client()
    password(http, "ivanova")
    code(http, "987654")
    assert "987654" not in str(list(AccessAttempt.objects.values()))


def test_a_recovery_code_lets_in_once(cast, enrolled):
    codes = enrolled[2]
    first, second = Client(), Client()
    for http in (first, second):
        password(http, "ivanova")
    assert code(first, codes[3].upper().replace("-", " ")).status_code == 303
    assert code(second, codes[3]).status_code == 422
    assert code(second, codes[4]).status_code == 303
    assert RecoveryCode.objects.filter(user=cast.ivanova, used_at__isnull=True).count() == 8
    assert AuditEvent.objects.filter(action="user.recovery_code_used").count() == 2


def test_a_recovery_code_of_somebody_else_is_wrong(cast, enrolled):
    http, other = Client(), Client()
    password(http, "petrov")
    enrol(http)
    password(other, "petrov")
    assert code(other, enrolled[2][0]).status_code == 422


# Changing it


def test_new_codes_replace_the_old(enrolled):
    http, _app, old = enrolled
    fresh = http.post("/account/second-factor/codes/").context["codes"]
    assert not set(fresh) & set(old)
    other = Client()
    password(other, "ivanova")
    assert code(other, old[0]).status_code == 422
    assert code(other, fresh[0]).status_code == 303


def test_another_phone_replaces_the_first(enrolled, clock):
    http, app, old = enrolled
    moved, _codes = enrol(http)
    assert moved != app
    clock.shift(timedelta(seconds=31))
    other = Client()
    password(other, "ivanova")
    assert code(other, app.code()).status_code == 422
    assert code(other, old[0]).status_code == 422
    assert code(other, moved.code()).status_code == 303


def test_whoever_chose_it_may_remove_it(cast, enrolled):
    http = enrolled[0]
    assert http.post("/account/second-factor/remove/").status_code == 303
    assert is_signed_in(http)
    assert password(Client(), "ivanova")["Location"] == "/"
    assert not RecoveryCode.objects.exists()
    assert AuditEvent.objects.filter(action="user.second_factor_removed").count() == 1


def test_whose_role_asks_for_it_may_not_remove_it(cast, as_user, clock):
    http = as_user(cast.director)
    enrol(http)
    http.post("/account/second-factor/remove/")
    assert SecondFactor.objects.filter(user=cast.director).exists()
    assert "second-factor/remove" not in http.get("/account/").content.decode()
    with pytest.raises(NotAllowed):
        services.disable_second_factor(user=cast.director, actor=cast.director)


def test_a_new_password_does_not_remove_it(cast, enrolled):
    services.change_password(user=cast.ivanova, password=STRONG, actor=cast.volkov)
    assert password(Client(), "ivanova", STRONG)["Location"] == "/login/code/"


def test_the_administrator_resets_it_for_others_only(cast, as_user, enrolled):
    http = as_user(cast.admin)
    app, _codes = enrol(http)
    assert app.secret
    assert (
        reverse("staff_second_factor", args=[cast.ivanova.pk])
        in http.get(f"/staff/{cast.ivanova.pk}/").content.decode()
    )
    assert http.post(f"/staff/{cast.ivanova.pk}/second-factor/").status_code == 303
    assert not is_signed_in(enrolled[0])
    assert password(Client(), "ivanova")["Location"] == "/"
    event = AuditEvent.objects.get(action="user.second_factor_removed")
    assert (event.object_id, event.actor_id) == (cast.ivanova.pk, cast.admin.pk)
    assert http.post(f"/staff/{cast.admin.pk}/second-factor/").status_code == 404
    assert SecondFactor.objects.filter(user=cast.admin).exists()


def test_neither_head_nor_director_resets_it(cast, enrolled):
    for actor in (cast.volkov, cast.director, cast.petrov):
        with pytest.raises(NotAllowed):
            services.disable_second_factor(user=cast.ivanova, actor=actor)
    assert SecondFactor.objects.filter(user=cast.ivanova).exists()


def test_whoever_runs_the_machine_helps_the_last_administrator(cast, as_user, clock, capsys):
    enrol(as_user(cast.admin))
    call_command("reset_second_factor", "admin")
    assert not SecondFactor.objects.exists()
    assert AuditEvent.objects.filter(action="user.second_factor_removed", actor_id=None).count() == 1
    for login in ("admin", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", login)


def test_an_old_key_of_the_installation_still_knows_the_app(enrolled, settings, clock):
    app = enrolled[1]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-at-least-thirty-two-characters"
    http = Client()
    password(http, "ivanova")
    assert code(http, app.code()).status_code == 303
