from staffing.views.calculator import staffing_calculator
from staffing.views.customers import staffing_customers
from staffing.views.vacancies import vacancies, vacancy, vacancy_close, vacancy_open
from staffing.views.vacancy_book import vacancies_export

__all__ = [
    "staffing_calculator",
    "staffing_customers",
    "vacancies",
    "vacancies_export",
    "vacancy",
    "vacancy_close",
    "vacancy_open",
]
