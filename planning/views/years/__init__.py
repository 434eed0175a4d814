"""Plans of a year: scopes, drafts, versions, division between people, targets from a table."""

from planning.views.years.dividing import year_divide
from planning.views.years.editor import year_draft
from planning.views.years.importing import import_template, year_import
from planning.views.years.lists import year_plans
from planning.views.years.versions import year_approve, year_compare, year_drop, year_plan

__all__ = [
    "import_template",
    "year_approve",
    "year_compare",
    "year_divide",
    "year_draft",
    "year_drop",
    "year_import",
    "year_plan",
    "year_plans",
]
