"""What the address of the list asks for, and which bulk acts it allows."""

from __future__ import annotations

from functools import cached_property
from typing import cast
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from clients.choices import Section
from clients.models import Client
from common.paging import rows_beside
from desk.filters import WorkFilter
from desk.selectors import clients as lists
from desk.selectors.work import with_work

CHIP_NAMES = ("colour", "age", "step")
_PLACES = {"section", "sort", "cursor"}  # where one is in the list, not what is asked of it
TAKEABLE = (Section.CALL_BASE, Section.SOFT_REFUSAL, Section.STRATEGIC)


class Asked:
    """The address of the list, read: section, sort, filters, and what they leave of the scope."""

    def __init__(self, request: HttpRequest, query: QueryDict | None = None, *, has_form: bool = False) -> None:
        """`query`: the address of a list that is not the page itself, as the card remembers it.

        `has_form`: every filter is built, not only those the address sets.
        """
        self.viewer = cast(User, request.user)
        self.query: QueryDict = (request.GET if query is None else query).copy()
        # Requisites and documents are all an accountant reads (section 1.1): no section, colour or step to ask by.
        self.reads_papers = self.viewer.role == Role.ACCOUNTANT
        self.section = "any" if self.reads_papers else self.query.get("section", "")
        if self.section not in (*Section.values, "any"):
            reads_only = self.viewer.role == Role.QUALITY
            # A search looks everywhere: what is asked for by name may lie in any section.
            self.section = "any" if reads_only or self.query.get("search") else Section.IN_WORK
        self.sort = self.query.get("sort", "name")
        if self.sort.lstrip("-") not in lists.SORTS or (self.reads_papers and self.sort.lstrip("-") != "name"):
            self.sort = "name"
        self._request, self._has_form = request, has_form

    @cached_property
    def _data(self) -> QueryDict:
        data = self.query.copy()
        data["section"] = "" if self.section == "any" else self.section
        return data

    @cached_property
    def _scope(self) -> QuerySet[Client]:
        sections = () if self.section == "any" else (self.section,)
        return with_work(Client.objects.visible_to(self.viewer, sections=sections))

    @cached_property
    def filter(self) -> WorkFilter:
        return WorkFilter(self._data, queryset=self._scope, request=self._request, asked_only=not self._has_form)

    @cached_property
    def unchipped(self) -> WorkFilter:
        """The filter without the chips, over which they count."""
        if not any(name in self._data for name in CHIP_NAMES):
            return self.filter
        plain = self._data.copy()
        for name in CHIP_NAMES:
            plain.pop(name, None)
        return WorkFilter(plain, queryset=self._scope, request=self._request, asked_only=True)

    @property
    def clients(self) -> QuerySet[Client]:
        """What the filters leave of the scope."""
        return self.filter.qs

    @property
    def is_work(self) -> bool:
        """Rows with colour, age and next step; the other sections hold nobody in work."""
        return not self.reads_papers and self.section in (Section.IN_WORK, Section.CUSTOMERS, "any")

    @cached_property
    def is_narrowed(self) -> bool:
        """Does any filter besides the section leave clients out?"""
        if set(self.query) <= _PLACES:
            return False  # nothing that a filter would read: none is built
        return any(name != "section" for name in self.filter.active)

    @property
    def is_plain(self) -> bool:
        """A section as it opens: nobody's filter, so that everybody of a role asks the same."""
        return not self.reads_papers and not self.is_narrowed

    @property
    def is_chipped(self) -> bool:
        return self.is_narrowed and any(name in CHIP_NAMES for name in self.filter.active)

    def address(self, **changes: str | None) -> str:
        """The list's address with these parameters changed (None takes one out); paging starts anew."""
        query = self.query.copy()
        query.pop("cursor", None)
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = value
        text = query.urlencode()
        return reverse("client_list") + (f"?{text}" if text else "")

    @cached_property
    def tail(self) -> str:
        """The part of an address that asks for the same clients in the same order."""
        query = self.query.copy()
        query.pop("cursor", None)
        query["section"] = self.section
        return f"?{query.urlencode()}"

    @cached_property
    def list_query(self) -> str:
        """What a card's address carries to remember this list."""
        return f"?{urlencode({'list': self.tail[1:]})}" if len(self.tail) > 1 else ""

    def beside(self, pk: int) -> dict[str, int]:
        """The clients before and after this one in the list, also when it itself has left the list meanwhile."""
        whole, field, goes_down = lists.ordered(with_work(Client.objects.visible_to(self.viewer)), self.sort)
        row = whole.filter(pk=pk).first()
        if row is None:
            return {}
        rows, _field, _down = lists.ordered(self.clients, self.sort)
        before, after = rows_beside(rows, field=field, row=row, is_descending=goes_down)
        return {name: one.pk for name, one in (("previous", before), ("next", after)) if one is not None}

    @cached_property
    def acts(self) -> dict[str, bool]:
        """What may be done with several clients of the list at once."""
        role = self.viewer.role
        can_take = self.viewer.is_manager and self.section in TAKEABLE
        can_transfer = role in (Role.HEAD, Role.DIRECTOR) and self.is_work
        can_export = lists.may_export(self.viewer)
        return {
            "take": can_take,
            "transfer": can_transfer,
            "export": can_export,
            "any": can_take or can_transfer or can_export,
        }
