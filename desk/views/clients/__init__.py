"""The client list: sections, filters in the address, fifty rows by keyset, bulk acts, export."""

from desk.views.clients.bulk import client_bulk
from desk.views.clients.exports import client_export
from desk.views.clients.pages import client_filters, client_list

__all__ = ["client_bulk", "client_export", "client_filters", "client_list"]
