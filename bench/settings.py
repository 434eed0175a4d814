"""The product's own settings; only the floor's address and the counting of queries are added."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE

ROOT_URLCONF = "bench.urls"
MIDDLEWARE = ["bench.floor.CountingMiddleware", *MIDDLEWARE]
# Sessions are made without signing in, so nobody can set a second factor up.
SECOND_FACTOR_IS_REQUIRED = False
