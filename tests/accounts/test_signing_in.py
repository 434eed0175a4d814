"""The door: passwords, locks, sessions, tokens over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.forms import BaseForm, PasswordInput
from django.http import JsonResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from rest_framework.decorators import api_view
from rest_framework.response import Response

from accounts import forms, services
from accounts.models import User
from config import settings as product
from journal.models import AuditEvent
from journal.services import current_act
from tests.factories.cast import PASSWORD

pytestmark = pytest.mark.django_db
STRONG = "трава-зелена-47"
DAY = datetime(2026, 6, 1, 6, tzinfo=UTC)


@api_view(["GET", "POST"])
def echo(request):
    act = current_act()
    return Response({"login": request.user.login, "via": act.via, "actor": act.actor_login})


def plain(request):
    return JsonResponse({"login": request.user.login})


urlpatterns = [
    path("api/v1/echo/", echo),
    path("plain/", plain),
    path("", include("accounts.urls")),
]


def attempt(http, login, password="wrong-password", ip="10.0.0.1", **extra):
    return http.post("/login/", {"username": login, "password": password}, REMOTE_ADDR=ip, **extra)


def is_signed_in(http) -> bool:
    return http.get("/account/").status_code == 200


# Signing in


@pytest.mark.parametrize("login", ["ivanova", "Ivanova", " IVANOVA "])
def test_login_is_case_insensitive(cast, client, login):
    response = attempt(client, login, PASSWORD)
    assert response.status_code == 303
    assert response["Location"] == "/"
    assert is_signed_in(client)
    assert AuditEvent.objects.filter(action="user.login", actor_id=cast.ivanova.pk, via="web").count() == 1


def test_session_id_changes_at_login_and_dies_at_logout(cast, client):
    client.get("/login/")
    session = client.session
    session["basket"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    attempt(client, "ivanova", PASSWORD)
    key = client.cookies["sessionid"].value
    assert key != session.session_key
    assert client.get("/logout/").status_code == 405
    assert is_signed_in(client)
    client.post("/logout/")
    replay = Client()
    replay.cookies["sessionid"] = key
    assert not is_signed_in(replay)
    assert AuditEvent.objects.filter(action="user.logout").count() == 1


def test_unknown_wrong_and_switched_off_look_alike(cast, client):
    services.deactivate_employee(user=cast.petrov, actor=cast.volkov)
    answers = [
        attempt(client, "nobody", PASSWORD),
        attempt(client, "ivanova", "wrong-password"),
        attempt(client, "petrov", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {422}
    texts = {str(answer.context["form"].errors) for answer in answers}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "following",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "http:///evil.example", "javascript:alert(1)"],
)
def test_next_stays_on_this_host(cast, client, following):
    response = client.post("/login/", {"username": "ivanova", "password": PASSWORD, "next": following})
    assert response["Location"] == "/"


def test_next_is_followed_inside(cast, client):
    page = client.get("/account/")
    assert (page.status_code, page["Location"]) == (302, "/login/?next=/account/")
    response = client.post("/login/", {"username": "ivanova", "password": PASSWORD, "next": "/account/?a=1"})
    assert response["Location"] == "/account/?a=1"


@pytest.mark.parametrize("login", ["\x00", "a\x00b", "x" * 300, "' or 1=1 --", "%", "😀", ""])
def test_nonsense_is_refused_without_an_error(cast, client, login):
    assert attempt(client, login).status_code == 422


def test_strangers_read_russian_unless_they_choose(cast, client):
    assert client.get("/login/", headers={"accept-language": "en"})["Content-Language"] == "ru"
    client.post("/language/", {"language": "en", "next": "/login/"})
    assert client.get("/login/")["Content-Language"] == "en"


def test_the_persons_language_wins(cast, as_user):
    http = as_user(cast.ivanova)
    assert http.get("/account/")["Content-Language"] == "ru"
    http.post("/account/", {"language": "en", "has_shortcuts": "on", "role": "director", "department": "1"})
    assert http.get("/account/")["Content-Language"] == "en"
    cast.ivanova.refresh_from_db()
    assert (cast.ivanova.role, cast.ivanova.department) == ("hunter", cast.sales)
    assert AuditEvent.objects.filter(action="user.preferences").count() == 1


def test_demo_logins_are_shown_in_a_demo_only(cast, client, settings):
    settings.DEMO = False
    assert "svetofor-demo" not in client.get("/login/").content.decode()
    settings.DEMO = True
    page = client.get("/login/").content.decode()
    assert "svetofor-demo" in page
    assert "?login=ivanova" in page


# The lock


def test_twenty_wrong_passwords_of_one_person_from_one_address(cast, client):
    codes = [attempt(client, "ivanova").status_code for _ in range(20)]
    assert codes == [422] * 4 + [429] * 16
    right = attempt(client, "Ivanova", PASSWORD)
    assert right.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 900
    assert 'value="ivanova"' in right.content.decode()
    assert not is_signed_in(client)
    assert AuditEvent.objects.filter(action="user.lock", object_id=cast.ivanova.pk).count() == 1


def test_others_sign_in_from_the_same_address(cast, client):
    for _ in range(6):
        attempt(client, "ivanova")
    assert attempt(client, "petrov", PASSWORD).status_code == 303


def test_rotating_addresses_lock_the_person_at_fifteen(cast, client):
    codes = [attempt(client, "ivanova", ip=f"10.0.1.{n}").status_code for n in range(50)]
    assert codes.index(429) == 14
    assert set(codes[14:]) == {429}
    assert attempt(client, "ivanova", PASSWORD, ip="10.9.9.9").status_code == 429


def test_one_password_against_many_people_locks_the_address_at_twenty_five(cast, client):
    codes = [attempt(client, f"user{n}").status_code for n in range(40)]
    assert codes.index(429) == 24
    assert attempt(client, "ivanova", PASSWORD).status_code == 429
    assert attempt(client, "ivanova", PASSWORD, ip="10.0.0.2").status_code == 303


def test_success_forgets_the_persons_failures_but_not_the_addresses(cast, client):
    for _ in range(4):
        attempt(client, "ivanova")
    for n in range(20):
        attempt(client, f"user{n}")
    assert attempt(client, "ivanova", PASSWORD).status_code == 303
    assert not AccessAttempt.objects.filter(username="ivanova").exists()
    client.post("/logout/")
    codes = [attempt(client, f"other{n}").status_code for n in range(6)]
    assert codes.index(429) == 4


def test_the_lock_ends_after_a_quarter_of_an_hour(cast, client):
    with time_machine.travel(DAY, tick=False) as traveller:
        for _ in range(8):
            attempt(client, "ivanova")
        traveller.shift(timedelta(minutes=14, seconds=59))
        response = attempt(client, "ivanova", PASSWORD)
        assert (response.status_code, response["Retry-After"]) == (429, "1")
        traveller.shift(timedelta(seconds=2))
        assert attempt(client, "ivanova", PASSWORD).status_code == 303


def test_a_forwarded_address_is_believed_only_behind_a_proxy(cast, client, settings):
    codes = [attempt(client, "ivanova", HTTP_X_FORWARDED_FOR=f"8.8.8.{n}").status_code for n in range(6)]
    assert codes[-1] == 429
    AccessAttempt.objects.all().delete()
    settings.PROXY_COUNT = 1
    for n in range(30):
        attempt(client, f"user{n}", HTTP_X_FORWARDED_FOR=f"1.1.1.1, 8.8.8.{n}")
    assert AccessAttempt.objects.values("ip_address").distinct().count() == 30
    assert attempt(client, "ivanova", PASSWORD, HTTP_X_FORWARDED_FOR="8.8.9.1").status_code == 303
    assert not AccessAttempt.objects.filter(ip_address="1.1.1.1").exists()


def test_addresses_of_one_ipv6_network_are_one(cast, client):
    codes = [attempt(client, f"user{n}", ip=f"2001:db8::{n + 1:x}").status_code for n in range(26)]
    assert codes[-1] == 429


def test_head_unlocks_his_manager(cast, client, as_user):
    stranger = Client()
    for n in range(16):
        attempt(stranger, "ivanova", ip=f"10.0.1.{n}")
    http = as_user(cast.volkov)
    assert http.post(f"/staff/{cast.ivanova.pk}/unlock/").status_code == 303
    assert attempt(stranger, "ivanova", PASSWORD).status_code == 303
    assert AuditEvent.objects.filter(action="user.unlock", actor_id=cast.volkov.pk).count() == 1


def test_wrong_passwords_are_not_kept(cast, client):
    attempt(client, "ivanova", "my-secret-of-another-site")
    assert "my-secret" not in str(list(AccessAttempt.objects.values()))


def test_no_field_that_takes_a_secret_is_kept_with_a_failed_attempt(cast, as_user):
    kept = {"password", *product.AXES_SENSITIVE_PARAMETERS}
    made = [form for form in vars(forms).values() if isinstance(form, type) and issubclass(form, BaseForm)]
    secret = {
        name
        for form in made
        for name, field in form.base_fields.items()
        if isinstance(field.widget, PasswordInput) or field.widget.attrs.get("autocomplete") == "one-time-code"
    }
    assert secret >= {"password", "present", "proof", "code"}
    assert secret <= kept
    typed = {"present": "my-secret-1", "password": "my-secret-of-today", "repeated": "my-secret-of-today"}
    as_user(cast.ivanova).post("/account/password/", typed)
    assert AccessAttempt.objects.exists()
    assert "my-secret" not in str(list(AccessAttempt.objects.values()))


# Lock-out abuse: a browser the person has signed in with before


@pytest.fixture
def known(cast):
    """A browser the hunter has signed in with, signed out again."""
    http = Client()
    attempt(http, "ivanova", PASSWORD)
    http.post("/logout/")
    return http


def shut_out(login="ivanova"):
    """What an attacker does who only wants the person to stay outside."""
    stranger = Client()
    AccessAttempt.objects.create(username=login, ip_address="10.0.6.1", user_agent="", failures_since_start=13)
    codes = [attempt(stranger, login, ip=f"10.0.7.{n}").status_code for n in range(3)]
    assert codes == [422, 429, 429]


def test_strangers_do_not_lock_a_person_out_of_a_browser_he_knows(cast, known):
    shut_out()
    assert attempt(Client(), "ivanova", PASSWORD, ip="10.9.9.9").status_code == 429
    for address in ("10.0.0.1", "10.0.7.1"):
        assert attempt(known, "ivanova", PASSWORD, ip=address).status_code == 303
    # And his success opens the door to nobody else.
    assert attempt(Client(), "ivanova", PASSWORD, ip="10.9.9.9").status_code == 429


def test_a_known_browser_has_few_guesses_of_its_own(cast, known, as_user):
    codes = [attempt(known, "ivanova", ip=f"10.0.8.{n}").status_code for n in range(7)]
    assert codes == [422] * 4 + [429] * 3
    assert attempt(known, "ivanova", PASSWORD).status_code == 429
    assert attempt(Client(), "ivanova", PASSWORD).status_code == 303
    http = as_user(cast.volkov)
    assert "unlock" in http.get(f"/staff/{cast.ivanova.pk}/").content.decode()
    http.post(f"/staff/{cast.ivanova.pk}/unlock/")
    assert attempt(known, "ivanova", PASSWORD).status_code == 303


def test_the_cookie_of_one_person_is_none_for_another(cast, known):
    shut_out("petrov")
    assert attempt(known, "petrov", PASSWORD, ip="10.9.9.9").status_code == 429


def test_a_forged_cookie_is_none(cast, client):
    shut_out()
    for value in ("x", "eyJpdmFub3ZhIjoieCJ9:1:x", "é"):
        client.cookies["device"] = value
        assert attempt(client, "ivanova", PASSWORD, ip="10.9.9.9").status_code == 429


def test_what_a_browser_says_of_itself_makes_no_bucket(cast, client):
    codes = [attempt(client, "ivanova", HTTP_USER_AGENT=f"robot {n}").status_code for n in range(6)]
    assert codes == [422] * 4 + [429] * 2
    assert set(AccessAttempt.objects.values_list("user_agent", flat=True)) == {""}


def test_a_browser_of_many_people_knows_the_last_five(cast):
    http = Client()
    people = ("ivanova", "petrov", "kuznetsova", "smirnova", "orlov", "volkov")
    for login in people:
        attempt(http, login, PASSWORD)
        http.post("/logout/")
    number = http.cookies["device"].value
    attempt(http, "volkov", PASSWORD)
    request = RequestFactory().get("/")
    request.COOKIES["device"] = http.cookies["device"].value
    assert [bool(services.device_of(request, login)) for login in people] == [False, *[True] * 5]
    request.COOKIES["device"], now = number, services.device_of(request, "volkov")
    assert services.device_of(request, "volkov") == now  # a number once given stays


def test_guesses_in_a_stolen_session_are_counted(cast, as_user):
    http = as_user(cast.ivanova)
    form = {"present": "wrong-password", "password": STRONG, "repeated": STRONG}
    codes = [http.post("/account/password/", form).status_code for _ in range(6)]
    assert codes == [422] * 4 + [429] * 2
    assert http.post("/account/password/", {**form, "present": PASSWORD}).status_code == 429
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.check_password(PASSWORD)


# Sessions


def test_a_person_switched_off_is_out_at_the_next_request(cast, as_user):
    http = as_user(cast.ivanova)
    assert is_signed_in(http)
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert not is_signed_in(http)
    services.reactivate_employee(user=cast.ivanova, password=STRONG, actor=cast.volkov)
    assert not is_signed_in(http)


def test_another_role_ends_sessions(cast, as_user):
    http = as_user(cast.orlov)
    services.change_role(user=cast.orlov, role="hunter", actor=cast.volkov)
    assert not is_signed_in(http)


def test_password_change_ends_the_other_sessions_only(cast, as_user):
    http, other = as_user(cast.ivanova), Client()
    attempt(other, "ivanova", PASSWORD)
    key = http.cookies["sessionid"].value
    response = http.post("/account/password/", {"present": PASSWORD, "password": STRONG, "repeated": STRONG})
    assert response.status_code == 303
    assert is_signed_in(http)
    assert http.cookies["sessionid"].value != key
    assert not is_signed_in(other)
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize(
    ("who", "alive", "dead"),
    [
        ("ivanova", timedelta(hours=7, minutes=59), timedelta(hours=8, minutes=1)),
        ("volkov", timedelta(hours=7, minutes=59), timedelta(hours=8, minutes=1)),
        ("admin", timedelta(minutes=59), timedelta(minutes=61)),
        ("director", timedelta(minutes=59), timedelta(minutes=61)),
    ],
)
def test_an_idle_session_ends(cast, as_user, who, alive, dead):
    with time_machine.travel(DAY, tick=False) as traveller:
        http = as_user(getattr(cast, who))
        traveller.shift(alive)
        assert is_signed_in(http)
        http = as_user(getattr(cast, who))
        traveller.shift(dead)
        assert not is_signed_in(http)


def test_no_session_outlives_twelve_hours(cast, as_user):
    with time_machine.travel(DAY, tick=False) as traveller:
        http = as_user(cast.ivanova)
        for _ in range(11):
            traveller.shift(timedelta(hours=1, minutes=5))
            assert is_signed_in(http)
        traveller.shift(timedelta(minutes=10))
        assert not is_signed_in(http)


def test_pages_of_a_signed_in_person_are_not_kept(cast, as_user):
    response = as_user(cast.ivanova).get("/account/")
    assert "no-store" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]


def test_an_anonymous_fragment_is_sent_to_the_login(cast, client):
    response = client.get("/account/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (401, "/login/")


def test_csrf_is_asked_for(cast):
    http = Client(enforce_csrf_checks=True)
    assert http.post("/login/", {"username": "ivanova", "password": PASSWORD}).status_code == 403


# Tokens over HTTP


@pytest.fixture
def api(cast, client, settings):
    settings.ROOT_URLCONF = __name__

    def ask(method="get", value="", **headers):
        if value:
            headers["authorization"] = f"Bearer {value}"
        return getattr(client, method)("/api/v1/echo/", headers=headers)

    return ask


def test_a_token_acts_in_its_persons_name_through_the_api(cast, api):
    _token, value = services.create_token(user=cast.ivanova, name="t", scope="write", actor=cast.ivanova)
    assert api(value=value).json() == {"login": "ivanova", "via": "api", "actor": "ivanova"}
    assert api("post", value=value).status_code == 200
    assert current_act().actor_id is None


def test_a_token_to_read_does_not_write(cast, api):
    _token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    assert api(value=value).status_code == 200
    assert api("post", value=value).status_code == 403


def test_anonymous_api_is_told_so_and_not_redirected(cast, api):
    response = api()
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", ["x", "svt_unknown", "a b", "x" * 500, "é"])
def test_unknown_tokens_are_refused(cast, api, value):
    assert api(value=value).status_code == 401


def test_dead_tokens_are_refused(cast, api):
    with time_machine.travel(DAY, tick=False) as traveller:
        token, value = services.create_token(user=cast.ivanova, name="t", days=1, actor=cast.ivanova)
        assert api(value=value).status_code == 200
        traveller.shift(timedelta(days=1))
        assert api(value=value).status_code == 401
    token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    services.revoke_token(token=token, actor=cast.ivanova)
    assert api(value=value).status_code == 401
    _token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert api(value=value).status_code == 401


def test_a_token_opens_no_page_and_is_not_read_from_the_address(cast, api, client):
    _token, value = services.create_token(user=cast.ivanova, name="t", scope="write", actor=cast.ivanova)
    assert client.get("/plain/", headers={"authorization": f"Bearer {value}"}).status_code == 302
    assert client.get(f"/api/v1/echo/?token={value}").status_code == 401


def test_a_token_is_shown_once(cast, as_user):
    http = as_user(cast.ivanova)
    response = http.post("/account/tokens/", {"name": "PBX", "scope": "read", "days": "30"})
    value = response.context["new_token"]
    assert value in response.content.decode()
    assert value not in http.get("/account/").content.decode()
    token = cast.ivanova.api_tokens.get()
    other = as_user(cast.petrov)
    assert other.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    as_user(cast.ivanova).post(f"/account/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_passwords_are_argon2_in_the_product():
    assert product.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert User.USERNAME_FIELD == "login"
