"""Acts of the client base. Pages, API, import and telephony call the same functions."""

from clients.services.acts import refuse_colour
from clients.services.cards import change_size_label, create_client, fill_gaps, snapshot, update_client
from clients.services.dictionaries import (
    create_category,
    create_segment,
    create_source,
    seed_dictionaries,
    set_segment_servers,
    update_category,
    update_segment,
    update_source,
)
from clients.services.emails import add_email, remove_email
from clients.services.imports import confirm_import, forget_checked_files, receive_import, run_import, waiting_imports
from clients.services.people import add_person, deactivate_person, remove_person, update_person
from clients.services.phones import add_phone, remove_phone, update_phone

__all__ = [
    "add_email",
    "add_person",
    "add_phone",
    "change_size_label",
    "confirm_import",
    "create_category",
    "create_client",
    "create_segment",
    "create_source",
    "deactivate_person",
    "fill_gaps",
    "forget_checked_files",
    "receive_import",
    "refuse_colour",
    "remove_email",
    "remove_person",
    "remove_phone",
    "run_import",
    "seed_dictionaries",
    "set_segment_servers",
    "snapshot",
    "update_category",
    "update_client",
    "update_person",
    "update_phone",
    "update_segment",
    "update_source",
    "waiting_imports",
]
