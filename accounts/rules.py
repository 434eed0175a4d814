"""Who may grant what. Nobody raises himself, nobody grants above his own role (domain 1.1)."""

from accounts.choices import MANAGER_ROLES, Role

SELLER_ROLES = frozenset({*MANAGER_ROLES, Role.HEAD})
PRIVILEGED_ROLES = frozenset({Role.ADMINISTRATOR, Role.DIRECTOR})


def grantable_roles(role: str) -> frozenset[str]:
    """The roles a person of `role` may give to somebody else."""
    if role == Role.ADMINISTRATOR:
        return frozenset(Role.values)
    if role == Role.HEAD:
        return frozenset(str(manager) for manager in MANAGER_ROLES)
    return frozenset()


def needs_second_factor(role: str) -> bool:
    """Who may not work without a second factor (not in a demo: settings.SECOND_FACTOR_IS_REQUIRED)."""
    return role in PRIVILEGED_ROLES


def needs_department(role: str) -> bool:
    return role in SELLER_ROLES


def may_see_staff(role: str) -> bool:
    return role in (Role.HEAD, Role.ADMINISTRATOR)


def may_reset_second_factor(role: str) -> bool:
    return role == Role.ADMINISTRATOR


def may_see_settings(role: str) -> bool:
    return role in (Role.HEAD, Role.DIRECTOR, Role.ADMINISTRATOR)


def may_see_audit(role: str) -> bool:
    return role in (Role.HEAD, Role.DIRECTOR, Role.ADMINISTRATOR)


def may_change_switches(role: str) -> bool:
    return role in (Role.DIRECTOR, Role.ADMINISTRATOR)


def may_edit_calendar(role: str) -> bool:
    return role == Role.ADMINISTRATOR
