"""A real mail server with moods: takes, refuses for now, refuses for good, hangs, drops the line after the letter."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
from collections import Counter
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

MOODS = ("good", "good", "good", "good", "good", "refuses", "hangs", "drops", "hangs_after")
HANG_SECONDS = 20  # longer than the sender's patience


class PostOffice:
    """`taken` counts Message-IDs of letters that the server has; `unanswered` those whose yes never arrived."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lock = threading.Lock()
        self.taken: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.moods: Counter[str] = Counter()
        self.is_good = False
        self.controller: Controller | None = None

    def start(self) -> int:
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=10)
        self.controller.start()
        return port

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop(no_assert=True)

    def calm(self) -> None:
        self.is_good = True

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        mood = self._mood()
        if mood == "refuses":
            return "451 try later"
        if mood == "hangs":
            await asyncio.sleep(HANG_SECONDS)
            return "451 too late"
        envelope.rcpt_tos.append(address)
        envelope.mood = mood
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        name, mood = str(letter["Message-ID"]).strip(), getattr(envelope, "mood", "good")
        with self.lock:
            self.taken[name] += 1
            self.unanswered[name] += mood != "good"
        if mood == "drops":
            server.transport.abort()
        elif mood == "hangs_after":
            await asyncio.sleep(HANG_SECONDS)
        return "250 OK"

    def _mood(self) -> str:
        with self.lock:
            mood = "good" if self.is_good else self.rng.choice(MOODS)
            self.moods[mood] += 1
        return mood
