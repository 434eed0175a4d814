"""Many people and many workers at once, on real PostgreSQL with real threads; `RACES=long` makes it a campaign."""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection

from accounts.choices import Role
from accounts.services import deactivate_employee
from clients.models import Client, Phone
from clients.services import create_client, receive_import, run_import, update_client
from common.errors import ActError, Conflict, StaleVersion
from common.workdays import PeriodKind
from config.management.commands.check_invariants import count_offences
from deals.services import enter_payment
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.services import (
    ContactData,
    execute_rotations,
    flag_stagnant,
    log_contact,
    recheck_colours,
    refuse,
    release_held,
    take_into_work,
    transfer,
)
from journal.models import AuditEvent
from planning.selectors.board import board_of
from tests.factories.cast import make_user
from tests.factories.work import call, dm_of, make_client, on, take

IS_LONG = os.environ.get("RACES") == "long"
WORKERS, CLIENTS, SEEDS = (6, 600, 20) if IS_LONG else (4, 40, 1)
PAIRS = 1000 if IS_LONG else 12
ROUNDS = 60 if IS_LONG else 3
MONDAY, FRIDAY = date(2026, 11, 9), date(2026, 11, 20)

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Runs the acts at one moment in threads of their own; results or refusals in order, anything else is raised."""
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait(30)
            return act()
        except ActError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def until_done(service) -> dict[str, int]:
    """As the engine does it: an attempt that waited too long for the others is made again."""
    while True:
        try:
            return service(day=FRIDAY)
        except OperationalError:
            continue


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def offences() -> dict[str, int]:
    return {name: n for name, n in count_offences().items() if n}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_workers_who_rotate_the_same_clients_double_none_and_miss_none(cast, seed):
    rng = random.Random(seed)
    owners = [make_user(f"owner{n}", Role.HUNTER, cast.sales) for n in range(-(-CLIENTS // 80))]
    for number in range(CLIENTS // 8):
        make_user(f"hunter{number}", Role.HUNTER, cast.sales)
    with on(MONDAY):
        cycles = [take(cast, rng.choice(owners) if number >= 80 * len(owners) else owners[number // 80])
                  for number in range(CLIENTS)]  # fmt: skip
    before = dict(Ownership.objects.open().values_list("client_id", "user_id"))
    with on(FRIDAY, 0, 20):
        together(*[lambda: until_done(flag_stagnant)] * WORKERS)
    assert RotationOrder.objects.filter(status="held").count() == CLIENTS  # the flood guard
    with on(FRIDAY, 8, 0):
        assert release_held(department=cast.sales, actor=cast.director) == CLIENTS
    with on(FRIDAY, 9, 20):
        counts = together(*[lambda: until_done(execute_rotations)] * WORKERS)
        assert sum(each["executed"] for each in counts) == CLIENTS
    # Who has lost his own may receive the clients of another.
    after = dict(Ownership.objects.open().values_list("client_id", "user_id"))
    assert after.keys() == before.keys() and len(after) == CLIENTS == len(cycles)
    assert not [client for client, user in after.items() if user == before[client]]
    assert Ownership.objects.open().count() == CLIENTS
    assert Ownership.objects.count() == 2 * CLIENTS
    assert AuditEvent.objects.filter(action="rotation.execute").count() == CLIENTS
    assert offences() == {}


def test_of_two_who_edit_one_card_from_one_version_one_is_told_and_no_field_is_lost(cast):
    client = make_client(cast)
    fields = ("note", "website")
    for number in range(PAIRS):
        client.refresh_from_db()
        values = {"note": f"Заметка {number}", "website": f"https://example.org/{number}"}
        results = together(
            *[
                lambda name=name, values=values: update_client(
                    client=client, data={name: values[name]}, version=client.version, actor=cast.volkov
                )
                for name in fields
            ]
        )
        stale = [one for one in results if isinstance(one, StaleVersion)]
        assert (len(stale), sum(isinstance(one, Client) for one in results)) == (1, 1)
        late = fields[results.index(stale[0])]
        client.refresh_from_db()
        assert getattr(client, fields[1 - fields.index(late)]) == values[fields[1 - fields.index(late)]]
        update_client(client=client, data={late: values[late]}, version=client.version, actor=cast.volkov)
    client.refresh_from_db()
    assert {name: getattr(client, name) for name in fields} == values
    assert AuditEvent.objects.filter(action="client.edit", object_id=client.pk).count() == 2 * PAIRS


def test_of_twenty_who_take_one_client_from_the_pool_one_has_it(cast):
    client = make_client(cast)
    people = [make_user(f"hunter{number}", Role.HUNTER, cast.sales) for number in range(20)]
    results = together(*[lambda who=who: take_into_work(client=client, owner=who, actor=who) for who in people])
    winners = [one for one in results if isinstance(one, SalesCycle)]
    assert len(winners) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 19
    assert Ownership.objects.open().get(client=client).user_id == winners[0].owner_id
    assert offences() == {}


def test_nobody_switched_off_or_moved_while_clients_rotate_is_left_with_one(cast):
    with on(MONDAY):
        for _ in range(12):
            take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 20):
        together(
            lambda: execute_rotations(day=FRIDAY),
            lambda: deactivate_employee(user=cast.petrov, actor=cast.admin, distribute=True),
            lambda: deactivate_employee(user=cast.kuznetsova, actor=cast.admin, distribute=True),
        )
        execute_rotations(day=FRIDAY)
    for open_cycle in SalesCycle.objects.open().select_related("owner", "client"):
        assert open_cycle.owner.is_active
        assert open_cycle.owner.department_id == open_cycle.client.department_id
    assert offences() == {}


def test_one_number_from_forms_an_import_and_again_forms_belongs_to_one_client(cast):
    table = ContentFile("Название компании;Телефон\nООО Файл;8 (916) 555-44-33\n".encode(), name="a.csv")
    run = receive_import(file=table, actor=cast.volkov)
    forms = [
        lambda n=n: create_client(data={"name": f"ООО {n}", "phone": "+7 916 555-44-33"}, actor=cast.ivanova)
        for n in range(6)
    ]
    results = together(*forms, lambda: run_import(run_id=run.pk), lambda: run_import(run_id=run.pk))
    refused = [one for one in results[:6] if isinstance(one, ActError)]
    assert Phone.objects.filter(e164="+79165554433", is_live=True).count() == 1
    assert Client.objects.count() == 1
    assert len(refused) >= 5
    run.refresh_from_db()
    assert run.state == "done"


def test_everything_at_once_waits_in_one_order_and_never_for_ever(cast):
    """CO7: contacts, transfers, refusals, edits, takes, an import, rotation and the night, over the same clients."""
    rng = random.Random(7)
    before = deadlocks()
    with on(MONDAY):
        cycles = [take(cast, who) for who in (cast.ivanova, cast.petrov) for _ in range(8)]
        free = [make_client(cast) for _ in range(6)]
    people = [cast.ivanova, cast.petrov, cast.kuznetsova]

    def talk(cycle):
        data = ContactData(kind="call", result="talked", person=dm_of(cycle.client), key=f"k{rng.getrandbits(48):x}")
        return log_contact(client=cycle.client, actor=cast.volkov, data=data)

    def edit(client):
        client = Client.objects.get(pk=client.pk)
        text = f"{rng.getrandbits(48):x}"
        return update_client(client=client, data={"note": text}, version=client.version, actor=cast.volkov)

    def pay(cycle):
        return enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("1.01"), paid_on=FRIDAY)

    with on(FRIDAY, 9, 30):
        for number in range(ROUNDS):
            rows = "\n".join(f"ООО {number} {n};+7916{number:03d}{n:04d}" for n in range(20))
            run = receive_import(
                file=ContentFile(f"Название компании;Телефон\n{rows}\n".encode(), name="a.csv"), actor=cast.volkov
            )
            some = rng.sample(cycles, 5)
            results = together(
                lambda: flag_stagnant(day=FRIDAY),
                lambda: execute_rotations(day=FRIDAY),
                lambda: recheck_colours(day=FRIDAY),
                lambda run=run: run_import(run_id=run.pk),
                *[lambda one=one: talk(one) for one in some[:2]],
                lambda some=some: edit(some[0].client),
                lambda some=some: pay(some[1]),
                lambda some=some: transfer(cycle=some[0], to=rng.choice(people), actor=cast.volkov),
                lambda some=some: transfer(cycle=some[2], to=rng.choice(people), actor=cast.volkov),
                lambda some=some: refuse(cycle=some[3], actor=cast.volkov, reason="no_money"),
                lambda: take_into_work(client=rng.choice(free), owner=cast.petrov, actor=cast.volkov),
            )
            assert len(results) == 12
    assert deadlocks() == before
    assert offences() == {}


def test_the_figures_of_one_screen_are_of_one_moment(cast):
    """CO10: a payment of the past is entered between the statements that count the month."""
    with on(FRIDAY - timedelta(days=1)):
        cycle = take(cast, cast.ivanova)
        call(cycle)

    def pay():
        enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("100.00"), paid_on=FRIDAY - timedelta(days=1))

    paid = []

    def interfere(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "deals_paymentcredit" in sql and not paid:
            paid.append(together(pay))
        return answer

    def read():
        return board_of(department=cast.sales, user=None, kind=PeriodKind.MONTH, day=FRIDAY, today=FRIDAY)

    with on(FRIDAY):
        with connection.execute_wrapper(interfere):
            board = read()
        assert paid == [[None]]
        in_weeks = sum(week.fact for week in board.weeks)
        assert board.figures.fact == in_weeks
        assert sum(line.figures.fact for line in board.lines) == board.figures.fact
        assert read().figures.fact == Decimal("100.00")
