"""Addresses of one object's pages and of lists behind numbers, for tables that name some in every row."""

from collections.abc import Mapping
from functools import cache, lru_cache
from urllib.parse import quote_plus

from django.urls import reverse


@cache
def _around(name: str) -> tuple[str, str]:
    before, found, after = reverse(name, args=[0]).partition("/0/")
    if not found:
        raise ValueError(f"{name} does not hold its number between slashes")
    return before, after


def address(name: str, pk: int) -> str:
    """`reverse(name, args=[pk])` of a pattern with one number, resolved once a process."""
    before, after = _around(name)
    return f"{before}/{int(pk)}/{after}"


def query(pairs: Mapping[str, object]) -> str:
    """`urlencode(pairs)`, each of whose words is quoted once a process: the links of a table repeat theirs."""
    return "&".join([f"{_quoted(name)}={_quoted(str(value))}" for name, value in pairs.items()])


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote_plus(text)
