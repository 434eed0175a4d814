"""A card as the API tells and takes it."""

from __future__ import annotations

from rest_framework import serializers

from clients.choices import ClientKind, ClientState, RowState, Section, SizeLabel
from clients.models import Client, ContactPerson, Email, ImportRow, ImportRun, Phone
from clients.services.fields import LONGEST, READ_ONLY
from common.api import IdField, PageQuery, StrictSerializer

ORDERINGS = ("name", "-name", "created_at", "-created_at", "updated_at", "-updated_at", "id", "-id")


class CardInput(StrictSerializer):
    """Fields of the card; the owner, the section and the state have acts of their own, the colour has rules."""

    read_only_keys = READ_ONLY | {"colour", "age", "phones", "emails", "people", "next_step_at", "cycle"}

    kind = serializers.ChoiceField(choices=ClientKind.choices, required=False)
    name = serializers.CharField(max_length=LONGEST["name"], required=False)
    inn = serializers.CharField(max_length=LONGEST["inn"], required=False, allow_blank=True)
    kpp = serializers.CharField(max_length=LONGEST["kpp"], required=False, allow_blank=True)
    ogrn = serializers.CharField(max_length=LONGEST["ogrn"], required=False, allow_blank=True)
    city = serializers.CharField(max_length=LONGEST["city"], required=False, allow_blank=True)
    address = serializers.CharField(max_length=LONGEST["address"], required=False, allow_blank=True)
    website = serializers.CharField(max_length=LONGEST["website"], required=False, allow_blank=True)
    note = serializers.CharField(max_length=LONGEST["note"], required=False, allow_blank=True)
    size = serializers.ChoiceField(choices=SizeLabel.choices, required=False, allow_blank=True)
    category = IdField(required=False, allow_null=True)
    segment = IdField(required=False, allow_null=True)
    source = IdField(required=False, allow_null=True)  # type: ignore[assignment]


class CardCreateInput(CardInput):
    """A new card, with its first number, address and person."""

    read_only_keys = CardInput.read_only_keys - {"department"}

    name = serializers.CharField(max_length=LONGEST["name"])
    department = IdField(required=False)
    phone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    is_shared = serializers.BooleanField(required=False)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    person_name = serializers.CharField(max_length=160, required=False, allow_blank=True)
    person_position = serializers.CharField(max_length=120, required=False, allow_blank=True)
    person_is_dm = serializers.BooleanField(required=False)


class CardChangeInput(CardInput):
    """`version`: the one that was read; or in the header If-Match."""

    read_only_keys = CardInput.read_only_keys - {"version"}

    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class ClientQuery(PageQuery):
    search = serializers.CharField(required=False, allow_blank=True, max_length=200)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=64)
    inn = serializers.CharField(required=False, allow_blank=True, max_length=12)
    section = serializers.ChoiceField(choices=Section.choices, required=False)
    state = serializers.ChoiceField(choices=ClientState.choices, required=False)
    owner = IdField(required=False)
    ordering = serializers.ChoiceField(choices=ORDERINGS, required=False, default="name")


class ClientSerializer(serializers.ModelSerializer):
    department = serializers.IntegerField(source="department_id")
    category = serializers.IntegerField(source="category_id", allow_null=True)
    segment = serializers.IntegerField(source="segment_id", allow_null=True)
    source = serializers.IntegerField(source="source_id", allow_null=True)  # type: ignore[assignment]
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.short_name", default=None, allow_null=True)

    class Meta:
        model = Client
        fields = [
            "id",
            "kind",
            "name",
            "inn",
            "kpp",
            "ogrn",
            "city",
            "address",
            "website",
            "note",
            "department",
            "section",
            "size",
            "category",
            "segment",
            "source",
            "owner",
            "owner_name",
            "state",
            "recall_on",
            "created_at",
            "updated_at",
            "version",
        ]


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = ContactPerson
        fields = ["id", "full_name", "position", "is_dm", "is_active", "note"]


class PhoneSerializer(serializers.ModelSerializer):
    person = serializers.IntegerField(source="person_id", allow_null=True)

    class Meta:
        model = Phone
        fields = ["id", "raw", "e164", "extension", "is_shared", "person"]


class EmailSerializer(serializers.ModelSerializer):
    person = serializers.IntegerField(source="person_id", allow_null=True)

    class Meta:
        model = Email
        fields = ["id", "address", "person"]


class ImportInput(StrictSerializer):
    read_only_keys = frozenset(field.name for field in ImportRun._meta.concrete_fields) - {
        "file",
        "department",
        "is_dry",
    }

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    department = IdField(required=False)
    is_dry = serializers.BooleanField(required=False, default=False)


class ImportSerializer(serializers.ModelSerializer):
    """`counts`: rows, created, duplicates, errors, warnings."""

    department = serializers.IntegerField(source="department_id")
    started_by = serializers.IntegerField(source="started_by_id")
    counts = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = ImportRun
        fields = [
            "id",
            "file_name",
            "state",
            "is_dry",
            "counts",
            "error",
            "department",
            "started_by",
            "created_at",
            "finished_at",
        ]


class ImportRowSerializer(serializers.ModelSerializer):
    codes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ImportRow
        fields = ["row_no", "state", "name", "codes"]


class ImportRowQuery(PageQuery):
    state = serializers.ChoiceField(choices=RowState.choices, required=False)
