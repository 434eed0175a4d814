import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from clients.models import Category, Segment
from funnels.models import Question

OPTIONS = {"name": "ООО «Ель»", "login": "root", "email": "root@example.org", "password_stdin": True}


@pytest.mark.django_db
def test_the_first_set_up_leaves_an_installation_ready_for_work(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse-battery-7\n"))
    call_command("create_organisation", **OPTIONS, stdout=io.StringIO())
    assert User.objects.get().role == "administrator"
    assert sorted(Segment.objects.values_list("term_days", flat=True)) == [14, 30, 40]
    assert Category.objects.exists()
    assert Question.objects.filter(is_required=True).count() == 20
    with pytest.raises(CommandError):
        call_command("create_organisation", **OPTIONS, stdout=io.StringIO())
    assert Segment.objects.count() == 3
