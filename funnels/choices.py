"""Labels of the values that funnels.constants defines; the pure rules know the values, people read the labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.choices import ClientState


class Colour(models.TextChoices):
    NONE = "none", _("No colour")
    RED = "red", _("Red")
    YELLOW = "yellow", _("Yellow")
    GREEN = "green", _("Green")


# A cycle and its client are in the same state of the method (S2-6).
State = ClientState


class CycleKind(models.TextChoices):
    NEW = "new", _("New sale")
    REPEAT = "repeat", _("Repeat sale")


class Outcome(models.TextChoices):
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    PARKED = "parked", _("Parked")
    EXPIRED = "expired", _("Expired")


class OwnershipReason(models.TextChoices):
    TAKE = "take", _("Taken into work")
    ROTATION = "rotation", _("Rotation")
    RESERVE = "reserve", _("Reserve of the head")
    TRANSFER = "transfer", _("Transfer")
    HANDOVER = "handover", _("Hand-over")
    ABSENCE = "absence", _("Absence")
    DISMISSAL = "dismissal", _("Dismissal")
    INTERN = "intern", _("Intern hand-over")


class ContactKind(models.TextChoices):
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    VISIT = "visit", _("Visit")
    LETTER = "letter", _("Letter")
    MESSAGE = "message", _("Messenger")


class Direction(models.TextChoices):
    OUT = "out", _("Outgoing")
    IN = "in", _("Incoming")


class ContactResult(models.TextChoices):
    TALKED = "talked", _("Talked")
    NO_ANSWER = "no_answer", pgettext_lazy("contact", "No answer")
    CALLBACK = "callback", _("Call back")
    REFUSED = "refused", pgettext_lazy("contact", "Refused")


class Place(models.TextChoices):
    OFFICE = "office", _("Our office")
    CLIENT = "client", _("At the client's")
    NEUTRAL = "neutral", _("Neutral place")


class ProgressKind(models.TextChoices):
    DESIGN_TASK = "design_task", _("Preparation of the design task")
    SURVEY = "survey", _("Technical survey")
    OFFER_PREPARATION = "offer_preparation", _("Preparation of the offer")
    REPEAT_MEETING = "repeat_meeting", _("Repeat meeting")


class RefusalReason(models.TextChoices):
    NOT_OURS = "not_ours", _("Not our client")
    NO_MONEY = "no_money", _("No money")
    CRISIS = "crisis", _("Crisis")
    SECURITY_REPUTATION = "security_reputation", _("Security check or reviews")
    COMPETITOR = "competitor", _("Chose a competitor")
    OTHER = "other", _("Other")


class FactKind(models.TextChoices):
    FIRST_CONTACT = "first_contact", _("First productive contact")
    QUESTIONNAIRE_FULL = "questionnaire_full", _("Questionnaire complete")
    INTEREST = "interest", _("Interest")
    PROGRESS = "progress", pgettext_lazy("funnel", "Progress")
    OFFER_SENT = "offer_sent", _("Offer sent")
    OFFER_DISCUSSED = "offer_discussed", _("Offer discussed")
    TERMS_DISCUSSED = "terms_discussed", _("Terms discussed")
    TERMS_AGREED = "terms_agreed", _("Terms agreed")
    CALCULATION_ACCEPTED = "calculation_accepted", _("Calculation or survey accepted")
    INVOICE_ISSUED = "invoice_issued", _("Invoice issued")
    CONTRACT_SIGNED = "contract_signed", _("Contract signed")
    PAYMENT = "payment", _("Payment")
    CLOSING_SIGNED = "closing_signed", _("Closing documents signed")


class EvidenceType(models.TextChoices):
    CONTACT = "contact", _("Contact")
    QUESTIONNAIRE = "questionnaire", _("Questionnaire")
    OFFER = "offer", _("Offer")
    INVOICE = "invoice", _("Invoice")
    CONTRACT = "contract", _("Contract")
    PAYMENT = "payment", _("Payment")
    CYCLE = "cycle", _("Sales cycle")


class TaskKind(models.TextChoices):
    NEXT_STEP = "next_step", _("Next step")
    CALLBACK = "callback", _("Call back")
    FIRST_CONTACT = "first_contact", _("First contact")
    HEAD_DECISION = "head_decision", _("Decision of the head")
    HANDOVER = "handover", _("Hand-over")
    ASSIGN = "assign", _("Assign from the reserve")
    OTHER = "other", _("Task")


class OrderStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    HELD = "held", _("Held by the flood guard")
    WAITING_QUOTA = "waiting_quota", _("Waits for the daily quota")
    EXECUTED = "executed", _("Executed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_ORDER_STATUSES = (OrderStatus.QUEUED, OrderStatus.HELD, OrderStatus.WAITING_QUOTA)


class OrderKind(models.TextChoices):
    STAGNATION = "stagnation", _("Stagnation")
    TRANSFER = "transfer", _("Decreed transfer")


class ViolationKind(models.TextChoices):
    COLOUR_10_DAYS = "10_days", _("More than 10 days in one colour")
    STATE_10_DAYS = "state_10_days", _("More than 10 days in one state")


class MovementKind(models.TextChoices):
    UPGRADE = "upgrade", _("Colour rose")
    PAYMENT = "payment", _("Payment")
    FULL_PAYMENT = "full_payment", _("Full payment")


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    CHOICE = "choice", _("Choice")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
