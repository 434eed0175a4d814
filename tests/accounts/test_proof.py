"""A password or code typed lately before acts on rights, tokens, second factors and large exports: AU15."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import ApiToken, SecondFactor, User
from accounts.views import proof
from journal.models import AuditEvent
from tests.accounts.authenticator import enrol
from tests.factories.cast import PASSWORD
from tests.factories.clients import ClientFactory

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 6, 1, 6, tzinfo=UTC)
TOKEN = {"name": "PBX", "scope": "read", "days": "30"}


@pytest.fixture
def clock():
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stale(as_user, clock):
    """`stale(person)`: signed in a quarter of an hour ago."""

    def enter(person):
        http = as_user(person)
        clock.shift(timedelta(minutes=15))
        return http

    return enter


def hidden(response) -> dict[str, str]:
    """What the page that asks carries on, and the token it is protected by."""
    return {"proof": PASSWORD, **dict(response.context["typed"])}


def edited(person: User, **changed) -> dict[str, str]:
    fields = ("last_name", "first_name", "patronymic", "email", "extension", "worklist_cap", "employed_on", "version")
    return {**{name: str(getattr(person, name) or "") for name in fields}, **changed}


def test_a_token_is_made_with_a_fresh_proof_at_once_and_after_asking_with_an_old_one(cast, as_user, clock):
    http = as_user(cast.ivanova)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert http.post("/account/tokens/", TOKEN).status_code == 200
    assert ApiToken.objects.count() == 1
    clock.shift(timedelta(seconds=1))
    asked = http.post("/account/tokens/", TOKEN)
    assert (asked.status_code, ApiToken.objects.count()) == (403, 1)
    assert http.post("/account/tokens/", {**hidden(asked), "proof": "wrong-password"}).status_code == 422
    assert ApiToken.objects.count() == 1
    done = http.post(asked.context["target"], hidden(asked))
    assert done.context["new_token"]
    assert ApiToken.objects.filter(name="PBX").count() == 2
    assert http.post("/account/tokens/", TOKEN).status_code == 200  # proved just now


def acts(cast) -> dict[str, tuple[User, str, dict[str, str]]]:
    him = cast.ivanova
    return {
        "another role": (cast.volkov, f"/staff/{him.pk}/role/", {"role": "farmer"}),
        "a new person": (
            cast.volkov,
            "/staff/new/",
            {"last_name": "А", "first_name": "Б", "login": "new", "role": "hunter", "worklist_cap": "90"},
        ),
        "another e-mail": (cast.volkov, f"/staff/{him.pk}/", edited(him, email="evil@example.org")),
        "another department": (
            cast.admin,
            f"/staff/{him.pk}/",
            edited(him, department=str(cast.other.pk)),
        ),
        "a new password": (cast.volkov, f"/staff/{him.pk}/password/", {}),
        "a lost phone": (cast.admin, f"/staff/{him.pk}/second-factor/", {}),
        "recovery codes": (him, "/account/second-factor/codes/", {}),
        "a PBX": (cast.admin, "/settings/telephony/connections/new/", {"name": "АТС", "time_zone": "Europe/Moscow"}),
    }


@pytest.mark.parametrize(
    "act",
    [
        "another role",
        "a new person",
        "another e-mail",
        "another department",
        "a new password",
        "a lost phone",
        "recovery codes",
        "a PBX",
    ],
)
def test_an_act_on_rights_is_not_done_without_a_fresh_proof_and_goes_on_after_it(cast, stale, act):
    actor, url, data = acts(cast)[act]
    http = stale(actor)
    before = list(User.objects.order_by("pk").values())
    events = AuditEvent.objects.count()
    asked = http.post(url, data)
    assert asked.status_code == 403
    assert "no-store" in asked["Cache-Control"]
    assert list(User.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.count() == events
    assert dict(asked.context["typed"]) == data
    done = http.post(asked.context["target"], hidden(asked))
    assert done.status_code in (200, 303), done.content.decode()[:300]
    assert AuditEvent.objects.count() > events or act in ("a lost phone", "recovery codes")


def test_a_name_is_changed_without_asking(cast, stale):
    response = stale(cast.volkov).post(f"/staff/{cast.ivanova.pk}/", edited(cast.ivanova, last_name="Петрова"))
    assert response.status_code == 303
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.last_name == "Петрова"


def test_the_second_factor_is_asked_about_even_to_look_at_its_secret(cast, stale):
    http = stale(cast.ivanova)
    asked = http.get("/account/second-factor/?next=/day/")
    assert asked.status_code == 403
    assert 'id="secret"' not in asked.content.decode()
    done = http.post(asked.context["target"], hidden(asked))
    assert (done.status_code, done["Location"]) == (303, "/account/second-factor/?next=/day/")
    assert http.get(done["Location"]).status_code == 200


def test_the_code_of_the_app_is_a_proof_once(cast, as_user, clock):
    http = as_user(cast.ivanova)
    app, _codes = enrol(http)
    clock.shift(timedelta(minutes=16))
    code = app.code()
    assert http.post("/account/tokens/", {**TOKEN, "proof": code}).context["new_token"]
    clock.shift(timedelta(minutes=16))
    assert http.post("/account/tokens/", {**TOKEN, "proof": code}).status_code == 422
    assert SecondFactor.objects.filter(user=cast.ivanova).exists()


def test_guesses_are_counted_like_wrong_passwords(cast, stale):
    http = stale(cast.ivanova)
    codes = [http.post("/account/tokens/", {**TOKEN, "proof": "wrong-password"}).status_code for _ in range(6)]
    assert codes == [422] * 4 + [429] * 2
    assert http.post("/account/tokens/", {**TOKEN, "proof": PASSWORD}).status_code == 429
    assert not ApiToken.objects.exists()


def test_a_fragment_is_asked_in_the_dialog(cast, stale):
    asked = stale(cast.ivanova).post("/account/tokens/", TOKEN, headers={"HX-Request": "true"})
    assert (asked.status_code, asked["HX-Retarget"]) == (422, "#dialog-body")
    page = asked.content.decode()
    assert "<html" not in page
    assert 'name="days" value="30"' in page
    assert not ApiToken.objects.exists()


def test_what_was_typed_is_escaped(cast, stale):
    asked = stale(cast.ivanova).post("/account/tokens/", {**TOKEN, "name": '"><script>alert(1)</script>'})
    assert "<script>alert" not in asked.content.decode()


def test_confirming_leads_nowhere_else(cast, stale):
    http = stale(cast.ivanova)
    assert http.post("/account/confirm/", {"proof": PASSWORD, "next": "https://evil.example/"})["Location"] == "/"


def test_a_role_that_has_no_such_page_is_not_asked(cast, stale):
    assert stale(cast.ivanova).post(f"/staff/{cast.petrov.pk}/role/", {"role": "farmer"}).status_code == 404


def test_an_export_of_more_than_a_thousand_rows_asks(cast, stale, monkeypatch):
    assert proof.EXPORT_ROWS_FREE == 1000
    monkeypatch.setattr(proof, "EXPORT_ROWS_FREE", 2)
    for number in range(2):
        ClientFactory(department=cast.sales, name=f"Клиент {number}")
    http = stale(cast.director)
    assert http.get("/clients/export/?section=any").status_code == 200
    ClientFactory(department=cast.sales, name="Клиент 3")
    events = AuditEvent.objects.filter(action="clients.export").count()
    asked = http.get("/clients/export/?section=any&a=1")
    assert asked.status_code == 403
    assert AuditEvent.objects.filter(action="clients.export").count() == events
    done = http.post(asked.context["target"], hidden(asked))
    assert done.status_code == 303
    assert http.get(done["Location"])["Content-Type"].endswith("sheet")


@pytest.mark.parametrize(
    "url",
    [
        "/clients/export/",
        "/documents/export/?tab=payments",
        "/rotation/history/export/",
        "/audit/?csv=1",
        "/staffing/vacancies/export/",
    ],
)
def test_every_list_that_may_be_long_asks(cast, stale, monkeypatch, url):
    http = stale(cast.director)
    assert http.get(url).status_code == 200
    monkeypatch.setattr(proof, "EXPORT_ROWS_FREE", -1)
    assert http.get(url).status_code == 403


# Sessions


def test_other_sessions_end_when_asked(cast, as_user):
    http, other = as_user(cast.ivanova), Client()
    other.post("/login/", {"username": "ivanova", "password": PASSWORD})
    key = http.cookies["sessionid"].value
    assert http.post("/account/sessions/end/").status_code == 303
    assert http.get("/account/").status_code == 200
    assert http.cookies["sessionid"].value != key
    assert other.get("/account/").status_code == 302
    assert AuditEvent.objects.filter(action="user.sessions_ended", object_id=cast.ivanova.pk).count() == 1
