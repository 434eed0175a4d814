"""Filters of the client list. Their state is the address; a value nobody offers filters nothing and breaks nothing."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clients.choices import ClientState, Section, SizeLabel
from clients.constants import SEARCH_LONGEST
from clients.models import Category, Client, Phone, Segment, Source
from clients.selectors import search_q

_YES_NO = [("yes", _("with a phone")), ("no", _("without a phone"))]


def _owners(request: Any) -> QuerySet[User]:
    if request is None:
        return User.objects.none()
    return User.objects.with_clients().visible_to(request.user)


class ClientFilter(django_filters.FilterSet):
    """`ClientFilter(request.GET, queryset=Client.objects.visible_to(user), request=request).qs`."""

    search = django_filters.CharFilter(
        label=_("Name, phone, INN or e-mail"), method="by_search", max_length=SEARCH_LONGEST
    )
    section = django_filters.ChoiceFilter(label=_("section"), choices=Section.choices)
    state = django_filters.ChoiceFilter(label=_("state"), choices=ClientState.choices)
    size = django_filters.ChoiceFilter(label=_("size label"), choices=SizeLabel.choices)
    category = django_filters.ModelChoiceFilter(label=_("category"), queryset=Category.objects.all())
    segment = django_filters.ModelChoiceFilter(label=_("segment"), queryset=Segment.objects.all())
    source = django_filters.ModelChoiceFilter(label=_("source"), queryset=Source.objects.all())
    owner = django_filters.ModelChoiceFilter(
        label=_("owner"), queryset=_owners, null_label=_("no owner"), null_value="none"
    )
    has_phone = django_filters.ChoiceFilter(label=_("phone"), choices=_YES_NO, method="by_phone")
    imported_responsible = django_filters.CharFilter(
        label=_("responsible in the old system"), lookup_expr="iexact", max_length=120
    )
    imported_stage = django_filters.CharFilter(label=_("stage in the old system"), lookup_expr="iexact", max_length=120)

    base_filters: dict[str, Any]  # set by the metaclass

    class Meta:
        model = Client
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, asked_only: bool = False, **kwargs: Any) -> None:
        """`asked_only` leaves out the filters that `data` does not name: a list needs no form to fill in."""
        if asked_only:
            self.base_filters = {name: row for name, row in type(self).base_filters.items() if name in (data or ())}
        super().__init__(data, *args, **kwargs)
        user = getattr(self.request, "user", None)
        # A manager's scope has one owner: himself or the people he deputises for; the filter would only ask him twice.
        if user is None or user.is_manager:
            self.filters.pop("owner", None)

    def by_search(self, queryset: QuerySet[Client], _name: str, value: str) -> QuerySet[Client]:
        matches = search_q(self.request.user, value)
        return queryset.none() if matches is None else queryset.filter(matches)

    def by_phone(self, queryset: QuerySet[Client], _name: str, value: str) -> QuerySet[Client]:
        has = Exists(Phone.objects.filter(client=OuterRef("pk"), is_live=True).exclude(e164=""))
        return queryset.filter(has) if value == "yes" else queryset.filter(~has)

    @property
    def active(self) -> dict[str, Any]:
        """The filters that are set to something usable, for chips: `{name: cleaned value}`."""
        form: forms.Form = self.form
        values = form.cleaned_data if form.is_valid() or hasattr(form, "cleaned_data") else {}
        return {name: value for name, value in values.items() if value not in (None, "")}
