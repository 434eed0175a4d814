"""From one department to a company: the department copied by SQL, then the base that nobody works with yet."""

from __future__ import annotations

import sys
from typing import Any

import django

STRIDE = 1_000_000  # between the ids of one department and the next
FIRST_BASE = 500_000_000
TIMELINE = 200

# Tables that belong to the department and are copied with it; what they point at outside stays shared.
COPIED = (
    "accounts.Department", "accounts.User", "clients.Client", "clients.ContactPerson", "clients.Phone", "clients.Email",
    "clients.RetakeBan", "funnels.SalesCycle", "funnels.Ownership", "funnels.Fact", "funnels.StateChange",
    "funnels.ColourChange", "funnels.Movement", "funnels.Contact", "funnels.Questionnaire", "funnels.RotationOrder",
    "funnels.Violation", "funnels.ColourNorm", "funnels.Task", "deals.Offer", "deals.Invoice", "deals.Contract",
    "deals.Payment", "deals.PaymentCredit", "telephony.Call", "planning.MonthTarget", "planning.PlanFact",
    "planning.ForecastSnapshot", "journal.AuditEvent",
)  # fmt: skip
# Lists of ids inside a row.
ID_LISTS = {"colour_fact_ids", "settled_invoice_ids", "fact_ids"}


def main() -> None:
    clients, managers = int(sys.argv[1]), int(sys.argv[2])
    django.setup()
    from django.db import connection

    from bench import pod

    copies = managers // pod.MANAGERS
    rest = clients - copies * pod.CLIENTS
    with connection.cursor() as cursor:
        # Foreign keys are right by construction and the audit trigger guards against edits, not against a copy.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        dropped = _drop_indexes(cursor) if rest > 50_000 else []
        _copy_departments(cursor, copies)
        if rest > 0:
            _fill_base(cursor, rest, copies)
        _long_card(cursor)
        _letters_and_runs(cursor)
        _reset_sequences(cursor)
        for definition in dropped:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")


def _drop_indexes(cursor: Any) -> list[str]:
    """Indexes that guard nothing are built faster afterwards; returns how to make them again."""
    cursor.execute(
        """SELECT i.indexdef, i.indexname FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname
           JOIN pg_index x ON x.indexrelid = c.oid WHERE i.schemaname = 'public' AND NOT x.indisunique
           AND NOT x.indisexclusion AND i.tablename IN ('clients_client', 'clients_phone', 'clients_email',
           'clients_contactperson', 'funnels_contact', 'telephony_call', 'journal_auditevent')"""
    )
    rows = cursor.fetchall()
    for _definition, name in rows:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for definition, _name in rows]


def _models() -> list[Any]:
    from django.apps import apps

    return [apps.get_model(label) for label in COPIED]


def _copy_departments(cursor: Any, copies: int) -> None:
    """Row for row, every id moved by a stride; names, numbers and logins that must differ are made to."""
    models = _models()
    moved = {model._meta.db_table for model in models}
    cursor.execute("SELECT id FROM accounts_user WHERE department_id IS NULL")
    shared = "(" + ",".join(str(row[0]) for row in cursor.fetchall()) + ")"
    for model in models:
        table = model._meta.db_table
        columns, values = [], []
        for field in model._meta.concrete_fields:
            columns.append(f'"{field.column}"')
            values.append(_moved(table, field, moved, shared))
        where = "WHERE t.department_id IS NOT NULL" if table == "accounts_user" else ""
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {', '.join(values)} FROM {table} t CROSS JOIN generate_series(1, {copies - 1}) k {where}"
        )
    for kind, table in (("offer", "deals_offer"), ("invoice", "deals_invoice")):
        cursor.execute(
            f"UPDATE deals_numbercounter n SET last = (SELECT coalesce(max(number), 0) FROM {table} WHERE year = n.year) "
            f"WHERE kind = '{kind}'"
        )


def _moved(table: str, field: Any, moved: set[str], shared: str) -> str:
    """The SQL of one column of the k-th copy."""
    column, far = f't."{field.column}"', f"k * {STRIDE}"
    special = {
        ("accounts_department", "name"): "t.name || ' ' || (k + 1)",
        ("accounts_user", "login"): "t.login || '-' || (k + 1)",
        (
            "accounts_user",
            "extension",
        ): "CASE WHEN t.extension = '' THEN '' ELSE (k * 1000 + t.extension::int)::text END",
        ("clients_client", "inn"): "(t.inn::bigint + k * 10000000)::text",
        ("clients_phone", "e164"): "'+7' || (right(t.e164, 10)::bigint + k * 100000)",
        ("clients_phone", "raw"): "'+7' || (right(t.e164, 10)::bigint + k * 100000)",
        ("clients_phone", "last10"): "(t.last10::bigint + k * 100000)::text",
        ("clients_email", "address"): f"'office' || (t.client_id + {far}) || '@client.example'",
        ("telephony_call", "call_id"): f"'demo-' || (t.contact_id + {far})",
        ("telephony_call", "e164"): "'+7' || (right(t.e164, 10)::bigint + k * 100000)",
        ("telephony_call", "client_number"): "'+7' || (right(t.e164, 10)::bigint + k * 100000)",
        ("funnels_task", "key"): "t.key || ':' || k",
    }
    if (table, field.column) in special:
        return special[table, field.column]
    if table in ("deals_offer", "deals_invoice") and field.column == "number":
        return f"t.number + k * (SELECT count(*) FROM {table} x WHERE x.year = t.year)"
    if field.column in ID_LISTS:
        return f"coalesce((SELECT jsonb_agg(e::bigint + {far}) FROM jsonb_array_elements_text({column}) e), '[]')"
    if field.column in ("evidence_id", "object_id"):
        return f"{column} + {far}"
    if field.primary_key:
        return f"{column} + {far}"
    target = field.related_model._meta.db_table if field.related_model else ""
    if target == "accounts_user":
        return f"CASE WHEN {column} IN {shared} THEN {column} ELSE {column} + {far} END"
    return f"{column} + {far}" if target in moved else column


def _insert(cursor: Any, label: str, source: str, **given: str) -> None:
    """INSERT … SELECT with the model's defaults for the columns that are not given."""
    from django.apps import apps

    model = apps.get_model(label)
    columns, values = [], []
    for field in model._meta.concrete_fields:
        if field.column in given:
            value = given[field.column]
        elif field.primary_key:
            continue
        elif field.null:
            value = "NULL"
        else:
            default = field.get_default()
            value = {list: "'[]'", dict: "'{}'"}.get(type(default), f"'{default}'")
        columns.append(f'"{field.column}"')
        values.append(value)
    cursor.execute(f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} {source}")


def _array(words: tuple[str, ...]) -> str:
    return "(ARRAY[" + ",".join("'" + word.replace("'", "''") + "'" for word in words) + "])"


def _pick(words: tuple[str, ...], seed: str) -> str:
    """One of the words, spread over the rows by a hash of the row's number."""
    return f"{_array(words)}[1 + (hashint8({seed})::bigint & 2147483647) % {len(words)}]"


def _fill_base(cursor: Any, rest: int, copies: int) -> None:
    """Clients nobody owns: most never called, a part refused or put aside with its past, a part customers of farmers."""
    from common import clock
    from config.demo import words

    today = f"date '{clock.today():%Y-%m-%d}'"
    rows = f"FROM generate_series(1, {rest}) n"
    first, second = _pick(words.FIRST, "n"), _pick(words.SECOND, "n + 7")
    department = f"(SELECT min(id) FROM accounts_department) + (n % {copies}) * {STRIDE}"
    farmer = f"(SELECT min(id) FROM accounts_user WHERE role = 'farmer') + (n % {copies}) * {STRIDE}"
    hunter = f"(SELECT min(id) FROM accounts_user WHERE role = 'hunter') + (n % {copies}) * {STRIDE} + n / 7 % 10"
    section = (
        "CASE WHEN n % 200 = 0 THEN 'customers' WHEN n % 20 = 7 THEN 'soft_refusal' WHEN n % 20 = 8 THEN 'strategic' "
        "WHEN n % 20 = 9 THEN 'hard_refusal' ELSE 'call_base' END"
    )
    worked = f"FROM generate_series(1, {rest}) n WHERE n % 200 = 0 OR n % 20 IN (7, 8, 9)"
    client, created = f"{FIRST_BASE} + n", f"{today} - 400 + n % 300"
    started = f"({today} - 720 + n % 700)"
    _insert(
        cursor,
        "clients.Client",
        rows,
        id=client,
        department_id=department,
        name=f"{_pick(words.FORMS, 'n + 1')} || ' «' || {first} || '-' || {second} || ' ' || n || '»'",
        sort_key=f"translate(lower({first} || ' ' || {second} || ' ' || n), 'ё', 'е')",
        inn="lpad((7000000000 + n)::text, 10, '0')",
        kpp="'660001001'",
        city=_pick(words.CITIES, "n + 3"),
        note=_pick(words.NOTES, "n + 5"),
        section=section,
        size="(ARRAY['small','medium','large'])[1 + n % 3]",
        category_id="(SELECT min(id) FROM clients_category) + n % (SELECT count(*) FROM clients_category)",
        segment_id="(SELECT id FROM clients_segment WHERE is_active AND size = (ARRAY['small','medium','large'])[1 + n % 3])",
        source_id="(SELECT min(id) FROM clients_source) + n % (SELECT count(*) FROM clients_source)",
        owner_id=f"CASE WHEN n % 200 = 0 THEN {farmer} END",
        state="CASE WHEN n % 200 = 0 THEN 'customer' WHEN n % 20 IN (7, 9) THEN 'refusal' WHEN n % 20 = 8 THEN 'reserve' END",
        recall_on=f"CASE WHEN n % 200 <> 0 AND n % 20 IN (7, 8) THEN {today} + 1 + n / 20 % 180 END",
        has_calls="n % 200 = 0 OR n % 20 IN (7, 8, 9)",
        created_at=created,
        updated_at=created,
    )
    names = ((words.SURNAMES, "n + 11"), (words.MEN, "n + 13"), (words.MEN_FATHERS, "n"))
    surname = " || ' ' || ".join(_pick(these, seed) for these, seed in names)
    _insert(
        cursor, "clients.ContactPerson", rows,
        id=client, client_id=client, full_name=surname, position=_pick(words.CHIEFS, "n"), is_dm="TRUE", created_at=created,
    )  # fmt: skip
    number = "(9100000000 + n)::text"
    _insert(
        cursor, "clients.Phone", rows,
        id=client, client_id=client, person_id=client, raw=f"'+7' || {number}", e164=f"'+7' || {number}", last10=number,
    )  # fmt: skip
    _insert(
        cursor, "clients.Email", f"{rows} WHERE n % 2 = 0",
        client_id=client, address="'office' || n || '@base.example'",
    )  # fmt: skip
    _insert(
        cursor, "journal.AuditEvent", rows,
        at=created, actor_login="'administrator'", via="'import'", action="'client.create'", object_type="'clients.client'",
        object_id=client, object_name="'client'",
    )  # fmt: skip
    _insert(
        cursor, "funnels.SalesCycle", worked,
        id=client, client_id=client, segment_id=f"(SELECT segment_id FROM clients_client WHERE id = {client})",
        opened_on=started, opened_at=started, closed_on=f"{started} + 10", closed_at=f"{started} + 10",
        outcome="CASE WHEN n % 200 = 0 THEN 'won' WHEN n % 20 = 8 THEN 'parked' ELSE 'lost' END",
        refusal_reason="CASE WHEN n % 200 <> 0 AND n % 20 IN (7, 9) THEN 'no_money' ELSE '' END",
        state="CASE WHEN n % 200 = 0 THEN 'customer' WHEN n % 20 = 8 THEN 'reserve' ELSE 'refusal' END",
        state_since=f"{started} + 10", colour="'none'", colour_rule="'R1'", expected_amount="50000 + n % 900 * 1000",
        last_contact_at=f"{started} + 3", last_contact_kind="'call'",
    )  # fmt: skip
    _insert(
        cursor, "funnels.Ownership", worked,
        id=client, client_id=client, cycle_id=client, user_id=hunter, reason="'take'", started_on=started, started_at=started,
        ended_on=f"{started} + 10", ended_at=f"{started} + 10", end_reason="'refusal'", clock_started_on=started,
        state_started_on=started,
    )  # fmt: skip
    _insert(
        cursor, "funnels.Ownership", f"{rows} WHERE n % 200 = 0",
        id=f"{client} + {FIRST_BASE}", client_id=client, user_id=farmer, reason="'handover'", started_on=f"{started} + 11",
        started_at=f"{started} + 11", clock_started_on=f"{started} + 11", state_started_on=f"{started} + 11",
    )  # fmt: skip
    for to, rule, day in (("red", "R10", 0), ("none", "R1", 10)):
        _insert(
            cursor, "funnels.ColourChange", worked,
            cycle_id=client, ownership_id=client, owner_id=hunter, from_colour="'none'" if day == 0 else "'red'",
            to_colour=f"'{to}'", rule=f"'{rule}'", rules_version="1", on=f"{started} + {day}", at=f"{started} + {day}",
        )  # fmt: skip
    _insert(
        cursor, "funnels.StateChange", worked, cycle_id=client, to_state="'new'", on=started, at=started, user_id=hunter
    )
    calls = (
        f"FROM generate_series(1, {rest}) n CROSS JOIN generate_series(1, 3) c WHERE n % 200 = 0 OR n % 20 IN (7, 8, 9)"
    )
    _insert(
        cursor, "funnels.Contact", calls,
        id=f"({client}) * 3 + c", client_id=client, cycle_id=client, person_id=client, user_id=hunter, kind="'call'",
        direction="'out'", at=f"{started} + c + time '12:00'", day=f"{started} + c::int",
        result="CASE WHEN c = 2 THEN 'talked' ELSE 'no_answer' END", talk_seconds="CASE WHEN c = 2 THEN 95 ELSE 0 END",
        is_manual="FALSE", text=_pick(words.CALLS, "n + c"), is_productive_call="c = 2",
        recorded_at=f"{started} + c + time '12:05'",
    )  # fmt: skip
    _insert(
        cursor, "telephony.Call", calls,
        connection_id="(SELECT min(id) FROM telephony_telephonyconnection)", call_id="'base-' || n || '-' || c", rank="3",
        direction="'out'", client_number=f"'+7' || {number}", e164=f"'+7' || {number}", user_id=hunter,
        department_id=department, client_id=client, person_id=client, started_at=f"{started} + c + time '12:00'",
        ended_at=f"{started} + c + time '12:02'", talk_seconds="CASE WHEN c = 2 THEN 95 ELSE 0 END", wait_seconds="9",
        result="CASE WHEN c = 2 THEN 'answered' ELSE 'no_answer' END", contact_id=f"({client}) * 3 + c",
        created_at=f"{started} + c + time '12:00'", updated_at=f"{started} + c + time '12:02'",
    )  # fmt: skip


def _long_card(cursor: Any) -> None:
    """The first open client of the first manager gets a history of TIMELINE letters and calls."""
    cursor.execute(
        """SELECT s.client_id, s.id, s.owner_id FROM funnels_salescycle s JOIN accounts_user u ON u.id = s.owner_id
           WHERE u.login = 'm1' AND s.closed_at IS NULL ORDER BY s.id LIMIT 1"""
    )
    client, cycle, owner = cursor.fetchone()
    when = "now() - interval '1 hour' * c"
    _insert(
        cursor, "funnels.Contact", f"FROM generate_series(1, {TIMELINE}) c",
        id="200000000 + c",
        client_id=str(client), cycle_id=str(cycle), user_id=str(owner), kind="CASE WHEN c % 3 = 0 THEN 'call' ELSE 'letter' END",
        at=when, day=f"({when})::date", result="CASE WHEN c % 3 = 0 THEN 'no_answer' ELSE 'talked' END",
        text="'Письмо ' || c || ': уточнили сроки и состав поставки'", recorded_at=when,
    )  # fmt: skip


def _letters_and_runs(cursor: Any) -> None:
    """A month of sent digests and notices of every person, and of finished jobs."""
    people = "FROM accounts_user u CROSS JOIN generate_series(1, 30) d"
    when = "now() - interval '1 day' * d"
    _insert(
        cursor, "notifications.OutboxMail", people,
        dedupe_key="'digest:' || u.id || ':' || d", recipient_id="u.id", to_address="u.email", subject="'Светофор'",
        text="repeat('строка письма ', 60)", html="repeat('<p>строка письма</p>', 60)", state="'sent'", attempts="1",
        run_after=when, message_id="'<' || u.id || '.' || d || '@bench>'", created_at=when, sent_at=when,
    )  # fmt: skip
    _insert(
        cursor, "notifications.Notice", people,
        key="'bench:' || u.id || ':' || d", recipient_id="u.id", text="'Клиент стал зелёным'", created_at=when,
        read_at=f"CASE WHEN d > 2 THEN {when} END",
    )  # fmt: skip
    _insert(
        cursor, "journal.JobRun",
        "FROM unnest(ARRAY['colours','terms','flags','plan','audit','digest','rotation']) j CROSS JOIN generate_series(1, 30) d",
        job="j", business_date="current_date - d", due_at=when, state="'done'", attempts="1", created_at=when,
        finished_at=when,
    )  # fmt: skip


def _reset_sequences(cursor: Any) -> None:
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    for sql in connection.ops.sequence_reset_sql(no_style(), list(apps.get_models())):
        cursor.execute(sql)


if __name__ == "__main__":
    main()
