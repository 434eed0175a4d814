from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.forms import (
    AbsenceEndForm,
    AbsenceForm,
    ActForm,
    EmployeeChangeForm,
    NewEmployeeForm,
    RoleForm,
    StaffFilterForm,
)
from accounts.models import Absence, User
from accounts.rules import may_reset_second_factor, may_see_staff
from accounts.selectors import locked_logins, staff
from accounts.views.proof import ask_proof, needs_proof
from accounts.views.requests import only_for, person
from common import clock
from common.errors import ActError, Conflict, StaleVersion
from common.htmx import redirect
from common.paging import keyset_page

_RIGHTS = ("email", "department")


@require_GET
@only_for(may_see_staff)
def staff_list(request: HttpRequest) -> HttpResponse:
    viewer = person(request)
    form = StaffFilterForm(request.GET, viewer=viewer)
    form.is_valid()
    wanted = form.cleaned_data
    people = staff(
        viewer,
        day=clock.today(),
        text=wanted.get("q", ""),
        role=wanted.get("role", ""),
        department=wanted.get("department", ""),
        state=wanted.get("state", ""),
    )
    page = keyset_page(people, field="last_name", cursor=request.GET.get("page", ""))
    editable = set(
        User.objects.editable_by(viewer).filter(pk__in=[row.pk for row in page.rows]).values_list("pk", flat=True)
    )
    locked = locked_logins([row.login for row in page.rows])
    rows = [
        {
            "person": row,
            "absence": row.present_absences[0] if row.present_absences else None,  # type: ignore[attr-defined]
            "is_locked": row.login in locked,
            "is_editable": row.pk in editable,
        }
        for row in page.rows
    ]
    context = {"form": form, "rows": rows, "page": page, "is_filtered": any(wanted.values())}
    return render(request, "accounts/staff.html", context)


@require_http_methods(["GET", "POST"])
@only_for(may_see_staff)
def staff_new(request: HttpRequest) -> HttpResponse:
    """Answers with a page that tells the first password, this once."""
    actor = person(request)
    form = NewEmployeeForm(request.POST or None, actor=actor)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if asked := ask_proof(request):
                return asked
            password = services.new_password()
            try:
                employee = services.create_employee(
                    data=form.employee(),
                    login=form.cleaned_data["login"],
                    role=form.cleaned_data["role"],
                    password=password,
                    actor=actor,
                )
            except ActError as error:
                status = form.add_refusal(error)
            else:
                return _password_page(request, employee, password)
    return render(request, "accounts/staff_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@only_for(may_see_staff)
def staff_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    employee = _employee(request, pk)
    if request.method == "GET":
        return _page(request, employee)
    form = EmployeeChangeForm(request.POST, actor=actor)
    if not form.is_valid():
        return _page(request, employee, status=422, form=form)
    # Whose mailbox gets a new password, and whose clients he sees, are rights; a name is not.
    if any(form.employee().get(name, getattr(employee, name)) != getattr(employee, name) for name in _RIGHTS) and (
        asked := ask_proof(request)
    ):
        return asked
    try:
        services.change_employee(user=employee, data=form.employee(), version=form.cleaned_data["version"], actor=actor)
    except StaleVersion as error:
        # What was typed stays; the next save is made on top of what stands now, which is shown beside it.
        form = EmployeeChangeForm({**request.POST.dict(), "version": employee.version}, actor=actor)
        form.is_valid()
        form.add_refusal(error)
        return _page(request, employee, status=409, form=form, stands_now=employee)
    except ActError as error:
        return _page(request, employee, status=form.add_refusal(error), form=form)
    return _done(request, employee, _("Saved."))


@require_POST
@only_for(may_see_staff)
@needs_proof
def staff_role(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    employee = _employee(request, pk)
    form = RoleForm(request.POST, actor=actor, auto_id="role_%s")
    if not form.is_valid():
        return _page(request, employee, status=422, role_form=form)
    try:
        services.change_role(user=employee, actor=actor, **form.cleaned_data)
    except ActError as error:
        return _page(request, employee, status=form.add_refusal(error), role_form=form)
    messages.success(request, _("The role is changed."))
    # A head may have given the person a role that he no longer reaches.
    is_reachable = User.objects.editable_by(actor).filter(pk=pk).exists()
    return redirect(request, reverse("staff_edit", args=[pk]) if is_reachable else reverse("staff_list"))


@require_POST
@only_for(may_see_staff)
@needs_proof
def staff_password(request: HttpRequest, pk: int) -> HttpResponse:
    employee = _employee(request, pk)
    password = services.new_password()
    services.change_password(user=employee, password=password, actor=person(request))
    return _password_page(request, employee, password)


@require_POST
@only_for(may_reset_second_factor)
@needs_proof
def staff_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a lost phone's second factor away; whose role needs one sets up another at his next sign-in."""
    employee = _employee(request, pk)
    services.disable_second_factor(user=employee, actor=person(request))
    return _done(request, employee, _("The second factor is reset; the employee signs in with the password alone."))


@require_POST
@only_for(may_see_staff)
def staff_unlock(request: HttpRequest, pk: int) -> HttpResponse:
    employee = _employee(request, pk)
    services.unlock_employee(user=employee, actor=person(request))
    return _done(request, employee, _("Signing in is possible again."))


@require_http_methods(["GET", "POST"])
@only_for(may_see_staff)
def staff_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first; «N clients» comes back as 409 with the offer to distribute them in the same act."""
    employee = _employee(request, pk)
    context: dict[str, Any] = {"employee": employee}
    if request.method == "GET":
        return render(request, "accounts/staff_deactivate.html", context)
    try:
        services.deactivate_employee(
            user=employee, actor=person(request), distribute=request.POST.get("distribute") == "1"
        )
    except Conflict as error:
        context |= {"refusal": error.text, "may_distribute": employee.is_manager or employee.is_head}
        return render(request, "accounts/staff_deactivate.html", context, status=error.status)
    return _done(request, employee, _("The employee is switched off."))


@require_POST
@only_for(may_see_staff)
@needs_proof
def staff_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    employee = _employee(request, pk)
    password = services.new_password()
    try:
        services.reactivate_employee(user=employee, password=password, actor=person(request))
    except ActError as error:
        messages.error(request, error.text)
        return redirect(request, reverse("staff_edit", args=[pk]))
    return _password_page(request, employee, password)


@require_POST
@only_for(may_see_staff)
def staff_absence(request: HttpRequest, pk: int) -> HttpResponse:
    employee = _employee(request, pk)
    form = AbsenceForm(request.POST, employee=employee, auto_id="absence_%s")
    if not form.is_valid():
        return _page(request, employee, status=422, absence_form=form)
    try:
        services.record_absence(user=employee, actor=person(request), **form.cleaned_data)
    except ActError as error:
        return _page(request, employee, status=form.add_refusal(error), absence_form=form)
    return _done(request, employee, _("The absence is recorded."))


@require_POST
@only_for(may_see_staff)
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    absence = _absence(request, pk)
    form = AbsenceEndForm(request.POST)
    return _absence_act(
        request,
        absence,
        form,
        lambda: services.end_absence(absence=absence, ends_on=form.cleaned_data["ends_on"], actor=person(request)),
    )


@require_POST
@only_for(may_see_staff)
def absence_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    absence = _absence(request, pk)
    return _absence_act(
        request, absence, ActForm({}), lambda: services.cancel_absence(absence=absence, actor=person(request))
    )


def _absence_act(request: HttpRequest, absence: Absence, form: ActForm, act: Any) -> HttpResponse:
    if not form.is_valid():
        return _page(request, absence.user, status=422, absence_refusal=form.errors)
    try:
        act()
    except ActError as error:
        return _page(request, absence.user, status=error.status, absence_refusal=error.text)
    return _done(request, absence.user, _("The absence is changed."))


def _employee(request: HttpRequest, pk: int) -> User:
    """Whom this person may change; everybody else does not exist here."""
    people = User.objects.editable_by(person(request)).select_related("department")
    return get_object_or_404(people, pk=pk)


def _absence(request: HttpRequest, pk: int) -> Absence:
    absences = Absence.objects.visible_to(person(request)).select_related("user__department", "deputy")
    editable = User.objects.editable_by(person(request))
    return get_object_or_404(absences.filter(user__in=editable), pk=pk)


def _page(request: HttpRequest, employee: User, *, status: int = 200, **shown: Any) -> HttpResponse:
    actor = person(request)
    context = {
        "employee": employee,
        "form": EmployeeChangeForm(initial=EmployeeChangeForm.values_of(employee), actor=actor),
        "role_form": RoleForm(initial={"role": employee.role}, actor=actor, auto_id="role_%s"),
        "absence_form": AbsenceForm(initial={"starts_on": clock.today()}, employee=employee, auto_id="absence_%s"),
        "absences": employee.absences.select_related("deputy")[:20],
        "today": clock.today(),
        "may_reset_factor": may_reset_second_factor(actor.role) and employee.second_factor_since is not None,
        "is_locked": employee.login in locked_logins([employee.login]),
        **shown,
    }
    return render(request, "accounts/staff_edit.html", context, status=status)


def _password_page(request: HttpRequest, employee: User, password: str) -> HttpResponse:
    return render(request, "accounts/staff_password.html", {"employee": employee, "password": password})


def _done(request: HttpRequest, employee: User, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect(request, reverse("staff_edit", args=[employee.pk]))
