"""The Celery application. Settings are the dict CELERY of config/settings.py; tasks live in each app's tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("svetofor")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()
