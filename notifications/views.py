"""The bell, and in a demo the letters that a real installation would send."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.rules import PRIVILEGED_ROLES
from common.acts import answers_refusals, done
from common.htmx import redirect, toast, wants_fragment
from notifications import services
from notifications.constants import PAGE
from notifications.forms import MailSearchForm, PageForm
from notifications.models import Notice, OutboxMail
from notifications.selectors import unread_count
from notifications.tasks import wake_outbox

# A letter is somebody else's HTML: nothing of it may run, load or be sent.
LETTER_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    return _notices(request)


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    changed = services.mark_read(user=request.user)  # type: ignore[arg-type]
    if not wants_fragment(request):
        return redirect(request, "/notices/")
    response = _notices(request)
    return toast(response, _("All read.")) if changed else response


def _notices(request: HttpRequest) -> HttpResponse:
    before = PageForm(request.GET).before()
    rows = Notice.objects.visible_to(request.user)  # type: ignore[arg-type]
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    context = {
        "notices": page[:PAGE],
        "next_before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "unread": unread_count(request.user),  # type: ignore[arg-type]
    }
    template = "notifications/_notices.html" if wants_fragment(request) else "notifications/notices.html"
    return render(request, template, context)


@never_cache
@require_GET
def failed_mail(request: HttpRequest) -> HttpResponse:
    """Letters that were given up, for those who can do something about it; without subject and text."""
    _only_for_operators(request)
    rows = OutboxMail.objects.failed_for(request.user).select_related("recipient").defer("html", "text", "subject")  # type: ignore[arg-type]
    if before := PageForm(request.GET).before():
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    context = {"mails": page[:PAGE], "next_before": page[PAGE - 1].pk if len(page) > PAGE else None}
    return render(request, "notifications/failed_mail.html", context)


@require_POST
@answers_refusals
def failed_mail_resend(request: HttpRequest, pk: int) -> HttpResponse:
    _only_for_operators(request)
    mail = get_object_or_404(OutboxMail.objects.failed_for(request.user), pk=pk)  # type: ignore[arg-type]
    services.resend(mail=mail, actor=request.user)  # type: ignore[arg-type]
    wake_outbox()
    return done(request, _("The letter is on its way again."), reverse("failed_mail"))


@never_cache
@require_GET
def mail_box(request: HttpRequest) -> HttpResponse:
    _only_in_demo()
    form = MailSearchForm(request.GET)
    rows = OutboxMail.objects.visible_to(request.user).select_related("recipient").defer("html")  # type: ignore[arg-type]
    if text := form.text():
        rows = rows.matching(text)
    if before := form.before():
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    context = {
        "mails": page[:PAGE],
        "search_text": text,
        "next_before": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    template = "notifications/_mails.html" if wants_fragment(request) else "notifications/mail_box.html"
    return render(request, template, context)


@never_cache
@require_GET
def mail_letter(request: HttpRequest, pk: int) -> HttpResponse:
    _only_in_demo()
    mail = get_object_or_404(OutboxMail.objects.visible_to(request.user).select_related("recipient"), pk=pk)  # type: ignore[arg-type]
    return render(request, "notifications/mail_letter.html", {"mail": mail})


@never_cache
@require_GET
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as a mail program shows it, alone in its window."""
    _only_in_demo()
    mail = get_object_or_404(OutboxMail.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    return HttpResponse(mail.html, headers={"Content-Security-Policy": LETTER_POLICY})


def _only_for_operators(request: HttpRequest) -> None:
    if request.user.role not in PRIVILEGED_ROLES:  # type: ignore[union-attr,operator]
        raise PermissionDenied


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404
