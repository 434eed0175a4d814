"""The company of the access matrix, for those who mean it harm."""

from __future__ import annotations

from typing import Any

from tests.access.conftest import built, rolled_back, world

__all__ = ["built", "rolled_back", "world"]


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """What the long campaign has been answered."""
    for line in getattr(config, "fuzz_report", []):
        terminalreporter.write_line(line)
