"""Tables of other systems: what the file is, where its header stands, what its columns mean, what a row says."""

from clients.readers.errors import ReadError
from clients.readers.headers import Header
from clients.readers.rows import ParsedRow, parse_row
from clients.readers.tables import Table, check_file, open_table, plain_rows

__all__ = ["Header", "ParsedRow", "ReadError", "Table", "check_file", "open_table", "parse_row", "plain_rows"]
