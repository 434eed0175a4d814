"""The company of the access matrix, for those who mean it harm."""

from tests.access.conftest import built, rolled_back, world

__all__ = ["built", "rolled_back", "world"]
