"""The Celery application. Settings are the dict CELERY of config/settings.py; tasks live in each app's tasks.py."""

import logging.config
import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("svetofor")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Celery leaves the logs of worker and beat to us when somebody answers this signal."""
    logging.config.dictConfig(settings.LOGGING)
