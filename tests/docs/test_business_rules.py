"""The table of constants in docs is what the code holds."""

import importlib
import re
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from planning.constants import PerColour, StepRates

PAGE = Path(__file__).resolve().parents[2] / "docs" / "business-rules.md"
ROWS = re.findall(r"\| `([\w.]+)` \| `(.+?)` \|$", PAGE.read_text(), re.M)


def test_the_table_is_not_empty():
    assert len(ROWS) > 30


@pytest.mark.parametrize(("symbol", "value"), ROWS)
def test_documented_constant_is_the_one_in_force(symbol, value):
    module, name = symbol.rsplit(".", 1)
    known = {
        "Fraction": Fraction,
        "PerColour": PerColour,
        "StepRates": StepRates,
        "timedelta": timedelta,
        "__builtins__": {},
    }
    assert getattr(importlib.import_module(module), name) == eval(value, known)
