"""What is measured, for whom, and the sessions and keys it is asked with. Runs inside one database."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

import django

SEARCH_NAME = "Кристалл"
ABSENT = 10**9  # an id that nobody has


@dataclass
class Target:
    """One request of the table. `paths`: used in turn, so that a POST meets another client every time."""

    name: str
    who: str
    paths: list[str]
    kind: str = "page"  # page, list, api, post, webhook
    form: dict[str, str] = field(default_factory=dict)
    fragment: bool = False


def main() -> None:
    django.setup()
    print(json.dumps(prepare(int(sys.argv[1]))))


def prepare(rounds: int) -> dict[str, Any]:
    """Everything the measuring process must know: cookies of both people, targets, the PBX's keys."""
    from accounts.models import User
    from clients.models import Client, Phone
    from common.paging import cursor_after
    from desk.selectors.work import with_work
    from funnels.models import SalesCycle
    from telephony.services import create_connection

    people = {name: User.objects.get(login=name) for name in ("m1", "director")}
    people["manager"] = people.pop("m1")
    manager, director = people["manager"], people["director"]
    mine = list(SalesCycle.objects.owned_by(manager).order_by("pk").values_list("client_id", flat=True))
    card = mine[0]
    posted = mine[1:] * (rounds // max(1, len(mine) - 1) + 2)
    phone = Phone.objects.filter(client=mine[1]).first()

    def deep(viewer: User, section: str) -> str:
        """The address of a page in the middle of the section."""
        scope = with_work(Client.objects.visible_to(viewer).filter(section=section))
        keys = scope.order_by("sort_key", "pk")
        middle = keys[keys.count() // 2]
        return f"/clients/?section={section}&cursor={cursor_after(scope, field='sort_key', row=middle)}"

    form = {"kind": "letter", "result": "talked", "text": "Отправил расчёт", "next_on": "", "line": ""}
    targets = [
        Target("day", "manager", ["/day/"]),
        Target("clients, first page", "manager", ["/clients/"], "list"),
        Target("clients, deep page of the base", "manager", [deep(manager, "call_base")], "list"),
        Target("search by name", "manager", [f"/search/?q={_quoted(SEARCH_NAME)}"]),
        Target("search by phone", "manager", [f"/search/?q={_quoted(phone.e164)}"]),
        Target("card, 200 rows of history", "manager", [f"/clients/{card}/"]),
        Target("board", "manager", ["/funnel/"]),
        Target("plan-fact", "manager", ["/plan/"]),
        Target("API list", "manager", ["/api/v1/clients/"], "api"),
        Target("contact POST", "manager", [f"/clients/{pk}/contact/" for pk in posted], "post", form, True),
        Target("day of a manager", "director", [f"/day/?manager={manager.pk}"]),
        Target("clients, first page", "director", ["/clients/"], "list"),
        Target("clients, deep page of the base", "director", [deep(director, "call_base")], "list"),
        Target("clients of one owner", "director", [f"/clients/?owner={manager.pk}"], "list"),
        Target("search by name", "director", [f"/search/?q={_quoted(SEARCH_NAME)}"]),
        Target("search by phone", "director", [f"/search/?q={_quoted(phone.e164)}"]),
        Target("card, 200 rows of history", "director", [f"/clients/{card}/"]),
        Target("board", "director", ["/funnel/"]),
        Target("lights", "director", ["/lights/"]),
        Target("plan-fact", "director", ["/plan/"]),
        Target("indicators", "director", [f"/kpi/?department={manager.department_id}"]),
        Target("calculator of the plan", "director", ["/calculators/plan/?target=3000000&managers=2"]),
        Target(
            "calculator of the plan, typed", "director", ["/calculators/plan/?target=3000000&managers=2"], fragment=True
        ),
        Target("forecast, typed", "director", ["/calculators/forecast/?target=6000000"], fragment=True),
        Target("funnel, typed", "director", ["/calculators/funnel/?plan=3000000"], fragment=True),
        Target("staffing, typed", "director", ["/calculators/staffing/?plan=3000000"], fragment=True),
        Target("API list", "director", ["/api/v1/clients/"], "api"),
        Target("telephony event POST", "pbx", ["/api/v1/telephony/events"], "webhook"),
    ]
    foreign = SalesCycle.objects.open().exclude(client__department=manager.department).order_by("pk").first()
    doors = {"card": "/clients/{}/", "contact form": "/clients/{}/contact/", "API": "/api/v1/clients/{}/"}
    admin = User.objects.get(login="administrator")
    pbx = create_connection(name="bench", actor=admin)
    return {
        "targets": [asdict(target) for target in targets],
        "refusals": [
            (name, path.format(foreign.client_id), path.format(ABSENT)) for name, path in doors.items() if foreign
        ],
        "cookies": {name: session_of(user) for name, user in people.items()},
        "pbx": {"token": pbx.token, "secret": pbx.secret, "number": phone.e164},
    }


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


def session_of(user: Any) -> str:
    """The key of a session as signing in would have made it."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.constants import SEEN_KEY, STARTED_KEY
    from common import clock

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    now = int(clock.now().timestamp())
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.backends.EmployeeBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SEEN_KEY] = session[STARTED_KEY] = now
    session.create()
    return session.session_key


if __name__ == "__main__":
    main()
