"""Every address the resolver knows."""

from __future__ import annotations

import re

from django.urls import URLPattern, URLResolver, get_resolver


def doors(resolver: URLResolver | None = None, prefix: str = "/") -> list[tuple[str, str, URLPattern]]:
    """Name, an address of the shape, pattern: of everything the resolver knows."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + re.sub(r"<\w+:\w+>", "1", str(entry.pattern))
        if isinstance(entry, URLResolver):
            found += doors(entry, path)
        else:
            found.append((entry.name or path, path.replace("^.*$", "unknown/"), entry))
    return found
