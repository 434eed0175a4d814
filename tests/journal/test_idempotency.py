from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import Department
from common.errors import Conflict
from journal.models import IdempotencyKey
from journal.services import claim_key, keep_answer


def act(key: str, request_hash: str = "a" * 64) -> tuple[int, dict]:
    with transaction.atomic():
        row = claim_key(user_id=1, key=key, request_hash=request_hash)
        if row.status is None:
            department = Department.objects.create(name=f"Отдел {Department.objects.count()}")
            keep_answer(row, status=201, response={"id": department.pk})
        return row.status, row.response


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer_and_does_nothing():
    assert act("k") == act("k")
    assert Department.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_requests_at_once_act_once():
    def call(_):
        try:
            return act("k")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert len({str(answer) for answer in answers}) == 1
    assert Department.objects.count() == 1


@pytest.mark.django_db
def test_one_key_for_two_requests_is_refused():
    act("k")
    with pytest.raises(Conflict) as refused:
        act("k", "b" * 64)
    assert refused.value.code == "key_reused"


@pytest.mark.django_db(transaction=True)
def test_a_failed_act_leaves_no_key_behind():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        claim_key(user_id=1, key="k", request_hash="a" * 64)
        raise ZeroDivisionError
    assert not IdempotencyKey.objects.exists()
    assert act("k")[0] == 201
