"""Acts of the funnel: guard → write → log → announce. Pages, API, import and PBX call the same functions."""

from funnels.services.access import ensure_may_work, lock_client, lock_cycle, may_work, open_cycle_of
from funnels.services.clocks import fill_clock, fill_term, recompute_clocks
from funnels.services.colours import fact_rows, recheck_colours, refresh_colour, situation_of, verdict_of
from funnels.services.contacts import ContactData, log_contact
from funnels.services.exits import accept_handover, close_cycle, confirm_no_more, park, refuse, sign_closing, win_cycle
from funnels.services.facts import accept_calculation, agree_terms, plan_sale, record_fact, revoke_fact, set_money
from funnels.services.owners import ban_retake, change_owner, transfer
from funnels.services.questionnaires import active_template, questionnaire_of, save_questionnaire
from funnels.services.states import advance, correct_state, step_context
from funnels.services.steps import set_next_step
from funnels.services.taking import take_into_work
from funnels.services.tasks import cancel_tasks, complete_task, create_task, move_tasks
from funnels.services.texts import missing_list, missing_text, reason_text

__all__ = [
    "ContactData",
    "accept_calculation",
    "accept_handover",
    "active_template",
    "advance",
    "agree_terms",
    "ban_retake",
    "cancel_tasks",
    "change_owner",
    "close_cycle",
    "complete_task",
    "confirm_no_more",
    "correct_state",
    "create_task",
    "ensure_may_work",
    "fact_rows",
    "fill_clock",
    "fill_term",
    "lock_client",
    "lock_cycle",
    "log_contact",
    "may_work",
    "missing_list",
    "missing_text",
    "move_tasks",
    "open_cycle_of",
    "park",
    "plan_sale",
    "questionnaire_of",
    "reason_text",
    "recheck_colours",
    "recompute_clocks",
    "record_fact",
    "refresh_colour",
    "refuse",
    "revoke_fact",
    "save_questionnaire",
    "set_money",
    "set_next_step",
    "sign_closing",
    "situation_of",
    "step_context",
    "take_into_work",
    "transfer",
    "verdict_of",
    "win_cycle",
]
