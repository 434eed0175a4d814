"""The needs questionnaire of a cycle: completeness = answered required / required (R-S3-16)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, StaleVersion
from funnels.choices import EvidenceType, FactKind
from funnels.models import Fact, Question, Questionnaire, QuestionnaireTemplate, SalesCycle
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from funnels.services.facts import settle_facts, write_fact
from journal.services import record

MAX_ANSWER = 2000

# The first questionnaire of an installation (R-S3-16): 20 required questions, edited later by the administrator.
SEED_NAME = "Анкета потребностей клиента"
SEED_QUESTIONS = (
    (
        "Компания",
        (
            "Чем занимается компания?",
            "Сколько человек работает?",
            "Сколько площадок и где они?",
            "Кто главный заказчик?",
        ),
    ),
    (
        "Потребности",
        (
            "Какую задачу нужно решить?",
            "Как задача решается сейчас?",
            "Что не устраивает в нынешнем решении?",
            "Какой объём нужен в месяц?",
            "Какие требования к качеству?",
            "Что будет, если задачу не решать?",
        ),
    ),
    ("Бюджет", ("Какой бюджет предусмотрен?", "Из какой статьи платят?", "Какие условия оплаты привычны?")),
    (
        "Как решают",
        (
            "Кто принимает решение?",
            "Кто влияет на решение?",
            "Как проходит согласование?",
            "По каким критериям выбирают?",
        ),
    ),
    ("Сроки", ("Когда нужно начать?", "К какой дате нужен результат?", "Что может сдвинуть сроки?")),
)
SEED_OPTIONAL = ("Конкуренты", ("С кем сравнивают?", "С кем работали раньше?", "Почему ушли?"))


@transaction.atomic
def seed_questionnaire() -> QuestionnaireTemplate:
    """The questionnaire of a fresh installation; what is already there stays."""
    known = QuestionnaireTemplate.objects.filter(is_active=True).first()
    if known is not None:
        return known
    template = QuestionnaireTemplate.objects.create(name=SEED_NAME)
    rows = [(section, text, True) for section, texts in SEED_QUESTIONS for text in texts]
    rows += [(SEED_OPTIONAL[0], text, False) for text in SEED_OPTIONAL[1]]
    Question.objects.bulk_create(
        [
            Question(template=template, section=section, text=text, is_required=is_required, order=number)
            for number, (section, text, is_required) in enumerate(rows, start=1)
        ]
    )
    return template


def active_template() -> QuestionnaireTemplate:
    """The newest active template; Conflict when the administrator has not set one up."""
    template = QuestionnaireTemplate.objects.filter(is_active=True).order_by("-version", "-pk").first()
    if template is None:
        raise Conflict(_("There is no questionnaire: ask the administrator."))
    return template


def questionnaire_of(cycle: SalesCycle) -> Questionnaire:
    """The questionnaire of a cycle, made empty on first use."""
    found = Questionnaire.objects.select_related("template").filter(cycle=cycle).first()
    if found is not None:
        return found
    template = active_template()
    required = Question.objects.filter(template=template, is_required=True).count()
    made, _new = Questionnaire.objects.get_or_create(
        cycle=cycle, defaults={"template": template, "required": required, "updated_at": clock.now()}
    )
    return made


@transaction.atomic
def save_questionnaire(
    *, cycle: SalesCycle, actor: User, answers: Mapping[str, str], version: int | None = None
) -> Questionnaire:
    """Saves answers `{question id: text}`; unnamed questions keep theirs, an empty text clears one.

    The first time it is complete a fact is recorded. Raises StaleVersion when another person has saved since
    `version`, Invalid for a question of another template or an answer longer than 2000 characters.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    form = questionnaire_of(cycle)
    if version is not None and version != form.version:
        raise StaleVersion(
            _("Another person has saved the questionnaire meanwhile."), current={"version": form.version}
        )
    questions = {str(question.pk): question for question in form.template.questions.all()}
    errors = {key: _("There is no such question.") for key in answers if key not in questions}
    errors |= {key: _("The answer is too long.") for key, value in answers.items() if len(value) > MAX_ANSWER}
    errors |= {
        key: _("Choose one of the answers.")
        for key, value in answers.items()
        if key in questions and value and questions[key].choices and value not in questions[key].choices
    }
    if errors:
        raise Invalid(errors)
    merged = {**form.answers, **{key: value.strip() for key, value in answers.items()}}
    before = form.percent
    form.answers = {key: value for key, value in merged.items() if value}
    form.answered_required = sum(
        1 for key, question in questions.items() if question.is_required and form.answers.get(key)
    )
    form.required = sum(1 for question in questions.values() if question.is_required)
    day, at = clock.today(), clock.now()
    is_full = form.required > 0 and form.answered_required == form.required
    form.completed_on = (form.completed_on or day) if is_full else None
    form.updated_at, form.updated_by = at, actor
    form.version += 1
    form.save()
    standing = Fact.objects.filter(
        cycle=cycle, kind=FactKind.QUESTIONNAIRE_FULL, revokes__isnull=True, revoked_by__isnull=True
    ).exists()
    if is_full and not standing:
        fact = write_fact(
            cycle=cycle,
            kind=FactKind.QUESTIONNAIRE_FULL,
            on=day,
            evidence_type=EvidenceType.QUESTIONNAIRE,
            evidence_id=form.pk,
            day=day,
            at=at,
            actor=actor,
        )
        settle_facts(cycle=cycle, facts=[fact], day=day, at=at, actor=actor)
    record(
        action="questionnaire.save",
        obj=form,
        actor=actor,
        before={"percent": before},
        after={"percent": form.percent, "client": cycle.client_id},
    )
    return form
