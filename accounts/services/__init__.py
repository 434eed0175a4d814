"""Acts on people, absences, tokens, the calendar and the organisation. Every one is audited exactly once."""

from accounts.services.absences import cancel_absence, end_absence, record_absence
from accounts.services.access import (
    change_password,
    create_token,
    new_password,
    note_login,
    note_logout,
    revoke_token,
    unlock_employee,
    use_token,
)
from accounts.services.calendar import seed_calendar, set_calendar_day
from accounts.services.employees import (
    change_employee,
    change_preferences,
    change_role,
    create_employee,
    deactivate_employee,
    reactivate_employee,
)
from accounts.services.organisation import (
    change_department,
    change_organisation,
    create_department,
    create_organisation,
)

__all__ = [
    "cancel_absence",
    "change_department",
    "change_employee",
    "change_organisation",
    "change_password",
    "change_preferences",
    "change_role",
    "create_department",
    "create_employee",
    "create_organisation",
    "create_token",
    "deactivate_employee",
    "end_absence",
    "new_password",
    "note_login",
    "note_logout",
    "reactivate_employee",
    "record_absence",
    "revoke_token",
    "seed_calendar",
    "set_calendar_day",
    "unlock_employee",
    "use_token",
]
