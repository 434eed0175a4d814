from staffing.views.calculator import staffing_calculator
from staffing.views.vacancies import vacancies, vacancy, vacancy_close, vacancy_open

__all__ = ["staffing_calculator", "vacancies", "vacancy", "vacancy_close", "vacancy_open"]
