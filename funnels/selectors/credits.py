"""Words of the credit table 1.4: what a contact was counted as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from funnels.models import Contact
    from funnels.rules import Credit

_NAMES: Final = (
    ("productive_meeting", _("productive meeting")),
    ("held_meeting", _("held meeting")),
    ("productive_call", _("productive call")),
    ("walk", _("walk-in visit")),
    ("warm_contact", _("warm contact")),
    ("visit", _("visit to a customer")),
    ("incoming_call", _("incoming call")),
)


def credit_names(contact: Contact | Credit) -> list[str]:
    """«результативный звонок», «тёплый контакт»: rows of the table are cumulative; a productive meeting was also held."""
    found = [code for code, _name in _NAMES if getattr(contact, f"is_{code}", False) or getattr(contact, code, 0)]
    if "productive_meeting" in found:
        found.remove("held_meeting")
    return [str(name) for code, name in _NAMES if code in found]
