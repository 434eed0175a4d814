"""Tasks in scope: list, set, close."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import Role
from clients.models import Client
from common import clock
from common.api import documented
from common.errors import Invalid, NotAllowed
from funnels.api.base import colleague
from funnels.choices import TaskKind
from funnels.models import Task
from funnels.serializers import TaskInput, TaskQuery, TaskSerializer
from funnels.services import complete_task, create_task, ensure_may_work
from journal.api import ActView


@extend_schema_view(post=documented("tasks_create", "Set a task", body=TaskInput, answer=TaskSerializer, status=201))
class TasksView(ActView):
    @documented("tasks_list", "Tasks in scope, overdue first", answer=TaskSerializer, query=TaskQuery, is_paged=True)
    def get(self, request: Request) -> Response:
        asked = self.asked(TaskQuery)
        rows: QuerySet[Task] = Task.objects.visible_to(self.person).filter(done_at__isnull=asked["is_open"])
        if "assignee" in asked:
            rows = rows.filter(assignee_id=asked["assignee"])
        if "client" in asked:
            rows = rows.filter(client_id=asked["client"])
        return self.page(
            rows,
            asked,
            lambda found: TaskSerializer(found, many=True).data,
            field="due_at",
            is_descending=not asked["is_open"],
        )

    def perform(self, request: Request) -> Response:
        data = self.read(TaskInput)
        client = assignee = None
        if data.get("client") is not None:
            client = Client.objects.visible_to(self.person).filter(pk=data["client"]).first()
            if client is None:
                raise Invalid({"client": _("There is no such client.")})
            ensure_may_work(self.person, client)
        if "assignee" in data:
            assignee = colleague(self.person, data["assignee"], "assignee")
            if assignee.pk != self.person.pk and self.person.role not in (Role.HEAD, Role.DIRECTOR):
                raise NotAllowed(_("Only a head sets tasks for others."))
        if clock.day_of(data["due_at"]) < clock.today():
            raise Invalid({"due_at": _("The date is in the past.")})
        task = create_task(
            kind=TaskKind.OTHER,
            text=data["text"],
            due_at=data["due_at"],
            has_time=data["has_time"],
            assignee=assignee or self.person,
            client=client,
            actor=self.person,
        )
        return Response(TaskSerializer(task).data, status=201)


@extend_schema_view(post=documented("tasks_done", "Close a task", answer=TaskSerializer))
class TaskDoneView(ActView):
    def perform(self, request: Request, pk: int) -> Response:
        task = get_object_or_404(Task.objects.visible_to(self.person), pk=pk)
        return Response(TaskSerializer(complete_task(task=task, actor=self.person)).data)
