"""Imports: upload a table, ask how far it is, read its rows. Cards are told with their colour, by the room above."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Department
from clients.models import ImportRow, ImportRun
from clients.selectors import can_import
from clients.serializers import ImportInput, ImportRowQuery, ImportRowSerializer, ImportSerializer
from clients.services import receive_import
from clients.tasks import process_import
from common.api import ApiView, PageQuery, documented
from common.errors import Invalid, NotAllowed
from journal.api import ActView
from notifications.tasks import wake


@extend_schema_view(
    post=documented(
        "imports_create",
        "Upload a table of clients; it is read in the queue",
        body={"multipart/form-data": ImportInput},
        answer=ImportSerializer,
        status=202,
    )
)
class ImportsView(ActView):
    parser_classes = [MultiPartParser]

    @documented(
        "imports_list", "Imports in scope, newest first", answer=ImportSerializer, query=PageQuery, is_paged=True
    )
    def get(self, request: Request) -> Response:
        runs = ImportRun.objects.visible_to(self.person)
        return self.page(runs, self.asked(PageQuery), lambda rows: ImportSerializer(rows, many=True).data)

    def perform(self, request: Request) -> Response:
        if not can_import(self.person):
            raise NotAllowed(_("You may not import clients."))
        data = self.read(ImportInput)
        department = None
        if "department" in data:
            department = Department.objects.visible_to(self.person).filter(pk=data["department"]).first()
            if department is None:
                raise Invalid({"department": _("There is no such department.")})
        run = receive_import(file=data["file"], actor=self.person, department=department, is_dry=data["is_dry"])
        wake(process_import, run.pk)
        return Response(ImportSerializer(run).data, status=202)


class ImportView(ApiView):
    @documented("imports_read", "How far an import is", answer=ImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ImportSerializer(get_object_or_404(ImportRun.objects.visible_to(self.person), pk=pk)).data)


class ImportRowsView(ApiView):
    @documented(
        "imports_rows", "What became of each row", answer=ImportRowSerializer, query=ImportRowQuery, is_paged=True
    )
    def get(self, request: Request, pk: int) -> Response:
        asked = self.asked(ImportRowQuery)
        run = get_object_or_404(ImportRun.objects.visible_to(self.person), pk=pk)
        rows = ImportRow.objects.visible_to(self.person).filter(run=run)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return self.page(
            rows,
            asked,
            lambda found: ImportRowSerializer(found, many=True).data,
            field="row_no",
            is_descending=False,
        )
