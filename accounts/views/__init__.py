from accounts.views.audit import audit_log
from accounts.views.calendar import calendar_page
from accounts.views.people import (
    absence_cancel,
    absence_end,
    staff_absence,
    staff_deactivate,
    staff_edit,
    staff_list,
    staff_new,
    staff_password,
    staff_reactivate,
    staff_role,
    staff_second_factor,
    staff_unlock,
)
from accounts.views.profile import account, account_password, sessions_end, token_new, token_revoke
from accounts.views.proof import confirm
from accounts.views.reset import password_reset, password_reset_link
from accounts.views.second_factor import recovery_codes, second_factor, second_factor_remove
from accounts.views.session import set_language, sign_in, sign_in_code, sign_out
from accounts.views.settings import department_edit, department_new, organisation_edit, settings_page

__all__ = [
    "absence_cancel",
    "absence_end",
    "account",
    "account_password",
    "audit_log",
    "calendar_page",
    "confirm",
    "department_edit",
    "department_new",
    "organisation_edit",
    "password_reset",
    "password_reset_link",
    "recovery_codes",
    "second_factor",
    "second_factor_remove",
    "sessions_end",
    "set_language",
    "settings_page",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "staff_absence",
    "staff_deactivate",
    "staff_edit",
    "staff_list",
    "staff_new",
    "staff_password",
    "staff_reactivate",
    "staff_role",
    "staff_second_factor",
    "staff_unlock",
    "token_new",
    "token_revoke",
]
