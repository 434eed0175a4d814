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
    staff_unlock,
)
from accounts.views.profile import account, account_password, token_new, token_revoke
from accounts.views.session import set_language, sign_in, sign_out
from accounts.views.settings import department_edit, department_new, organisation_edit, settings_page

__all__ = [
    "absence_cancel",
    "absence_end",
    "account",
    "account_password",
    "audit_log",
    "calendar_page",
    "department_edit",
    "department_new",
    "organisation_edit",
    "set_language",
    "settings_page",
    "sign_in",
    "sign_out",
    "staff_absence",
    "staff_deactivate",
    "staff_edit",
    "staff_list",
    "staff_new",
    "staff_password",
    "staff_reactivate",
    "staff_role",
    "staff_unlock",
    "token_new",
    "token_revoke",
]
