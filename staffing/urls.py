from django.urls import path

from staffing import views

urlpatterns = [
    path("calculators/staffing/", views.staffing_calculator, name="staffing_calculator"),
    path("calculators/staffing/customers/", views.staffing_customers, name="staffing_customers"),
    path("staffing/vacancies/", views.vacancies, name="vacancies"),
    path("staffing/vacancies/export/", views.vacancies_export, name="vacancies_export"),
    path("staffing/vacancies/<int:pk>/", views.vacancy, name="vacancy"),
    path("staffing/vacancies/<int:pk>/open/", views.vacancy_open, name="vacancy_open"),
    path("staffing/vacancies/<int:pk>/close/", views.vacancy_close, name="vacancy_close"),
]
