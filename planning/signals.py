"""What planning announces to the rooms above."""

from django.dispatch import Signal

# department, month (its first day). A target was set or changed; sent inside the transaction of the act.
target_changed = Signal()
