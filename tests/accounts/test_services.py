import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts import services, signals
from accounts.choices import Role
from accounts.models import Absence, ApiToken, CalendarDay, Department, Organisation, User
from accounts.services import guards
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.models import AuditEvent
from tests.factories import make_user

pytestmark = pytest.mark.django_db
STRONG = "трава-зелена-47"


def acts(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def person_data(**changes):
    return {"last_name": "Новиков", "first_name": "Пётр", **changes}


@pytest.fixture
def clients_left():
    """Somebody above keeps clients of every person; `distribute` gives them away."""
    heard = []

    def refuse(sender, user, actor, distribute, **kwargs):
        heard.append((user.pk, distribute))
        if not distribute:
            raise Conflict("3 clients")

    signals.before_deactivation.connect(refuse)
    yield heard
    signals.before_deactivation.disconnect(refuse)


# Creating


def test_head_adds_a_manager_to_his_own_department(cast):
    user = services.create_employee(
        data=person_data(), login="Novikov", role=Role.HUNTER, password=STRONG, actor=cast.volkov
    )
    user.refresh_from_db()
    assert (user.login, user.department, user.worklist_cap) == ("novikov", cast.sales, 90)
    assert user.check_password(STRONG)
    assert acts("user.create") == 1


def test_intern_starts_with_fifty(cast):
    user = services.create_employee(
        data=person_data(), login="novikov", role=Role.INTERN, password=STRONG, actor=cast.volkov
    )
    assert user.worklist_cap == 50


@pytest.mark.parametrize("role", [Role.HEAD, Role.DIRECTOR, Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.QUALITY])
def test_head_does_not_add_people_above_managers(cast, role):
    with pytest.raises(NotAllowed):
        services.create_employee(data=person_data(), login="x1", role=role, password=STRONG, actor=cast.volkov)
    assert not User.objects.filter(login="x1").exists()


def test_head_does_not_add_people_to_another_department(cast):
    with pytest.raises(NotAllowed):
        services.create_employee(
            data=person_data(department=cast.other), login="x1", role=Role.HUNTER, password=STRONG, actor=cast.volkov
        )


@pytest.mark.parametrize("who", ["ivanova", "director", "accountant", "quality"])
def test_others_add_nobody(cast, who):
    with pytest.raises(NotAllowed):
        services.create_employee(
            data=person_data(), login="x1", role=Role.HUNTER, password=STRONG, actor=getattr(cast, who)
        )


@pytest.mark.parametrize("name", ["role", "is_active", "password", "version", "session_epoch", "pk", "is_superuser"])
def test_a_field_that_may_not_be_written_is_named(cast, name):
    with pytest.raises(Invalid) as refusal:
        services.change_employee(
            user=cast.ivanova, data={name: "director"}, version=cast.ivanova.version, actor=cast.volkov
        )
    assert name in refusal.value.fields
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.role == Role.HUNTER


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"worklist_cap": 49}, "worklist_cap"),
        ({"worklist_cap": 91}, "worklist_cap"),
        ({"email": "no address"}, "email"),
        ({"extension": "102"}, "extension"),
        ({"extension": "12a"}, "extension"),
        ({"last_name": " "}, "last_name"),
    ],
)
def test_wrong_values_are_refused_by_field(cast, changes, field):
    with pytest.raises(Invalid) as refusal:
        services.change_employee(user=cast.ivanova, data=changes, version=1, actor=cast.volkov)
    assert list(refusal.value.fields) == [field]


def test_intern_has_at_most_fifty(cast):
    with pytest.raises(Invalid):
        services.change_employee(user=cast.orlov, data={"worklist_cap": 51}, version=1, actor=cast.volkov)


@pytest.mark.parametrize("login", ["ivanova", "Иванов", "a b", "", "-x"])
def test_a_taken_or_impossible_login_is_refused(cast, login):
    with pytest.raises(Invalid) as refusal:
        services.create_employee(data=person_data(), login=login, role=Role.HUNTER, password=STRONG, actor=cast.volkov)
    assert "login" in refusal.value.fields


@pytest.mark.parametrize("password", ["short", "password1234", "x" * 129, "novikov12345"])
def test_a_weak_password_is_refused(cast, password):
    with pytest.raises(Invalid) as refusal:
        services.create_employee(
            data=person_data(), login="novikov12345", role=Role.HUNTER, password=password, actor=cast.volkov
        )
    assert "password" in refusal.value.fields


# Changing


def test_change_is_audited_once_with_old_and_new(cast):
    services.change_employee(
        user=cast.ivanova, data={"worklist_cap": 70, "email": "ivanova@example.org"}, version=1, actor=cast.volkov
    )
    event = AuditEvent.objects.get(action="user.edit")
    assert (event.before, event.after) == ({"worklist_cap": 90}, {"worklist_cap": 70})
    assert (event.actor_id, event.object_id) == (cast.volkov.pk, cast.ivanova.pk)


def test_saving_the_same_writes_nothing(cast):
    services.change_employee(user=cast.ivanova, data={"worklist_cap": 90}, version=1, actor=cast.volkov)
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.version == 1
    assert acts("user.edit") == 0


def test_second_of_two_editors_is_told(cast):
    services.change_employee(user=cast.ivanova, data={"extension": "111"}, version=1, actor=cast.volkov)
    with pytest.raises(StaleVersion) as refusal:
        services.change_employee(user=cast.ivanova, data={"extension": "112"}, version=1, actor=cast.admin)
    assert refusal.value.current["extension"] == "111"
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.extension == "111"


@pytest.mark.parametrize("who", ["belov", "boss", "director", "admin", "volkov", "accountant"])
def test_head_changes_nobody_but_his_managers(cast, who):
    target = getattr(cast, who)
    for act in (
        lambda: services.change_employee(user=target, data={"extension": "999"}, version=1, actor=cast.volkov),
        lambda: services.change_role(user=target, role=Role.HUNTER, actor=cast.volkov),
        lambda: services.change_password(user=target, password=STRONG, actor=cast.volkov),
        lambda: services.unlock_employee(user=target, actor=cast.volkov),
        lambda: services.reactivate_employee(user=target, password=STRONG, actor=cast.volkov),
    ):
        if target == cast.volkov and "change_password" in act.__code__.co_names:
            continue  # one's own password is one's own
        with pytest.raises(NotAllowed):
            act()
    assert User.objects.get(pk=target.pk).password == target.password


def test_head_does_not_move_a_manager_between_departments(cast):
    with pytest.raises(NotAllowed):
        services.change_employee(user=cast.ivanova, data={"department": cast.other}, version=1, actor=cast.volkov)


def test_moving_a_seller_is_announced_and_may_be_refused(cast):
    def refuse(sender, user, **kwargs):
        raise Conflict("3 clients")

    signals.before_reassignment.connect(refuse)
    try:
        with pytest.raises(Conflict):
            services.change_employee(user=cast.ivanova, data={"department": cast.other}, version=1, actor=cast.admin)
        with pytest.raises(Conflict):
            services.change_role(user=cast.ivanova, role=Role.ACCOUNTANT, actor=cast.admin)
    finally:
        signals.before_reassignment.disconnect(refuse)
    cast.ivanova.refresh_from_db()
    assert (cast.ivanova.department, cast.ivanova.role) == (cast.sales, Role.HUNTER)


# Roles


@pytest.mark.parametrize("who", ["volkov", "director", "admin", "ivanova"])
@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.ADMINISTRATOR, Role.HEAD])
def test_nobody_raises_himself(cast, who, role):
    user = getattr(cast, who)
    with pytest.raises(NotAllowed):
        services.change_role(user=user, role=role, actor=user)
    assert User.objects.get(pk=user.pk).role == user.role
    assert acts("user.role") == 0


@pytest.mark.parametrize("role", [Role.HEAD, Role.DIRECTOR, Role.ADMINISTRATOR, Role.ACCOUNTANT])
def test_head_grants_no_role_above_managers(cast, role):
    with pytest.raises(NotAllowed):
        services.change_role(user=cast.ivanova, role=role, actor=cast.volkov)


def test_head_makes_an_intern_a_hunter(cast):
    services.change_role(user=cast.orlov, role=Role.HUNTER, actor=cast.volkov)
    event = AuditEvent.objects.get(action="user.role")
    assert (event.before, event.after) == ({"role": "intern"}, {"role": "hunter"})


def test_becoming_an_intern_lowers_the_cap(cast):
    services.change_role(user=cast.petrov, role=Role.INTERN, actor=cast.volkov)
    cast.petrov.refresh_from_db()
    assert cast.petrov.worklist_cap == 50


def test_a_seller_without_department_is_refused(cast):
    with pytest.raises(Invalid) as refusal:
        services.change_role(user=cast.accountant, role=Role.HUNTER, actor=cast.admin)
    assert "department" in refusal.value.fields
    services.change_role(user=cast.accountant, role=Role.HUNTER, department=cast.sales, actor=cast.admin)
    assert User.objects.get(pk=cast.accountant.pk).department == cast.sales


def test_last_administrator_stays(cast):
    """Whoever is no administrator any more has no rights left; the last one cannot touch himself."""
    second = make_user("admin2", Role.ADMINISTRATOR)
    services.change_role(user=cast.admin, role=Role.DIRECTOR, actor=second)
    stale = User(pk=cast.admin.pk, login="admin", role=Role.ADMINISTRATOR, is_active=True)
    with pytest.raises(NotAllowed):
        services.change_role(user=second, role=Role.DIRECTOR, actor=stale)
    with pytest.raises(NotAllowed):
        services.deactivate_employee(user=second, actor=stale)
    with pytest.raises(Conflict):
        services.deactivate_employee(user=second, actor=second)
    with pytest.raises(Conflict):
        guards.refuse_last_administrator(second, guards.lock_administrators())
    assert list(User.objects.active().filter(role=Role.ADMINISTRATOR)) == [second]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["role", "deactivate"])
def test_two_administrators_do_not_remove_each_other_at_once(cast, act):
    second = make_user("admin2", Role.ADMINISTRATOR)
    start, told = threading.Barrier(2), []

    def remove(user, actor):
        try:
            start.wait(timeout=10)
            if act == "role":
                services.change_role(user=user, role=Role.DIRECTOR, actor=actor)
            else:
                services.deactivate_employee(user=user, actor=actor)
            told.append("done")
        except (Conflict, NotAllowed) as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=(cast.admin, second)),
        threading.Thread(target=remove, args=(second, cast.admin)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(told) == ["done", "not_allowed"]
    assert User.objects.active().filter(role=Role.ADMINISTRATOR).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_at_once_one_is_told(cast):
    start, told = threading.Barrier(2), []

    def edit(extension, actor):
        try:
            start.wait(timeout=10)
            services.change_employee(user=cast.ivanova, data={"extension": extension}, version=1, actor=actor)
            told.append("done")
        except StaleVersion as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=edit, args=("111", cast.volkov)),
        threading.Thread(target=edit, args=("112", cast.admin)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(told) == ["done", "stale_version"]
    assert User.objects.get(pk=cast.ivanova.pk).version == 2


def test_administrator_does_not_switch_himself_off(cast):
    with pytest.raises(Conflict):
        services.deactivate_employee(user=cast.admin, actor=cast.admin)
    assert User.objects.get(pk=cast.admin.pk).is_active


# Switching off


def test_clients_are_distributed_before_a_person_is_switched_off(cast, clients_left):
    with pytest.raises(Conflict):
        services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert User.objects.get(pk=cast.ivanova.pk).is_active
    assert acts("user.deactivate") == 0
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov, distribute=True)
    assert not User.objects.get(pk=cast.ivanova.pk).is_active
    assert clients_left == [(cast.ivanova.pk, False), (cast.ivanova.pk, True)]
    assert acts("user.deactivate") == 1


def test_tokens_die_with_the_person_and_do_not_come_back(cast):
    _token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert services.use_token(value) is None
    services.reactivate_employee(user=cast.ivanova, password=STRONG, actor=cast.volkov)
    assert services.use_token(value) is None
    assert User.objects.get(pk=cast.ivanova.pk).check_password(STRONG)


def test_switching_off_twice_is_audited_once(cast):
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    assert acts("user.deactivate") == 1


def test_a_deputy_is_not_switched_off(cast, time_machine_at):
    record(cast, deputy=cast.petrov)
    with pytest.raises(Conflict):
        services.deactivate_employee(user=cast.petrov, actor=cast.volkov)


def test_reactivation_refuses_an_extension_given_to_another(cast):
    services.deactivate_employee(user=cast.ivanova, actor=cast.volkov)
    services.change_employee(user=cast.petrov, data={"extension": "101"}, version=1, actor=cast.volkov)
    with pytest.raises(Invalid) as refusal:
        services.reactivate_employee(user=cast.ivanova, password=STRONG, actor=cast.volkov)
    assert "extension" in refusal.value.fields


# Absences


@pytest.fixture
def time_machine_at():
    import time_machine

    with time_machine.travel(datetime(2026, 6, 1, 9, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def record(cast, **changes) -> Absence:
    values = {
        "user": cast.ivanova,
        "kind": "vacation",
        "starts_on": date(2026, 6, 8),
        "ends_on": date(2026, 6, 14),
        "deputy": cast.petrov,
        "actor": cast.volkov,
        **changes,
    }
    return services.record_absence(**values)


def test_absence_has_a_deputy_and_is_audited(cast, time_machine_at):
    absence = record(cast)
    assert absence.deputy == cast.petrov
    assert acts("absence.create") == 1


@pytest.mark.parametrize("deputy", [None, "belov", "director", "ivanova", "accountant"])
def test_deputy_is_another_seller_of_the_department(cast, time_machine_at, deputy):
    with pytest.raises(Invalid) as refusal:
        record(cast, deputy=getattr(cast, deputy) if deputy else None)
    assert "deputy" in refusal.value.fields
    assert not Absence.objects.exists()


def test_deputy_is_active(cast, time_machine_at):
    services.deactivate_employee(user=cast.petrov, actor=cast.volkov)
    with pytest.raises(Invalid):
        record(cast)


def test_deputy_is_not_absent_himself(cast, time_machine_at):
    record(cast, user=cast.petrov, deputy=cast.kuznetsova, starts_on=date(2026, 6, 14), ends_on=None)
    with pytest.raises(Invalid):
        record(cast)
    assert record(cast, ends_on=date(2026, 6, 13)).deputy == cast.petrov


def test_a_deputy_does_not_leave_in_that_time(cast, time_machine_at):
    record(cast)
    with pytest.raises(Conflict):
        record(cast, user=cast.petrov, deputy=cast.kuznetsova)


def test_absences_of_one_person_do_not_overlap(cast, time_machine_at):
    record(cast)
    with pytest.raises(Conflict):
        record(cast, starts_on=date(2026, 6, 14), ends_on=None, deputy=cast.kuznetsova)


def test_absence_ends_after_it_begins(cast, time_machine_at):
    with pytest.raises(Invalid) as refusal:
        record(cast, ends_on=date(2026, 6, 7))
    assert "ends_on" in refusal.value.fields


@pytest.mark.parametrize("who", ["boss", "ivanova", "director", "petrov"])
def test_absence_is_recorded_by_the_head_or_administrator(cast, time_machine_at, who):
    with pytest.raises(NotAllowed):
        record(cast, actor=getattr(cast, who))


def test_return_ahead_of_time(cast, time_machine_at):
    absence = record(cast)
    services.end_absence(absence=absence, ends_on=date(2026, 6, 9), actor=cast.volkov)
    absence.refresh_from_db()
    assert absence.ends_on == date(2026, 6, 9)
    assert acts("absence.end") == 1
    with pytest.raises(Invalid):
        services.end_absence(absence=absence, ends_on=date(2026, 6, 7), actor=cast.volkov)


def test_an_absence_is_not_prolonged_into_one_of_the_deputy(cast, time_machine_at):
    absence = record(cast)
    record(
        cast,
        user=cast.petrov,
        deputy=cast.kuznetsova,
        starts_on=date(2026, 6, 20),
        ends_on=date(2026, 6, 30),
    )
    with pytest.raises(Conflict):
        services.end_absence(absence=absence, ends_on=date(2026, 6, 20), actor=cast.volkov)
    services.end_absence(absence=absence, ends_on=date(2026, 6, 19), actor=cast.volkov)


def test_only_an_absence_not_begun_is_cancelled(cast, time_machine_at):
    absence = record(cast)
    time_machine_at.move_to(datetime(2026, 6, 9, 9, tzinfo=UTC))
    with pytest.raises(Conflict):
        services.cancel_absence(absence=absence, actor=cast.volkov)
    time_machine_at.move_to(datetime(2026, 6, 7, 9, tzinfo=UTC))
    services.cancel_absence(absence=absence, actor=cast.volkov)
    assert not Absence.objects.exists()
    assert acts("absence.cancel") == 1


# Tokens and passwords


def test_only_the_digest_of_a_token_is_kept(cast):
    token, value = services.create_token(user=cast.ivanova, name="PBX", actor=cast.ivanova)
    row = ApiToken.objects.values().get(pk=token.pk)
    assert value not in str(row)
    assert value.startswith(row["prefix"])
    assert len(row["prefix"]) < len(value) / 3
    assert value not in str(list(AuditEvent.objects.values("before", "after", "object_name")))


def test_a_token_expires(cast, time_machine_at):
    _token, value = services.create_token(user=cast.ivanova, name="t", days=1, actor=cast.ivanova)
    time_machine_at.shift(timedelta(hours=23, minutes=59))
    assert services.use_token(value) is not None
    time_machine_at.shift(timedelta(minutes=2))
    assert services.use_token(value) is None


def test_use_is_written_at_most_once_a_minute(cast, time_machine_at):
    token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    services.use_token(value)
    first = ApiToken.objects.get(pk=token.pk).last_used_at
    time_machine_at.shift(timedelta(seconds=59))
    services.use_token(value)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first
    time_machine_at.shift(timedelta(seconds=1))
    services.use_token(value)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first + timedelta(minutes=1)


def test_nobody_makes_or_revokes_tokens_of_others(cast):
    token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    for actor in (cast.admin, cast.volkov):
        with pytest.raises(NotAllowed):
            services.create_token(user=cast.ivanova, name="t", actor=actor)
        with pytest.raises(NotAllowed):
            services.revoke_token(token=token, actor=actor)
    assert services.use_token(value) is not None


@pytest.mark.parametrize("values", [{"name": " "}, {"name": "x" * 81}, {"scope": "admin"}, {"days": 0}, {"days": 366}])
def test_wrong_tokens_are_refused(cast, values):
    with pytest.raises(Invalid):
        services.create_token(user=cast.ivanova, actor=cast.ivanova, **{"name": "t", **values})


def test_a_new_password_ends_tokens(cast):
    _token, value = services.create_token(user=cast.ivanova, name="t", actor=cast.ivanova)
    services.change_password(user=cast.ivanova, password=STRONG, actor=cast.ivanova)
    assert services.use_token(value) is None
    assert acts("user.password") == 1


# Organisation


def test_departments_are_opened_by_the_administrator_alone(cast):
    for who in (cast.volkov, cast.director):
        with pytest.raises(NotAllowed):
            services.create_department(name="Новый", actor=who)
    services.create_department(name="Новый", actor=cast.admin)
    with pytest.raises(Invalid):
        services.create_department(name="Новый", actor=cast.admin)
    assert acts("department.create") == 1


def test_export_by_managers_is_switched_by_the_head_of_the_department(cast):
    for who in (cast.boss, cast.admin, cast.ivanova):
        with pytest.raises(NotAllowed):
            services.change_department(department=cast.sales, data={"managers_may_export": True}, actor=who)
    services.change_department(department=cast.sales, data={"managers_may_export": True}, actor=cast.volkov)
    assert Department.objects.get(pk=cast.sales.pk).managers_may_export
    with pytest.raises(NotAllowed):
        services.change_department(department=cast.sales, data={"name": "Мой"}, actor=cast.volkov)


def test_a_department_with_people_is_not_closed(cast):
    with pytest.raises(Conflict):
        services.change_department(department=cast.sales, data={"is_active": False}, actor=cast.admin)


def test_director_sets_switches_but_does_not_rename(cast):
    services.change_organisation(data={"knowledge_required": True}, actor=cast.director)
    with pytest.raises(NotAllowed):
        services.change_organisation(data={"name": "Иначе"}, actor=cast.director)
    with pytest.raises(NotAllowed):
        services.change_organisation(data={"knowledge_required": False}, actor=cast.volkov)
    organisation = Organisation.objects.get()
    assert (organisation.knowledge_required, organisation.name) == (True, "ООО «Пример»")
    assert acts("organisation.edit") == 1


def test_first_setup_happens_once():
    organisation, admin = services.create_organisation(name="ООО «Ель»", login="Root", password=STRONG)
    assert (organisation.pk, admin.login, admin.role) == (1, "root", Role.ADMINISTRATOR)
    assert CalendarDay.objects.filter(day__year=2027).exists()
    with pytest.raises(Conflict):
        services.create_organisation(name="Вторая", login="second", password=STRONG)
    assert User.objects.count() == 1
    assert acts("organisation.create") == 1
