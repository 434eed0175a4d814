"""Acts on the card: what they write, what they refuse, what they sign."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection

from clients.choices import Section
from clients.models import Client, ContactPerson, Email, Phone
from clients.selectors import duplicate_hints
from clients.services import (
    add_email,
    add_person,
    add_phone,
    change_size_label,
    create_client,
    deactivate_person,
    remove_phone,
    update_client,
    update_person,
    update_phone,
)
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.models import AuditEvent
from tests.factories.clients import ClientFactory, PhoneFactory

INN = "7707083893"


def own(cast, person=None, **fields) -> Client:
    person = person or cast.ivanova
    return ClientFactory(
        department=person.department, owner=person, section=Section.IN_WORK, segment=cast.medium, **fields
    )


def test_a_new_client_stands_in_the_base_to_call_without_owner(cast):
    client = create_client(
        data={
            "name": "  ООО   «Ромашка»  ",
            "inn": INN,
            "size": "large",
            "phone": "8 (916) 123-45-67 доб. 12",
            "email": "Info@Example.RU",
            "person_name": "Котова Ольга",
            "person_position": "директор",
            "person_is_dm": True,
        },
        actor=cast.ivanova,
    )
    assert (client.name, client.sort_key) == ("ООО «Ромашка»", "ромашка")
    assert (client.section, client.owner, client.state) == (Section.CALL_BASE, None, None)
    assert (client.department, client.segment) == (cast.sales, cast.large)
    phone = Phone.objects.get(client=client)
    assert (phone.e164, phone.last10, phone.extension) == ("+79161234567", "9161234567", "12")
    assert phone.person.is_dm
    assert Email.objects.get(client=client).address == "info@example.ru"
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.actor_login) == ("client.create", client.pk, "ivanova")


@pytest.mark.parametrize("login", ["quality", "accountant", "admin"])
def test_who_does_not_sell_adds_no_clients(cast, login):
    with pytest.raises(NotAllowed):
        create_client(data={"name": "А"}, actor=getattr(cast, login))
    assert not Client.objects.exists()


def test_a_form_sent_twice_makes_one_client(cast):
    first = create_client(data={"name": "Один"}, actor=cast.ivanova, key="k1")
    second = create_client(data={"name": "Один"}, actor=cast.ivanova, key="k1")
    assert first.pk == second.pk
    with pytest.raises(Conflict):
        create_client(data={"name": "Два"}, actor=cast.ivanova, key="k1")
    assert Client.objects.count() == 1


def test_a_director_must_name_the_department_and_a_head_has_his_own(cast):
    with pytest.raises(Invalid) as refusal:
        create_client(data={"name": "А"}, actor=cast.director)
    assert "department" in refusal.value.fields
    assert create_client(data={"name": "А"}, actor=cast.director, department=cast.other).department == cast.other
    with pytest.raises(NotAllowed):
        create_client(data={"name": "Б"}, actor=cast.volkov, department=cast.other)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "я" * 10_000}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"inn": "7707083894"}, "inn"),
        ({"inn": "0000000000"}, "inn"),
        ({"ogrn": "1027700132196"}, "ogrn"),
        ({"kpp": "12"}, "kpp"),
        ({"inn": "500100732259", "kpp": "773601001"}, "kpp"),
        ({"size": "huge"}, "size"),
        ({"category": 999999}, "category"),
        ({"category": "9" * 40}, "category"),
        ({"segment": "x"}, "segment"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "data://x"}, "website"),
        ({"note": "x" * 5001}, "note"),
        ({"phone": "нет"}, "phone"),
        ({"phone": "101"}, "phone"),
        ({"email": "не почта"}, "email"),
        ({"person_name": "x" * 500}, "person_name"),
        ({"nonsense": "1"}, "nonsense"),
        ({"owner": "1"}, "owner"),
        ({"section": "customers"}, "section"),
        ({"state": "deal"}, "state"),
        ({"department_id": "1"}, "department_id"),
    ],
)
def test_bad_input_is_an_error_of_its_field_and_writes_nothing(cast, data, field):
    with pytest.raises(Invalid) as refusal:
        create_client(data={"name": "ООО «Имя»", **data}, actor=cast.ivanova)
    assert list(refusal.value.fields) == [field]
    assert not Client.objects.exists()
    assert not AuditEvent.objects.exists()


def test_an_edit_is_signed_once_with_its_differences(cast):
    client = own(cast)
    saved = update_client(
        client=client, data={"city": "Казань", "name": client.name}, version=client.version, actor=cast.ivanova
    )
    assert (saved.city, saved.version) == ("Казань", 2)
    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after) == ("client.edit", {"city": ""}, {"city": "Казань"})
    update_client(client=client, data={"city": "Казань"}, version=2, actor=cast.ivanova)
    assert AuditEvent.objects.count() == 1
    assert Client.objects.get().version == 2


def test_a_stale_form_is_told_the_values_that_stand_now(cast):
    client = own(cast)
    update_client(client=client, data={"city": "Казань"}, version=1, actor=cast.ivanova)
    with pytest.raises(StaleVersion) as refusal:
        update_client(client=client, data={"city": "Омск"}, version=1, actor=cast.volkov)
    assert refusal.value.current["city"] == "Казань"
    assert Client.objects.get().city == "Казань"


@pytest.mark.parametrize("login", ["ivanova", "volkov", "director", "admin"])
def test_a_written_colour_is_refused_and_signed(cast, login):
    client = own(cast)
    actor = getattr(cast, login)
    with pytest.raises(Invalid) as refusal:
        update_client(client=client, data={"colour": "GREEN", "city": "Омск"}, version=1, actor=actor)
    assert list(refusal.value.fields) == ["colour"]
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.actor_login) == ("client.colour_write_refused", client.pk, login)
    client.refresh_from_db()
    assert (client.city, client.version) == ("", 1)


@pytest.mark.django_db(transaction=True)
def test_the_signature_of_a_refused_colour_is_committed(cast):
    with pytest.raises(Invalid):
        create_client(data={"name": "А", "colour": "GREEN"}, actor=cast.ivanova)
    connection.close()
    assert AuditEvent.objects.filter(action="client.colour_write_refused").count() == 1
    assert not Client.objects.exists()


@pytest.mark.parametrize("field", ["owner", "state", "section", "department", "recall_on", "id", "created_at", "x"])
def test_an_edit_names_keys_it_may_not_write(cast, field):
    client = own(cast)
    with pytest.raises(Invalid) as refusal:
        update_client(client=client, data={field: "1"}, version=1, actor=cast.director)
    assert list(refusal.value.fields) == [field]


def test_an_accountant_edits_requisites_of_clients_with_documents_only(cast):
    client = own(cast, has_documents=True)
    update_client(client=client, data={"inn": INN, "address": "Москва"}, version=1, actor=cast.accountant)
    with pytest.raises(Invalid) as refusal:
        update_client(client=client, data={"name": "Другое"}, version=2, actor=cast.accountant)
    assert list(refusal.value.fields) == ["name"]
    with pytest.raises(NotAllowed):
        add_phone(client=client, raw="+79161234567", actor=cast.accountant)
    with pytest.raises(NotAllowed):
        update_client(client=own(cast), data={"inn": INN}, version=1, actor=cast.accountant)


def test_a_free_client_is_read_but_not_edited_by_a_manager(cast):
    client = ClientFactory(department=cast.sales)
    with pytest.raises(NotAllowed):
        update_client(client=client, data={"city": "Омск"}, version=1, actor=cast.ivanova)
    update_client(client=client, data={"city": "Омск"}, version=1, actor=cast.volkov)


def test_branches_share_an_inn_but_not_the_kpp(cast):
    create_client(data={"name": "А", "inn": INN, "kpp": "773601001"}, actor=cast.ivanova)
    create_client(data={"name": "Б", "inn": INN, "kpp": "773601002"}, actor=cast.ivanova)
    with pytest.raises(Invalid) as refusal:
        create_client(data={"name": "В", "inn": INN, "kpp": "773601001"}, actor=cast.belov)
    assert list(refusal.value.fields) == ["inn"]
    assert "«А»" not in refusal.value.text
    assert "А" not in refusal.value.text.split()


def test_a_label_changes_the_segment_for_future_cycles(cast):
    client = own(cast)
    assert change_size_label(client=client, size="large", actor=cast.ivanova).segment == cast.large
    assert AuditEvent.objects.get().after == {"size": "large", "segment": cast.large.pk}


def test_not_ours_on_a_client_in_work_is_refused_with_a_hint(cast):
    client = own(cast)
    with pytest.raises(Conflict) as refusal:
        change_size_label(client=client, size="not_ours", actor=cast.ivanova)
    assert refusal.value.code == "in_work"
    with pytest.raises(Conflict):
        update_client(client=client, data={"size": "not_ours"}, version=1, actor=cast.ivanova)
    client.refresh_from_db()
    assert (client.size, client.section) == ("medium", Section.IN_WORK)


def test_not_ours_takes_a_free_client_out_of_the_base_to_call_and_back(cast):
    client = ClientFactory(department=cast.sales)
    assert change_size_label(client=client, size="not_ours", actor=cast.volkov).section == Section.HARD_REFUSAL
    assert change_size_label(client=client, size="small", actor=cast.volkov).section == Section.CALL_BASE


def test_the_sixth_active_decision_maker_is_refused(cast):
    client = own(cast)
    people = [
        add_person(client=client, full_name=f"ЛПР {n}", position="директор", is_dm=True, actor=cast.ivanova)
        for n in range(5)
    ]
    with pytest.raises(Invalid) as refusal:
        add_person(client=client, full_name="Шестой", is_dm=True, actor=cast.ivanova)
    assert (refusal.value.code, list(refusal.value.fields)) == ("too_many_decision_makers", ["is_dm"])
    plain = add_person(client=client, full_name="Секретарь", actor=cast.ivanova)
    with pytest.raises(Invalid):
        update_person(person=plain, data={"is_dm": True}, actor=cast.ivanova)
    deactivate_person(person=people[0], actor=cast.ivanova)
    update_person(person=plain, data={"is_dm": True}, actor=cast.ivanova)
    with pytest.raises(Invalid):
        update_person(person=people[0], data={"is_active": True}, actor=cast.ivanova)
    assert ContactPerson.objects.decision_makers().filter(client=client).count() == 5


def test_one_version_and_one_signature_per_act(cast):
    client = own(cast)
    add_person(client=client, full_name="Котова", actor=cast.ivanova)
    phone = add_phone(client=client, raw="+7 916 123-45-67", actor=cast.ivanova)
    add_email(client=client, address="A@B.ru", actor=cast.ivanova)
    update_phone(phone=phone, raw="+7 916 123-45-68", actor=cast.ivanova)
    remove_phone(phone=phone, actor=cast.ivanova)
    remove_phone(phone=phone, actor=cast.ivanova)
    client.refresh_from_db()
    assert client.version == 6
    actions = ["person.add", "phone.add", "email.add", "phone.edit", "phone.remove"]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == actions


def test_a_taken_number_is_named_in_the_department_and_hidden_outside(cast):
    first = own(cast, name="ООО «Заря»")
    add_phone(client=first, raw="8 916 123 45 67", actor=cast.ivanova)
    with pytest.raises(Invalid) as refusal:
        add_phone(client=own(cast, cast.petrov), raw="+7(916)123-45-67", actor=cast.petrov)
    assert "ООО «Заря»" in refusal.value.text
    assert "Иванова Мария" in refusal.value.text
    with pytest.raises(Invalid) as refusal:
        add_phone(client=own(cast, cast.belov), raw="+7(916)123-45-67", actor=cast.belov)
    assert "Заря" not in refusal.value.text
    assert "Иванова" not in refusal.value.text
    hints = duplicate_hints(user=cast.belov, phone="9161234567")
    assert [(hint.client_id, hint.name, hint.owner) for hint in hints] == [(None, "", "")]
    assert duplicate_hints(user=cast.petrov, phone="9161234567")[0].name == "ООО «Заря»"
    assert duplicate_hints(user=cast.petrov, phone="9161234567")[0].client_id is None
    assert duplicate_hints(user=cast.petrov, name="з") == []


def test_a_head_marks_a_number_as_shared_and_a_manager_may_not(cast):
    first, second = own(cast), own(cast)
    add_phone(client=first, raw="+79161234567", actor=cast.ivanova)
    with pytest.raises(NotAllowed):
        add_phone(client=second, raw="+79161234567", actor=cast.ivanova, is_shared=True)
    shared = add_phone(client=second, raw="+79161234567", actor=cast.volkov, is_shared=True)
    assert shared.is_shared
    with pytest.raises(Invalid):
        update_phone(phone=shared, raw="+79161234567", is_shared=False, actor=cast.volkov)
    with pytest.raises(Invalid):
        add_phone(client=second, raw="89161234567", actor=cast.ivanova)


def test_a_person_of_another_client_cannot_get_the_phone(cast):
    stranger = add_person(client=own(cast), full_name="Чужой", actor=cast.ivanova)
    client = own(cast)
    with pytest.raises(Invalid) as refusal:
        add_phone(client=client, raw="+79161234567", person=stranger, actor=cast.ivanova)
    assert list(refusal.value.fields) == ["person"]


def race(*acts) -> list:
    """Runs the acts at one moment, each on its own connection; returns results and refusals."""
    start, results = Barrier(len(acts)), [None] * len(acts)

    def run(index, act) -> None:
        try:
            start.wait()
            results[index] = act()
        except Exception as problem:
            results[index] = problem
        finally:
            connection.close()

    threads = [Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_tabs_save_one_wins_the_other_is_told(cast):
    client = own(cast)
    results = race(
        lambda: update_client(client=client, data={"city": "Казань"}, version=1, actor=cast.ivanova),
        lambda: update_client(client=client, data={"city": "Омск"}, version=1, actor=cast.volkov),
    )
    assert sorted(type(result).__name__ for result in results) == ["Client", "StaleVersion"]
    client.refresh_from_db()
    assert client.version == 2
    winner = next(result for result in results if isinstance(result, Client))
    assert client.city == winner.city
    assert AuditEvent.objects.filter(action="client.edit").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clients_get_one_number_at_once_and_one_is_refused(cast):
    first, second = own(cast), own(cast, cast.petrov)
    results = race(
        lambda: add_phone(client=first, raw="+79161234567", actor=cast.ivanova),
        lambda: add_phone(client=second, raw="8 916 123-45-67", actor=cast.petrov),
        lambda: create_client(data={"name": "Третий", "phone": "9161234567"}, actor=cast.kuznetsova),
    )
    names = sorted(type(result).__name__ for result in results)
    assert names.count("Invalid") == 2, results
    assert Phone.objects.filter(e164="+79161234567").count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_decision_makers_at_once_are_five(cast):
    client = own(cast)
    results = race(
        *[lambda n=n: add_person(client=client, full_name=f"ЛПР {n}", is_dm=True, actor=cast.ivanova) for n in range(6)]
    )
    assert sum(isinstance(result, Invalid) for result in results) == 1
    assert ContactPerson.objects.decision_makers().count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_client(cast):
    results = race(*[lambda: create_client(data={"name": "Один"}, actor=cast.ivanova, key="k")] * 3)
    assert len({result.pk for result in results}) == 1, results
    assert Client.objects.count() == 1


def test_a_number_kept_as_text_by_import_may_stay_but_not_be_typed(cast):
    client = own(cast)
    phone = PhoneFactory(client=client, raw="спросить", e164="", last10="")
    update_phone(phone=phone, raw="спросить", actor=cast.ivanova)
    with pytest.raises(Invalid):
        update_phone(phone=phone, raw="нет", actor=cast.ivanova)
