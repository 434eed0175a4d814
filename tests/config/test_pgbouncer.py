"""The product works through pgbouncer in transaction mode, with the very settings of docker-compose.yml.

Needs the program pgbouncer (`apt-get install pgbouncer`); a machine without it skips this page.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from pathlib import Path

import pytest
import yaml
from django.db import connection
from django.test import Client as Browser

from clients.models import Client
from common import clock
from config.embedded import daemon
from config.embedded.layout import layout, make_private
from config.management.commands.check_invariants import count_offences
from desk.services import run_job, tick
from funnels.models import Contact
from tests.factories import make_cast
from tests.factories.cast import PASSWORD
from tests.factories.work import dm_of, make_client, on, take

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SHAPE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
SECRET = "through-the-pooler"
PEOPLE = 4

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not PROGRAM, reason="pgbouncer is not installed"),
    pytest.mark.skipif(
        "DATABASE_URL" in os.environ, reason="the test starts its pooler before the embedded PostgreSQL"
    ),
]


@pytest.fixture
def pooler():
    """pgbouncer with two server connections before the test database; yields its port."""
    plan = layout()
    place = Path(plan.home, "pgbouncer")
    make_private(place, plan)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ini = yaml.safe_load(SHAPE.read_text())["configs"]["pgbouncer"]["content"]
    database = connection.settings_dict["NAME"]
    for shipped, here in (
        ("host=db port=5432 dbname=svetofor", f"host={plan.run} dbname={database}"),
        ("listen_addr = *", "listen_addr = 127.0.0.1"),
        ("listen_port = 6432", f"listen_port = {port}"),
        ("/etc/pgbouncer/users.txt", str(place / "users.txt")),
        ("default_pool_size = 20", "default_pool_size = 2"),
    ):
        assert shipped in ini
        ini = ini.replace(shipped, here)
    for name, text in (("pooler.ini", ini), ("users.txt", f'"svetofor" "{SECRET}"\n')):
        (place / name).write_text(text)
        os.chown(place / name, plan.uid, plan.gid)
    log = Path(plan.log, "pgbouncer.log")
    pid = daemon.spawn([str(PROGRAM), place / "pooler.ini"], plan=plan, cwd=place, log=log)
    try:
        assert daemon.wait_until(lambda: _listens(port) or not daemon.alive(pid), seconds=20)
        assert daemon.alive(pid), daemon.tail(log)
        yield port
    finally:
        daemon.terminate(pid, signal.SIGTERM, signal.SIGKILL, seconds=5)
        shutil.rmtree(place, ignore_errors=True)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _value(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_the_product_works_through_a_pooler_in_transaction_mode(pooler, elsewhere, settings):
    cast = make_cast()
    cycles = [take(cast, cast.ivanova) for _ in range(PEOPLE)]
    for number in range(30):
        make_client(cast, name=f"Клиент {number}")
    people = [dm_of(cycle.client).pk for cycle in cycles]
    through = {
        "NAME": "svetofor",
        "HOST": "127.0.0.1",
        "PORT": pooler,
        "USER": "svetofor",
        "PASSWORD": SECRET,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {},
    }
    faults: list[str] = []
    backends: set[int] = set()

    def work(number: int) -> None:
        try:
            browser = Browser(raise_request_exception=True)
            signed = browser.post("/login/", {"username": "ivanova", "password": PASSWORD})
            card = f"/clients/{cycles[number].client_id}/"
            told = [
                signed.status_code,
                *(browser.get(url).status_code for url in ("/clients/", "/day/", "/search/?q=Кли", card)),
            ]
            data = {"key": f"k{number}", "kind": "call", "result": "talked", "person": people[number], "text": "Talked"}
            told.append(browser.post(f"{card}contact/", data).status_code)
            backends.add(_value("SELECT pg_backend_pid()"))
            if told != [303, 200, 200, 200, 200, 303]:
                faults.append(f"{number}: {told}")
        except Exception as error:  # an exception in a thread would be lost
            faults.append(f"{number}: {error!r}")
        finally:
            connection.close()

    with elsewhere(**through):
        # Time-outs stand on the server's connection, not in start-up options, which the pooler does not pass on.
        assert [_value(f"SHOW {name}") for name in ("statement_timeout", "lock_timeout", "TimeZone")] == [
            "15s",
            "5s",
            "UTC",
        ]
        assert _value("SHOW idle_in_transaction_session_timeout") == "30s"
        workers = [threading.Thread(target=work, args=(number,)) for number in range(PEOPLE)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert faults == []
        assert Contact.objects.count() == PEOPLE
        assert len(backends) <= 2  # four people shared two server connections
        # A long read without a server-side cursor.
        assert sum(1 for row in Client.objects.order_by("pk").iterator(chunk_size=5)) == PEOPLE + 30
        # Jobs take advisory locks of a transaction and rows with SKIP LOCKED.
        done = []
        with on(clock.today(), 12):
            while "flags" not in done:
                run = run_job(run_id=tick()[0])
                assert run is not None and run.state == "done", run and run.error
                done.append(run.job)
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # others test beside us
        assert _value(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {here}") == 0
        assert {name: number for name, number in count_offences().items() if number} == {}
