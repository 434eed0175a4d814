"""Asks the server: each target and its floor in turn, so that both meet the same noise."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import statistics
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.serving import HOST

CSRF = "b" * 32
WARM_UP = 6  # requests to each, so that both workers have loaded what they need


@dataclass
class Figures:
    """Seconds per request of the target and of its floor; bytes and queries of one answer."""

    name: str
    who: str
    kind: str
    seconds: list[float]
    floor: list[float]
    size: int
    queries: int
    cpu: float
    floor_cpu: float

    @property
    def ratio(self) -> float:
        return statistics.median(self.seconds) / statistics.median(self.floor)

    @property
    def ratio_p95(self) -> float:
        return percentile(self.seconds, 95) / percentile(self.floor, 95)


def percentile(values: list[float], part: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part / 100 * (len(ordered) - 1)))]


class Caller:
    """One person's browser, or the PBX: a kept connection and the headers that go with every request."""

    def __init__(self, port: int, plan: dict[str, Any], encoding: str) -> None:
        self.plan, self.encoding = plan, encoding
        self.connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def ask(self, target: dict[str, Any], turn: int, *, count: bool = False) -> tuple[float, int, bytes, Any]:
        """Seconds, status, body and headers of one request."""
        path = target["paths"][turn % len(target["paths"])]
        method, body, headers = "GET", None, {"Accept-Encoding": self.encoding}
        if target["who"] in self.plan["cookies"]:
            headers["Cookie"] = f"sessionid={self.plan['cookies'][target['who']]}; csrftoken={CSRF}"
        if target["fragment"]:
            headers["HX-Request"] = "true"
        if target["kind"] == "post":
            method, body = "POST", urlencode({**target["form"], "key": uuid.uuid4().hex}).encode()
            headers |= {"X-CSRFToken": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
        elif target["kind"] == "webhook":
            method, body = "POST", ring(self.plan["pbx"])
            headers |= signed(self.plan["pbx"], body)
        if count:
            headers["X-Bench"] = "1"
        started = time.perf_counter()
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            answer = response.read()
        except (http.client.HTTPException, ConnectionError):
            # The server may close a kept connection; the next one is a fresh measurement.
            self.connection.close()
            return self.ask(target, turn, count=count)
        return time.perf_counter() - started, response.status, answer, response.headers


def ring(pbx: dict[str, str]) -> bytes:
    """The event of one incoming call as the telephone exchange tells it."""
    event = {
        "event": "call.ringing", "call_id": uuid.uuid4().hex, "direction": "in", "client_number": pbx["number"],
        "line_number": "+74951234567", "occurred_at": datetime.now(UTC).isoformat(), "event_id": uuid.uuid4().hex,
    }  # fmt: skip
    return json.dumps(event).encode()


def signed(pbx: dict[str, str], body: bytes) -> dict[str, str]:
    """The headers that make the exchange's body believed."""
    stamp = int(time.time())
    digest = hmac.new(pbx["secret"].encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Authorization": f"Bearer {pbx['token']}",
        "Content-Type": "application/json",
        "X-Telephony-Signature": f"t={stamp},v1={digest}",
    }


def measure(port: int, plan: dict[str, Any], *, state: Path, rounds: int, only: str, encoding: str) -> list[Figures]:
    """All targets, interleaved with their floors, `rounds` times."""
    folder = state / "floor"
    folder.mkdir(parents=True, exist_ok=True)
    caller = Caller(port, plan, encoding)
    found, pairs = [], []
    for number, target in enumerate(plan["targets"]):
        if only and only not in f"{target['who']} {target['name']}":
            continue
        for turn in range(WARM_UP):
            _, status, body, _ = caller.ask(target, turn)
            if status >= 300:
                raise RuntimeError(f"{target['who']} {target['name']} {target['paths'][0]}: {status} {body[:300]!r}")
        _, _, body, told = caller.ask(target, WARM_UP, count=True)
        plain = body if told.get("Content-Encoding") != "gzip" else __import__("gzip").decompress(body)
        # A name of its own each time: the workers remember what they have read.
        mark = f"{number}-{uuid.uuid4().hex}"
        (folder / mark).write_bytes(plain)
        # The PBX has no session; its floor is a person's.
        who = target["who"] if target["who"] in plan["cookies"] else "manager"
        floor = {"kind": "page", "who": who, "paths": [f"/bench/floor/{mark}/"], "fragment": False}
        for turn in range(WARM_UP):
            _, status, body, _ = caller.ask(floor, turn)
            if status != 200:
                raise RuntimeError(f"floor of {target['name']}: {status} {body[:300]!r}")
        _, _, _, below = caller.ask(floor, 0, count=True)
        figures = Figures(
            target["name"], target["who"], target["kind"], [], [], len(plain),
            int(told["X-Bench-Queries"]), float(told["X-Bench-Cpu"]), float(below["X-Bench-Cpu"]),
        )  # fmt: skip
        found.append(figures)
        pairs.append((figures, target, floor))
    for turn in range(rounds):
        for figures, target, floor in pairs:
            figures.floor.append(caller.ask(floor, turn)[0])
            seconds, status, body, _ = caller.ask(target, WARM_UP + 1 + turn)
            if status >= 300:
                raise RuntimeError(f"{target['who']} {target['name']}: {status} {body[:300]!r}")
            figures.seconds.append(seconds)
    for path in folder.iterdir():
        path.unlink()
    return found
