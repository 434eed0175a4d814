from funnels.models.contacts import Contact, Question, Questionnaire, QuestionnaireTemplate
from funnels.models.cycles import ColourChange, Fact, Movement, Ownership, SalesCycle, StateChange
from funnels.models.rotation import ColourNorm, DepartmentReview, RotationOrder, Violation
from funnels.models.tasks import Task

__all__ = [
    "ColourChange",
    "ColourNorm",
    "Contact",
    "DepartmentReview",
    "Fact",
    "Movement",
    "Ownership",
    "Question",
    "Questionnaire",
    "QuestionnaireTemplate",
    "RotationOrder",
    "SalesCycle",
    "StateChange",
    "Task",
    "Violation",
]
