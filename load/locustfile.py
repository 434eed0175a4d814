"""The people: locust starts them, each is one manager of the company. Its address is always this machine."""

from __future__ import annotations

import itertools
import json
import os
import random
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, urlencode, urlsplit

from locust import between, events
from locust.contrib.fasthttp import FastHttpUser

from bench.measuring import CSRF, ring, signed
from load.mix import MIX, NOTE_FORM, PATIENCE_SECONDS, THINK_SECONDS

LISTS = ("/clients/", "/clients/", "/clients/?section=call_base")
DASHBOARDS = ("/day/", "/day/", "/plan/", "/funnel/")

_files = ExitStack()
_record: list[TextIO] = []
_plan: dict[str, Any] = {}
_turn = itertools.count()


@events.test_start.add_listener
def _open(environment: Any, **_more: Any) -> None:
    if urlsplit(environment.host or "").hostname != "127.0.0.1":
        raise SystemExit("The load is for this machine alone: --host http://127.0.0.1:…")
    _plan.update(json.loads(Path(os.environ["LOAD_PLAN"]).read_text(encoding="utf-8")))
    record = Path(os.environ["LOAD_RECORD"])
    _record.append(_files.enter_context(record.open("w", buffering=1, encoding="utf-8")))


@events.quit.add_listener
def _close(**_more: Any) -> None:
    _files.close()


@events.request.add_listener
def _keep(name: str, response_time: float, response: Any, start_time: float, exception: Any, **_more: Any) -> None:
    """One line a request: when, what, seconds, status, whether it was told when to come again, what went wrong."""
    status = getattr(response, "status_code", 0) or 0
    told = bool(status and response.headers and response.headers.get("Retry-After"))
    fault = "" if status else f"{type(exception).__name__}: {exception}"[:120].replace("\t", " ").replace("\n", " ")
    _record[0].write(f"{start_time:.3f}\t{name}\t{response_time / 1000:.4f}\t{status}\t{int(told)}\t{fault}\n")


class Manager(FastHttpUser):
    wait_time = between(*THINK_SECONDS)
    connection_timeout = network_timeout = PATIENCE_SECONDS
    max_retries = 0

    def on_start(self) -> None:
        people = _plan["people"]
        self.me = people[next(_turn) % len(people)]
        self.rng = random.Random(self.me["cookie"])
        self.own = list(self.me["clients"])

    def list(self) -> None:
        self._get(self.rng.choice(LISTS), "list")

    def detail(self) -> None:
        if self._get(f"/clients/{self._client()}/", "detail") == 404:
            self._forget()

    def search(self) -> None:
        self._get(f"/search/?q={quote(self.rng.choice(self.me['words']))}", "search", fragment=True)

    def dashboard(self) -> None:
        self._get(self.rng.choice(DASHBOARDS), "dashboard")

    def note(self) -> None:
        path = f"/clients/{self._client()}/contact/"
        if self._get(path, NOTE_FORM, fragment=True) != 200:
            return self._forget()
        form = {"kind": "letter", "result": "talked", "text": "Отправил расчёт", "next_on": "", "line": ""}
        body = urlencode({**form, "key": uuid.uuid4().hex}).encode()
        headers = {"X-CSRFToken": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
        self._ask("POST", path, "note", self._person(fragment=True) | headers, body)
        return None

    def webhook(self) -> None:
        pbx = {**_plan["pbx"], "number": self.rng.choice(_plan["numbers"])}
        body = ring(pbx)
        self._ask("POST", "/api/v1/telephony/events", "webhook", signed(pbx, body), body)

    def _client(self) -> int:
        self.client_id = self.rng.choice(self.own)
        return self.client_id

    def _forget(self) -> None:
        """The client was given to somebody else: nobody opens it again from memory."""
        if len(self.own) > 1 and self.client_id in self.own:
            self.own.remove(self.client_id)

    def _get(self, path: str, name: str, *, fragment: bool = False) -> int:
        return self._ask("GET", path, name, self._person(fragment=fragment))

    def _person(self, *, fragment: bool) -> dict[str, str]:
        headers = {"Cookie": f"sessionid={self.me['cookie']}; csrftoken={CSRF}", "Accept-Encoding": "gzip"}
        return headers | ({"HX-Request": "true"} if fragment else {})

    def _ask(self, method: str, path: str, name: str, headers: dict[str, str], body: bytes | None = None) -> int:
        # A redirect leads to the sign-in page: it is no success, so it is not followed.
        answer = self.client.request(method, path, name=name, headers=headers, data=body, allow_redirects=False)
        return answer.status_code or 0

    tasks = {act: MIX[act.__name__].share for act in (list, detail, search, dashboard, note, webhook)}
