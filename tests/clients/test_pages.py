"""Pages and fragments of the client base: who gets them, what they answer, what they never show."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import gettext

from clients import tasks
from clients.choices import ImportState, Section
from clients.models import Category, Client, ContactPerson, Email, ImportRun, Phone, Segment
from clients.services import add_email, add_person, add_phone, receive_import, run_import, update_client
from journal.models import AuditEvent
from tests.factories.clients import ClientFactory

HTMX = {"HX-Request": "true"}
CSV = "Компания;ИНН;Телефон\nООО «Альфа»;7707083893;+79161234567\nБета <b>x</b>;123;нет\n;;\nАЛЬФА;;\n;7707083893;1\n".encode()


@pytest.fixture
def card(cast) -> Client:
    client = ClientFactory(
        department=cast.sales,
        owner=cast.ivanova,
        section=Section.IN_WORK,
        name="ООО «Канарейка»",
        segment=cast.medium,
    )
    add_person(client=client, full_name="Котова Ольга", position="директор", is_dm=True, actor=cast.ivanova)
    add_phone(client=client, raw="+79161234567", actor=cast.ivanova)
    add_email(client=client, address="canary@example.ru", actor=cast.ivanova)
    client.refresh_from_db()
    return client


def pages_of(client: Client) -> list[str]:
    person, phone, email = ContactPerson.objects.get(), Phone.objects.get(), Email.objects.get()
    return [
        reverse("client_edit", args=[client.pk]),
        reverse("people_list", args=[client.pk]),
        reverse("person_new", args=[client.pk]),
        reverse("person_edit", args=[client.pk, person.pk]),
        reverse("phone_new", args=[client.pk]),
        reverse("phone_edit", args=[client.pk, phone.pk]),
        reverse("email_new", args=[client.pk]),
        # only POST below
        reverse("person_remove", args=[client.pk, person.pk]),
        reverse("phone_remove", args=[client.pk, phone.pk]),
        reverse("email_remove", args=[client.pk, email.pk]),
        reverse("client_size", args=[client.pk]),
    ]


@pytest.mark.parametrize("login", ["petrov", "belov", "boss", "accountant", "quality", "admin"])
def test_a_foreign_card_is_404_on_every_page_and_fragment(cast, card, as_user, login):
    browser = as_user(getattr(cast, login))
    events = AuditEvent.objects.count()
    listed = reverse("people_list", args=[card.pk])
    for number, url in enumerate(pages_of(card)):
        data = {"full_name": "x", "phone": "+79031234567", "email": "x@y.ru", "size": "large"}
        answers = [browser.post(url, data)] if url != listed else []
        if number < 7:
            answers += [browser.get(url), browser.get(url, headers=HTMX)]
        for answer in answers:
            assert answer.status_code == 404, url
            assert "Канарейка" not in answer.content.decode()
    assert AuditEvent.objects.count() == events


def test_the_owner_gets_every_page_and_fragment(cast, card, as_user):
    browser = as_user(cast.ivanova)
    for url in pages_of(card)[:7]:
        assert browser.get(url).status_code == 200, url
        fragment = browser.get(url, headers=HTMX)
        assert fragment.status_code == 200
        assert ("<html" in fragment.content.decode()) == (url == pages_of(card)[0])


def test_a_free_client_is_read_by_a_manager_and_not_edited(cast, as_user):
    free = ClientFactory(department=cast.sales)
    browser = as_user(cast.ivanova)
    assert browser.get(reverse("people_list", args=[free.pk])).status_code == 200
    assert browser.get(reverse("client_edit", args=[free.pk])).status_code == 403
    assert browser.post(reverse("phone_new", args=[free.pk]), {"phone": "+79161234567"}).status_code == 403
    assert not Phone.objects.exists()


@pytest.mark.parametrize(
    ("login", "status"),
    [("ivanova", 200), ("orlov", 200), ("volkov", 200), ("director", 200), ("quality", 403), ("accountant", 403)],
)
def test_who_may_open_the_form_of_a_new_client(cast, as_user, login, status):
    browser = as_user(getattr(cast, login))
    assert browser.get(reverse("client_new"), {"phone": "+79161234567"}).status_code == status
    assert browser.get(reverse("duplicate_hints"), {"phone": "+79161234567"}).status_code == status


def test_a_new_client_is_made_once_and_opened(cast, as_user):
    browser = as_user(cast.ivanova)
    form = {"name": "ООО «Новая»", "phone": "8 916 123-45-67", "kind": "organisation", "key": "k"}
    for _click in range(2):
        answer = browser.post(reverse("client_new"), form)
        client = Client.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/clients/{client.pk}/")
    assert client.phones.get().e164 == "+79161234567"


@pytest.mark.parametrize(
    "data",
    [
        {"name": ""},
        {"name": "я" * 10_000},
        {"name": "А", "inn": "7707083894"},
        {"name": "А", "phone": "нет"},
        {"name": "А", "email": "@"},
        {"name": "А", "category": "9" * 30},
        {"name": "А\x00"},
        {"name": "А", "colour": "GREEN"},
        {"name": "А", "owner": "1"},
        {"name": "А", "nonsense": "1"},
    ],
)
def test_a_wrong_form_is_422_and_writes_nothing(cast, as_user, data):
    answer = as_user(cast.ivanova).post(reverse("client_new"), data)
    assert answer.status_code == 422
    assert not Client.objects.exists()


def test_a_colour_in_any_form_is_refused_and_signed(cast, card, as_user):
    browser = as_user(cast.volkov)
    for url in (
        reverse("client_edit", args=[card.pk]),
        reverse("person_new", args=[card.pk]),
        reverse("phone_new", args=[card.pk]),
    ):
        data = {"name": "Имя", "version": card.version, "full_name": "Имя", "phone": "+79031234567", "colour": "GREEN"}
        assert browser.post(url, data).status_code == 422
    events = AuditEvent.objects.filter(action="client.colour_write_refused", object_id=card.pk, via="web")
    assert events.count() == 3
    card.refresh_from_db()
    assert (card.name, card.phones.count(), card.people.count()) == ("ООО «Канарейка»", 1, 1)


def test_an_edit_saves_and_a_stale_one_shows_both_values(cast, card, as_user):
    browser = as_user(cast.ivanova)
    url = reverse("client_edit", args=[card.pk])
    form = browser.get(url).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    update_client(client=card, data={"city": "Казань"}, version=card.version, actor=cast.volkov)
    stale = browser.post(url, {**data, "city": "Омск"})
    assert stale.status_code == 409
    body = stale.content.decode()
    assert "Казань" in body and "Омск" in body and 'id="merge"' in body
    card.refresh_from_db()
    assert card.city == "Казань"
    again = {**data, "city": "Омск", "version": stale.context["form"]["version"].value()}
    assert browser.post(url, again).status_code == 303
    card.refresh_from_db()
    assert card.city == "Омск"
    assert browser.post(url, {**again, "version": ""}).status_code == 409


def test_an_accountant_sees_only_the_requisites_in_the_form(cast, card, as_user):
    Client.objects.filter(pk=card.pk).update(has_documents=True)
    browser = as_user(cast.accountant)
    url = reverse("client_edit", args=[card.pk])
    assert set(browser.get(url).context["form"].fields) == {"inn", "kpp", "ogrn", "address", "version"}
    assert browser.post(url, {"inn": "7707083893", "version": card.version}).status_code == 303
    assert browser.post(url, {"name": "Иное", "version": card.version + 1}).status_code == 422
    card.refresh_from_db()
    assert (card.inn, card.name) == ("7707083893", "ООО «Канарейка»")


def test_parts_of_a_card_answer_with_the_people_block(cast, card, as_user):
    browser = as_user(cast.ivanova)
    answer = browser.post(reverse("phone_new", args=[card.pk]), {"phone": "8 903 123 45 67"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#people")
    assert 'id="people"' in answer.content.decode()
    taken = browser.post(reverse("phone_new", args=[card.pk]), {"phone": "+79031234567"}, headers=HTMX)
    assert taken.status_code == 422
    assert browser.post(reverse("person_new", args=[card.pk]), {"full_name": ""}, headers=HTMX).status_code == 422
    assert browser.post(reverse("email_new", args=[card.pk]), {"email": "A@B.ru"}).status_code == 303
    phone = Phone.objects.get(e164="+79031234567")
    assert browser.post(reverse("phone_remove", args=[card.pk, phone.pk]), headers=HTMX).status_code == 200
    assert not Phone.objects.filter(pk=phone.pk).exists()
    shared = browser.post(reverse("phone_new", args=[card.pk]), {"phone": "+79051234567", "is_shared": "on"})
    assert shared.status_code == 303
    assert not Phone.objects.get(e164="+79051234567").is_shared


def test_a_part_of_another_clients_card_is_404_under_a_visible_one(cast, card, as_user):
    mine = ClientFactory(department=cast.sales, owner=cast.petrov, section=Section.IN_WORK)
    phone, person = Phone.objects.get(), ContactPerson.objects.get()
    browser = as_user(cast.petrov)
    assert browser.post(reverse("phone_remove", args=[mine.pk, phone.pk])).status_code == 404
    assert browser.get(reverse("person_edit", args=[mine.pk, person.pk])).status_code == 404
    answer = browser.post(reverse("phone_new", args=[mine.pk]), {"phone": "+79051234567", "person": person.pk})
    assert answer.status_code == 422
    assert not Phone.objects.filter(client=mine).exists()


def test_the_hint_names_the_client_in_the_department_and_hides_it_outside(cast, card, as_user):
    ours = as_user(cast.petrov).get(reverse("duplicate_hints"), {"phone": "89161234567"}).content.decode()
    assert "Канарейка" in ours and "Иванова" in ours and f"/clients/{card.pk}/" not in ours
    foreign = as_user(cast.belov).get(reverse("duplicate_hints"), {"phone": "89161234567"}).content.decode()
    assert "Канарейка" not in foreign
    assert gettext("Already in the base, ask your head.") in foreign
    junk = {"phone": "\x00", "inn": "'\"--", "name": "%_\\" * 100, "client": "9" * 40}
    assert as_user(cast.belov).get(f"{reverse('duplicate_hints')}?{urlencode(junk)}").status_code == 200


def test_html_in_a_name_is_shown_as_text(cast, as_user):
    evil = "<script>alert(1)</script>{{7*7}}"
    client = ClientFactory(department=cast.sales, owner=cast.ivanova, section=Section.IN_WORK, name=evil)
    add_person(client=client, full_name=evil, actor=cast.ivanova)
    browser = as_user(cast.ivanova)
    for url in (reverse("client_edit", args=[client.pk]), reverse("people_list", args=[client.pk])):
        body = browser.get(url).content.decode()
        assert "<script>alert(1)" not in body
        assert "&lt;script&gt;" in body


@pytest.mark.parametrize("login", ["ivanova", "smirnova", "orlov", "accountant", "quality", "admin"])
def test_the_import_does_not_exist_for_those_who_do_not_head(cast, as_user, login):
    run = receive_import(file=SimpleUploadedFile("a.csv", CSV), actor=cast.volkov)
    browser = as_user(getattr(cast, login))
    for url in (reverse("import_upload"), reverse("import_result", args=[run.pk])):
        assert browser.get(url).status_code == 404
    assert browser.post(reverse("import_upload"), {"file": SimpleUploadedFile("b.csv", CSV)}).status_code == 404
    assert browser.post(reverse("import_start", args=[run.pk])).status_code == 404
    assert ImportRun.objects.count() == 1


def test_an_import_of_another_department_is_404_for_its_head(cast, as_user):
    run = receive_import(file=SimpleUploadedFile("a.csv", CSV), actor=cast.volkov)
    browser = as_user(cast.boss)
    assert browser.get(reverse("import_result", args=[run.pk])).status_code == 404
    assert browser.post(reverse("import_start", args=[run.pk])).status_code == 404
    assert "a.csv" not in browser.get(reverse("import_upload")).content.decode()


def test_a_head_uploads_checks_reads_the_result_and_imports(cast, as_user):
    browser = as_user(cast.volkov)
    assert browser.get(reverse("import_upload")).status_code == 200
    answer = browser.post(reverse("import_upload"), {"file": SimpleUploadedFile("a.csv", CSV), "is_dry": "on"})
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("import_result", args=[run.pk])
    waiting = browser.get(answer["Location"], headers=HTMX).content.decode()
    assert "every 2s" in waiting and "<html" not in waiting
    tasks.process_import(run.pk)
    page = browser.get(answer["Location"])
    assert "every 2s" not in page.content.decode()
    assert page.context["counts"] == {"rows": 4, "created": 2, "duplicates": 1, "errors": 1, "warnings": 1, "total": 4}
    assert "Бета &lt;b&gt;" in page.content.decode()
    numbers = {}
    for show in ("errors", "warnings", "duplicates", "created", "nonsense"):
        shown = browser.get(answer["Location"], {"show": show, "page": "\x00junk"})
        numbers[show] = [line["row_no"] for line in shown.context["lines"]]
    assert numbers == {"errors": [6], "warnings": [3], "duplicates": [5], "created": [2, 3], "nonsense": [2, 3, 5, 6]}
    assert not Client.objects.exists()
    started = browser.post(reverse("import_start", args=[run.pk]))
    real = ImportRun.objects.get(is_dry=False)
    assert started["Location"] == reverse("import_result", args=[real.pk])
    run_import(run_id=real.pk)
    page = browser.get(started["Location"])
    assert f"/clients/{Client.objects.get(inn='7707083893').pk}/" in page.content.decode()
    assert browser.get(reverse("import_upload")).status_code == 200
    again = browser.post(reverse("import_start", args=[run.pk]))
    assert again["Location"] == reverse("import_result", args=[run.pk])
    assert ImportRun.objects.count() == 2


def test_a_duplicate_of_another_department_is_not_linked_in_the_result(cast, as_user):
    ClientFactory(department=cast.other, name="Чужая", sort_key="альфа", inn="7707083893")
    run = receive_import(file=SimpleUploadedFile("a.csv", CSV), actor=cast.volkov)
    run_import(run_id=run.pk)
    page = as_user(cast.volkov).get(reverse("import_result", args=[run.pk]), {"show": "duplicates"})
    assert [line["url"] for line in page.context["lines"]] == ["", ""]
    assert "Чужая" not in page.content.decode()


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00", b"%PDF-1.4"])
def test_a_wrong_upload_is_422_with_the_reason(cast, as_user, content):
    answer = as_user(cast.volkov).post(reverse("import_upload"), {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert as_user(cast.volkov).post(reverse("import_upload"), {}).status_code == 422
    assert not ImportRun.objects.exists()


def test_a_director_chooses_the_department_of_an_upload(cast, as_user):
    browser = as_user(cast.director)
    assert browser.post(reverse("import_upload"), {"file": SimpleUploadedFile("a.csv", CSV)}).status_code == 422
    data = {"file": SimpleUploadedFile("a.csv", CSV), "department": cast.other.pk}
    assert browser.post(reverse("import_upload"), data).status_code == 303
    assert ImportRun.objects.get().department == cast.other


def test_a_refused_file_tells_why_on_its_page(cast, as_user):
    run = receive_import(file=SimpleUploadedFile("a.csv", "привет\n".encode()), actor=cast.volkov)
    tasks.process_import(run.pk)
    page = as_user(cast.volkov).get(reverse("import_result", args=[run.pk]))
    assert page.context["problem"]
    assert page.context["problem"] in page.content.decode()


def test_the_sweeper_wakes_what_nobody_reads(cast):
    run = receive_import(file=SimpleUploadedFile("a.csv", CSV), actor=cast.volkov)
    from clients.services import waiting_imports

    assert waiting_imports() == [run.pk]
    run_import(run_id=run.pk)
    assert ImportRun.objects.get().state == ImportState.DONE
    assert waiting_imports() == []


def test_settings_pages_open_for_those_who_keep_the_dictionaries(cast, as_user):
    segment = cast.medium
    urls = [reverse("segment_list"), reverse("segment_edit", args=[segment.pk])]
    others = [reverse("segment_new"), reverse("category_list"), reverse("source_list")]
    for login, first, second in (
        ("admin", 200, 200),
        ("director", 200, 200),
        ("volkov", 200, 404),
        ("ivanova", 404, 404),
    ):
        browser = as_user(getattr(cast, login))
        assert {browser.get(url).status_code for url in urls} == {first}
        assert {browser.get(url).status_code for url in others} == {second}


def test_the_administrator_edits_dictionaries_and_a_head_raises_floors_only(cast, as_user):
    browser = as_user(cast.admin)
    assert browser.post(reverse("category_list"), {"name": "Логистика"}).status_code == 303
    assert browser.post(reverse("category_list"), {"name": "Логистика"}).status_code == 422
    entry = Category.objects.get(name="Логистика")
    assert browser.post(reverse("category_edit", args=[entry.pk]), {"name": "Склады"}).status_code == 303
    entry.refresh_from_db()
    assert (entry.name, entry.is_active) == ("Склады", False)
    url = reverse("segment_edit", args=[cast.medium.pk])
    form = browser.get(url).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    data["is_active"] = "on"
    assert browser.post(url, {**data, "term_days": "20"}).status_code == 422
    assert browser.post(url, {**data, "green_floor_percent": "16"}).status_code == 422
    assert browser.post(url, {**data, "term_days": "40", "green_floor_percent": "20,5"}).status_code == 303
    stale = browser.post(url, {**data, "term_days": "14"})
    assert stale.status_code == 409
    assert 'id="merge"' in stale.content.decode()
    segment = Segment.objects.get(pk=cast.medium.pk)
    assert (segment.term_days, str(segment.green_floor_percent), segment.version) == (40, "20.50", 2)
    assert browser.post(reverse("segment_servers", args=[segment.pk]), {"users": [cast.petrov.pk]}).status_code == 303
    assert segment.servers.get().user == cast.petrov
    head = as_user(cast.volkov)
    assert head.post(url, {"green_floor_percent": "18", "yellow_floor_percent": "", "version": 2}).status_code == 422
    assert head.post(url, {"green_floor_percent": "25", "term_days": "14", "version": 2}).status_code == 422
    assert head.post(url, {"green_floor_percent": "25", "yellow_floor_percent": "", "version": 2}).status_code == 303
    assert head.post(reverse("segment_servers", args=[segment.pk]), {"users": []}).status_code == 404


def test_a_retired_segment_is_shown_as_retired_and_numbers_in_the_language(cast, as_user):
    Segment.objects.filter(pk=cast.medium.pk).update(is_active=False, green_floor_percent="20.50")
    form = as_user(cast.admin).get(reverse("segment_edit", args=[cast.medium.pk])).context["form"]
    assert form["is_active"].value() is False
    assert form["green_floor_percent"].value() == "20,50"


def test_not_ours_in_work_is_409_on_the_page_with_the_hint(cast, card, as_user):
    answer = as_user(cast.ivanova).post(reverse("client_size", args=[card.pk]), {"size": "not_ours"}, headers=HTMX)
    assert answer.status_code == 409
    assert answer.context["form"].non_field_errors()
    saved = as_user(cast.ivanova).post(reverse("client_size", args=[card.pk]), {"size": "large"})
    assert saved.status_code == 303
    card.refresh_from_db()
    assert (card.size, card.segment) == ("large", cast.large)


@pytest.mark.parametrize("rows", [3, 60])
def test_pages_of_an_import_cost_the_same_for_few_and_many_rows(cast, as_user, django_assert_max_num_queries, rows):
    body = "".join(f"Компания {n}\n" for n in range(rows))
    run = receive_import(file=SimpleUploadedFile("a.csv", f"Компания\n{body}".encode()), actor=cast.volkov)
    run_import(run_id=run.pk)
    browser = as_user(cast.volkov)
    browser.get(reverse("import_result", args=[run.pk]))
    with django_assert_max_num_queries(20):
        browser.get(reverse("import_result", args=[run.pk]))
