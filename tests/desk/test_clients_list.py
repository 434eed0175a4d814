"""The client list: sections, filters, order, pages, bulk acts and the export, inside the scope."""

from __future__ import annotations

import re
import zipfile
from datetime import date, time, timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from clients.models import Client
from common import clock
from desk.selectors import clients as lists
from desk.selectors.work import with_work
from funnels.models import Ownership, SalesCycle
from journal.models import AuditEvent
from tests.desk.test_lights import open_cycles
from tests.factories.work import make_client, on

TODAY = date(2026, 11, 20)


_ROW = re.compile(
    r'<tr id="client-(?P<id>\d+)" data-row data-href="(?P<url>[^"]+)".*?<th scope="row"><a[^>]*>(?P<name>[^<]*)'
)


def rows_of(response):
    """What the rows of the page say: id, url, name."""
    return [{key: unescape(text) for key, text in row.groupdict().items()} for row in _ROW.finditer(response.text)]


def names(response):
    return [row["name"] for row in rows_of(response)]


def test_the_filters_narrow_by_colour_age_and_next_step(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        old = open_cycles(cast, cast.ivanova, red=1, started=date(2026, 11, 12))[0]
        green = open_cycles(cast, cast.ivanova, green=1)[0]
        late = open_cycles(cast, cast.ivanova, yellow=1)[0]
        late.next_step_at = clock.local_moment(TODAY - timedelta(days=3), time(12))
        late.save()
        for query, cycle in (("age=7-10", old), ("age=8", old), ("colour=green", green), ("step=late", late)):
            assert names(browser.get(f"/clients/?{query}")) == [cycle.client.name], query
        assert len(names(browser.get("/clients/?step=none"))) == 2
        assert len(names(browser.get("/clients/?colour=purple&age=99"))) == 3


def test_the_list_is_sorted_by_age_step_and_sum(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        rich = open_cycles(cast, cast.ivanova, red=1, amount="900")[0]
        old = open_cycles(cast, cast.ivanova, red=1, started=date(2026, 11, 10), amount="5")[0]
        soon = open_cycles(cast, cast.ivanova, red=1, amount="7")[0]
        soon.next_step_at = clock.local_moment(TODAY, time(12))
        soon.save()
        for sort, cycle in (("sum", rich), ("-sum", old), ("age", old), ("step", soon)):
            assert names(browser.get(f"/clients/?sort={sort}"))[0] == cycle.client.name, sort


def test_a_section_as_it_opens_is_the_section_filtered_by_nothing(cast):
    """It is asked by a statement of its own, compiled once; a list with a filter is asked the other way."""
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=2, yellow=1, started=date(2026, 11, 12))
        open_cycles(cast, cast.petrov, green=3, amount="900")
        make_client(cast, "Свободный", department=cast.sales)
        for person in (cast.ivanova, cast.volkov, cast.director, cast.boss, cast.quality):
            for section in ("in_work", "call_base", "any"):
                chosen = () if section == "any" else (section,)
                clients = with_work(Client.objects.visible_to(person, sections=chosen))
                assert lists.plain_figures(person, section, TODAY) == lists.chip_figures(clients, TODAY)
                for sort in ("name", "-age", "sum"):
                    page = lists.opening_page(person, section, sort=sort)
                    assert page == lists.list_page(clients, sort=sort, cursor=""), (person, section, sort)
                    assert all(row.running_from is None or row.colour for row in page.rows)
        shown = lists.opening_page(cast.volkov, "any", sort="name")
        assert len(shown.rows) == 7
        assert lists.plain_figures(cast.petrov, "in_work", TODAY).in_work == 2700


def test_walking_the_pages_shows_everybody_once(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=120)
        for sort in ("name", "age", "step", "sum"):
            seen, address = [], f"/clients/?sort={sort}"
            while address:
                page = browser.get(address)
                seen += names(page)
                address = page.context["next_url"]
            assert len(seen) == len(set(seen)) == 120, sort


def test_the_page_costs_the_same_for_three_rows_and_for_three_hundred(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=3)
        browser.get("/clients/")
        with CaptureQueriesContext(connection) as few:
            browser.get("/clients/")
        open_cycles(cast, cast.ivanova, green=60, yellow=90, red=147)
        with CaptureQueriesContext(connection) as many:
            page = browser.get("/clients/")
    assert len(few) == len(many) <= 15
    assert len(page.content) <= 120 * 1024


def test_the_card_walks_the_list_the_reader_came_from_in_its_order_and_filter(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=2, amount="1")
        for amount in ("500", "300", "400"):
            open_cycles(cast, cast.ivanova, green=1, amount=amount)
        rows = rows_of(browser.get("/clients/?colour=green&sort=sum"))
        assert len(rows) == 3
        card = browser.get(rows[1]["url"])
        assert card.context["near"] == {"previous": rows[0]["url"], "next": rows[2]["url"]}
        assert set(browser.get(rows[0]["url"]).context["near"]) == {"next"}
        assert set(browser.get(rows[2]["url"]).context["near"]) == {"previous"}
        # A client that has left the filter meanwhile still knows where it stood.
        SalesCycle.objects.filter(client=rows[1]["id"]).update(colour="red")
        assert browser.get(rows[1]["url"]).context["near"] == card.context["near"]


def test_a_remembered_list_opens_no_client_of_another_owner(cast, as_user):
    with on(TODAY):
        own = open_cycles(cast, cast.ivanova, red=1)[0]
        open_cycles(cast, cast.petrov, red=2)
        for query in ("section=any", f"owner={cast.petrov.pk}", "nonsense%FF&cursor=x&sort=-;", "a=" * 240):
            card = as_user(cast.ivanova).get(f"/clients/{own.client_id}/", {"list": query})
            assert card.status_code == 200
            assert card.context["near"] == {}, query


def test_a_client_older_than_ten_days_in_one_state_carries_the_red_mark_on_every_list(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        stale, fresh = open_cycles(cast, cast.ivanova, red=2)
        Ownership.objects.filter(client=stale.client_id).update(state_flag_on=TODAY)
        Ownership.objects.filter(client=fresh.client_id).update(state_flag_on=TODAY + timedelta(days=1))
        step = clock.local_moment(TODAY, time(12))
        SalesCycle.objects.filter(pk__in=[stale.pk, fresh.pk]).update(next_step_at=step)
        for address in ("/clients/", "/funnel/", "/day/"):
            page = browser.get(address).content.decode()
            assert stale.client.name in page and fresh.client.name in page
            assert page.count('class="tag tag-bad"') == 1, address


def test_the_accountant_reads_requisites_alone_and_asks_by_nothing_else(cast, as_user):
    browser = as_user(cast.accountant)
    with on(TODAY):
        rows = open_cycles(cast, cast.ivanova, green=1, red=1)
        Client.objects.filter(pk__in=[row.client_id for row in rows]).update(has_documents=True)
        Client.objects.filter(pk=rows[0].client_id).update(inn="6658412075")
        whole = browser.get("/clients/")
        asked = browser.get("/clients/?colour=green&section=in_work&state=c1&step=none&age=7&sort=age")
        found = browser.get("/search/", {"q": rows[0].client.name})
        board = browser.get("/funnel/").content.decode()
    assert 'class="lamp' not in board and rows[0].client.name not in board
    assert names(whole) == names(asked) and len(names(whole)) == 2
    for page in (whole, asked, found):
        text = page.content.decode()
        assert rows[0].client.name in text
        assert 'class="lamp' not in text and 'class="age' not in text and "1 контакт" not in text
    assert "6658412075" in whole.content.decode()


def test_another_departments_clients_never_appear(cast, as_user):
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=1)
        foreign = open_cycles(cast, cast.belov, red=1, department=cast.other)[0].client
        base = make_client(cast, department=cast.other)
        for who in ("ivanova", "volkov", "accountant", "quality", "admin"):
            browser = as_user(getattr(cast, who))
            for query in ("", "?section=any", "?section=call_base", f"?section=any&department={cast.other.pk}"):
                page = browser.get(f"/clients/{query}")
                assert page.status_code == 200
                told = page.content.decode()
                assert foreign.name not in told
                assert base.name not in told


@pytest.mark.parametrize("who", ["ivanova", "accountant", "quality", "admin"])
def test_who_may_not_export_finds_no_export(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    assert browser.get("/clients/export/").status_code == 404
    assert not AuditEvent.objects.filter(action="clients.export").exists()


def test_a_manager_exports_his_own_list_once_the_head_has_allowed_it(cast, as_user):
    cast.sales.managers_may_export = True
    cast.sales.save()
    with on(TODAY):
        mine = open_cycles(cast, cast.ivanova, red=1)[0].client
        make_client(cast)
        response = as_user(cast.ivanova).get("/clients/export/?section=any")
        rows = CalamineWorkbook.from_filelike(BytesIO(response.getvalue())).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == [mine.name]
    assert AuditEvent.objects.get(action="clients.export").after["rows"] == 1


def test_a_formula_leaves_as_text(cast, as_user):
    with on(TODAY):
        client = open_cycles(cast, cast.ivanova, red=1, amount="12.34")[0].client
        client.name = "=1+1"
        client.save()
        content = as_user(cast.director).get("/clients/export/").getvalue()
        rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "=1+1"
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
        assert 'quotePrefix="1"' in book.read("xl/styles.xml").decode()
    assert Decimal(str(rows[1][10])) == Decimal("12.34")


def test_a_manager_takes_the_ticked_clients_and_no_others(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        wanted, left = make_client(cast), make_client(cast)
        foreign = make_client(cast, department=cast.other)
        data = {"act": "take", "ids": [wanted.pk, foreign.pk]}
        assert browser.post("/clients/bulk/?section=call_base", data).status_code == 303
    assert list(SalesCycle.objects.values_list("client_id", "owner_id")) == [(wanted.pk, cast.ivanova.pk)]
    left.refresh_from_db()
    assert left.section == "call_base"


def test_choosing_all_takes_what_the_filter_leaves_up_to_the_cap(cast, as_user):
    cast.ivanova.worklist_cap = 50
    cast.ivanova.save()
    with on(TODAY):
        for _each in range(52):
            make_client(cast)
        as_user(cast.ivanova).post("/clients/bulk/?section=call_base", {"act": "take", "all": "1"})
    assert SalesCycle.objects.filter(owner=cast.ivanova).count() == 50


def test_a_head_transfers_the_chosen_clients_with_a_reason(cast, as_user):
    browser = as_user(cast.volkov)
    with on(TODAY):
        cycle = open_cycles(cast, cast.ivanova, red=1)[0]
        form = browser.post("/clients/bulk/", {"act": "transfer_form", "ids": [cycle.client_id]})
        assert form.status_code == 200
        data = {"act": "transfer", "ids": [cycle.client_id], "to": cast.petrov.pk, "reason": "transfer"}
        assert browser.post("/clients/bulk/", data).status_code == 303
    cycle.refresh_from_db()
    assert cycle.owner == cast.petrov


@pytest.mark.parametrize(("who", "act"), [("ivanova", "transfer"), ("volkov", "take"), ("accountant", "take")])
def test_bulk_acts_of_other_roles_do_not_exist(cast, as_user, who, act):
    with on(TODAY):
        cycle = open_cycles(cast, cast.ivanova, red=1)[0]
        data = {"act": act, "ids": [cycle.client_id], "to": cast.petrov.pk, "reason": "transfer"}
        assert as_user(getattr(cast, who)).post("/clients/bulk/", data).status_code == 404
    cycle.refresh_from_db()
    assert cycle.owner == cast.ivanova


def test_a_recipient_of_another_department_is_refused(cast, as_user):
    with on(TODAY):
        cycle = open_cycles(cast, cast.ivanova, red=1)[0]
        data = {"act": "transfer", "ids": [cycle.client_id], "to": cast.belov.pk, "reason": "transfer"}
        assert as_user(cast.volkov).post("/clients/bulk/", data).status_code == 409
    cycle.refresh_from_db()
    assert cycle.owner == cast.ivanova


def test_the_filter_form_is_a_fragment_and_a_page(cast, as_user):
    browser = as_user(cast.volkov)
    assert b"<html" in browser.get("/clients/filters/?section=any").content
    assert b"<html" not in browser.get("/clients/filters/", headers={"HX-Request": "true"}).content
