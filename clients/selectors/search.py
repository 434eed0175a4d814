"""One box: a fragment of the name, a phone in any spelling, ИНН or e-mail, always inside the scope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Reverse

from clients.constants import PHONE_SUFFIX_SHORTEST, SEARCH_LONGEST, SEARCH_SHORTEST
from clients.models import Client, Email, Phone
from common.phones import normalise
from common.text import LAST_CHARACTER, TextError, clean_text, sort_key

if TYPE_CHECKING:
    from accounts.models import User

# More clients than this behind one suffix or address are no answer; the list of a filter may show them all the same.
_MOST_MATCHES: Final = 500
# Rows looked at beyond those that are shown: a name may begin with the text once its legal form is left out.
_SPARE: Final = 10
_EXTENSION_WORDS: Final = re.compile(r"(?:доб|доп|вн|ext)\w*\.?", re.IGNORECASE)


def readable(text: str) -> str:
    """The text as it can be asked of the database; '' for NUL, lone surrogates and what is too long."""
    try:
        return clean_text(text or "", SEARCH_LONGEST)
    except TextError:
        return ""


def search(user: User, text: str, limit: int = 20) -> list[Client]:
    """At most `limit` visible clients: those whose name begins with the text, then the others, each by name.

    Two characters at least; LIKE wildcards are literal. Of a fragment that more than _MOST_MATCHES names hold, some
    are shown. At most three queries.
    """
    text = readable(text)
    matches = search_q(user, text)
    if matches is None:
        return []
    clients = Client.objects.visible_to(user)
    opening = sort_key(text) if any(mark.isalpha() for mark in text) else ""
    begins = Q(sort_key__gte=opening, sort_key__lt=opening + LAST_CHARACTER)
    # Unordered and limited inside: else the planner walks the whole base by name in the hope of meeting the fragment.
    scope = clients.filter(matches)
    keys = scope.order_by().values("pk")[:_MOST_MATCHES]
    if opening:
        first = _first_by_name(clients.filter(begins), matches, limit)
        # A condition without a column: what follows is not even begun when a short walk by name has met enough.
        scope = scope.alias(met=_number_of(first)).filter(met__lt=limit)
        beginning = scope.filter(begins).order_by("sort_key", "pk").values("pk")[:limit]
        keys = first.union(beginning, scope.order_by().values("pk")[:_MOST_MATCHES])
    rank = Case(When(begins, then=0), default=1) if opening else Value(0)
    found = Client.objects.filter(pk__in=keys).select_related("owner")
    return list(found.order_by(rank, "sort_key", "pk")[:limit])


def _first_by_name(clients: QuerySet[Client], matches: Q, limit: int) -> QuerySet[Client, Any]:
    """Keys of the first clients by name, those that match.

    CASE keeps the index of fragments out: of a common word it would hand out every row.
    """
    walked = Client.objects.filter(pk__in=clients.order_by("sort_key", "pk").values("pk")[: limit + _SPARE])
    return walked.alias(is_match=Case(When(matches, then=1), default=0)).filter(is_match=1).order_by().values("pk")


def _number_of(rows: QuerySet[Client, Any]) -> Subquery:
    counted = rows.annotate(number=Func(F("pk"), function="COUNT", output_field=IntegerField())).values("number")
    return Subquery(counted, output_field=IntegerField())


def search_q(user: User, text: str) -> Q | None:
    """The condition of the search on Client; None when the text is too short to ask.

    Numbers and addresses are looked up first: a list of keys joins the trigram index of names, a subquery would not.
    """
    text = readable(text)
    if len(text) < SEARCH_SHORTEST:
        return None
    matches = Q(name__icontains=text)
    if "@" in text:
        emails = Email.objects.visible_to(user).filter(address__icontains=text)
        matches |= Q(pk__in=list(emails.values_list("client_id", flat=True)[:_MOST_MATCHES]))
        return matches
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) in (10, 12) and digits == text.replace(" ", ""):
        matches |= Q(inn=digits)
    keys = _by_phone(user, text, digits)
    return matches | Q(pk__in=keys) if keys else matches


def _by_phone(user: User, text: str, digits: str) -> list[int]:
    # Letters besides «доб.» mean a name with figures in it («Гранд 2015»).
    if len(digits) < PHONE_SUFFIX_SHORTEST or any(mark.isalpha() for mark in _EXTENSION_WORDS.sub("", text)):
        return []
    phones = Phone.objects.visible_to(user).filter(is_live=True)
    number = normalise(text)
    if number.e164:
        phones = phones.filter(Q(e164=number.e164) | Q(last10=number.last10))
    elif len(digits) > 10:
        phones = phones.filter(last10=digits[-10:])
    else:
        # The end of the number, through the index on the reversed digits.
        phones = phones.alias(tail=Reverse("last10")).filter(tail__startswith=digits[::-1])
    return list(phones.values_list("client_id", flat=True)[:_MOST_MATCHES])
