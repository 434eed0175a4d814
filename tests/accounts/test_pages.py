"""People, settings, calendar and audit log as pages: who sees them, what they refuse, how many queries they cost."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import selectors, services
from accounts.choices import Role
from accounts.models import Absence, CalendarDay, Department, Organisation, User
from common import clock
from journal.models import AuditEvent
from journal.services import record
from tests.factories import ClientFactory, make_user

pytestmark = pytest.mark.django_db

PAGES = {
    "/staff/": {"volkov", "boss", "admin"},
    "/staff/new/": {"volkov", "boss", "admin"},
    "/settings/": {"volkov", "boss", "admin", "director"},
    "/settings/calendar/": {"volkov", "boss", "admin", "director"},
    "/settings/departments/new/": {"admin"},
    "/audit/": {"volkov", "boss", "admin", "director"},
    "/account/": None,
}


@pytest.fixture(autouse=True)
def _fresh_calendar():
    selectors.forget_calendar()
    yield
    selectors.forget_calendar()


@pytest.mark.parametrize("page", PAGES)
def test_pages_exist_only_for_their_roles(cast, as_user, page):
    for user in cast.everybody:
        allowed = PAGES[page] is None or user.login in PAGES[page]
        response = as_user(user).get(page)
        assert response.status_code == (200 if allowed else 404), user.login


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_the_login(cast, client, page):
    assert client.get(page)["Location"].startswith("/login/?next=")


def acts_on(user):
    return [f"/staff/{user.pk}/{verb}" for verb in ("", "role/", "password/", "unlock/", "deactivate/", "absences/")]


@pytest.mark.parametrize("who", ["belov", "boss", "director", "admin", "volkov", "accountant"])
def test_head_does_not_reach_people_beyond_his_managers(cast, as_user, who):
    target = getattr(cast, who)
    before = User.objects.values().get(pk=target.pk)
    http = as_user(cast.volkov)
    for url in acts_on(target):
        form = {"role": "hunter", "kind": "sick", "starts_on": "2026-06-01", "deputy": cast.petrov.pk}
        assert http.post(url, form).status_code == 404, url
    before["last_login"] = User.objects.values_list("last_login", flat=True).get(pk=target.pk)
    assert User.objects.values().get(pk=target.pk) == before


@pytest.mark.parametrize("who", ["ivanova", "director", "accountant", "quality"])
def test_others_reach_nobody(cast, as_user, who):
    http = as_user(getattr(cast, who))
    for url in acts_on(cast.petrov):
        assert http.post(url, {}).status_code == 404, url


def test_acts_are_not_done_by_get(cast, as_user):
    http = as_user(cast.admin)
    for verb in ("role/", "password/", "unlock/", "reactivate/", "absences/"):
        assert http.get(f"/staff/{cast.ivanova.pk}/{verb}").status_code == 405, verb
    http.get(f"/staff/{cast.ivanova.pk}/deactivate/")
    assert User.objects.get(pk=cast.ivanova.pk).is_active


def test_head_sees_his_department_only(cast, as_user):
    page = as_user(cast.volkov).get("/staff/").content.decode()
    assert "Иванова" in page
    assert "Belov" not in page
    everybody = as_user(cast.admin).get("/staff/").content.decode()
    assert "Belov" in everybody
    narrowed = as_user(cast.admin).get("/staff/", {"department": cast.other.pk, "role": "hunter"}).content.decode()
    assert "Belov" in narrowed
    assert "Иванова" not in narrowed


@pytest.mark.parametrize(
    "query",
    ["q=%25", "q=%00", "role=pope", "department=x", "department=999999999999", "state=?", "page=zzz", "q=" + "x" * 999],
)
def test_nonsense_in_the_address_is_no_error(cast, as_user, query):
    assert as_user(cast.admin).get(f"/staff/?{query}").status_code == 200
    assert as_user(cast.admin).get(f"/audit/?{query}&day_from=9999-12-31&object=a:b&actor=%00").status_code == 200


def test_search_finds_by_name_login_and_extension(cast, as_user):
    http = as_user(cast.admin)
    for text in ("иванов мария", "IVANOVA", "101"):
        assert [row["person"] for row in http.get("/staff/", {"q": text}).context["rows"]] == [cast.ivanova], text


def test_a_head_adds_a_manager_and_is_told_the_first_password(cast, as_user, client):
    http = as_user(cast.volkov)
    form = {"last_name": "Новиков", "first_name": "Пётр", "login": "novikov", "role": "hunter"}
    response = http.post("/staff/new/", {**form, "is_active": "0", "session_epoch": "7", "department": cast.other.pk})
    assert response.status_code == 200
    user = User.objects.get(login="novikov")
    assert (user.department, user.is_active, user.session_epoch) == (cast.sales, True, 0)
    http.post("/logout/")
    password = response.context["password"]
    assert client.post("/login/", {"username": "novikov", "password": password}).status_code == 303


def test_a_role_out_of_reach_is_refused_in_the_form(cast, as_user):
    http = as_user(cast.volkov)
    form = {"last_name": "Новиков", "first_name": "Пётр", "login": "novikov", "role": "director"}
    assert http.post("/staff/new/", form).status_code == 422
    assert not User.objects.filter(login="novikov").exists()
    assert http.post(f"/staff/{cast.ivanova.pk}/role/", {"role": "administrator"}).status_code == 422
    assert User.objects.get(pk=cast.ivanova.pk).role == Role.HUNTER


def edit_form(user, **changes):
    return {
        "last_name": user.last_name,
        "first_name": user.first_name,
        "patronymic": "",
        "email": user.email,
        "extension": user.extension,
        "worklist_cap": user.worklist_cap,
        "employed_on": user.employed_on.isoformat(),
        "part_time_percent": user.part_time_percent,
        "version": user.version,
        **changes,
    }


def test_a_part_of_a_day_is_saved_and_an_empty_one_stays_as_it_was(cast, as_user):
    http = as_user(cast.volkov)
    for typed, status in (("50", 303), ("", 303), ("0", 422), ("101", 422)):
        form = edit_form(User.objects.get(pk=cast.ivanova.pk), part_time_percent=typed)
        assert http.post(f"/staff/{cast.ivanova.pk}/", form).status_code == status, typed
        assert User.objects.get(pk=cast.ivanova.pk).part_time_percent == 50
    event = AuditEvent.objects.get(action="user.edit", object_id=cast.ivanova.pk)
    assert (event.before, event.after) == ({"part_time_percent": 100}, {"part_time_percent": 50})


def test_mass_assignment_changes_nothing_else(cast, as_user):
    http = as_user(cast.volkov)
    extra = {field.name: "1" for field in User._meta.concrete_fields if field.name not in edit_form(cast.ivanova)}
    extra |= {"role": "director", "department": cast.other.pk, "is_superuser": "1", "password": "x"}
    before = User.objects.values().get(pk=cast.ivanova.pk)
    response = http.post(f"/staff/{cast.ivanova.pk}/", {**edit_form(cast.ivanova), **extra})
    assert response.status_code == 303
    assert User.objects.values().get(pk=cast.ivanova.pk) == before


def test_a_stale_form_is_answered_with_both_versions(cast, as_user):
    http = as_user(cast.volkov)
    assert http.post(f"/staff/{cast.ivanova.pk}/", edit_form(cast.ivanova, extension="111")).status_code == 303
    response = http.post(f"/staff/{cast.ivanova.pk}/", edit_form(cast.ivanova, extension="112"))
    assert response.status_code == 409
    page = response.content.decode()
    assert "111" in page
    assert 'value="112"' in page
    assert User.objects.get(pk=cast.ivanova.pk).extension == "111"
    again = {**edit_form(cast.ivanova, extension="112"), "version": response.context["form"]["version"].value()}
    assert http.post(f"/staff/{cast.ivanova.pk}/", again).status_code == 303
    assert User.objects.get(pk=cast.ivanova.pk).extension == "112"


def test_absence_is_recorded_ended_and_shown(cast, as_user):
    http = as_user(cast.volkov)
    today = clock.today()
    form = {"kind": "sick", "starts_on": today.isoformat(), "ends_on": "", "deputy": cast.petrov.pk}
    assert http.post(f"/staff/{cast.ivanova.pk}/absences/", {**form, "deputy": ""}).status_code == 422
    assert http.post(f"/staff/{cast.ivanova.pk}/absences/", {**form, "deputy": cast.belov.pk}).status_code == 422
    assert http.post(f"/staff/{cast.ivanova.pk}/absences/", form).status_code == 303
    absence = Absence.objects.get()
    rows = http.get("/staff/", {"state": "absent"}).context["rows"]
    assert [(row["person"], row["absence"]) for row in rows] == [(cast.ivanova, absence)]
    assert as_user(cast.boss).post(f"/staff/absences/{absence.pk}/end/", {"ends_on": today}).status_code == 404
    http = as_user(cast.volkov)
    assert http.post(f"/staff/absences/{absence.pk}/end/", {"ends_on": "2020-01-01"}).status_code == 422
    assert http.post(f"/staff/absences/{absence.pk}/end/", {"ends_on": today.isoformat()}).status_code == 303
    assert Absence.objects.get().ends_on == today


def test_switching_off_asks_first(cast, as_user):
    http = as_user(cast.volkov)
    url = f"/staff/{cast.ivanova.pk}/deactivate/"
    assert http.get(url).status_code == 200
    assert User.objects.get(pk=cast.ivanova.pk).is_active
    assert http.post(url).status_code == 303
    assert not User.objects.get(pk=cast.ivanova.pk).is_active


def test_administrator_does_not_find_himself(cast, as_user):
    for url in acts_on(cast.admin):
        assert as_user(cast.admin).post(url, {"role": "director"}).status_code == 404


def test_staff_list_costs_the_same_for_3_and_300(cast, as_user):
    http = as_user(cast.admin)
    http.get("/staff/", {"state": "all"})

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert http.get("/staff/", {"state": "all"}).status_code == 200
        return len(queries)

    User.objects.filter(pk__in=[cast.belov.pk, cast.smirnova.pk]).delete()
    few = cost()
    base = [make_user(f"many{n}", Role.HUNTER, cast.sales) for n in range(3)]
    today = clock.today()
    copies = []
    for n in range(300):
        copy = User(login=f"copy{n}", last_name=f"Копия{n:03}", first_name="И", role=Role.HUNTER, department=cast.sales)
        copies.append(copy)
    User.objects.bulk_create(copies)
    Absence.objects.bulk_create(
        [Absence(user=copy, starts_on=today, deputy=base[0], created_at=clock.now()) for copy in copies]
    )
    assert cost() == few
    assert few <= 9
    page = http.get("/staff/", {"state": "all"})
    assert len(page.context["rows"]) == 50
    following = http.get("/staff/", {"state": "all", "page": page.context["page"].next_cursor})
    assert not {row["person"].pk for row in page.context["rows"]} & {
        row["person"].pk for row in following.context["rows"]
    }


# Settings and calendar


def test_settings_show_each_role_its_part(cast, as_user):
    assert as_user(cast.volkov).get("/settings/").context["form"] is None
    assert "name" not in as_user(cast.director).get("/settings/").context["form"].fields
    assert "name" in as_user(cast.admin).get("/settings/").context["form"].fields


def test_director_does_not_rename_by_a_forged_field(cast, as_user):
    form = {"name": "Иначе", "old_owner_share_percent": "40", "pause_on_public_holidays": "on"}
    assert as_user(cast.director).post("/settings/organisation/", form).status_code == 303
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.old_owner_share_percent) == ("ООО «Пример»", 40)
    assert as_user(cast.volkov).post("/settings/organisation/", form).status_code == 404
    form["old_owner_share_percent"] = "51"
    assert as_user(cast.director).post("/settings/organisation/", form).status_code == 422


def test_department_of_another_head_does_not_exist(cast, as_user):
    http = as_user(cast.volkov)
    url = f"/settings/departments/{cast.other.pk}/"
    assert http.get(url).status_code == 404
    assert http.post(url, {"managers_may_export": "on"}).status_code == 404
    own = f"/settings/departments/{cast.sales.pk}/"
    assert http.post(own, {"managers_may_export": "on", "name": "Мой"}).status_code == 303
    assert Department.objects.filter(managers_may_export=True).get().name == "Отдел продаж"
    assert http.post(own, {}).status_code == 303
    assert not Department.objects.filter(managers_may_export=True).exists()


def test_administrator_opens_a_department(cast, as_user):
    http = as_user(cast.admin)
    assert http.post("/settings/departments/new/", {"name": "Третий"}).status_code == 303
    assert http.post("/settings/departments/new/", {"name": "Третий"}).status_code == 422
    assert Department.objects.count() == 3


def test_a_day_of_the_calendar_is_changed_by_the_administrator(cast, as_user):
    http = as_user(cast.admin)
    page = http.get("/settings/calendar/?year=2026")
    assert page.context["working"] == 247
    assert page.content.decode().count("?day=2026-") == 365 * 2
    fragment = http.get("/settings/calendar/?day=2026-05-08", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert http.post("/settings/calendar/", {"day": "2026-05-08", "kind": "holiday"}).status_code == 303
    page = http.get("/settings/calendar/?year=2026")
    assert page.context["working"] == 246
    assert [row.day for row in page.context["edited"]] == [date(2026, 5, 8)]
    assert http.post("/settings/calendar/", {"day": "2026-02-30", "kind": "holiday"}).status_code == 422
    assert http.post("/settings/calendar/", {"day": "1026-02-03", "kind": "holiday"}).status_code == 422
    assert http.post("/settings/calendar/", {"day": "2026-02-03", "kind": "party"}).status_code == 422


def test_director_and_head_only_read_the_calendar(cast, as_user):
    for user in (cast.director, cast.volkov):
        http = as_user(user)
        assert "?day=2026-" not in http.get("/settings/calendar/?year=2026").content.decode()
        assert http.post("/settings/calendar/", {"day": "2026-05-08", "kind": "holiday"}).status_code == 403
    assert not CalendarDay.objects.filter(is_edited=True).exists()


@pytest.mark.parametrize("query", ["year=1", "year=abcd", "year=9999", "day=x", "day=2026-13-01", "year=20261"])
def test_nonsense_years_show_the_present_one(cast, as_user, query):
    assert as_user(cast.admin).get(f"/settings/calendar/?{query}").context["year"] == clock.today().year


# Audit log


@pytest.fixture
def events(cast):
    client = ClientFactory(name="ООО «Канарейка»", department=cast.sales, segment=cast.small)
    record(action="client.edit", obj=client, actor=cast.ivanova, before={"inn": "old-canary"}, after={"inn": "новое"})
    record(action="client.edit", obj=client, actor=cast.belov, after={"note": "belov-canary"})
    services.change_employee(user=cast.ivanova, data={"extension": "770077"}, version=1, actor=cast.admin)
    return client


def test_administrator_sees_acts_on_clients_but_not_what_stands_there(cast, as_user, events):
    page = as_user(cast.admin).get("/audit/").content.decode()
    assert "client.edit" in page
    assert "770077" in page
    for secret in ("old-canary", "belov-canary", "Канарейка"):
        assert secret not in page


def test_director_sees_everything(cast, as_user, events):
    page = as_user(cast.director).get("/audit/").content.decode()
    for text in ("old-canary", "belov-canary", "Канарейка", "770077"):
        assert text in page


def test_head_sees_the_acts_of_his_people(cast, as_user, events):
    page = as_user(cast.volkov).get("/audit/").content.decode()
    assert "old-canary" in page
    assert "belov-canary" not in page
    assert "770077" not in page


def test_filters_of_the_log(cast, as_user, events):
    http = as_user(cast.director)

    def found(**query):
        return [row["code"] for row in http.get("/audit/", query).context["rows"]]

    assert found(actor="belov") == ["client.edit"]
    assert found(action="user.edit") == ["user.edit"]
    assert found(object=f"clients.client:{events.pk}") == ["client.edit"] * 2
    assert found(object="accounts.user", action="user.e") == ["user.edit"]
    assert found(day_to="2020-01-01") == []
    today = clock.today().isoformat()
    assert "user.edit" in found(day_from=today, day_to=today)


def test_the_log_is_paged_and_costs_the_same(cast, as_user):
    http = as_user(cast.director)
    http.get("/audit/")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page = http.get("/audit/")
        return len(queries), page

    few, _page = cost()
    for n in range(120):
        record(action="client.edit", object_name=f"строка {n}", actor=cast.ivanova)
    many, page = cost()
    assert many == few
    assert page.context["rows"][0]["name"] == "строка 119"
    following = http.get("/audit/", {"page": page.context["page"].next_cursor})
    assert following.context["rows"][0]["name"] == "строка 69"


def test_page_of_the_log_writes_nothing(cast, as_user):
    http = as_user(cast.director)
    count = AuditEvent.objects.count()
    http.get("/audit/")
    assert http.post("/audit/", {}).status_code == 405
    assert AuditEvent.objects.count() == count


def test_markup_in_names_is_inert(cast, as_user):
    name = '"><svg onload=alert(1)>{{7*7}}'
    services.change_employee(user=cast.ivanova, data={"last_name": name}, version=1, actor=cast.volkov)
    for url in ("/staff/", f"/staff/{cast.ivanova.pk}/", "/audit/"):
        page = as_user(cast.admin).get(url).content.decode()
        assert "<svg onload" not in page
        assert "{{7*7}}" in page or url == "/audit/"


# First set-up from the shell


def test_create_organisation_by_options(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("трава-зелена-47\n"))
    options = {"name": "ООО «Ель»", "login": "root", "email": "root@example.org", "password_stdin": True}
    with pytest.raises(CommandError, match="TIME_ZONE"):
        call_command("create_organisation", **options, time_zone="Asia/Omsk")
    call_command("create_organisation", **options, time_zone="Europe/Moscow", stdout=io.StringIO())
    assert User.objects.get().check_password("трава-зелена-47")
    with pytest.raises(CommandError, match="already"):
        call_command("create_organisation", **options)


def test_create_organisation_refuses_a_weak_password(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        call_command("create_organisation", name="ООО «Ель»", login="root", password_stdin=True)
    assert not Organisation.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("who", ["volkov", "director", "admin"])
def test_every_link_of_settings_opens_for_its_role(cast, as_user, who):
    http = as_user(getattr(cast, who))
    links = http.get("/settings/").context["links"]
    assert {link["url"]: http.get(link["url"]).status_code for link in links} == {link["url"]: 200 for link in links}
