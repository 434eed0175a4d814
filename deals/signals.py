"""What this room announces to the rooms above."""

from django.dispatch import Signal

# A payment was entered or cancelled: the days from `day` (date) on have other figures for `departments` (set of ids)
# and `users` (set of ids). Sent inside the transaction of the act.
payment_changed = Signal()
