"""The web server: `gunicorn -c python:config.gunicorn config.wsgi`, in a terminal and in production alike."""

import gc
import os
from typing import Any

from config import env, logs

worker_class = "gthread"
workers = env.number("WEB_WORKERS", 2, least=1, most=64)
threads = env.number("WEB_THREADS", 8, least=1, most=64)
# Workers are forked from a loaded program: one that was killed is back at once instead of after its imports.
preload_app = True
# After SIGTERM no new connection is taken and what is being answered may end.
graceful_timeout = 25
timeout = 60
# Longer than people think and than a proxy keeps a connection it does not use (60 s): who closes first must not be the one
# that is about to be written to.
keepalive = 75
control_socket_disable = True
# A worker proves its life by touching a file: never on a slow disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # nosec B108
# A request line longer than any of ours is refused before Django sees it.
limit_request_line = 8190
logconfig_dict = logs.configuration(env.log_format())


def pre_fork(server: Any, worker: Any) -> None:
    """What the loaded program is made of lives to the end: no collection of a worker walks it again or copies its pages."""
    gc.collect()
    gc.freeze()
