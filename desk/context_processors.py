"""The shell of every page: who is signed in, where he can go, what waits for him."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.choices import MANAGER_ROLES, Role
from clients.selectors import can_create
from desk.selectors.shell import shell_counts


@dataclass(frozen=True)
class Entry:
    """One link of the navigation. `key` follows G on the keyboard; `count` names a counter of ShellCounts."""

    name: str
    label: Any
    icon: str
    key: str = ""
    count: str = ""
    prefixes: tuple[str, ...] = ()


DAY = Entry("day", _("My day"), "house", "D", "queue")
LIGHTS = Entry("lights", _("Department lights"), "lights", "D")
CLIENTS = Entry("client_list", _("Clients"), "users", "K", "clients")
FUNNEL = Entry("funnel_board", _("Funnel"), "funnel", "V")
PLAN = Entry("plan_fact", _("Plan-fact"), "target", "P")
CALCULATORS = Entry("calculators", _("Calculations"), "calculator")
KPI = Entry("kpi_board", _("KPI"), "gauge")
PAY_SCHEME = Entry("pay_scheme", _("Terms of pay"), "coins")
CALLS = Entry("calls", _("Calls"), "phone", "S")
TASKS = Entry("tasks", _("Tasks"), "clipboard-list", "C", "tasks")
ROTATION = Entry("rotation_queue", _("Rotation"), "rotation", "R", "rotation")
DOCUMENTS = Entry("documents", _("Documents"), "file-text")
STAFF = Entry("staff_list", _("People"), "briefcase")
SETTINGS = Entry("settings", _("Settings"), "settings")
AUDIT = Entry("audit_log", _("Audit log"), "history")
IMPORT = Entry("import_upload", _("Import"), "upload")

_MANAGER = (DAY, CLIENTS, FUNNEL, PLAN, CALLS, TASKS, KPI, ROTATION, DOCUMENTS)
_LEADER = (LIGHTS, CLIENTS, FUNNEL, ROTATION, PLAN, CALCULATORS, KPI, CALLS, TASKS, DOCUMENTS)
NAVIGATION: dict[str, tuple[Entry, ...]] = {
    **dict.fromkeys(MANAGER_ROLES, _MANAGER),
    Role.HEAD: (*_LEADER, STAFF, IMPORT, AUDIT, SETTINGS),
    Role.DIRECTOR: (*_LEADER, IMPORT, AUDIT, SETTINGS),
    Role.ACCOUNTANT: (DOCUMENTS, CLIENTS, TASKS),
    Role.QUALITY: (CALLS, CLIENTS, TASKS),
    Role.ADMINISTRATOR: (SETTINGS, STAFF, PAY_SCHEME, AUDIT),
}


@cache
def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""  # the room that owns the page is not part of this installation


def shell(request: HttpRequest) -> dict[str, Any]:
    """Lazy: a fragment draws no navigation and asks nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    counts = SimpleLazyObject(lambda: shell_counts(user))
    works = user.role in MANAGER_ROLES or user.role in (Role.HEAD, Role.DIRECTOR)
    return {
        "nav_items": SimpleLazyObject(lambda: _entries(request, user.role, counts)),
        "nav_key": (user.role, _active(request, user.role)),
        "user_name": user.short_name,
        "user_role": user.get_role_display(),
        "unread_count": SimpleLazyObject(lambda: counts.unread),
        "can_create_client": can_create(user),
        "can_log_contact": works,
        "keys_off": not user.has_shortcuts,
        "search_query": request.GET.get("q", "") if request.path == _address("search") else "",
    }


def _active(request: HttpRequest, role: str) -> str:
    """The longest address that the page's own starts with: /clients/import/ is not the list of clients."""
    urls = [_address(entry.name) for entry in NAVIGATION.get(role, ())]
    return max((url for url in urls if url and request.path.startswith(url)), key=len, default="")


def _entries(request: HttpRequest, role: str, counts: Any) -> list[dict[str, Any]]:
    active = _active(request, role)
    return [
        {
            "url": url,
            "label": entry.label,
            "icon": entry.icon,
            "key": entry.key,
            "count": getattr(counts, entry.count) if entry.count else 0,
            "active": url == active,
        }
        for entry in NAVIGATION.get(role, ())
        if (url := _address(entry.name))
    ]
