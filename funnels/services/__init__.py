"""Acts of the funnel: guard → write → log → announce. Pages, API, import and PBX call the same functions."""

from funnels.services.access import ensure_may_work, lock_client, lock_cycle, may_work, open_cycle_of
from funnels.services.ages import warn_ages
from funnels.services.audits import alert_conversions, alert_low_worklists, alert_no_movement, audit_of, audit_worklists
from funnels.services.clocks import fill_clock, fill_term, recompute_clocks
from funnels.services.colours import fact_rows, refresh_colour, situation_of, verdict_of
from funnels.services.contacts import ContactData, log_contact, preview_credit
from funnels.services.distribution import count_clients, distribute_list
from funnels.services.exits import accept_handover, close_cycle, confirm_no_more, park, refuse, sign_closing, win_cycle
from funnels.services.facts import accept_calculation, agree_terms, plan_sale, record_fact, revoke_fact, set_money
from funnels.services.flags import flag_stagnant
from funnels.services.golive import DryRunRow, preview_dry_run, set_rotation_start
from funnels.services.owners import ban_retake, change_owner, transfer
from funnels.services.questionnaires import active_template, questionnaire_of, save_questionnaire, seed_questionnaire
from funnels.services.rechecks import recheck_colours
from funnels.services.rotation import EXECUTES_AT, change_recipient, execute_rotations, executes_at, release_held
from funnels.services.rotation_export import export_history
from funnels.services.states import advance, correct_state, step_context
from funnels.services.steps import set_next_step
from funnels.services.taking import take_into_work
from funnels.services.tasks import cancel_tasks, complete_task, create_task, move_tasks
from funnels.services.terms import expire_terms
from funnels.services.texts import missing_list, missing_text, reason_text

__all__ = [
    "EXECUTES_AT",
    "ContactData",
    "DryRunRow",
    "accept_calculation",
    "accept_handover",
    "active_template",
    "advance",
    "agree_terms",
    "alert_conversions",
    "alert_low_worklists",
    "alert_no_movement",
    "audit_of",
    "audit_worklists",
    "ban_retake",
    "cancel_tasks",
    "change_owner",
    "change_recipient",
    "close_cycle",
    "complete_task",
    "confirm_no_more",
    "correct_state",
    "count_clients",
    "create_task",
    "distribute_list",
    "ensure_may_work",
    "execute_rotations",
    "executes_at",
    "expire_terms",
    "export_history",
    "fact_rows",
    "fill_clock",
    "fill_term",
    "flag_stagnant",
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
    "preview_credit",
    "preview_dry_run",
    "questionnaire_of",
    "reason_text",
    "recheck_colours",
    "recompute_clocks",
    "record_fact",
    "refresh_colour",
    "refuse",
    "release_held",
    "revoke_fact",
    "save_questionnaire",
    "seed_questionnaire",
    "set_money",
    "set_next_step",
    "set_rotation_start",
    "sign_closing",
    "situation_of",
    "step_context",
    "take_into_work",
    "transfer",
    "verdict_of",
    "warn_ages",
    "win_cycle",
]
