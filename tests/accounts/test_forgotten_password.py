"""A forgotten password tells nobody who exists: AU7–AU10, AU14."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings as product
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.models import User
from journal.models import AuditEvent
from notifications.models import OutboxMail
from tests.accounts.authenticator import enrol
from tests.factories.cast import PASSWORD

pytestmark = pytest.mark.django_db
STRONG = "трава-зелена-47"
DAY = datetime(2026, 6, 1, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


def ask(who="ivanova", http=None, **extra):
    return (http or Client()).post("/login/reset/", {"who": who}, **extra)


def letter() -> str:
    return OutboxMail.objects.order_by("-pk")[0].text


def link() -> str:
    found = re.search(r"https?://\S+(/login/reset/\d+/[^/\s]+/)", letter())
    assert found
    return found[1]


def choose(path, password=STRONG, http=None):
    return (http or Client()).post(path, {"password": password, "repeated": password})


def enters(login="ivanova", password=STRONG) -> bool:
    return Client().post("/login/", {"username": login, "password": password}).status_code == 303


def test_one_letter_goes_to_the_stored_address(cast):
    for who in ("ivanova", " IVANOVA ", "ivanova@example.org", "Ivanova@Example.org"):
        OutboxMail.objects.all().delete()
        assert ask(who).status_code == 200
        mail = OutboxMail.objects.get()
        assert (mail.to_address, mail.recipient) == ("ivanova@example.org", cast.ivanova), who
        assert f"{product.BASE_URL}/login/reset/{cast.ivanova.pk}/" in mail.text
        assert "ivanova" in mail.html


def test_a_new_password_is_chosen_once(cast):
    http = Client()
    http.force_login(cast.ivanova, backend="accounts.backends.EmployeeBackend")
    _token, _value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    ask()
    path = link()
    assert Client().get(path).status_code == 200
    done = choose(path)
    assert (done.status_code, done["Location"]) == (303, "/login/?login=ivanova")
    assert enters()
    assert not enters(password=PASSWORD)
    assert http.get("/account/").status_code == 302
    assert cast.ivanova.api_tokens.filter(revoked_at__isnull=True).count() == 0
    assert choose(path, "другая-трава-58").status_code == 404
    assert Client().get(path).status_code == 404
    assert AuditEvent.objects.filter(action="user.password", object_id=cast.ivanova.pk).count() == 1


def test_a_weak_password_is_refused_and_the_link_stays(cast):
    ask()
    path = link()
    for password in ("short", "password1234", "ivanova@example.org", "x" * 129):
        assert choose(path, password).status_code == 422, password
    assert choose(path).status_code == 303


def test_the_second_factor_stays_and_is_asked_for(cast):
    http = Client()
    http.force_login(cast.ivanova, backend="accounts.backends.EmployeeBackend")
    enrol(http)
    ask()
    choose(link())
    fresh = Client()
    answer = fresh.post("/login/", {"username": "ivanova", "password": STRONG})
    assert answer["Location"] == "/login/code/"
    assert fresh.get("/account/").status_code == 302


# AU7


def test_a_foreign_host_never_reaches_the_letter(cast):
    assert ask(HTTP_HOST="evil.example").status_code == 400
    assert not OutboxMail.objects.exists()
    ask(HTTP_X_FORWARDED_HOST="evil.example", HTTP_FORWARDED="host=evil.example")
    mail = OutboxMail.objects.get()
    assert product.BASE_URL in mail.text
    assert "evil.example" not in mail.text + mail.html


# AU8


def test_anything_but_one_stored_address_writes_to_nobody(cast):
    for who in (
        "ivanova@example.org,evil@example.net",
        "ivanova@example.org evil@example.net",
        '["ivanova@example.org","evil@example.net"]',
        "ivanova@example.org\ncc:evil@example.net",
        "ivanova@example.org%0acc:evil@example.net",
        "%",
        "_vanova",
        "",
        "\x00",
        "x" * 300,
    ):
        assert ask(who).status_code in (200, 422), who
        assert not OutboxMail.objects.exists(), who


def test_a_list_of_addresses_has_one_recipient_at_most(cast):
    Client().post("/login/reset/", {"who": ["ivanova@example.org", "evil@example.net"]})
    Client().post("/login/reset/", {"who": ["evil@example.net", "ivanova@example.org"], "email": "evil@example.net"})
    Client().post("/login/reset/", '{"who": ["ivanova", "x"]}', content_type="application/json")
    ask("ıvanova@example.org")  # whose capital is that of i
    assert set(OutboxMail.objects.values_list("to_address", flat=True)) <= {"ivanova@example.org"}


# AU9


def test_the_link_dies_with_a_password_an_address_a_role_and_an_hour(cast, clock):
    def changed_email():
        data = {"email": "new@example.org"}
        services.change_employee(user=cast.ivanova, data=data, version=cast.ivanova.version, actor=cast.volkov)

    deaths = {
        "password": lambda: services.change_password(user=cast.ivanova, password=STRONG, actor=cast.volkov),
        "address": changed_email,
        "role": lambda: services.change_role(user=cast.ivanova, role="farmer", actor=cast.volkov),
        "hour": lambda: clock.shift(timedelta(hours=1, seconds=1)),
    }
    for name, happens in deaths.items():
        cast.ivanova.refresh_from_db()
        clock.shift(timedelta(minutes=11))
        ask()
        path = link()
        assert Client().get(path).status_code == 200, name
        happens()
        assert Client().get(path).status_code == 404, name
        assert choose(path, "другая-трава-58").status_code == 404, name
    assert not enters(password="другая-трава-58")


def test_the_link_lives_for_an_hour(cast, clock):
    ask()
    path = link()
    clock.shift(timedelta(minutes=59))
    assert choose(path).status_code == 303


def test_a_link_of_one_person_is_no_link_of_another(cast):
    ask()
    path = link().replace(f"/{cast.ivanova.pk}/", f"/{cast.petrov.pk}/")
    assert Client().get(path).status_code == 404
    assert choose(path).status_code == 404
    for token in ("x", "x-y", "cxabc1-" + "0" * 32, "%00"):
        assert choose(f"/login/reset/{cast.ivanova.pk}/{token}/").status_code == 404


def test_a_person_switched_off_gets_no_letter_and_his_link_dies(cast):
    ask()
    path = link()
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert choose(path).status_code == 404
    OutboxMail.objects.all().delete()
    ask()
    assert not OutboxMail.objects.exists()


# AU10


def body(response) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())


def test_absent_and_present_get_the_same_answer(cast):
    services.deactivate_employee(user=cast.petrov, actor=cast.volkov)
    User.objects.filter(pk=cast.orlov.pk).update(email="")
    answers = [ask(who) for who in ("ivanova", "nobody", "nobody@example.org", "petrov", "orlov")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({body(answer) for answer in answers}) == 1
    heads = {
        tuple(sorted((name, value) for name, value in answer.items() if name != "X-Request-ID")) for answer in answers
    }
    assert len(heads) == 1
    assert OutboxMail.objects.get().recipient == cast.ivanova


def shape(queries) -> list[str]:
    """Statements without their values; that a sub-transaction was kept or taken back is not one."""
    told = [query["sql"] for query in queries if not re.match(r"(RELEASE|ROLLBACK TO) SAVEPOINT", query["sql"])]
    return [re.sub(r"'[^']*'|\b\d+\b|\"?s\d+_x\d+\"?", "?", sql)[:60] for sql in told]


def test_absent_and_present_cost_the_same_work(cast, monkeypatch):
    work: dict[str, list[str]] = {}
    rendered: dict[str, int] = {}
    from notifications import services as letters

    whole, done = letters.render_to_string, []
    monkeypatch.setattr(letters, "render_to_string", lambda *args: done.append(args) or whole(*args))
    for who in ("ivanova", "nobody"):
        done.clear()
        with CaptureQueriesContext(connection) as seen:
            ask(who, REMOTE_ADDR=f"10.0.0.{len(who)}")
        work[who], rendered[who] = shape(seen.captured_queries), len(done)
    assert rendered == {"ivanova": 3, "nobody": 3}
    assert [sql for sql in work["ivanova"] if "outbox" in sql]
    assert work["ivanova"] == work["nobody"]


def test_signing_in_hashes_one_password_for_whoever_is_typed(cast, monkeypatch):
    services.deactivate_employee(user=cast.petrov, actor=cast.volkov)
    hashed = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda self, *args: hashed.append(args) or encode(self, *args)
    )
    counts = {}
    for login in ("ivanova", "petrov", "nobody"):
        hashed.clear()
        Client().post("/login/", {"username": login, "password": "wrong-password"})
        counts[login] = len(hashed)
    assert counts == {"ivanova": 1, "petrov": 1, "nobody": 1}


# The limiter


def test_asking_counts_for_the_address_and_not_for_the_person(cast):
    AccessAttempt.objects.create(username="somebody", ip_address="127.0.0.1", user_agent="", failures_since_start=22)
    codes = [ask(f"user{n}").status_code for n in range(5)]
    assert codes == [200] * 2 + [429] * 3
    assert Client().post("/login/", {"username": "ivanova", "password": PASSWORD}).status_code == 429
    elsewhere = Client().post("/login/", {"username": "ivanova", "password": PASSWORD}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 303


def test_nobody_is_flooded_with_letters(cast, clock):
    for number in range(4):
        ask(REMOTE_ADDR=f"10.0.0.{number}")
    assert OutboxMail.objects.count() == 1
    clock.shift(timedelta(minutes=10))
    ask()
    assert OutboxMail.objects.count() == 2


def test_a_new_password_opens_the_lock(cast):
    for _ in range(6):
        Client().post("/login/", {"username": "ivanova", "password": "wrong-password"})
    assert not enters(password=PASSWORD)
    ask()
    choose(link())
    assert enters()


def test_a_dead_link_is_no_place_to_guess(cast):
    path = f"/login/reset/{cast.ivanova.pk}/c0ffee-0123456789abcdef0123456789abcdef/"
    AccessAttempt.objects.create(username="somebody", ip_address="127.0.0.1", user_agent="", failures_since_start=22)
    assert [choose(path).status_code for _ in range(5)] == [404] * 2 + [429] * 3
