"""`manage.py up`: the whole product in one terminal, as `make run` calls it."""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from config import embedded, env
from config.supervisor import Child, Supervisor

HOST: Final = "127.0.0.1"
DEMO_LOGINS: Final = "director head ivanova petrov kuznetsova smirnova orlov accountant quality admin"
DEMO_PASSWORD: Final = "svetofor-demo"  # noqa: S105  public on purpose: demo data only
WEB_SECONDS: Final = 60
SERVER_NAMES: Final = {"postgres": "PostgreSQL", "redis": "Redis"}


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Command(BaseCommand):
    help = "Start database, Redis, web, worker and beat, and keep them running until Ctrl-C."
    # The checks look into the database, which is started below; migrate runs them.
    requires_system_checks: list[str] = []
    supervisor: Supervisor | None = None

    def handle(self, *args: Any, **options: Any) -> None:
        self.state = embedded.state_dir()
        self.log = self.state / "log"
        self.log.mkdir(parents=True, exist_ok=True)
        self.port = env.port()
        signal.signal(signal.SIGTERM, _raise_stopped)
        signal.signal(signal.SIGINT, _raise_stopped)
        try:
            with self._alone():
                self._check_port()
                wanted = embedded.needed()
                if any(wanted.values()):
                    self._say("Запускаю базу данных и очередь…")
                with embedded.session(**wanted):
                    try:
                        self._prepare()
                        self._supervise()
                    except Stopped:
                        self._say("Останавливаю…")
                    finally:
                        if self.supervisor:
                            self.supervisor.stop()
                        connections.close_all()
        except Stopped:
            self._say("Останавливаю…")
        except embedded.EmbeddedError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"База данных не отвечает, проверьте DATABASE_URL: {str(error).strip()}") from error
        self._say("Всё остановлено.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One terminal per state folder; the second is told where the first is."""
        with (self.state / "up.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                address = lock.read().strip()
                raise CommandError(
                    f"Светофор уже запущен в другом окне: {address}. Остановите его (Ctrl-C) "
                    f"или задайте другую папку и порт: STATE_DIR=… PORT=… make run."
                ) from None
            lock.truncate(0)
            lock.write(f"http://{HOST}:{self.port} (процесс {os.getpid()})")
            lock.flush()
            yield

    def _check_port(self) -> None:
        # A server whose terminal was killed a moment ago needs a moment to leave.
        end = time.monotonic() + 6
        while not _is_free(self.port):
            if time.monotonic() > end:
                raise CommandError(
                    f"Порт {self.port} занят другой программой: освободите его или задайте другой: PORT=8001 make run."
                )
            time.sleep(0.5)

    def _prepare(self) -> None:
        if importlib.util.find_spec("common.messages"):
            self._say("Собираю переводы…")
            self._tool("common.messages", "compile")
        self._say("Обновляю структуру базы…")
        call_command("migrate", interactive=False, verbosity=0)
        self._collect_static()
        if env.demo() and not apps.get_model("accounts", "Organisation")._default_manager.exists():
            self._say("Создаю демонстрационные данные (один раз, до минуты)…")
            call_command("seed_demo")
        connections.close_all()

    def _collect_static(self) -> None:
        mark = Path(settings.STATIC_ROOT) / ".collected"
        wanted = _fingerprint()
        if mark.exists() and mark.read_text() == wanted:
            return
        self._say("Собираю файлы оформления…")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(wanted)

    def _tool(self, module: str, *arguments: str) -> None:
        done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=settings.BASE_DIR, check=False)
        if done.returncode:
            raise CommandError(f"python -m {module} {' '.join(arguments)}: код {done.returncode}")

    def _supervise(self) -> None:
        self._say("Запускаю сайт, исполнителя задач и расписание…")
        self.supervisor = Supervisor(self._children(), keep_services=self._keep_services, say=self._say)
        self.supervisor.start()
        end = time.monotonic() + WEB_SECONDS
        while not _answers(self.port):
            if time.monotonic() > end:
                raise CommandError(f"Сайт не ответил за {WEB_SECONDS} с; причина в журнале {self.log / 'web.log'}")
            self.supervisor.watch(once=True)
            time.sleep(0.2)
        self._greet()
        self.supervisor.watch()

    def _keep_services(self) -> list[str]:
        wanted = embedded.needed()
        running = embedded.status() if any(wanted.values()) else {}
        gone = {name: wanted[name] and not pid for name, pid in running.items()}
        if not any(gone.values()):
            return []
        try:
            return [SERVER_NAMES[name] for name in embedded.ensure(**gone)]
        except embedded.EmbeddedError as error:
            self._say(f"{error}\nПовторю попытку.")
            return []

    def _children(self) -> list[Child]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        # Commands run without time-outs; pages and tasks have them.
        environment.pop("DATABASE_TIMEOUTS", None)
        web = ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi", "--bind", f"{HOST}:{self.port}"]
        web += ["--graceful-timeout", "10"]
        celery = ["celery", "-A", "config.celery"]
        worker = [*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        beat = [*celery, "beat", "--schedule", str(self.state / "beat-schedule"), "--pidfile", "", "--loglevel", "INFO"]
        return [
            Child(
                name,
                [sys.executable, "-m", *command],
                log=self.log / f"{name}.log",
                environment=environment,
                cwd=Path(settings.BASE_DIR),
                patience=patience,
            )
            for name, command, patience in (("web", web, 15), ("beat", beat, 10), ("worker", worker, 40))
        ]

    def _greet(self) -> None:
        self._say(f"\nСветофор CRM: http://{HOST}:{self.port}/")
        if env.demo():
            self._say(f"Логины: {DEMO_LOGINS.replace(' ', ', ')}\nПароль у всех: {DEMO_PASSWORD}")
            self._say(f"Письма: http://{HOST}:{self.port}/dev/mail/")
        self._say(f"Журналы: {self.log}\nОстановить: Ctrl-C\n")


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    # Stopping has begun: a second Ctrl-C must not leave anything running.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Stopped


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    """Does a worker answer, not just the listening socket?"""
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            connection.settimeout(10)
            connection.sendall(f"GET /healthz HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def _fingerprint() -> str:
    """Changes when a static file, a package or the way of storing changes."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for name in sorted(f"{found.metadata['Name']} {found.version}" for found in importlib.metadata.distributions()):
        digest.update(name.encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}".encode())
    return digest.hexdigest()
