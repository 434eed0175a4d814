"""Two people at once, on real PostgreSQL with real threads: one wins, the other is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from common.errors import ActError, Conflict
from funnels.models import Contact, Ownership, SalesCycle
from funnels.services import ContactData, log_contact, take_into_work, transfer
from tests.factories.work import dm_of, make_client, take

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Runs the acts in threads of their own and returns results or refusals in order."""

    def run(act):
        try:
            return act()
        except ActError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_managers_taking_one_client_end_with_one_owner(cast):
    client = make_client(cast)
    managers = [cast.ivanova, cast.petrov, cast.kuznetsova] * 3
    results = together(*[lambda who=who: take_into_work(client=client, owner=who, actor=who) for who in managers])
    winners = [item for item in results if isinstance(item, SalesCycle)]
    assert len(winners) == 1
    assert all(isinstance(item, Conflict) for item in results if item not in winners)
    assert Ownership.objects.open().get(client=client).user_id == winners[0].owner_id


def test_parallel_takes_do_not_pass_the_cap(cast):
    for _ in range(48):
        take(cast, cast.orlov)
    clients = [make_client(cast) for _ in range(6)]
    together(*[lambda one=one: take_into_work(client=one, owner=cast.orlov, actor=cast.orlov) for one in clients])
    assert SalesCycle.objects.in_worklist().filter(owner=cast.orlov).count() == 50


def test_a_double_click_saves_one_contact(cast):
    cycle = take(cast, cast.ivanova)
    data = ContactData(kind="call", result="talked", person=dm_of(cycle.client), key="form-7")
    results = together(*[lambda: log_contact(client=cycle.client, actor=cast.ivanova, data=data)] * 6)
    assert len({contact.pk for contact in results}) == 1
    assert Contact.objects.count() == 1


def test_two_calls_to_one_person_at_once_are_credited_once(cast):
    cycle = take(cast, cast.ivanova)
    person = dm_of(cycle.client)
    acts = [
        lambda number=number: log_contact(
            client=cycle.client,
            actor=cast.ivanova,
            data=ContactData(kind="call", result="talked", person=person, key=f"call-{number}"),
        )
        for number in range(5)
    ]
    assert sum(contact.is_productive_call for contact in together(*acts)) == 1


def test_transfer_and_contact_at_once_leave_one_owner(cast):
    cycle = take(cast, cast.ivanova)
    together(
        lambda: transfer(cycle=cycle, to=cast.petrov, actor=cast.volkov),
        lambda: transfer(cycle=cycle, to=cast.kuznetsova, actor=cast.volkov),
        lambda: log_contact(
            client=cycle.client,
            actor=cast.ivanova,
            data=ContactData(kind="call", result="talked", person=dm_of(cycle.client)),
        ),
    )
    owner = Ownership.objects.open().get(client=cycle.client)
    cycle.refresh_from_db()
    assert owner.user_id == cycle.owner_id
    assert owner.user_id in {cast.petrov.pk, cast.kuznetsova.pk}
