"""Acts on people, absences, tokens, the calendar and the organisation. Every one is audited exactly once."""

from accounts.services.absences import cancel_absence, end_absence, record_absence
from accounts.services.access import (
    change_password,
    create_token,
    end_sessions,
    forget_failures,
    new_password,
    note_login,
    note_logout,
    revoke_token,
    unlock_employee,
    use_token,
)
from accounts.services.calendar import seed_calendar, set_calendar_day
from accounts.services.devices import device_of, remember_device
from accounts.services.employees import (
    change_employee,
    change_preferences,
    change_role,
    create_employee,
    deactivate_employee,
    reactivate_employee,
)
from accounts.services.forgotten import ask_password_reset, may_reset, reset_password
from accounts.services.organisation import (
    change_department,
    change_organisation,
    create_department,
    create_organisation,
)
from accounts.services.second_factor import (
    disable_second_factor,
    enable_second_factor,
    enrolment,
    enrolment_seed,
    forget_second_factor,
    must_enrol,
    new_recovery_codes,
    recovery_codes_left,
    take_code,
)

__all__ = [
    "ask_password_reset",
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
    "device_of",
    "disable_second_factor",
    "enable_second_factor",
    "end_absence",
    "end_sessions",
    "enrolment",
    "enrolment_seed",
    "forget_failures",
    "forget_second_factor",
    "may_reset",
    "must_enrol",
    "new_password",
    "new_recovery_codes",
    "note_login",
    "note_logout",
    "reactivate_employee",
    "record_absence",
    "recovery_codes_left",
    "remember_device",
    "reset_password",
    "revoke_token",
    "seed_calendar",
    "set_calendar_day",
    "take_code",
    "unlock_employee",
    "use_token",
]
