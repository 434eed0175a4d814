"""Addresses of one object's pages, for lists that name a page in every row."""

from functools import cache

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
