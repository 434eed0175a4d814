"""What a page may cost, whatever the number of managers and rows."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

# A page may ask 25 times; the three statements of a snapshot (BEGIN, SET, COMMIT) are spared inside a test's transaction.
MOST_QUERIES = 25 - 3


def cost_of(browser, path: str) -> int:
    """Statements of one page that opens."""
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200, path
    return len(asked)
