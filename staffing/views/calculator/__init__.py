"""The staffing calculator: form, defaults, questions to the calculator, answers in words."""

from staffing.views.calculator.page import staffing_calculator

__all__ = ["staffing_calculator"]
