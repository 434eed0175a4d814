from axes.handlers.database import AxesDatabaseHandler
from django.contrib.auth.backends import ModelBackend


class EmployeeBackend(ModelBackend):
    pass


class BucketHandler(AxesDatabaseHandler):
    pass
