"""Acts of staffing: rows and drafts of the night, vacancies of people."""

from staffing.services.drafts import draft_vacancy, month_after, reason_of
from staffing.services.staff_rows import refresh_staff, write_staff_rows
from staffing.services.vacancies import close_vacancy, edit_vacancy, open_vacancy

__all__ = [
    "close_vacancy",
    "draft_vacancy",
    "edit_vacancy",
    "month_after",
    "open_vacancy",
    "reason_of",
    "refresh_staff",
    "write_staff_rows",
]
