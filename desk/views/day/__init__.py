"""«Мой день»: the present block and its queue, the plan and the norms beside it, one's own contacts."""

from desk.views.day.contacts import own_contacts
from desk.views.day.pages import day

__all__ = ["day", "own_contacts"]
