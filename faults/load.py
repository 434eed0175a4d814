"""People at work over HTTP: every write has an idempotency key and is repeated until it is answered; the ledger keeps
every answer of success."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

PATIENCE = 10.0  # seconds a person waits for one answer
GIVE_UP = 120.0  # seconds after which a write is left unanswered
WORK = ("contact",) * 5 + ("create",) * 3 + ("take",) * 2 + ("refuse",)


@dataclass
class Ledger:
    """`written`: (kind, what to look for) of every 2xx. `statuses` and `slowest` are of single requests."""

    written: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # (when, seconds)
    failed: list[tuple[float, str]] = field(default_factory=list)  # (when, status) of every request that was not served
    replayed: int = 0
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, status: str, seconds: float, body: str = "") -> None:
        with self.lock:
            self.statuses[status] += 1
            self.waits.append((time.time(), seconds))
            if not status.startswith(("2", "4")):
                self.failed.append((time.time(), status))
            if status == "500":
                self.faults.append(body[:300])

    def keep(self, kind: str, **found: Any) -> None:
        with self.lock:
            self.written.append((kind, found))

    def clients(self) -> list[int]:
        with self.lock:
            return [found["id"] for kind, found in self.written if kind == "create"][-40:]


class Caller:
    """One person with a token, or the PBX with its secret."""

    def __init__(self, port: int, token: str, ledger: Ledger, secret: str = "") -> None:
        self.port, self.token, self.ledger, self.secret = port, token, ledger, secret

    def until_answered(self, path: str, body: bytes, key: str, kind: str = "application/json") -> tuple[int, Any]:
        """The final status and JSON; (0, None) when nobody answered for GIVE_UP seconds."""
        end = time.monotonic() + GIVE_UP
        while time.monotonic() < end:
            status, answer, headers = self.once("POST", path, body, {"Idempotency-Key": key, "Content-Type": kind})
            if 200 <= status < 500 and status != 429:
                self.ledger.replayed += headers.get("Idempotency-Replayed") == "true"
                return status, answer
            time.sleep(0.2 + random.random() * 0.3)
        self.ledger.unanswered += 1
        return 0, None

    def once(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if self.secret and body is not None:
            stamp = int(time.time())
            digest = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            sent["X-Telephony-Signature"] = f"t={stamp},v1={digest}"
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except TimeoutError:
            self.ledger.answer("no answer in 10 s", time.monotonic() - started)
            return 0, None, {}
        except (OSError, http.client.HTTPException):
            self.ledger.answer("line cut", time.monotonic() - started)
            return 0, None, {}
        finally:
            connection.close()
        self.ledger.answer(str(response.status), time.monotonic() - started, f"{method} {path}: {text}")
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = text
        return response.status, answer, dict(response.getheaders())


class Seller(threading.Thread):
    """A manager who creates, takes, calls, refuses and imports until the work is over."""

    def __init__(self, caller: Caller, own: Callable[[], list[tuple[int, int, int]]], seed: str, over: threading.Event):
        super().__init__(name=f"seller-{seed}", daemon=True)
        self.caller, self.own, self.over = caller, own, over
        self.rng = random.Random(seed)
        self.cycles: list[tuple[int, int, int]] = []  # (client, cycle, decision maker)

    def run(self) -> None:
        while not self.over.is_set():
            getattr(self, self.rng.choice(WORK))()
            self.over.wait(self.rng.random() * 0.4)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        key = f"f{self.rng.getrandbits(64):x}"
        return self.caller.until_answered(f"/api/v1/{path}", json.dumps(body).encode(), key)

    def create(self) -> None:
        number = f"+7999{self.rng.randrange(10**7):07d}"
        name = f"ООО «Буря {self.rng.getrandbits(40):x}»"
        body = {"name": name, "phone": number, "person_name": "Громов Пётр", "person_position": "директор",
                "person_is_dm": True, "size": "medium", **self.dictionary}  # fmt: skip
        status, answer = self.post("clients/", body)
        if status == 201:
            self.caller.ledger.keep("create", id=answer["id"], name=name)

    dictionary: dict[str, Any] = {}

    def take(self) -> None:
        known = self.caller.ledger.clients()
        if not known:
            return
        client = self.rng.choice(known)
        status, answer = self.post(f"clients/{client}/take/", {})
        if status in (200, 201):
            self.caller.ledger.keep("take", id=answer["id"], client=client)

    def contact(self) -> None:
        if not self.cycles or self.rng.random() < 0.05:
            self.cycles = self.own()
        if not self.cycles:
            return
        client, _cycle, person = self.rng.choice(self.cycles)
        soon = (datetime.now(UTC) + timedelta(days=self.rng.randrange(1, 9))).replace(microsecond=0)
        text = f"{self.rng.getrandbits(64):x}"
        body = {"text": text, "kind": "call", "result": "talked", "person": person, "next_step_at": soon.isoformat(),
                "next_step_text": "перезвонить"}  # fmt: skip
        status, answer = self.post(f"clients/{client}/contacts/", body)
        if status == 201:
            self.caller.ledger.keep("contact", id=answer["id"], text=text)

    def refuse(self) -> None:
        if len(self.cycles) < 20:
            return
        _client, cycle, _person = self.cycles.pop(self.rng.randrange(len(self.cycles)))
        status, _answer = self.post(f"cycles/{cycle}/refuse/", {"reason": "no_money", "note": "буря"})
        if status == 200:
            self.caller.ledger.keep("refuse", id=cycle)


class Pbx(threading.Thread):
    """A telephone exchange: every call is told once and repeated until it is accepted."""

    def __init__(self, caller: Caller, seed: str, line: str, extensions: list[str], over: threading.Event) -> None:
        super().__init__(name="pbx", daemon=True)
        self.caller, self.line, self.extensions, self.over = caller, line, extensions, over
        self.rng = random.Random(seed)

    def run(self) -> None:
        while not self.over.is_set():
            now = datetime.now(UTC).replace(microsecond=0)
            name = f"{self.rng.getrandbits(64):x}"
            event = {
                "event": "call.finished", "call_id": name, "seq": 3, "direction": "in",
                "client_number": f"+7997{self.rng.randrange(10**7):07d}", "line_number": self.line,
                "extension": self.rng.choice(self.extensions), "started_at": (now - timedelta(seconds=90)).isoformat(),
                "answered_at": (now - timedelta(seconds=80)).isoformat(), "ended_at": now.isoformat(),
                "result": "answered", "talk_seconds": 80,
            }  # fmt: skip
            status, answer = self.caller.until_answered("/api/v1/telephony/events", json.dumps(event).encode(), name)
            if status == 200:
                self.caller.ledger.keep("event", uuid=answer["event"], call=name)
            self.over.wait(self.rng.random())


class Importer(threading.Thread):
    """A head who uploads tables of 250 rows, one after another."""

    def __init__(self, caller: Caller, seed: str, over: threading.Event) -> None:
        super().__init__(name="importer", daemon=True)
        self.caller, self.over = caller, over
        self.rng = random.Random(seed)

    def run(self) -> None:
        while not self.over.is_set():
            self.upload()
            self.over.wait(4 + self.rng.random() * 8)

    def upload(self) -> None:
        """A table of 250 rows, every tenth with the name of the one before."""
        rows = ["Название компании;Телефон"]
        mark = f"{self.rng.getrandbits(32):x}"
        for number in range(250):
            rows.append(f"ООО Партия {mark} {number - (number % 10 == 9)};+7998{self.rng.randrange(10**7):07d}")
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="is_dry"\r\n\r\nfalse\r\n',
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{mark}.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n" + "\n".join(rows) + "\r\n",
            f"--{boundary}--\r\n",
        ]
        status, answer = self.caller.until_answered(
            "/api/v1/imports/",
            "".join(parts).encode(),
            f"f{mark}",
            f"multipart/form-data; boundary={boundary}",
        )
        if status == 202:
            self.caller.ledger.keep("import", id=answer["id"], rows=250)


class Reader(threading.Thread):
    """A head who looks at pages all the time; his waits tell whether anything ever hangs."""

    def __init__(self, caller: Caller, over: threading.Event) -> None:
        super().__init__(name="reader", daemon=True)
        self.caller, self.over = caller, over

    def run(self) -> None:
        paths = ("/api/v1/clients/?page_size=50", "/api/v1/cycles/", "/api/v1/tasks/", "/api/v1/lights/")
        while not self.over.is_set():
            for path in paths:
                self.caller.once("GET", path)
                self.over.wait(0.3)
