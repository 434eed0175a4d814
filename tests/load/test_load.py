"""The load's own parts: what people do adds up, the locust file can be read, errors are put where they belong."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from load import mix
from load.report import Request, Run, back_after, promises, read, written

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Happened:
    name: str
    begun: float
    ended: float
    is_cut: bool = False


def asked_every_second(seconds: int) -> list[Request]:
    names = list(mix.MIX)
    return [Request(float(at), names[at % len(names)], 0.1, 200, False, "") for at in range(seconds)]


def a_run(requests: list[Request], **other) -> Run:
    given = {
        "users": 6, "since": 0.0, "until": 300.0, "jobs": [Happened("jobs", 50.0, 90.0)],
        "faults": [Happened("PostgreSQL killed", 150.0, 155.0)], "clear": {"PostgreSQL killed": 30.0},
        "memory": (200.0, 210.0), "connections": 12, "lock": 0.0, "queue": (1.0, 70.0),
    }  # fmt: skip
    return Run(requests=requests, **{**given, **other})


def kept(run: Run) -> dict[str, bool | None]:
    return {what: is_kept for what, _most, _found, is_kept in promises(run)}


def test_the_shares_of_all_acts_are_a_hundred():
    assert sum(act.share for act in mix.MIX.values()) == 100


def test_the_locust_file_has_every_act_with_its_share():
    # In a process of its own: locust patches the interpreter it is imported into.
    code = "from load.locustfile import Manager as m; print(*sorted(t.__name__ for t in m.tasks))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    named = done.stdout.split()
    assert {name: named.count(name) for name in set(named)} == {name: act.share for name, act in mix.MIX.items()}


def test_a_quiet_run_keeps_every_promise_of_errors_and_time():
    found = kept(a_run(asked_every_second(300)))
    assert False not in found.values()
    assert found["requests a second"] is None  # six people prove nothing about forty a second


def test_an_error_outside_a_window_is_told_and_one_inside_is_not():
    requests = asked_every_second(300)
    requests[120] = replace(requests[120], status=503, told=True)
    assert kept(a_run(requests))["errors outside fault windows"] is False
    requests = asked_every_second(300)
    requests[152] = replace(requests[152], status=503, told=True)
    assert kept(a_run(requests))["errors outside fault windows"] is True


def test_an_error_in_a_window_without_word_when_to_come_again_is_told():
    for bad in ({"status": 500}, {"status": 503}, {"status": 0, "fault": "ConnectionResetError"}):
        requests = asked_every_second(300)
        requests[152] = replace(requests[152], **bad)
        assert kept(a_run(requests))["errors inside that are not 503 with Retry-After"] is False


def test_a_redirect_to_the_sign_in_page_is_an_error_and_a_conflict_is_none():
    requests = asked_every_second(300)
    run = a_run(requests)
    assert run.is_error(replace(requests[0], status=302))
    assert not run.is_error(replace(requests[0], status=409))


def test_a_client_may_have_moved_only_after_the_jobs_began():
    request = Request(10.0, "detail", 0.1, 404, False, "")
    run = a_run([request])
    assert run.is_error(request)
    assert not run.is_error(replace(request, at=60.0))
    assert run.is_error(replace(request, at=60.0, name="list"))


def test_it_is_as_before_only_when_nobody_waits_and_nothing_fails():
    requests = asked_every_second(300)
    for at in range(155, 168):
        requests[at] = replace(requests[at], seconds=3.0)
    requests[170] = replace(requests[170], status=503, told=True)
    run = a_run(requests)
    assert back_after(run, run.faults[0], 0.1) == 16.0
    assert "| PostgreSQL killed: as before after, s | ≤ 30 | 16 (lasted 5.0, last error 15.0 after) | met |" in written(
        run
    )


def test_a_run_too_short_to_see_the_recovery_says_so_and_jobs_that_did_not_end_are_told():
    run = a_run(asked_every_second(158), until=158.0, jobs=[Happened("jobs", 100.0, 140.0, is_cut=True)])
    found = kept(run)
    assert found["PostgreSQL killed: as before after, s"] is None
    assert found["jobs of a day, s"] is False


def test_a_line_cut_at_the_end_of_the_record_is_left_out(tmp_path):
    record = tmp_path / "requests.tsv"
    record.write_text("2.0\tnote\t0.2\t503\t1\t\n1.0\tlist\t0.1\t200\t0\t\n3.0\tli")
    assert [(request.name, request.told) for request in read(record)] == [("list", False), ("note", True)]
