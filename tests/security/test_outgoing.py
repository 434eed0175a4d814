"""The product opens no address that somebody else could choose: there is nothing to forge a request with."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    *("common", "journal", "accounts", "notifications", "clients", "funnels"),
    *("deals", "telephony", "planning", "desk", "staffing", "kpi"),
]
CLIENTS = {"requests", "httpx", "aiohttp", "urllib3", "http", "ftplib", "socket", "ssl", "telnetlib", "xmlrpc"}
# Constants of HTTP, not its client.
HARMLESS = {("http", "HTTPStatus"), ("http", "HTTPMethod")}


def imports_of(path: Path) -> set[tuple[str, str]]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def test_no_room_of_the_product_has_a_client_of_any_protocol():
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 100
    hits = {
        (str(path.relative_to(ROOT)), module)
        for path in files
        for module, name in imports_of(path)
        if (module.split(".")[0] in CLIENTS and (module, name) not in HARMLESS) or module == "urllib.request"
    }
    assert hits == set()
