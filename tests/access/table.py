"""The access table: URL × verb × role → status. Rights are those of domain 1.1; a URL that is not here fails the build.

A cell reads «200 owner head; 403 quality; 404 rest». Objects belong to the owner (a manager of the first department):
for everybody out of his scope they do not exist (404), who sees them without the right to act is refused (403).
Whoever is not signed in, and whose session outlived his account, is sent to the login page (302) unless the row is
`public`. A verb without a cell answers 405. A POST is sent with `data` (empty by default: an allowed one answers 422).
A variant of a URL has a key of its own: `name@variant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = (
    "anon",
    "owner",  # a manager of the first department; the objects of the table are his
    "colleague",  # another manager of his department
    "farmer",
    "intern",
    "stranger",  # a manager of the second department
    "head",  # of the first department
    "other_head",
    "director",
    "accountant",
    "quality",
    "admin",
    "disabled",  # switched off while his session lives
)
STRANGERS = ("anon", "disabled")
SELLERS = "owner colleague farmer intern stranger"
HEADS = "head other_head"
GROUPS: dict[str, str] = {
    "sellers": SELLERS,
    "heads": HEADS,
    "all": " ".join(role for role in ROLES if role not in STRANGERS),
}


@dataclass(frozen=True)
class Row:
    """`args` names an object of the world for every part of the address; `demo` switches the demo on."""

    GET: str = "405 rest"
    POST: str = "405 rest"
    args: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    demo: bool = False
    is_api: bool = False
    PATCH: str = "405 rest"

    def cells(self, verb: str) -> dict[str, int]:
        """The expected status by role."""
        return parse(getattr(self, verb), outside=None if self.public else 401 if self.is_api else 302)


def parse(cell: str, outside: int | None = 302) -> dict[str, int]:
    """«200 owner; 404 rest» as a mapping of every role; `outside` is for those who are not signed in."""
    found: dict[str, int] = {}
    rest: int | None = None
    for part in cell.split(";"):
        status, *names = part.split()
        for name in names:
            if name == "rest":
                rest = int(status)
                continue
            for role in GROUPS.get(name, name).split():
                if role not in ROLES or role in found:
                    raise ValueError(f"{role!r} in {cell!r}")
                found[role] = int(status)
    for role in ROLES:
        if role in STRANGERS and outside is not None:
            found.setdefault(role, outside)
        elif role not in found:
            if rest is None:
                raise ValueError(f"nothing is said about {role!r} in {cell!r}")
            found[role] = rest
    return found


def of_client(get: str, post: str = "405 rest", *, data: Mapping[str, str] | None = None, **args: str) -> Row:
    return Row(get, post, {"pk": "client", **args}, data=data or {})


def api(get: str, post: str = "405 rest", PATCH: str = "405 rest", **args: str) -> Row:
    return Row(get, post, args, is_api=True, PATCH=PATCH)


# Acts on a client in work: the owner, his head and the director; the other readers of the card are refused.
READS_ONLY = "403 accountant quality; 404 rest"
WORKS = f"200 owner head director; {READS_ONLY}"
ACTS = f"422 owner head director; {READS_ONLY}"
MOVES = f"303 owner head director; {READS_ONLY}"
DECIDES = "200 head director; 403 owner accountant quality; 404 rest"
DECIDED = "422 head director; 403 owner accountant quality; 404 rest"
# The API reads the body before it asks for the right: nothing but the shape is told. Right bodies: test_matrix.
API_ACT = "400 owner head director accountant quality; 404 rest"
API_FILE = "415 owner head director accountant quality; 404 rest"
# Documents of a client: quality sees calls, not documents.
DOCUMENT = "200 owner head director; 403 accountant; 404 rest"
DOCUMENT_ACT = "422 owner head director; 403 accountant; 404 rest"
PAYS = "200 head accountant; 403 owner director quality; 404 rest"
PAID = "422 head accountant; 403 owner director quality; 404 rest"
# Pages of everybody who sells or leads.
SALES = "200 sellers heads director; 404 rest"
LEADS = "200 heads director; 404 rest"
PEOPLE = "200 heads admin; 404 rest"
PERSON = "200 head admin; 404 rest"
PERSON_ACT = "422 head admin; 404 rest"
ADMIN = "200 admin; 404 rest"
ADMIN_ACT = "422 admin; 404 rest"
LISTS = "200 director admin; 404 rest"
LISTS_ACT = "422 director admin; 404 rest"
EVERYBODY = "200 all"

TABLE: dict[str, Row] = {
    # ---- the door
    "login": Row("200 anon disabled; 303 rest", "422 rest", public=True),
    "login_code": Row("303 rest", "303 rest", public=True),
    "password_reset": Row("200 rest", "422 rest", public=True),
    "password_reset_link": Row("404 rest", "404 rest", {"pk": "user", "token": "user"}, public=True),
    "logout": Row(POST="303 rest", public=True),
    "set_language": Row(POST="303 rest", public=True),
    "favicon": Row("302 rest", public=True),
    "healthz": Row("200 rest", public=True),
    "readyz": Row("200 rest", public=True),
    "metrics": Row("404 rest", public=True),
    "home": Row("302 all"),
    # ---- one's own
    "account": Row(EVERYBODY, "422 all"),
    "account_password": Row(POST="422 all"),
    "account_confirm": Row(POST="422 all"),
    "sessions_end": Row(POST="303 all"),
    "second_factor": Row(EVERYBODY, "200 all"),
    "recovery_codes": Row(POST="303 all"),
    "second_factor_remove": Row(POST="303 all"),
    "token_new": Row(POST="422 all"),
    "token_revoke": Row(POST="303 owner; 404 rest", args={"pk": "token"}),
    "notices": Row(EVERYBODY),
    "notices_read": Row(POST="303 all"),
    "failed_mail": Row("200 director admin; 403 rest"),
    "failed_mail_resend": Row(POST="404 director admin; 403 rest", args={"pk": "mail"}),  # it was not given up
    "mail_box": Row("404 all"),
    "mail_box@demo": Row(EVERYBODY, demo=True),
    "mail_letter": Row("404 all", args={"pk": "mail"}),
    "mail_letter@demo": Row("200 owner director; 404 rest", args={"pk": "mail"}, demo=True),
    "mail_html": Row("404 all", args={"pk": "mail"}),
    "mail_html@demo": Row("200 owner director; 404 rest", args={"pk": "mail"}, demo=True),
    # ---- people and settings
    "staff_list": Row(PEOPLE),
    "staff_new": Row(PEOPLE, "422 heads admin; 404 rest"),
    "staff_edit": Row(PERSON, PERSON_ACT, {"pk": "user"}),
    "staff_edit@head": Row(ADMIN, ADMIN_ACT, {"pk": "head"}),
    "staff_edit@admin": Row("404 all", "404 all", {"pk": "admin"}),
    "staff_role": Row(POST=PERSON_ACT, args={"pk": "user"}),
    "staff_role@head": Row(POST=ADMIN_ACT, args={"pk": "head"}),
    "staff_role@director": Row(POST=ADMIN_ACT, args={"pk": "director"}),
    "staff_password": Row(POST=PERSON, args={"pk": "user"}),
    "staff_password@director": Row(POST=ADMIN, args={"pk": "director"}),
    "staff_second_factor": Row(POST="303 admin; 404 rest", args={"pk": "user"}),
    "staff_second_factor@admin": Row(POST="404 all", args={"pk": "admin"}),
    "staff_unlock": Row(POST="303 head admin; 404 rest", args={"pk": "user"}),
    "staff_deactivate": Row(PERSON, "409 head admin; 404 rest", {"pk": "user"}),
    "staff_deactivate@admin": Row("404 all", "404 all", {"pk": "admin"}),
    "staff_reactivate": Row(POST=PERSON, args={"pk": "disabled"}),
    "staff_absence": Row(POST=PERSON_ACT, args={"pk": "user"}),
    "absence_end": Row(POST=PERSON_ACT, args={"pk": "absence"}),
    "absence_cancel": Row(POST="409 head admin; 404 rest", args={"pk": "absence"}),
    "settings": Row("200 heads director admin; 404 rest"),
    "organisation_edit": Row(POST=LISTS_ACT),
    "department_new": Row(ADMIN, ADMIN_ACT),
    "department_edit": Row(
        "200 head director admin; 404 rest", "303 head director; 422 admin; 404 rest", {"pk": "department"}
    ),
    "jobs": Row("200 heads director admin; 404 rest"),
    "job_runs": Row("200 heads director admin; 404 rest", args={"job": "job"}),
    "job_runs_export": Row("200 heads director admin; 404 rest", args={"job": "job"}),
    "job_run": Row("200 heads director admin; 404 rest", args={"job": "job", "day": "job_day"}),
    "calendar": Row("200 heads director admin; 404 rest", "422 admin; 403 heads director; 404 rest"),
    "audit_log": Row("200 heads director admin; 404 rest"),
    "segment_list": Row("200 heads director admin; 404 rest"),
    "segment_new": Row(LISTS, LISTS_ACT),
    "segment_edit": Row(
        "200 heads director admin; 404 rest", "422 director admin; 409 heads; 404 rest", {"pk": "segment"}
    ),
    "segment_servers": Row(POST="303 director admin; 404 rest", args={"pk": "segment"}),
    "category_list": Row(LISTS, LISTS_ACT),
    "category_edit": Row(POST=LISTS_ACT, args={"pk": "category"}),
    "source_list": Row(LISTS, LISTS_ACT),
    "source_edit": Row(POST=LISTS_ACT, args={"pk": "source"}),
    "telephony_settings": Row(ADMIN),
    "telephony_connection_new": Row(POST=ADMIN_ACT),
    "telephony_secret": Row(POST=ADMIN, args={"pk": "connection"}),
    "telephony_enabled": Row(POST="303 admin; 404 rest", args={"pk": "connection"}),
    "telephony_line_new": Row(ADMIN, ADMIN_ACT, {"pk": "connection"}),
    "telephony_line_edit": Row(ADMIN, ADMIN_ACT, {"pk": "line"}),
    # ---- the base
    "client_list": Row(EVERYBODY),
    "client_filters": Row(EVERYBODY),
    "client_bulk": Row(POST="404 all"),
    "client_export": Row(LEADS, LEADS),
    "search": Row(EVERYBODY),
    "client_new": Row("200 sellers heads director; 403 rest", "422 sellers heads director; 403 rest"),
    "duplicate_hints": Row("200 sellers heads director; 403 rest"),
    "import_upload": Row(LEADS, "422 heads director; 404 rest"),
    "import_result": Row("200 head director; 404 rest", args={"pk": "import"}),
    "import_start": Row(POST="303 head; 403 director; 404 rest", args={"pk": "import"}),
    "client_card": of_client("200 owner head director accountant quality; 404 rest"),
    "client_card@free": Row("200 owner colleague farmer intern head director; 404 rest", args={"pk": "free"}),
    "client_card@never_called": Row("200 colleague head director accountant; 404 rest", args={"pk": "quiet"}),
    "client_edit": of_client(
        "200 owner head director accountant; 403 quality; 404 rest",
        "422 owner head director; 409 accountant; 403 quality; 404 rest",
    ),
    "client_edit@free": Row(
        "200 head director; 403 owner colleague farmer intern; 404 rest",
        "422 head director; 403 owner colleague farmer intern; 404 rest",
        {"pk": "free"},
    ),
    "client_size": of_client("405 rest", MOVES, data={"size": "large"}),
    "people_list": of_client("200 owner head director quality; 403 accountant; 404 rest"),
    "person_new": of_client(WORKS, ACTS),
    "person_edit": of_client(WORKS, ACTS, person_pk="person"),
    "person_edit@foreign": Row(
        f"404 owner head director; {READS_ONLY}",
        f"404 owner head director; {READS_ONLY}",
        {"pk": "client", "person_pk": "foreign_person"},
    ),
    "person_remove": of_client("405 rest", MOVES, person_pk="person"),
    "phone_new": of_client(WORKS, ACTS),
    "phone_edit": of_client(WORKS, ACTS, phone_pk="phone"),
    "phone_edit@foreign": Row(
        f"404 owner head director; {READS_ONLY}",
        f"404 owner head director; {READS_ONLY}",
        {"pk": "client", "phone_pk": "foreign_phone"},
    ),
    "phone_remove": of_client("405 rest", MOVES, phone_pk="phone"),
    "email_new": of_client(WORKS, ACTS),
    "email_remove": of_client("405 rest", MOVES, email_pk="email"),
    # ---- the funnel
    "funnel_board": Row(EVERYBODY),
    "funnel_board@manager": Row("200 owner head director accountant quality admin; 404 rest", query="?manager={user}"),
    "funnel_column": Row(EVERYBODY, query="?column=c1"),
    "day": Row("200 sellers; 404 rest"),
    "day@manager": Row("200 owner head director; 404 rest", query="?manager={user}"),
    "own_contacts": Row(EVERYBODY),
    "own_contacts@manager": Row("200 owner head director; 404 rest", query="?manager={user}"),
    "lights": Row(LEADS),
    "lights@department": Row("200 head director; 404 rest", query="?department={department}"),
    "lights_export": Row(LEADS),
    "lights_sign": Row(POST="303 heads; 403 director; 404 rest"),
    "contact_form": of_client(WORKS, ACTS),
    "contact_hint": of_client(WORKS),
    "client_take": of_client(WORKS, "409 owner; 422 head director; 403 accountant quality; 404 rest"),
    "client_take@free": Row(
        "200 owner colleague farmer intern head director; 404 rest",
        "303 owner colleague farmer intern; 422 head director; 404 rest",
        {"pk": "free"},
    ),
    "client_repeat": of_client(WORKS, ACTS),
    "client_refuse": of_client(WORKS, ACTS),
    "client_reserve": of_client(WORKS, ACTS),
    "client_terms": of_client(WORKS, ACTS),
    "client_calculation": of_client(WORKS, ACTS),
    "client_plan": of_client(WORKS, ACTS),
    "client_next_step": of_client(WORKS, ACTS),
    "client_advance": of_client(WORKS, ACTS),
    "client_transfer": of_client(DECIDES, DECIDED),
    "client_correct": of_client(DECIDES, DECIDED),
    "client_no_more": of_client(DECIDES, DECIDED),
    "client_handover": of_client(
        "403 owner head director accountant quality; 404 rest", "403 owner head director accountant quality; 404 rest"
    ),
    "client_closing": of_client(WORKS, ACTS),
    "questionnaire": of_client("200 owner head director quality; 403 accountant; 404 rest", MOVES),
    "tasks": Row(EVERYBODY),
    "task_new": Row(EVERYBODY, "422 all"),
    "task_new@client": Row(WORKS, ACTS, query="?client={client}"),
    "task_done": Row(POST="303 owner head director; 404 rest", args={"pk": "task"}),
    "rotation_queue": Row("200 sellers heads director; 403 rest"),
    "rotation_history": Row("200 sellers heads director; 403 rest"),
    "rotation_export": Row("200 heads director; 403 rest"),
    "rotation_distribute": Row(
        "200 head director; 404 other_head; 403 rest", "422 head director; 404 other_head; 403 rest", {"pk": "user"}
    ),
    "rotation_settings": Row("200 heads director; 403 rest"),
    "rotation_start": Row(POST="422 head director; 404 other_head; 403 rest", args={"pk": "department"}),
    "rotation_release": Row(
        POST="409 director; 404 other_head stranger; 403 rest",
        args={"pk": "department"},
    ),
    "rotation_recipient": Row(
        "200 head director; 403 owner accountant quality admin; 404 rest",
        "422 head director; 403 owner accountant quality admin; 404 rest",
        {"pk": "order"},
    ),
    # ---- documents and plans
    "documents": Row("200 sellers heads director accountant; 404 rest"),
    "documents@foreign_department": Row(
        "200 other_head director accountant; 404 rest", query="?tab=payments&department={other_department}"
    ),
    "documents@manager": Row("200 owner head director accountant; 404 rest", query="?tab=payments&user={user}"),
    "documents_export": Row(LEADS),
    "contract_file": Row("200 owner head director accountant; 404 rest", args={"pk": "contract"}),
    "offer_new": of_client(WORKS, ACTS),
    "invoice_new": of_client(WORKS, ACTS),
    "contract_new": of_client(WORKS, ACTS),
    "invoice_cancel": of_client(DOCUMENT, DOCUMENT_ACT, invoice_pk="invoice"),
    "invoice_cancel@foreign": Row("404 all", "404 all", {"pk": "client", "invoice_pk": "foreign_invoice"}),
    "contract_terminate": of_client(DOCUMENT, DOCUMENT_ACT, contract_pk="contract"),
    "payment_new": of_client(PAYS, PAID),
    "payment_cancel": of_client(
        "200 head accountant; 403 owner director; 404 rest",
        "422 head accountant; 403 owner director; 404 rest",
        payment_pk="payment",
    ),
    "plan_fact": Row(SALES),
    "plan_fact@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "plan_fact@department": Row(
        "200 owner colleague farmer intern head director; 404 rest", query="?department={department}"
    ),
    "plan_export": Row(LEADS),
    "plan_export@department": Row("200 head director; 404 rest", query="?department={department}"),
    "plan_parts": Row(SALES),
    "plan_parts@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "plan_parts@department": Row(
        "200 owner colleague farmer intern head director; 404 rest", query="?department={department}"
    ),
    "parts_export": Row(LEADS),
    "parts_export@department": Row("200 head director; 404 rest", query="?department={department}"),
    "plan_acts": Row(SALES),
    "plan_acts@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "plan_verification": Row(SALES),
    "plan_verification@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "verification_forecast": Row(SALES),
    "verification_forecast@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "verification_amounts": Row("200 sellers; 404 rest"),  # the clients are always somebody's
    "verification_amounts@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "verification_paid": Row("200 sellers; 404 rest"),  # so are the payments
    "verification_paid@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "verification_clients": Row(SALES),
    "verification_clients@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "plan_target": Row(LEADS, "422 heads director; 404 rest"),
    "plan_target@department": Row(
        "200 head director; 404 rest", "422 head director; 404 rest", query="?department={department}"
    ),
    "year_plans": Row(LEADS),
    "year_draft": Row(LEADS, "422 heads director; 404 rest"),
    "year_draft@department": Row(
        "200 head director; 404 rest", "422 head director; 404 rest", query="?department={department}"
    ),
    "year_import": Row(LEADS, "422 heads director; 404 rest"),
    "year_import_template": Row(LEADS),
    "year_plan": Row("200 head director; 404 rest", args={"pk": "year_plan"}),
    "year_approve": Row(POST="403 head; 409 director; 404 rest", args={"pk": "year_plan"}),
    "year_drop": Row(POST="409 head director; 404 rest", args={"pk": "year_plan"}),
    "year_divide": Row("200 head director; 404 rest", "422 head director; 404 rest", args={"pk": "year_plan"}),
    "year_compare": Row("404 all", args={"pk": "year_plan"}),  # there is no version before it
    "calculators": Row("302 heads director; 404 rest"),
    "plan_calculator": Row(LEADS),
    "plan_calculator@department": Row("200 head director; 404 rest", query="?department={department}"),
    "plan_make": Row(LEADS, "422 heads director; 404 rest"),
    "forecast_calculator": Row(LEADS),
    "forecast_calculator@department": Row("200 head director; 404 rest", query="?department={department}"),
    "plan_book": Row(LEADS),  # calculators
    "forecast_book": Row(LEADS),  # calculators
    "funnel_book": Row(LEADS),  # calculators
    "passages": Row(LEADS),
    "passages@manager": Row("200 head director; 404 rest", query="?department={department}&user={user}"),
    "passages_book": Row(LEADS),
    "funnel_calculator": Row(LEADS),
    "funnel_calculator@department": Row("200 head director; 404 rest", query="?department={department}"),
    "funnel_calculator@manager": Row("200 head director; 404 rest", query="?department={department}&user={user}"),
    # ---- indicators and pay
    "kpi_board": Row(SALES),
    "kpi_board@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "kpi_board@department": Row(
        "200 owner colleague farmer intern head director; 404 rest", query="?department={department}"
    ),
    "kpi_list": Row(SALES, query="?of=productive_calls&from=2026-11-01&to=2026-11-30"),
    "kpi_list@manager": Row(
        "200 owner head director; 404 rest", query="?of=upgrades&from=2026-11-01&to=2026-11-30&user={user}"
    ),
    "kpi_norms": Row(SALES, query="?of=productive_calls"),
    "kpi_norms@manager": Row("200 owner head director; 404 rest", query="?of=productive_calls&user={user}"),
    "kpi_norms@nothing": Row("404 rest"),
    "kpi_norm_clients": Row("200 sellers; 404 rest", query="?of=upgrades"),  # the clients are always somebody's
    "kpi_norm_clients@manager": Row("200 owner head director; 404 rest", query="?of=upgrades&user={user}"),
    "kpi_norm_clients@nothing": Row("404 rest", query="?of=offers&user={user}"),
    "kpi_list@nothing": Row("404 rest"),
    "kpi_export": Row(LEADS),
    "kpi_export@department": Row("200 head director; 404 rest", query="?department={department}"),
    "kpi_risk": Row(POST="422 head director; 404 rest", args={"pk": "user"}),
    "kpi_references": Row(LEADS),
    "kpi_references@department": Row("200 head director; 404 rest", query="?department={department}"),
    "kpi_reference_new": Row(LEADS, "422 heads director; 404 rest"),
    "kpi_references_approve": Row(POST="422 heads director; 404 rest"),
    "kpi_references_propose": Row(POST="303 heads director; 404 rest"),
    "pay": Row(SALES),
    "pay@manager": Row("200 owner head director; 404 rest", query="?user={user}"),
    "pay@department": Row(
        "200 owner colleague farmer intern head director; 404 rest", query="?department={department}"
    ),
    "pay_export": Row(LEADS),
    "pay_close": Row(POST="403 heads; 409 director; 404 rest"),
    "pay_scheme": Row(LISTS, LISTS_ACT),
    # ---- staff needed
    "staffing_calculator": Row(LEADS, "409 heads director; 404 rest"),  # nobody is missing: there is no plan
    "staffing_calculator@department": Row(
        "200 head director; 404 rest", "409 head director; 404 rest", query="?department={department}"
    ),
    "staffing_customers": Row(LEADS),
    "staffing_customers@department": Row("200 head director; 404 rest", query="?department={department}"),
    "vacancies": Row(LEADS),
    "vacancies@department": Row("200 head director; 404 rest", query="?department={department}"),
    "vacancies_export": Row(LEADS),
    "vacancies_export@department": Row("200 head director; 404 rest", query="?department={department}"),
    "vacancy": Row("200 head director; 404 rest", "422 head director; 404 rest", {"pk": "vacancy"}),
    "vacancy_open": Row(POST="303 head director; 404 rest", args={"pk": "vacancy"}),
    "vacancy_close": Row(POST="303 head director; 404 rest", args={"pk": "vacancy"}),
    # ---- telephony
    "calls": Row("200 sellers heads director quality; 404 rest"),
    # A PBX has a token of its own; no person may speak for it.
    "telephony_events": api("401 rest", "401 rest", PATCH="401 rest"),
    "telephony_contact": api("401 rest", "401 rest", PATCH="401 rest"),
    "telephony_calls": api("401 rest", "401 rest", PATCH="401 rest"),
    "telephony_call": api("401 rest", "401 rest", PATCH="401 rest", pk="call"),
    # ---- the API
    "api_docs": Row("200 all"),
    "api_schema": api(EVERYBODY),
    "api_clients": api(EVERYBODY, "400 all"),
    "api_client": api(
        "200 owner head director accountant quality; 404 rest",
        PATCH=API_ACT,
        pk="client",
    ),
    "api_client_take": api("405 rest", "409 owner head; 400 director; 403 accountant quality; 404 rest", pk="client"),
    "api_client_contacts": api("200 owner head director accountant quality; 404 rest", API_ACT, pk="client"),
    "api_contacts": api(EVERYBODY),
    "api_cycles": api(EVERYBODY),
    "api_cycle": api("200 owner head director accountant quality; 404 rest", pk="cycle"),
    "api_cycle_advance": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_refuse": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_reserve": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_transfer": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_plan": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_questionnaire": api("200 owner head director quality; 403 accountant; 404 rest", API_ACT, pk="cycle"),
    "api_cycle_terms": api("405 rest", API_ACT, pk="cycle"),
    "api_cycle_offers": api("200 owner head director accountant quality; 404 rest", API_ACT, pk="cycle"),
    "api_cycle_invoices": api("200 owner head director accountant quality; 404 rest", API_ACT, pk="cycle"),
    "api_cycle_contracts": api("200 owner head director accountant quality; 404 rest", API_FILE, pk="cycle"),
    "api_invoice_payments": api(
        "200 owner head director accountant; 404 rest",
        "400 owner head director accountant; 404 rest",
        pk="invoice",
    ),
    "api_orders": api(EVERYBODY),
    "api_order": api("200 owner head director; 404 rest", pk="order"),
    "api_order_recipient": api("405 rest", "400 owner head director; 404 rest", pk="order"),
    "api_tasks": api(EVERYBODY, "400 all"),
    "api_task_done": api("405 rest", "200 owner head director; 404 rest", pk="task"),
    "api_absences": api(EVERYBODY, "400 all"),
    "api_imports": api(EVERYBODY, "415 heads director; 403 rest"),
    "api_import": api("200 head director; 404 rest", pk="import"),
    "api_import_rows": api("200 head director; 404 rest", pk="import"),
    "api_lights": api(LEADS),
    "api_plan_fact": api(SALES),
    "api_users": api(EVERYBODY),
    "api_me": api(EVERYBODY, PATCH="200 all"),
    "api/v1/^.*$": Row("404 rest", "404 rest", is_api=True, PATCH="404 rest"),
}
