"""`make load`: two hundred managers for ten minutes, with jobs, Redis stopped and PostgreSQL killed. Prints a report."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("STATE_DIR", str(ROOT / "var" / "bench"))

from bench import databases  # noqa: E402
from config import embedded  # noqa: E402
from faults.mail import PostOffice  # noqa: E402
from faults.product import Product, free_port  # noqa: E402

RUN = "svetofor"  # what the embedded product calls its database
SETTLE_SECONDS = 240


def main() -> int:
    asked = _arguments()
    state = embedded.state_dir()
    (state / "load").mkdir(parents=True, exist_ok=True)
    with (state / "bench.lock").open("w") as lock:
        # The databases are the benchmark's: one run of either at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with embedded.session():
            text = _measured(asked, state)
    print(text)
    if asked.report:
        asked.report.write_text(text, encoding="utf-8")
    return 1 if "**missed**" in text else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=50_000)
    parser.add_argument("--managers", type=int, default=200, help="of the company; never fewer than users")
    parser.add_argument("--no-faults", action="store_true", help="only people: no jobs, nothing stopped or killed")
    parser.add_argument("--report", type=Path, help="also write the report to this file")
    return parser.parse_args()


def _measured(asked: argparse.Namespace, state: Path) -> str:
    office, port = PostOffice(seed=1), free_port()
    office.calm()
    surroundings = {
        "STATE_DIR": str(state), "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": databases.environment(RUN)["SECRET_KEY"], "API_REQUESTS_PER_MINUTE": "0",
        "EMAIL_URL": f"smtp://127.0.0.1:{office.start()}", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    for name in ("DATABASE_URL", "REDIS_URL", "DEMO", "FAULT", "FAULT_DIR", "DATABASE_TIMEOUTS", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)
    managers = max(asked.managers, asked.users)
    day = f"{date.today():%Y-%m-%d}"  # noqa: DTZ011  only names the template of the day
    databases.copy(_settled(databases.template(asked.clients, managers, day=day, say=say)), RUN)
    os.environ.update(surroundings)
    plan = state / "load" / "plan.json"
    databases.step("load.company", RUN, str(plan), str(asked.users))
    product = Product(state, port, surroundings)
    try:
        say("start")
        product.output.unlink(missing_ok=True)
        product.start()
        return _run(asked, product, plan)
    finally:
        product.stop()
        office.stop()
        plan.unlink(missing_ok=True)
        embedded.ensure()
        databases.drop(RUN)


def _settled(name: str) -> str:
    """The template after the jobs of today: made once, kept beside the one it comes from."""
    wanted, draft = name.replace("bench_", "bench_settled_", 1), "draft_settled"
    if wanted not in databases.names():
        say("doing the jobs of today …")
        databases.copy(name, draft)
        databases.step("load.settle", draft)
        databases.rename(draft, wanted)
    return wanted


def _run(asked: argparse.Namespace, product: Product, plan: Path) -> str:
    import django

    django.setup()
    from load import report, trouble
    from load.watch import Watch

    _settle(trouble)
    seconds, ramp = asked.minutes * 60, min(20.0, asked.minutes * 6)
    record, before = plan.with_name("requests.tsv"), os.getloadavg()
    watch = Watch(product, RUN)
    watch.start()
    started = time.time()
    events = trouble.Trouble(product, started, seconds, say)
    say(f"{asked.users} people, {seconds:.0f} s")
    people = _people(asked.users, asked.users / ramp, seconds, product.port, plan, record)
    if not asked.no_faults:
        events.start()
    try:
        status = people.wait(seconds + 90)
    finally:
        if people.poll() is None:
            people.kill()
    last = watch.memory_at(time.time())
    events.over.set()
    if not asked.no_faults:
        events.join(90)
        events.jobs.join(90)
    watch.over.set()
    watch.join(10)
    say(f"over, locust ended with {status}")
    minute = started + min(120.0, seconds * 0.2)
    jobs = [window for window in events.windows if window.name == trouble.JOBS]
    first = min((window.begun for window in events.windows if window.name != trouble.JOBS), default=float("inf"))
    run = report.Run(
        users=asked.users, since=started + ramp + 5, until=started + seconds, requests=report.read(record), jobs=jobs,
        faults=[window for window in events.windows if window.name != trouble.JOBS],
        clear={trouble.REDIS: 0.0, trouble.POSTGRES: 30.0},
        memory=(watch.memory_at(minute) / 2**20, last / 2**20), connections=int(watch.most(lambda x: x.connections)),
        lock=watch.most(lambda look: look.lock),
        queue=(watch.most(lambda x: x.queue, before=first), watch.most(lambda x: x.queue, since=first)),
        notes={
            "run": f"{asked.users} managers, {asked.minutes:g} minutes, {asked.clients:,} clients, think 2–8 s",
            "machine": f"{os.cpu_count()} cores, people on the same ones, load average before {before[0]:.1f}, "
            f"at the end {os.getloadavg()[0]:.1f}",
            "windows": "Redis: while it stands still; PostgreSQL: from its death to 30 s after /readyz answers",
            **events.figures,
        },
    )  # fmt: skip
    if not run.requests:
        raise RuntimeError(f"nobody asked for anything; the log: {plan.with_name('locust.log')}")
    return report.written(run)


def _people(users: int, rate: float, seconds: float, port: int, plan: Path, record: Path) -> subprocess.Popen:
    """locust in a process of its own: it patches the whole interpreter it runs in. Bound to the last core if possible."""
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(ROOT / "load" / "locustfile.py"),
        "--headless",
        "--only-summary",
    ]
    command += ["--users", str(users), "--spawn-rate", f"{rate:.2f}", "--run-time", f"{seconds:.0f}s"]
    command += ["--stop-timeout", "20", "--exit-code-on-error", "0", "--host", f"http://127.0.0.1:{port}"]
    pin = shutil.which("taskset")
    if pin and (cores := os.cpu_count() or 1) > 1:
        command = [pin, "-c", str(cores - 1), *command]
    inside = {**os.environ, "LOAD_PLAN": str(plan), "LOAD_RECORD": str(record), "PYTHONPATH": str(ROOT)}
    with plan.with_name("locust.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=inside, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _settle(trouble) -> None:
    """What the timetable still finds due at the start is done before anybody comes."""
    from faults import base

    say("waiting until no job is left")
    end, quiet = time.monotonic() + SETTLE_SECONDS, 0
    while quiet < 3 and time.monotonic() < end:
        quiet = 0 if base.asked(base.unfinished)["runs"] else quiet + 1
        time.sleep(1)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
