from funnels.forms.acts import (
    AdvanceForm,
    CalculationForm,
    ClosingForm,
    ConfirmForm,
    CorrectionForm,
    NextStepForm,
    NoMoreForm,
    PlanForm,
    RefusalForm,
    ReserveForm,
    TakeForm,
    TermsForm,
    TransferForm,
)
from funnels.forms.contacts import ContactForm
from funnels.forms.questionnaires import QuestionnaireForm
from funnels.forms.rotation import DistributionForm, RecipientForm, RotationFilterForm, RotationStartForm
from funnels.forms.tasks import TaskFilterForm, TaskForm

__all__ = [
    "AdvanceForm",
    "CalculationForm",
    "ClosingForm",
    "ConfirmForm",
    "ContactForm",
    "CorrectionForm",
    "DistributionForm",
    "NextStepForm",
    "NoMoreForm",
    "PlanForm",
    "QuestionnaireForm",
    "RecipientForm",
    "RefusalForm",
    "ReserveForm",
    "RotationFilterForm",
    "RotationStartForm",
    "TakeForm",
    "TaskFilterForm",
    "TaskForm",
    "TermsForm",
    "TransferForm",
]
