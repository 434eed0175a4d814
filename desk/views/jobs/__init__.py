"""The daily jobs: the timetable, the history of one job, one run. Nothing is started from here."""

from desk.views.jobs.history import job_runs, job_runs_export
from desk.views.jobs.pages import job_run, jobs

__all__ = ["job_run", "job_runs", "job_runs_export", "jobs"]
