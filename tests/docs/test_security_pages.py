"""docs/security.md and docs/asvs.md name only tests that exist, and say absent only of what is absent."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SECURITY, CHECKLIST = ((ROOT / "docs" / name).read_text() for name in ("security.md", "asvs.md"))
NAMED = sorted(set(re.findall(r"`([\w/]+\.py::test_\w+)`", SECURITY + CHECKLIST)))
# How many requirements the chapters of the standard's levels 1 and 2 have together.
REQUIREMENTS = {"1": 70, "2": 183}
# Families of cases of the threat model and how many each has.
CASES = {"AC": 28, "IN": 11, "AU": 18, "WH": 12, "FI": 12, "CO": 10, "JO": 8, "TI": 7, "DL": 6, "DO": 1}
NOT_NUMBERED = {"CO9"}


@cache
def functions_of(path: str) -> set[str]:
    file = TESTS / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named):
    path, _, name = named.partition("::")
    assert name in functions_of(path)


def test_every_requirement_stands_in_the_checklist_once_and_has_an_answer():
    rows = re.findall(r"^\| (V\d+\.\d+\.\d+) \| (\d) \| .+? \| (proven|absent|not met) \| (.+) \|$", CHECKLIST, re.M)
    assert len({number for number, *_ in rows}) == len(rows)
    assert Counter(level for _, level, *_ in rows) == REQUIREMENTS
    assert [number for number, level, _, proof in rows if level == "1" and "::test_" not in proof] == []
    assert [number for number, _, state, proof in rows if state == "proven" and "::test_" not in proof] == []
    for level, least in (("1", 1.0), ("2", 0.8)):
        held = [state for _, at, state, _ in rows if at == level]
        assert sum(state != "not met" for state in held) >= least * len(held)


def test_every_case_of_the_threat_model_stands_in_the_table_once():
    listed = re.findall(r"^\| ([A-Z]{2}\d+) \|", SECURITY, re.M)
    expected = [f"{family}{number}" for family, most in CASES.items() for number in range(1, most + 1)]
    assert listed == [case for case in expected if case not in NOT_NUMBERED]


def test_a_case_has_a_test_or_says_why_not():
    for line in SECURITY.splitlines():
        if re.match(r"\| [A-Z]{2}\d+ \|", line):
            assert "::test_" in line or "not built: " in line, line


def test_what_is_called_absent_is_absent():
    """No library for them is installed for production, so no code of ours can use them."""
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(), re.M))
    families = {
        "WebSocket": {"channels", "daphne", "websockets", "wsproto"},
        "GraphQL": {"graphene", "graphene-django", "strawberry-graphql", "ariadne", "graphql-core"},
        "OAuth, OIDC, SAML": {
            "authlib",
            "oauthlib",
            "django-oauth-toolkit",
            "mozilla-django-oidc",
            "python3-saml",
            "django-allauth",
        },
        "self-contained tokens": {"pyjwt", "python-jose", "jwcrypto", "djangorestframework-simplejwt", "itsdangerous"},
        "LDAP, XPath, LaTeX": {"python-ldap", "ldap3", "django-auth-ldap", "lxml", "pylatex"},
        "memcache, Java": {"pymemcache", "python-memcached", "pylibmc", "jpype1"},
        "WebRTC, SMS": {"aiortc", "twilio", "vonage"},
    }
    assert {family: names & pinned for family, names in families.items() if names & pinned} == {}
    assert not (ROOT / "config" / "asgi.py").exists() or "websocket" not in (ROOT / "config" / "asgi.py").read_text()


def test_no_answer_is_shared_with_another_origin(client, db):
    for address in ("/login/", "/api/v1/clients/", "/healthz"):
        answer = client.get(address, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_no_script_listens_to_other_windows():
    for path in (ROOT / "static" / "js").rglob("*.js"):
        assert not re.search(r"postMessage|['\"]message['\"]", path.read_text()), path.name


@pytest.mark.parametrize(
    "password", ["а" * 13, "тише едешь дальше", "7041 2396 5518 04", "x9" * 60, "   leading and trailing   "]
)
def test_any_long_password_will_do(password, db):
    from accounts.models import User

    validate_password(password)
    person = User()
    person.set_password(password)
    assert person.check_password(password) and not person.check_password(password.strip() + "!")
    assert not any("age" in entry["NAME"].lower() for entry in settings.AUTH_PASSWORD_VALIDATORS)


def test_a_short_password_will_not():
    with pytest.raises(ValidationError):
        validate_password("Ab1!xyzqwe")


def test_password_fields_are_masked_and_take_a_manager(client, db):
    page = client.get("/login/").content.decode()
    (field,) = re.findall(r'<input[^>]*name="password"[^>]*>', page)
    assert 'type="password"' in field
    assert "onpaste" not in page and 'autocomplete="off"' not in field


def test_the_listed_cryptography_is_the_one_in_force():
    """Hashes and keyed hashes of the standard library and of Argon2: nothing is encrypted by code of ours."""
    used = set()
    for room in sorted(path.parent for path in ROOT.glob("*/apps.py")):
        for path in room.rglob("*.py"):
            used |= set(re.findall(r"hashlib\.(\w+)|algorithm=\"(\w+)\"", path.read_text()))
            text = path.read_text()
            assert not re.search(r"\b(md5|sha1|DES|ARC4|MODE_ECB|Fernet|Cipher)\b\(", text), path
    assert {first or second for first, second in used} == {"sha256"}
    assert settings.CELERY["accept_content"] == ["json"]
    assert "SHA-256" in SECURITY and "Argon2" in SECURITY


def test_the_image_holds_no_history_and_no_state():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env", "var", ".venv"} <= set(ignored)


def test_every_package_is_pinned_by_a_hash():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    text = (ROOT / "requirements.txt").read_text()
    for dependency in wanted:
        name = re.split(r"[\[<>=]", dependency)[0]
        assert re.search(
            rf"^{re.escape(name)}(\[[\w,-]+\])?==[\w.]+ \\\n    --hash=sha256:[0-9a-f]{{64}}", text, re.M
        ), name
    image = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.txt" in image
