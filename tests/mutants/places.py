"""Lines on which trust stands: who sees, who may, whose signature, who was first. Without any one of them some test
must fail; `python -m tests.mutants` takes them out one by one and looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WALK = "tests/access/test_canaries.py::test_a_walk_through_every_link_shows_exactly_what_the_role_may_see"
TABLE = "tests/access/test_matrix.py::test_the_answer_is_the_one_of_the_table"


@dataclass(frozen=True)
class Place:
    """`old` stands once in `path`; with `new` instead, one of `killers` (arguments of pytest) fails."""

    name: str
    path: str
    old: str
    new: str
    killers: tuple[str, ...]

    def mutated(self) -> str:
        """The text of the file without the line. Raises ValueError unless the line stands there exactly once."""
        text = (ROOT / self.path).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: stands {text.count(self.old)} times in {self.path}")
        return text.replace(self.old, self.new)


def walk(*roles: str) -> tuple[str, ...]:
    return tuple(f"{WALK}[{role}]" for role in roles)


def table(verb: str, *roles: str) -> tuple[str, ...]:
    return tuple(f"{TABLE}[{verb}-{role}]" for role in roles)


CLIENTS, ACCOUNTS, FUNNELS = "clients/querysets.py", "accounts/querysets.py", "funnels/querysets.py"
SIGNATURES, RUNS = "telephony/authentication.py", "journal/services/runs.py"
FREE_RUN = (
    (ROOT / RUNS)
    .read_text()
    .partition("objects.select_for_update(skip_locked=True).")[2]
    .partition(".update(\n        state=RunState.RUNNING")[0]
)

SCOPES = (
    Place(
        "head sees every department",
        CLIENTS,
        'return live & Q(**{f"{prefix}department_id": user.department_id})',
        "return live",
        walk("head"),
    ),
    Place(
        "quality sees clients nobody called",
        CLIENTS,
        'return live & Q(**{f"{prefix}has_calls": True})',
        "return live",
        walk("quality"),
    ),
    Place(
        "accountant sees clients without documents",
        CLIENTS,
        'return live & Q(**{f"{prefix}has_documents": True})',
        "return live",
        walk("accountant"),
    ),
    Place(
        "managers see the free base of others",
        CLIENTS,
        'Q(**{f"{prefix}department_id": user.department_id})\n        & free_to_take_q(day, prefix, sections)',
        "free_to_take_q(day, prefix, sections)",
        walk("owner"),
    ),
    Place(
        "managers see clients of colleagues",
        CLIENTS,
        "        & free_to_take_q(day, prefix, sections)\n",
        "",
        walk("owner"),
    ),
    Place(
        "banned client is offered again",
        CLIENTS,
        '        & Q(NotBanned(F(f"{prefix}pk"), user.pk, day))\n',
        "",
        ("tests/access/test_scopes.py",),
    ),
    Place(
        "dismissed person sees clients",
        CLIENTS,
        "    if not user.is_active:\n        return nobody\n",
        "",
        ("tests/access/test_scopes.py",),
    ),
    Place(
        "accountant reads what was said",
        CLIENTS,
        "        if user.role == Role.ACCOUNTANT:\n            return self.none()\n",
        "",
        walk("accountant"),
    ),
    Place(
        "head reads tasks of all",
        FUNNELS,
        "return self.filter(mine | Q(assignee__department_id=user.department_id))",
        "return self",
        walk("head"),
    ),
    Place(
        "manager reads the queue of all",
        FUNNELS,
        "return self.filter(Q(old_owner=user) | Q(suggested=user) | Q(recipient=user))",
        "return self",
        walk("owner"),
    ),
    Place(
        "quality reads money",
        "deals/querysets.py",
        "        if user.role == Role.QUALITY:\n            return self.none()\n",
        "",
        walk("quality"),
    ),
    Place(
        "head counts payments of all",
        ACCOUNTS,
        "        if user.role == Role.HEAD:\n            return self.filter(**{self.department_path: user.department_id})\n",
        "        if user.role == Role.HEAD:\n            return self\n",
        ("tests/access/test_scopes.py",),
    ),
    Place(
        "letters of others are read",
        "notifications/querysets.py",
        "return self if user.role == Role.DIRECTOR else self.filter(recipient=user)",
        "return self",
        walk("owner"),
    ),
    Place(
        "bells of others are heard",
        "notifications/querysets.py",
        "return self.filter(recipient=user) if user.is_active else self.none()",
        "return self",
        walk("owner"),
    ),
    Place(
        "manager hears calls of others",
        "telephony/querysets.py",
        '            return self.filter(Q(user=user, client__isnull=True) | visibility_q(user, "client__"))',
        "            return self",
        walk("owner"),
    ),
    Place(
        "department's switch for heads reaches all people",
        ACCOUNTS,
        "            return self.filter(department_id=user.department_id, role__in=MANAGER_ROLES)",
        "            return self.filter(role__in=MANAGER_ROLES)",
        ("tests/access/test_bodies.py::test_a_head_raises_neither_himself_nor_others_above_his_managers",),
    ),
    Place(
        "administrator changes himself",
        ACCOUNTS,
        "            return self.exclude(pk=user.pk)",
        "            return self",
        ("tests/access/test_bodies.py::test_the_last_administrator_cannot_be_switched_off",),
    ),
    Place(
        "head is shown people of all departments",
        ACCOUNTS,
        "        if user.is_active and user.role == Role.HEAD and user.department_id:\n"
        "            return self.filter(department_id=user.department_id)",
        "        if user.is_active and user.role == Role.HEAD and user.department_id:\n            return self",
        ("tests/accounts/test_pages.py", "tests/accounts/test_services.py"),
    ),
    Place(
        "tokens of others are listed",
        ACCOUNTS,
        "return self.filter(user_id=user.pk) if user.is_active else self.none()",
        "return self",
        table("POST", "colleague"),
    ),
)

RIGHTS = (
    Place(
        "everybody works every client he sees",
        "funnels/services/access.py",
        "if actor is None or may_work(actor, client):",
        "if True:",
        ("tests/funnels/test_work.py", "tests/api/test_acts.py"),
    ),
    Place(
        "head works clients of another department",
        "funnels/services/access.py",
        "        return client.department_id == actor.department_id\n",
        "        return True\n",
        ("tests/funnels/test_work.py", "tests/funnels/test_distribution.py", "tests/funnels/test_rotation.py"),
    ),
    Place(
        "pages of settings are open",
        "accounts/views/requests.py",
        "            if not allowed(person(request).role):\n                raise Http404\n",
        "",
        table("POST", "owner"),
    ),
    Place(
        "reading token writes",
        "accounts/authentication.py",
        "if token.scope == TokenScope.READ and request.method not in SAFE_METHODS:",
        "if False:",
        ("tests/accounts/test_signing_in.py", "tests/accounts/test_doors.py", "tests/api"),
    ),
    Place(
        "anybody edits the calendar",
        "accounts/services/calendar.py",
        "if not actor.is_active or not may_edit_calendar(actor.role):",
        "if False:",
        ("tests/accounts/test_calendar.py",),
    ),
    Place(
        "anybody turns the switches",
        "accounts/services/organisation.py",
        "if not actor.is_active or not may_change_switches(actor.role):",
        "if False:",
        ("tests/accounts/test_services.py", "tests/accounts/test_pages.py"),
    ),
    Place(
        "accountant lists the people of a client",
        "clients/views/people.py",
        "        raise PermissionDenied  # requisites and documents only\n",
        "        pass\n",
        walk("accountant"),
    ),
    Place(
        "nobody has to sign in",
        "config/settings.py",
        '    "accounts.middleware.LoginRequiredMiddleware",\n',
        "",
        table("GET", "anon"),
    ),
    Place(
        "forms need no token",
        "config/settings.py",
        '    "django.middleware.csrf.CsrfViewMiddleware",\n',
        "",
        ("tests/access/test_matrix.py::test_no_act_is_done_without_the_token_of_the_form",),
    ),
    Place(
        "anonymous API",
        "config/settings.py",
        '"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]',
        '"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]',
        (*table("GET", "anon"), *table("POST", "anon")),
    ),
)

SIGNED = (
    Place("any signature will do", SIGNATURES, "    return any(matches)\n", "    return True\n", ("tests/telephony",)),
    Place(
        "old deliveries are taken",
        SIGNATURES,
        "if abs(now.timestamp() - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:",
        "if False:",
        ("tests/telephony",),
    ),
    Place(
        "an empty secret signs",
        SIGNATURES,
        "for secret in secrets if secret]",
        "for secret in secrets]",
        ("tests/telephony",),
    ),
    Place(
        "a former secret never dies",
        SIGNATURES,
        "if until is not None and now < until:",
        "if until is not None:",
        ("tests/telephony",),
    ),
    Place(
        "deliveries are not signed at all",
        SIGNATURES,
        "        if not is_signed(connection, header, body):\n",
        "        if False:\n",
        ("tests/telephony",),
    ),
    Place(
        "a connection switched off talks",
        SIGNATURES,
        "        if not connection.is_enabled:\n",
        "        if False:\n",
        ("tests/telephony",),
    ),
    Place(
        "any address may deliver",
        SIGNATURES,
        "        if not _is_allowed(connection, peer_address(request.META)):\n",
        "        if False:\n",
        ("tests/telephony",),
    ),
    Place(
        "tokens travel in addresses",
        SIGNATURES,
        "        if any(name in request.query_params for name in _TOKEN_PARAMETERS):\n",
        "        if False:\n",
        ("tests/telephony",),
    ),
    Place(
        "any token opens the telephony",
        SIGNATURES,
        '            raise AuthenticationFailed(_("The token is unknown."))\n',
        "            connection = TelephonyConnection.objects.all()[0]\n",
        ("tests/telephony", *table("POST", "owner")),
    ),
)

FIRST = (
    Place(
        "two workers claim one run",
        RUNS,
        # Both lines that keep it: either would do alone.
        FREE_RUN,
        FREE_RUN.replace("filter(free, pk=run_id)", "filter(pk=run_id)"),
        ("tests/journal/test_runs.py",),
    ),
    Place(
        "a run somebody has is claimed",
        RUNS,
        "    if not JobRun.objects.select_for_update(skip_locked=True).filter(free, pk=run_id).exists():\n"
        "        return None\n",
        "",
        ("tests/journal/test_runs.py", "tests/desk/test_jobs.py"),
    ),
    Place(
        "a paused worker goes on",
        RUNS,
        "held = JobRun.objects.filter(pk=run.pk, state=RunState.RUNNING, lease_token=run.lease_token).update(",
        "held = JobRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(",
        ("tests/journal/test_runs.py", "tests/desk/test_jobs.py"),
    ),
    Place(
        "a paused worker ends the run of another",
        RUNS,
        "held = JobRun.objects.filter(pk=lease.run.pk, state=RunState.RUNNING, lease_token=lease.token)",
        "held = JobRun.objects.filter(pk=lease.run.pk, state=RunState.RUNNING)",
        ("tests/journal/test_runs.py", "tests/desk/test_jobs.py"),
    ),
    Place(
        "a late sender marks the letter of another",
        "notifications/services.py",
        "state=OutboxState.SENDING, attempts=mail.attempts)",
        "state=OutboxState.SENDING)",
        ("tests/notifications",),
    ),
    Place(
        "the second editor of a card wins",
        "clients/services/acts.py",
        "if version is not None and version != client.version:",
        "if False:",
        ("tests/clients/test_cards.py",),
    ),
    Place(
        "the second editor of a person wins",
        "accounts/services/employees.py",
        "    if user.version != version:\n",
        "    if False:\n",
        ("tests/accounts/test_services.py",),
    ),
    Place(
        "the second editor of a segment wins",
        "clients/services/dictionaries.py",
        "if version is not None and version != current.version:",
        "if False:",
        ("tests/clients/test_dictionaries.py",),
    ),
    Place(
        "the second editor of a questionnaire wins",
        "funnels/services/questionnaires.py",
        "if version is not None and version != form.version:",
        "if False:",
        ("tests/funnels/test_work.py", "tests/api/test_acts.py", "tests/funnels/test_views_acts.py"),
    ),
    Place(
        "a key tells any request apart from none",
        "journal/services/idempotency.py",
        "    if found.request_hash != request_hash:\n",
        "    if False:\n",
        ("tests/journal/test_idempotency.py",),
    ),
    Place(
        "two heads propose reference values at once",
        "kpi/services/references.py",
        '    Department.objects.select_for_update(of=("self",), no_key=True).filter(pk=department.pk).first()\n',
        "    pass\n",
        (
            "tests/kpi/test_races.py"
            "::test_a_proposal_that_is_approved_while_others_replace_it_is_either_in_force_or_refused",
        ),
    ),
)

PLACES = SCOPES + RIGHTS + SIGNED + FIRST
