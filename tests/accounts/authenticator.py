"""An authenticator app of our own, written from RFC 6238: it shares nothing with the product but the secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass


@dataclass
class App:
    secret: str = ""

    @classmethod
    def scanned(cls, page: str) -> App:
        found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
        assert found, "no secret on the page"
        return cls(found[1].replace(" ", ""))

    def code(self, *, steps: int = 0) -> str:
        """Of now, or so many half minutes away."""
        counter = struct.pack(">Q", int(time.time()) // 30 + steps)
        digest = hmac.new(base64.b32decode(self.secret), counter, hashlib.sha1).digest()
        start = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def enrol(http) -> tuple[App, list[str]]:
    """Sets the app up in this session as a person does; the app and the ten codes of the page."""
    app = App.scanned(http.get("/account/second-factor/").content.decode())
    page = http.post("/account/second-factor/", {"code": app.code(), "next": "/account/"})
    assert page.status_code == 200, page.content.decode()[:500]
    return app, list(page.context["codes"])
