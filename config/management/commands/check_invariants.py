"""`manage.py check_invariants`: what must be zero in any healthy database; exit 1 unless it is."""

from __future__ import annotations

import sys
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import connection

from journal.selectors import broken_seals

SEALS: Final = "the audit log is as it was sealed"

# Name, why, SQL that counts the offences.
INVARIANTS: Final[tuple[tuple[str, str], ...]] = (
    (
        "one item per run and object",
        """SELECT count(*) FROM (SELECT 1 FROM journal_jobitem GROUP BY run_id, object_type, object_id
           HAVING count(*) > 1) x""",
    ),
    (
        "one run per job and day",
        "SELECT count(*) FROM (SELECT 1 FROM journal_jobrun GROUP BY job, business_date HAVING count(*) > 1) x",
    ),
    (
        "every executed rotation is audited",
        """SELECT count(*) FROM funnels_rotationorder o WHERE o.status = 'executed' AND o.kind = 'stagnation'
           AND NOT EXISTS (SELECT 1 FROM journal_auditevent a WHERE a.action = 'rotation.execute'
           AND a.object_type = 'funnels.rotationorder' AND a.object_id = o.id)""",
    ),
    (
        "what a run has handled is audited in that run",
        """SELECT count(*) FROM journal_jobitem i WHERE
           i.object_type = 'funnels.rotationorder' AND EXISTS (SELECT 1 FROM journal_jobrun r, funnels_rotationorder o
             WHERE r.id = i.run_id AND r.job = 'rotation' AND o.id = i.object_id AND o.status = 'executed')
             AND (SELECT count(*) FROM journal_auditevent a WHERE a.action = 'rotation.execute'
               AND a.object_type = i.object_type AND a.object_id = i.object_id AND (a.run_id IS NULL OR EXISTS
               (SELECT 1 FROM journal_jobitem j WHERE j.run_id = a.run_id AND j.object_type = i.object_type
                AND j.object_id = i.object_id))) <> 1
           OR i.object_type = 'funnels.ownership' AND i.result = 'flagged' AND (SELECT count(*)
             FROM journal_auditevent a JOIN funnels_ownership w ON w.id = i.object_id WHERE a.run_id = i.run_id AND (
               a.action = 'rotation.flag' AND a.object_type = 'funnels.rotationorder' AND a.object_id IN
                 (SELECT o.id FROM funnels_rotationorder o WHERE o.ownership_id = w.id)
               OR a.action = 'cycle.stagnation' AND a.object_type = 'funnels.salescycle'
                 AND a.object_id = w.cycle_id)) <> 1
           OR i.object_type = 'funnels.violation' AND i.result = 'state' AND (SELECT count(*)
             FROM journal_auditevent a JOIN funnels_violation v ON v.id = i.object_id WHERE a.run_id = i.run_id
             AND a.action = 'state.flag' AND a.object_type = 'funnels.salescycle' AND a.object_id = v.cycle_id) <> 1
           OR (i.object_type, i.result) IN (('funnels.salescycle', 'term'), ('clients.client', 'recall')) AND (SELECT count(*)
             FROM journal_auditevent a WHERE a.run_id = i.run_id AND a.object_type = i.object_type
             AND a.object_id = i.object_id AND a.action IN ('cycle.expire', 'client.recall_due')) <> 1""",
    ),
    (
        "a client's version is one more than its audited changes",
        """SELECT count(*) FROM clients_client c LEFT JOIN (
             SELECT client, count(*) n FROM (
               SELECT a.object_id client FROM journal_auditevent a WHERE a.object_type = 'clients.client'
                 AND a.action IN ('client.edit', 'client.take', 'client.handover')
               UNION ALL SELECT s.client_id FROM journal_auditevent a JOIN funnels_salescycle s ON s.id = a.object_id
                 WHERE a.object_type = 'funnels.salescycle' AND (a.action IN ('cycle.transfer', 'cycle.handover',
                 'cycle.refuse', 'cycle.park', 'cycle.expire', 'cycle.win') OR a.action = 'cycle.no_more' AND a.after ? 'state')
               UNION ALL SELECT o.client_id FROM journal_auditevent a JOIN funnels_rotationorder o ON o.id = a.object_id
                 WHERE a.action = 'rotation.execute' AND a.object_type = 'funnels.rotationorder'
                 AND a.before->'owner' IS DISTINCT FROM a.after->'owner'
               UNION ALL SELECT coalesce((a.before->>'client')::bigint, (a.after->>'client')::bigint, p.client_id)
                 FROM journal_auditevent a LEFT JOIN clients_contactperson p ON a.object_type = 'clients.contactperson'
                 AND p.id = a.object_id WHERE a.action IN ('phone.add', 'phone.edit', 'phone.remove', 'email.add',
                 'email.remove', 'person.add', 'person.edit')
             ) x GROUP BY client
           ) e ON e.client = c.id WHERE c.version <> 1 + coalesce(e.n, 0)""",
    ),
    (
        "an executed rotation changed the owner once",
        """SELECT count(*) FROM funnels_rotationorder o JOIN funnels_ownership w ON w.id = o.ownership_id
           WHERE o.status = 'executed' AND w.ended_at IS NULL""",
    ),
    (
        "no letter waits longer than ten minutes after its time",
        """SELECT count(*) FROM notifications_outboxmail WHERE state NOT IN ('sent', 'failed')
           AND greatest(created_at, run_after) < now() - interval '10 min' AND coalesce(lease_until, now()) <= now()
           AND attempts = 0""",
    ),
    (
        "no job has lost its worker",
        """SELECT count(*) FROM journal_jobrun WHERE state = 'running'
           AND coalesce(heartbeat_at, created_at) < now() - interval '10 min'""",
    ),
    (
        "owners are active and of the client's department",
        """SELECT count(*) FROM clients_client c JOIN accounts_user u ON u.id = c.owner_id
           WHERE c.is_live AND (NOT u.is_active OR u.department_id IS DISTINCT FROM c.department_id)""",
    ),
    (
        "every open cycle has exactly one open ownership, of its owner",
        """SELECT count(*) FROM funnels_salescycle s WHERE s.closed_at IS NULL AND
           (SELECT count(*) FROM funnels_ownership o WHERE o.cycle_id = s.id AND o.ended_at IS NULL
            AND o.user_id = s.owner_id) <> 1""",
    ),
    (
        "the client's owner is the cycle's owner",
        """SELECT count(*) FROM funnels_salescycle s JOIN clients_client c ON c.id = s.client_id
           WHERE s.closed_at IS NULL AND c.owner_id IS DISTINCT FROM s.owner_id""",
    ),
    (
        "only clients with an open cycle are in work",
        """SELECT count(*) FROM clients_client c WHERE c.section = 'in_work' AND NOT EXISTS
           (SELECT 1 FROM funnels_salescycle s WHERE s.client_id = c.id AND s.closed_at IS NULL)""",
    ),
    (
        "closed cycles have no colour and no queued rotation",
        """SELECT count(*) FROM funnels_salescycle s WHERE s.closed_at IS NOT NULL AND (s.colour <> 'none' OR EXISTS
           (SELECT 1 FROM funnels_rotationorder o WHERE o.cycle_id = s.id
            AND o.status IN ('queued', 'held', 'waiting_quota')))""",
    ),
    (
        "the stored colour is the last one of its history",
        """SELECT count(*) FROM funnels_salescycle s WHERE s.colour <> (SELECT c.to_colour FROM funnels_colourchange c
           WHERE c.cycle_id = s.id ORDER BY c.id DESC LIMIT 1)""",
    ),
    (
        "the department's funnel is the sum of its managers' funnels",
        """SELECT count(*) FROM (
             SELECT c.department_id d, s.colour k, count(*) n, coalesce(sum(s.expected_amount), 0) a
             FROM funnels_salescycle s JOIN clients_client c ON c.id = s.client_id WHERE s.closed_at IS NULL GROUP BY 1, 2
           ) x FULL JOIN (
             SELECT u.department_id d, s.colour k, count(*) n, coalesce(sum(s.expected_amount), 0) a
             FROM funnels_salescycle s JOIN accounts_user u ON u.id = s.owner_id WHERE s.closed_at IS NULL GROUP BY 1, 2
           ) y ON x.d = y.d AND x.k = y.k WHERE x.n IS DISTINCT FROM y.n OR x.a IS DISTINCT FROM y.a""",
    ),
    (
        "one credited call per person and day",
        """SELECT count(*) FROM (SELECT 1 FROM funnels_contact WHERE (is_productive_call OR is_walk)
           AND person_id IS NOT NULL GROUP BY person_id, day HAVING count(*) > 1) x""",
    ),
    (
        "at most five active decision makers",
        """SELECT count(*) FROM (SELECT 1 FROM clients_contactperson WHERE is_dm AND is_active
           GROUP BY client_id HAVING count(*) > 5) x""",
    ),
    (
        "credits of a payment add up to the payment",
        """SELECT count(*) FROM deals_payment p WHERE p.cancelled_at IS NULL AND p.amount <>
           (SELECT coalesce(sum(c.amount), 0) FROM deals_paymentcredit c WHERE c.payment_id = p.id AND NOT c.is_void)""",
    ),
    (
        "the paid sum of a cycle is the sum of its payments",
        """SELECT count(*) FROM funnels_salescycle s WHERE s.paid_amount <> (SELECT coalesce(sum(p.amount), 0)
           FROM deals_payment p WHERE p.cycle_id = s.id AND p.cancelled_at IS NULL)""",
    ),
    (
        "invoice numbers have no gap",
        """SELECT count(*) FROM (SELECT year FROM deals_invoice GROUP BY year
           HAVING max(number) <> count(*) OR min(number) <> 1) x""",
    ),
    (
        "every row of a finished import has an end",
        """SELECT count(*) FROM clients_importrow r JOIN clients_importrun i ON i.id = r.run_id
           WHERE i.state = 'done' AND r.state NOT IN ('created', 'duplicate', 'error')""",
    ),
    (
        "the next step in the list is the open task",
        """SELECT count(*) FROM funnels_salescycle s WHERE s.closed_at IS NULL AND (s.next_step_at IS NOT NULL) <>
           EXISTS (SELECT 1 FROM funnels_task t WHERE t.cycle_id = s.id AND t.kind = 'next_step' AND t.done_at IS NULL)""",
    ),
)


def count_offences() -> dict[str, int]:
    """Each invariant with its number of offences; 0 is healthy."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in INVARIANTS:
            cursor.execute(sql)
            found[name] = cursor.fetchone()[0]
    found[SEALS] = len(broken_seals())
    return found


class Command(BaseCommand):
    help = "Count what must never be; exit 1 unless every count is 0."

    def handle(self, *args: Any, **options: Any) -> None:
        found = count_offences()
        for name, number in found.items():
            self.stdout.write(f"{number:6d}  {name}")
        if any(found.values()):
            sys.exit(1)
