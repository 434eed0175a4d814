"""Pages of the UI kit for its browser test: the shell with rows, a contact form, a dialog; no model, no database."""

import json
import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from common import svg

KIT = Path(__file__).parent / "kit"
NAV = [
    {"url": "/", "label": "Мой день", "icon": "house", "count": 14, "active": True, "key": "D"},
    {"url": "/clients/", "label": "Клиенты", "icon": "users", "count": 70, "active": False, "key": "K"},
]
PAGE = (KIT / "page.html").read_text(encoding="utf-8")
FORM = (KIT / "form.html").read_text(encoding="utf-8")
CARD = '{% extends "base.html" %}{% block title %}Card{% endblock %}{% block content %}<h1>Card</h1>{% endblock %}'
DIALOG = (KIT / "dialog.html").read_text(encoding="utf-8")

saved: list[dict[str, str]] = []


def _render(source: str, request: HttpRequest, status: int = 200, **context: object) -> HttpResponse:
    shell = {"nav_items": NAV, "user_name": "Мария Иванова", "user_role": "Хантер", "can_create_client": True}
    days = [svg.CumulativeDay(str(n), plan=n * 10, fact=n * 9 if n < 4 else None) for n in range(1, 8)]
    chart = svg.cumulative(days, title="Total", unit=1)
    page = engines["django"].from_string(source)
    text = page.render({**shell, "can_log_contact": True, "chart": chart, **context}, request)
    return HttpResponse(text, status=status)


def page(request: HttpRequest) -> HttpResponse:
    return _render(PAGE, request)


def card(request: HttpRequest) -> HttpResponse:
    return _render(CARD, request)


def dialog(request: HttpRequest) -> HttpResponse:
    return _render(DIALOG, request)


def contact(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _render(FORM, request)
    saved.append(request.POST.dict())
    # Long enough for a second click to arrive while the first save is under way.
    time.sleep(0.3)
    if request.POST["note"] == "bad":
        return _render(FORM, request, status=422, bad=True)
    response = HttpResponse('<p id="saved">Saved</p>')
    response["HX-Trigger"] = json.dumps({"toast": {"text": "Контакт записан", "level": "success"}})
    return response


urlpatterns = [
    path("", page),
    path("card/", card),
    path("clients/", card),
    path("clients/new/", card),
    path("contact/", contact),
    path("dialog/", dialog),
    path("", include("config.urls")),  # the names the shell links to
]
