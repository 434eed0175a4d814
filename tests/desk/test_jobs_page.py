"""The pages of the daily jobs: who sees them, what each state says, what nobody may learn from them, what they cost."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from python_calamine import CalamineWorkbook

from common import clock
from desk.choices import CATCH_UP_WORDS, COUNT_WORDS, JOB_WORDS, STEP_WORDS
from desk.services import JOBS, run_day, run_job, tick
from desk.services import jobs as engine
from journal.choices import RunState
from journal.constants import BEAT_SECONDS, SET_ASIDE, CatchUp
from journal.models import AuditEvent, JobItem, JobRun
from journal.services import beat, claim_run, open_run
from tests.budget import cost_of
from tests.factories.work import make_client, on, take

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 20)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning():
    with on(DAY, 1):
        yield


def run_of(job="flags", day=DAY, state=RunState.DONE, **fields) -> JobRun:
    now = clock.now()
    due = fields.pop("due_at", clock.local_moment(day, next(each.at for each in settings.JOBS if each.name == job)))
    if state == RunState.DONE:
        fields = {"started_at": due, "finished_at": due + timedelta(seconds=65), "attempts": 1, **fields}
    return JobRun.objects.create(job=job, business_date=day, state=state, due_at=due, created_at=now, **fields)


def set_aside(run: JobRun, what: str, pk: int, error: str = "ValueError funnels/services/flags.py:51") -> None:
    JobItem.objects.create(run=run, object_type=what, object_id=pk, result=SET_ASIDE, error=error, at=clock.now())


def page(browser, path: str = "/settings/jobs/", status: int = 200) -> str:
    response = browser.get(path)
    assert response.status_code == status, path
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


# ---- who


def test_head_director_and_administrator_read_the_jobs_and_nobody_else(cast, as_user):
    run_of()
    for person in (cast.volkov, cast.director, cast.admin):
        assert as_user(person).get("/settings/jobs/").status_code == 200, person.login
    for person in (cast.ivanova, cast.accountant, cast.quality):
        browser = as_user(person)
        for path in ("", "flags/", "flags/export/", "flags/2026-11-20/"):
            assert browser.get(f"/settings/jobs/{path}").status_code == 404, (path, person.login)


@pytest.mark.parametrize("path", ["unknown/", "unknown/export/", "flags/2026-11-21/", "flags/yesterday/", "flags/0/"])
def test_what_is_not_there_is_not_found(cast, as_user, path):
    run_of()
    assert as_user(cast.director).get(f"/settings/jobs/{path}").status_code == 404


def test_settings_and_lights_lead_to_the_jobs(cast, as_user):
    run_of()
    for path in ("/settings/", "/lights/"):
        assert 'href="/settings/jobs/"' in as_user(cast.volkov).get(path).content.decode(), path


# ---- the timetable


def test_every_job_stands_in_the_order_of_the_day_with_its_time_and_days(cast, as_user):
    text = page(as_user(cast.volkov))
    places = []
    for job in sorted(settings.JOBS, key=lambda job: job.at):
        title, what = JOB_WORDS[job.name]
        days = "по рабочим дням" if job.working_days_only else "каждый день"
        with translation.override("ru"):
            row = f"{title} {what} {job.at.hour}:{job.at.minute:02d}, {days} {CATCH_UP_WORDS[job.catch_up]}"
        assert row in text
        places.append(text.index(row))
    assert places == sorted(places)
    assert text.count("ещё не выполнялось") == len(settings.JOBS)


def test_each_state_is_told_by_a_word_and_what_becomes_of_it(cast, as_user):
    now = clock.now()
    run_of("colours", counts={"checked": 1200, "changed": 3})
    run_of("terms", counts={"expired": 0, "warned": 0, "recall": 0}, is_late=True, attempts=3)
    run_of("flags", state=RunState.RUNNING, attempts=1, lease_until=now + timedelta(seconds=30))
    run_of("plan", state=RunState.RUNNING, attempts=2, lease_until=now - timedelta(seconds=1))
    run_of("audit", state=RunState.DUE)
    run_of("digest", state=RunState.FAILED, attempts=5, finished_at=now, error="ValueError: x")
    run_of("rotation", state=RunState.DUE, attempts=1, lease_until=now + timedelta(minutes=4), error="ValueError: x")
    text = page(as_user(cast.director))
    assert "Сегодня Выполнено Сегодня, 0:11 · длилось 1 мин 5 с проверено сделок: 1 200 , изменилось: 3" in text
    assert "Сегодня Выполнено с опозданием Сегодня, 0:16 · длилось 1 мин 5 с попыток: 3 делать было нечего" in text
    assert "Сегодня Выполняется" in text
    assert "Сегодня Застряло Исполнитель замолчал" in text
    assert "Сегодня Ждёт Утренние письма" in text
    assert "Сегодня Не выполнено с опозданием" not in text
    assert "Сегодня Не выполнено Не удалась ни одна попытка" in text
    assert "Сегодня Ждёт новой попытки Следующая попытка в 1:04" in text


def test_an_unfinished_day_tells_when_the_job_was_done_last_and_how_many_days_wait(cast, as_user):
    run_of("plan", DAY - timedelta(days=3))
    for ago in (2, 1, 0):
        run_of("plan", DAY - timedelta(days=ago), state=RunState.DUE)
    text = page(as_user(cast.volkov))
    assert "выполнено до этого: Вт, 17 нояб., 0:31 ждут ещё 2 более ранних дня" in text
    assert "2 запуска опаздывают больше чем на час: План-факт (18.11), План-факт (19.11)." in text
    assert "1 запуск ещё не закончен: План-факт (20.11)." in text


def test_a_silent_timer_and_a_silent_worker_are_named_with_what_to_do(cast, as_user):
    text = page(as_user(cast.volkov))
    assert "Планировщик молчит: задания сами не начнутся. Попросите администратора" in text
    assert "Исполнитель молчит" in text
    assert text.count("сигналов ещё не было") == 2
    beat("beat")
    beat("worker")
    text = page(as_user(cast.volkov))
    assert "молчит" not in text
    assert text.count("работает, последний сигнал: Сегодня, 1:00") == 2


def test_parts_of_a_product_that_has_just_begun_are_not_called_silent(cast, as_user):
    run = run_of("plan")
    JobRun.objects.filter(pk=run.pk).update(created_at=clock.now() - timedelta(seconds=BEAT_SECONDS - 1))
    text = page(as_user(cast.volkov))
    assert "молчит" not in text and text.count("сигналов ещё не было") == 2
    JobRun.objects.filter(pk=run.pk).update(created_at=clock.now() - timedelta(seconds=BEAT_SECONDS + 1))
    assert page(as_user(cast.volkov)).count("молчит") == 2


def test_the_page_asks_again_by_itself_only_while_a_run_is_open(cast, as_user):
    browser = as_user(cast.volkov)
    run = run_of()
    assert "hx-trigger" not in browser.get("/settings/jobs/").content.decode().partition('id="jobs"')[2]
    for state in (RunState.DUE, RunState.RUNNING):
        JobRun.objects.filter(pk=run.pk).update(state=state)
        polled = browser.get("/settings/jobs/", headers={"HX-Request": "true"}).content.decode()
        assert polled.lstrip().startswith('<div class="stack" id="jobs" hx-get="/settings/jobs/" hx-trigger="every 5s"')
    JobRun.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    last = browser.get("/settings/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="jobs"' in last and "hx-trigger" not in last


def test_nothing_can_be_started_from_the_pages(cast, as_user):
    run_of(state=RunState.FAILED, attempts=5)
    for path in ("", "flags/", "flags/2026-11-20/"):
        browser = as_user(cast.admin)
        main = browser.get(f"/settings/jobs/{path}").content.decode().partition("<main")[2]
        assert "hx-post" not in main and 'method="post"' not in main
        assert browser.post(f"/settings/jobs/{path}").status_code == 405


# ---- the error of an attempt

SECRET = 'IntegrityError: duplicate key value violates "clients_phone_once"\nDETAIL: Key (e164)=(+79035550011) exists.'


@pytest.mark.parametrize(
    ("reader", "known", "unknown"),
    [
        ("director", "clients_phone_once", "+79035550011"),
        ("admin", "clients_phone_once", "+79035550011"),
        ("volkov", "IntegrityError", "clients_phone_once"),
    ],
)
def test_an_error_never_tells_the_values_a_database_has_quoted(cast, as_user, reader, known, unknown):
    run_of(state=RunState.FAILED, attempts=5, error=SECRET)
    browser = as_user(getattr(cast, reader))
    for path in ("", "flags/", "flags/2026-11-20/"):
        text = page(browser, f"/settings/jobs/{path}")
        assert known in text and unknown not in text and "+79035550011" not in text
    told = str(book(browser.get("/settings/jobs/flags/export/")))
    assert known in told and unknown not in told


def test_a_run_given_up_for_too_many_objects_says_so_in_words(cast, as_user):
    run_of(state=RunState.FAILED, attempts=5, error="TooManySetAside: funnels.ownership: ValueError")
    assert "Не удалось обработать больше 20 объектов" in page(as_user(cast.volkov))


# ---- what was set aside


def test_a_head_reads_the_names_of_his_own_and_only_the_number_of_others(cast, as_user):
    own = take(cast, cast.ivanova, client=make_client(cast, name="ООО «Своё»"))
    foreign = take(cast, cast.belov, client=make_client(cast, name="ООО «Чужое»", department=cast.other))
    base = make_client(cast, name="ООО «Чужая база»", department=cast.other)
    run = run_of(counts={"flagged": 0, SET_ASIDE: 6})
    for cycle in (own, foreign):
        set_aside(run, "funnels.ownership#state", cycle.ownerships.get().pk)
        set_aside(run, "accounts.user#index", cycle.owner_id)
    set_aside(run, "clients.client", base.pk)
    # The number of a foreign ownership that is the number of one's own client names nobody.
    set_aside(run, "funnels.ownership#age7", 10**9)
    address = "/settings/jobs/flags/2026-11-20/"
    text = page(as_user(cast.volkov), address)
    assert "ООО «Своё» Клиент · застой по состоянию ValueError funnels/services/flags.py:51" in text
    assert cast.ivanova.short_name.replace("\xa0", " ") in text
    assert "Чуж" not in text and cast.belov.short_name.replace("\xa0", " ") not in text
    assert text.count("вне вашей видимости: 1") == 4
    assert f'href="/clients/{own.client_id}/"' in as_user(cast.volkov).get(address).content.decode()
    everything = page(as_user(cast.director), address)
    assert all(name in everything for name in ("ООО «Своё»", "ООО «Чужое»", "ООО «Чужая база»"))
    for_admin = page(as_user(cast.admin), address)
    assert "ООО" not in for_admin and "вне вашей видимости: 1" in for_admin


def test_the_bell_about_objects_set_aside_leads_to_the_run(cast, as_user, monkeypatch):
    def poisoned(*, day, run, at):
        set_aside(run, "clients.client", 1)
        return {"checked": 1}

    monkeypatch.setitem(engine.JOBS, "colours", (poisoned,))
    run_job(run_id=next(iter(tick())))
    notice = cast.director.notices.get()
    assert notice.url == "/settings/jobs/colours/2026-11-20/"
    assert "вне вашей видимости: 1" in page(as_user(cast.director), notice.url)
    assert "отложено: 1" in page(as_user(cast.director))


def test_objects_set_aside_by_a_run_that_is_not_over_are_counted_too(cast, as_user):
    run_of(state=RunState.FAILED, attempts=5, trials={"aside": {"funnels.ownership": [1, 2]}})
    assert "отложено: 2" in page(as_user(cast.volkov))


# ---- history


def test_history_is_filtered_by_state_and_by_days_newest_first(cast, as_user):
    for ago in range(4):
        run_of(day=DAY - timedelta(days=ago), state=RunState.FAILED if ago == 2 else RunState.DONE)
    browser = as_user(cast.volkov)
    days = lambda query: re.findall(r'<a class="plain" href="/settings/jobs/flags/([\d-]+)/"', browser.get(  # noqa: E731
        f"/settings/jobs/flags/{query}").content.decode())  # fmt: skip
    assert days("") == ["2026-11-20", "2026-11-19", "2026-11-18", "2026-11-17"]
    assert days("?state=failed") == ["2026-11-18"]
    assert days("?day_from=2026-11-18&day_to=2026-11-19") == ["2026-11-19", "2026-11-18"]
    assert "По этим условиям ничего не найдено" in page(browser, "/settings/jobs/flags/?state=running")
    assert "Задание ещё не выполнялось" in page(browser, "/settings/jobs/plan/")


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("day_from=2026-13-40", "day_from", ""),
        ("day_to=1066-10-14", "day_to", ""),
        ("day_from=2026-11-20&day_to=2026-11-19", "day_to", "Последний день раньше первого."),
        ("state=burning", "state", ""),
        ("state=%00", "state", ""),
    ],
)
def test_a_wrong_filter_is_told_beside_its_field_and_takes_nothing_out(cast, as_user, query, field, text):
    run_of()
    browser = as_user(cast.volkov)
    for path in ("flags/", "flags/export/"):
        response = browser.get(f"/settings/jobs/{path}?{query}")
        shown = response.content.decode()
        assert response.status_code == 422
        assert f'id="id_{field}_error"' in shown and text in shown
        assert "Исправьте фильтр" in shown and "2026-11-20/" not in shown
    assert not AuditEvent.objects.filter(action="jobs.export").exists()


def book(response) -> list[list]:
    assert response.status_code == 200
    return CalamineWorkbook.from_filelike(BytesIO(response.getvalue())).get_sheet_by_index(0).to_python()


def test_the_export_carries_what_the_filter_leaves_and_is_written_down(cast, as_user):
    run_of(counts={"flagged": 2, SET_ASIDE: 1})
    run_of(day=DAY - timedelta(days=1))
    run_of(job="plan")
    rows = book(as_user(cast.volkov).get("/settings/jobs/flags/export/?day_from=2026-11-20"))
    assert len(rows) == 2
    cells = dict(zip(*rows, strict=True))
    assert cells["День"] == DAY and cells["Состояние"] == "Выполнено" and cells["Длилось"] == "1 мин 5 с"
    assert (cells["Отложено"], cells["Итог"], cells["Завершено"]) == (1, "застой по цвету: 2", "20.11.2026 00:21:05")
    event = AuditEvent.objects.get(action="jobs.export")
    assert event.after == {"rows": 1, "filter": {"job": "flags", "day_from": "2026-11-20"}}


def test_a_long_history_has_pages(cast, as_user):
    for ago in range(60):
        run_of(day=DAY - timedelta(days=ago))
    browser = as_user(cast.volkov)
    first = browser.get("/settings/jobs/flags/?state=done").content.decode()
    following = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    assert "state=done" in following
    second = browser.get(following).content.decode()
    assert "2026-10-01/" not in first and "2026-09-22/" in second and 'rel="prev"' in second


# ---- what it costs, and words


def test_the_pages_cost_the_same_for_three_runs_and_for_sixty(cast, as_user):
    browser = as_user(cast.director)
    run, costs = run_of(), []
    for number in (3, 60):
        for ago in range(1, number):
            JobRun.objects.filter(business_date=DAY - timedelta(days=ago)).delete()
            run_of(day=DAY - timedelta(days=ago), state=RunState.DUE if ago > 1 else RunState.DONE)
        for one in range(number // 3):
            JobItem.objects.filter(run=run, object_id=one).delete()
            set_aside(run, "clients.client", one)
            set_aside(run, "funnels.salescycle", one)
        paths = ("", "flags/", "flags/2026-11-20/")
        costs.append([cost_of(browser, f"/settings/jobs/{path}") for path in paths])
    assert costs[0] == costs[1]
    assert max(costs[1]) <= 15, costs


def test_every_job_and_every_policy_has_words():
    assert set(JOB_WORDS) == set(JOBS)
    assert set(CATCH_UP_WORDS) == set(CatchUp)
    with translation.override("ru"):
        words = [*JOB_WORDS.values(), *((word,) for word in (*COUNT_WORDS.values(), *STEP_WORDS.values()))]
        assert [str(word) for pair in words for word in pair if not CYRILLIC.search(str(word))] == []


def test_every_count_of_a_real_day_has_words(cast):
    first = date(2026, 12, 1)  # a working day that begins a month: no job has an excuse
    with on(date(2026, 11, 23)):
        take(cast, cast.ivanova)
    with on(first, 19):
        lines = list(run_day(day=first))
    assert {line.result for line in lines} == {"done"} and {line.job for line in lines} == set(JOBS)
    told = {key for line in lines for key in line.counts}
    assert told == set(COUNT_WORDS)


def test_every_step_an_object_can_be_set_aside_in_has_words():
    sources = [path.read_text() for room in ("funnels", "desk") for path in (ROOT / room / "services").rglob("*.py")]
    named = {step for text in sources for step in re.findall(r'what="[a-z.]+#(\w+)"', text)}
    assert {"index", "queue", "state", "warn"} <= named <= set(STEP_WORDS)


def test_an_attempt_notes_when_it_began_and_the_next_one_anew(cast):
    lease = claim_run(open_run("flags", DAY).pk)
    assert lease.run.started_at == clock.now()
    with on(DAY, 5):
        assert claim_run(lease.run.pk).run.started_at == clock.now()
