from celery import shared_task

from clients.choices import ImportState
from clients.services import forget_checked_files, run_import, waiting_imports

# Well within the task's time limit; the next task goes on from the next row.
_SECONDS = 120


@shared_task
def process_import(run_id: int) -> dict[str, int]:
    run = run_import(run_id=run_id, seconds=_SECONDS)
    if run.state == ImportState.RUNNING and run.lease_until is None:
        process_import.delay(run_id)
    return run.counts


@shared_task
def sweep_imports() -> int:
    forget_checked_files()
    waiting = waiting_imports()
    for run_id in waiting:
        process_import.delay(run_id)
    return len(waiting)
