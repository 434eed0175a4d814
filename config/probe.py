"""`python -m config.probe [/readyz]`: asks the web server of this machine as its users would; exit 0 on 200.

For a container's health check: the server answers only to the names people open, so the probe says that name.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from config import env

SECONDS: Final = 5


def status(path: str, *, port: int) -> int:
    """The HTTP status of the page; 0 when nobody answers in time."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": urlsplit(env.base_url()).netloc})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    path = arguments[0] if arguments else "/readyz"
    return 0 if status(path, port=env.port()) == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
