"""Rows of the base as they are before anybody works with them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from clients.models import Client, ContactPerson, Phone
from common import clock
from common.text import sort_key


class ClientFactory(DjangoModelFactory):
    """A complete card in «База для прозвонить»: `ClientFactory(department=…, segment=…, category=…)`."""

    class Meta:
        model = Client

    name = factory.Sequence(lambda n: f"ООО «Ромашка {n}»")
    sort_key = factory.LazyAttribute(lambda client: sort_key(client.name))
    size = "medium"
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = ContactPerson

    client = factory.SubFactory(ClientFactory)
    full_name = factory.Sequence(lambda n: f"Сафонов Игорь {n}")
    position = "директор"
    is_dm = True
    created_at = factory.LazyFunction(clock.now)


class PhoneFactory(DjangoModelFactory):
    class Meta:
        model = Phone

    client = factory.SubFactory(ClientFactory)
    raw = factory.Sequence(lambda n: f"+7916{n:07d}")
    e164 = factory.LazyAttribute(lambda phone: phone.raw)
    last10 = factory.LazyAttribute(lambda phone: phone.e164[-10:])
