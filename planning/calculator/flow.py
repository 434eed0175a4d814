"""Throughput of a funnel: how many clients must pass each colour, and how many are there at once (Little's law)."""

from dataclasses import dataclass
from fractions import Fraction

from common.money import Exact
from planning.calculator.inputs import Checks
from planning.constants import FLOW_DAYS, Colour, PerColour, Reference


@dataclass(frozen=True)
class Flow:
    """Clients of one period, exact: `deals` paid, `through` by colour (its red are the clients taken into work).

    `concurrent` is how many of each colour are in work at once.
    """

    deals: Fraction
    through: PerColour
    concurrent: PerColour

    @property
    def entries(self) -> Fraction:
        return self.through.red

    @property
    def list_size(self) -> Fraction:
        """L: clients in work at once, all colours."""
        return self.concurrent.red + self.concurrent.yellow + self.concurrent.green


def flow_for(*, money: Exact, average_cheque: Exact, reference: Reference, days: int = FLOW_DAYS) -> Flow:
    """The flow that brings `money` roubles in `days` calendar days (R-S0-A3, section 3.2 steps 1 and 2).

    WrongInput by field: money, average_cheque, days.
    """
    checks = Checks()
    checks.money("money", money)
    checks.money("average_cheque", average_cheque, positive=True)
    checks.whole("days", days, positive=True)
    checks.done()
    deals = Fraction(money) / Fraction(average_cheque)
    through = PerColour(*(deals / reference.to_payment(colour) for colour in Colour))
    at_once = PerColour(*(through[colour] * reference.days[colour] / days for colour in Colour))
    return Flow(deals, through, at_once)
