"""What every calculator page is made of: numbers of the address, defaults with their source, figures in words."""

from planning.views.calculators.books import forecast_book, funnel_book, plan_book
from planning.views.calculators.fields import NumberField, RoubleField, ShareField, WholeField, read_number
from planning.views.calculators.forecast import forecast_calculator
from planning.views.calculators.forms import CalculatorForm, Default, address_of
from planning.views.calculators.funnel import funnel_calculator
from planning.views.calculators.making import make_plan
from planning.views.calculators.passages import passages_book, passages_page
from planning.views.calculators.plan import first_calculator, plan_calculator
from planning.views.calculators.scope import Place, menus_of, place_of
from planning.views.calculators.texts import (
    because,
    figure_text,
    light,
    money_text,
    number_text,
    problem_text,
    rounded,
    setting_source,
    share_text,
    typed_number,
    typed_share,
)

__all__ = [
    "CalculatorForm",
    "Default",
    "NumberField",
    "Place",
    "RoubleField",
    "ShareField",
    "WholeField",
    "address_of",
    "because",
    "figure_text",
    "first_calculator",
    "forecast_book",
    "forecast_calculator",
    "funnel_book",
    "funnel_calculator",
    "light",
    "make_plan",
    "menus_of",
    "money_text",
    "number_text",
    "passages_book",
    "passages_page",
    "place_of",
    "plan_book",
    "plan_calculator",
    "problem_text",
    "read_number",
    "rounded",
    "setting_source",
    "share_text",
    "typed_number",
    "typed_share",
]
