"""What accounts announces to the rooms above. A receiver runs in the act's transaction and refuses by raising."""

from django.dispatch import Signal

# user, path: of the page that takes the new password. Sent when a forgotten password is to be replaced by mail.
password_reset_asked = Signal()

# user, actor, distribute: bool. Sent before a person is switched off; whoever keeps clients of that person raises
# Conflict («N clients: distribute the list first»), or gives them away when `distribute` is asked for.
before_deactivation = Signal()

# user, actor, role, department: the values to come. Sent before a seller leaves the department or the seller's role.
before_reassignment = Signal()

# day, before, after (DayKind values), actor. Sent after a day of the production calendar has changed.
calendar_changed = Signal()
