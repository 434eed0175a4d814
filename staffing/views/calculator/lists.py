"""Where the numbers that the staffing calculator starts from are listed."""

from __future__ import annotations

from datetime import timedelta

from clients.choices import Section
from planning.constants import Colour
from planning.views.calculators.forms import address_of
from planning.views.calculators.lists import cheques_url, passages_url, plan_url
from planning.views.calculators.scope import Place
from staffing.constants import CustomerSize
from staffing.selectors import StaffInputs
from staffing.views.calculator.form import Block, customer_names

CUSTOMERS = "/calculators/staffing/customers/"


def lists_of(place: Place, inputs: StaffInputs, blocks: list[Block]) -> dict[str, str]:
    """By field: plan, deals of the cheque, cases of the conversions, the people and customers counted.

    Customers without a label are counted as small ones, whom no filter of clients tells apart: they have a list of
    their own.
    """
    found = {"managers": "#people"}
    for block in blocks:
        found[block.name("plan")] = plan_url(place.department, inputs.month)
        if block.segment is None:
            continue
        until = place.today - timedelta(days=1)
        found[block.name("average_cheque")] = cheques_url(place.department, until, block.segment)
        for colour in Colour:
            found[block.name(f"p_{colour}")] = passages_url(place, str(colour), segment=block.segment)
    for size in CustomerSize:
        if size is CustomerSize.SMALL:
            found[customer_names(size)[0]] = address_of(CUSTOMERS, {"department": place.department.pk})
        else:
            asked = {"section": Section.CUSTOMERS.value, "department": place.department.pk, "size": size.value}
            found[customer_names(size)[0]] = address_of("/clients/", asked)
    return found
