"""Everything the people must know: their sessions, clients and words to look for. Runs inside one database."""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import django

WORDS = 12  # of one person


def main() -> None:
    django.setup()
    Path(sys.argv[1]).write_text(json.dumps(prepare(int(sys.argv[2]))), encoding="utf-8")


def prepare(users: int) -> dict[str, Any]:
    """`people`: cookie, clients and words of `users` managers with open sales; `pbx`: token, secret, numbers."""
    from accounts.models import User
    from bench.pages import session_of
    from clients.models import Client, Phone
    from funnels.models import SalesCycle
    from telephony.services import create_connection

    rng = random.Random(users)
    own: dict[int, list[int]] = defaultdict(list)
    for owner, client in SalesCycle.objects.filter(closed_at=None).values_list("owner", "client"):
        own[owner].append(client)
    owners = list(User.objects.filter(pk__in=own, is_active=True).order_by("pk")[:users])
    people, numbers = [], []
    for person in owners:
        known = sorted(own[person.pk])
        rng.shuffle(known)
        names = Client.objects.filter(pk__in=known[:WORDS]).values_list("name", flat=True)
        phones = list(Phone.objects.filter(client__in=known[:WORDS]).values_list("e164", flat=True))
        words = [_word(name) for name in names] + [phone[-7:] for phone in phones[: WORDS // 3]]
        people.append({"cookie": session_of(person), "clients": known, "words": words})
        numbers += phones[:2]
    pbx = create_connection(name="load", actor=User.objects.get(login="administrator"))
    return {"people": people, "pbx": {"token": pbx.token, "secret": pbx.secret}, "numbers": numbers}


def _word(name: str) -> str:
    """The longest word of a name without its quotation marks: what a person remembers of it."""
    return max(name.replace("«", " ").replace("»", " ").split(), key=len)


if __name__ == "__main__":
    main()
