"""The audit log cannot be changed, and when somebody changes it all the same, a seal tells (AC25, invariant 10)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from config.management.commands.check_invariants import SEALS, count_offences
from journal.models import AuditEvent, AuditSeal
from journal.selectors import broken_seals, last_seal, unsealed_events
from journal.services import acting, draft, record, seal_audit
from journal.services import seals as sealer

TABLES = ("journal_auditevent", "journal_auditseal")


def some_events(number: int = 3) -> list[AuditEvent]:
    with acting(via="web", request_id="r-1"):
        return [
            record(
                action="client.edit", object_type="clients.client", object_id=n, before={"name": "А"}, after={"n": n}
            )
            for n in range(1, number + 1)
        ]


def as_owner(sql: str, *values: object) -> None:
    """What only the owner of the tables can do, and only on purpose."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        cursor.execute(sql, values)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


# Append-only in the database itself


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"], ids=lambda sql: sql[:8]
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_the_database_refuses_whatever_is_not_an_insert(table, sql, role):
    some_events()
    assert seal_audit(wait=0) == 3
    column = "actor_login" if table == TABLES[0] else "hash"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")
        cursor.execute("SELECT set_config('session_replication_role', %s, true)", [role])
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql.format(table, column, column))
    assert (AuditEvent.objects.count(), AuditSeal.objects.count()) == (3, 1)


@pytest.mark.django_db
def test_the_orm_cannot_change_or_delete_an_event_either():
    event = some_events(1)[0]
    for act in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(via="api"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert AuditEvent.objects.get().via == "web"


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_a_new_installation_refuses_truncate_in_every_session(table):
    """The migration arms all four triggers; the tests alone have the two of TRUNCATE switched off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        states = dict(cursor.fetchall())
    assert states == {f"{table}_append_only": "A", f"{table}_no_truncate": "D"}


# Seals


@pytest.mark.django_db
def test_seals_close_every_event_in_order_and_are_chained(monkeypatch):
    monkeypatch.setattr(sealer, "SEAL_EVENTS", 2)
    events = some_events(5)
    assert unsealed_events() == 5
    assert seal_audit(wait=0) == 5
    assert seal_audit(wait=0) == 0, "nothing is sealed twice"
    seals = list(AuditSeal.objects.order_by("number"))
    assert [(seal.number, seal.events) for seal in seals] == [(1, 2), (2, 2), (3, 1)]
    assert [seal.prev_hash for seal in seals] == ["", seals[0].hash, seals[1].hash]
    assert (seals[0].after_id, seals[-1].upto_id) == (0, events[-1].pk)
    assert len({seal.hash for seal in seals}) == 3
    assert broken_seals() == []
    assert unsealed_events() == 0


@pytest.mark.django_db
def test_whoever_writes_in_bulk_is_sealed_too():
    AuditEvent.objects.bulk_create([draft(action="client.create", object_type="clients.client") for _n in range(2500)])
    assert seal_audit(wait=0) == 2500
    assert list(AuditSeal.objects.order_by("number").values_list("events", flat=True)) == [1000, 1000, 500]
    assert broken_seals() == []


CHANGES = {
    "at": "at + interval '1 microsecond'",
    "actor_id": "coalesce(actor_id, 0) + 1",
    "actor_login": "actor_login || 'x'",
    "via": "'api'",
    "request_id": "''",
    "action": "action || 'x'",
    "object_type": "object_type || 'x'",
    "object_id": "NULL",
    "object_name": "object_name || 'x'",
    "before": """'{"name": "Б"}'""",
    "after": "after || '{\"more\": null}'",
    "run_id": "7",
}


def test_every_column_of_an_event_is_tried():
    assert {field.attname for field in AuditEvent._meta.concrete_fields} - {"id"} == set(CHANGES)


@pytest.mark.django_db
@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_breaks_its_seal_and_no_other(monkeypatch, column):
    monkeypatch.setattr(sealer, "SEAL_EVENTS", 2)
    events = some_events(6)
    seal_audit(wait=0)
    as_owner(f'UPDATE journal_auditevent SET "{column}" = {CHANGES[column]} WHERE id = %s', events[3].pk)
    assert broken_seals() == [2]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("DELETE FROM journal_auditevent WHERE object_id = 3", [2]),
        ("UPDATE journal_auditevent SET id = id + 100 WHERE object_id = 6", [3]),
        ("UPDATE journal_auditseal SET sealed_at = sealed_at + interval '1 day' WHERE number = 1", [1]),
        ("UPDATE journal_auditseal SET hash = repeat('0', 64) WHERE number = 2", [2, 3]),
        ("DELETE FROM journal_auditseal WHERE number = 2", [3]),
        ("DELETE FROM journal_auditseal WHERE number < 3", [3]),
    ],
    ids=["event deleted", "event moved", "seal dated back", "hash forged", "seal deleted", "seals deleted"],
)
def test_what_the_owner_of_the_tables_does_behind_our_back_is_found(monkeypatch, sql, broken):
    monkeypatch.setattr(sealer, "SEAL_EVENTS", 2)
    some_events(6)
    seal_audit(wait=0)
    as_owner(sql)
    assert broken_seals() == broken


@pytest.mark.django_db
def test_an_event_slipped_in_between_is_found(monkeypatch):
    monkeypatch.setattr(sealer, "SEAL_EVENTS", 2)
    events = some_events(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('journal_auditevent_id_seq')")
        gap = cursor.fetchone()[0]
    some_events(4)
    seal_audit(wait=0)
    assert events[-1].pk < gap <= AuditSeal.objects.get(number=2).upto_id
    forged = draft(action="client.edit", object_type="clients.client")
    forged.pk = gap
    forged.save(force_insert=True)
    assert broken_seals() == [2]


@pytest.mark.django_db
def test_nothing_can_be_put_before_the_first_seal():
    forged = draft(action="client.edit", object_type="clients.client")
    forged.pk = 0
    with pytest.raises(DatabaseError, match="journal_auditevent_counted_from_one"), transaction.atomic():
        forged.save(force_insert=True)


@pytest.mark.django_db
def test_the_command_reports_a_tampered_log(capsys):
    some_events()
    seal_audit(wait=0)
    assert count_offences()[SEALS] == 0
    as_owner("UPDATE journal_auditevent SET actor_login = 'petrov' WHERE object_id = 2")
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert f"     1  {SEALS}" in capsys.readouterr().out


# Writers and the sealer side by side


class Writer:
    """A transaction of another session that has written one event and is not over yet."""

    def __init__(self) -> None:
        self.written, self.may_end, self.pk = threading.Event(), threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> Writer:
        self.thread.start()
        assert self.written.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def end(self) -> None:
        self.may_end.set()
        self.thread.join(10)

    def run(self) -> None:
        try:
            with transaction.atomic():
                self.pk = record(action="client.edit", object_type="clients.client").pk
                self.written.set()
                self.may_end.wait(10)
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_lower_identifier_that_is_committed_later_is_not_missed():
    with Writer() as slow:
        later = record(action="client.edit", object_type="clients.client")
        assert slow.pk < later.pk
        assert seal_audit(wait=0) == 0, "the slow one is still inside"
        slow.end()
        assert seal_audit(wait=0) == 2
    assert broken_seals() == []
    assert last_seal().upto_id == later.pk


@pytest.mark.django_db(transaction=True)
def test_the_sealer_waits_for_those_who_write_now_and_for_nobody_who_came_later(monkeypatch):
    waits = threading.Event()
    monkeypatch.setattr(sealer, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _s: waits.set()))
    with Writer() as first:
        found: list[int] = []

        def run() -> None:
            try:
                found.append(seal_audit(wait=10))
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        assert waits.wait(10), "it has looked who writes"
        with Writer() as second:
            first.end()
            thread.join(10)
            assert found == [1], "only what was begun before"
            assert last_seal().upto_id < second.pk
    assert seal_audit(wait=0) == 1
    assert broken_seals() == []


@pytest.mark.django_db(transaction=True)
def test_writers_do_not_wait_for_a_sealer_nor_for_each_other():
    """The reason why no event carries the hash of the event before it."""
    some_events()
    with transaction.atomic():
        assert seal_audit(wait=0) == 3
        with Writer() as first, Writer() as second:  # both are inside while the seal is not committed
            assert first.pk and second.pk


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain():
    some_events(5)
    results: list[int] = []

    def run() -> None:
        try:
            results.append(seal_audit())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    seal_audit()
    assert sum(results) <= 5
    assert unsealed_events() == 0
    assert AuditSeal.objects.count() == 1
    assert broken_seals() == []


@pytest.mark.django_db
def test_a_seal_is_dated_by_our_clock(time_machine):
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    time_machine.move_to(at, tick=False)
    some_events(1)
    seal_audit(wait=0)
    assert last_seal().sealed_at == at
