from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk.views.card import client_card

__all__ = ["client_card", "csrf_failure"]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
