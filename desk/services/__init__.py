"""The acts that need every room: the daily jobs and what rings for them."""

from desk.selectors.status import JobStatus, job_status, last_calculation
from desk.services.daily import DailyLine, run_day
from desk.services.jobs import GROUPS, JOBS, calendar_of_jobs, run_job, sweep, tick

__all__ = [
    "GROUPS",
    "JOBS",
    "DailyLine",
    "JobStatus",
    "calendar_of_jobs",
    "job_status",
    "last_calculation",
    "run_day",
    "run_job",
    "sweep",
    "tick",
]
