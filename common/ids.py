"""What a key of the database can be. Pure."""

from typing import Final

LARGEST_ID: Final = 2**63 - 1  # of a bigint: a larger number in an address or a body names nothing
