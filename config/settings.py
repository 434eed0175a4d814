"""One settings file; every value that differs between machines comes from the environment (config/env.py)."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import embedded, env, logs, schedule, sentry

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = embedded.state_dir()

DEMO = env.demo()
BASE_URL = env.base_url()
IS_HTTPS = BASE_URL.startswith("https://")
SECRET_KEY = env.secret_key()
DEBUG = False
ALLOWED_HOSTS = env.allowed_hosts()
CSRF_TRUSTED_ORIGINS = [BASE_URL] if IS_HTTPS else []
METRICS_TOKEN = env.metrics_token()

INSTALLED_APPS = [
    "config",
    "desk",
    "kpi",
    "staffing",
    "planning",
    "deals",
    "telephony",
    "funnels",
    "clients",
    "notifications",
    "accounts",
    "journal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "journal.middleware.TraceMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads its answers, so that lengths tell nothing
    "common.limits.BodyLimitMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.headers.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "journal.middleware.ActMiddleware",
    "journal.middleware.ExportLimitMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "common.outages.RetryMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "common.forms_renderer.SvetoforRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "common.template_loader.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                ),
            ],
            "builtins": [
                "desk.templatetags.svetofor",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_htmx.templatetags.django_htmx",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "desk.context_processors.shell",
            ],
        },
    },
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.EmployeeBackend",
    "accounts.backends.SecondFactorBackend",
]
SECOND_FACTOR_IS_REQUIRED = not DEMO  # of director and administrator (accounts.rules.needs_second_factor)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login", "last_name", "first_name", "email")},
    },
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Thresholds per bucket live in accounts.backends; the cool-off is the same for all of them.
AXES_HANDLER = "accounts.backends.BucketHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.backends.lockout_response"
AXES_USERNAME_FORM_FIELD = "username"
# What is typed into these fields is never kept with a failed attempt; `password` always is one of them.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "present", "repeated", "proof", "code"]
AXES_USERNAME_CALLABLE = "accounts.backends.client_username"
AXES_CLIENT_IP_CALLABLE = "accounts.backends.client_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a lock lasts from the last counted failure
AXES_DISABLE_ACCESS_LOG = True  # signing in and out stands in the audit log
PROXY_COUNT = env.proxy_count()
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if IS_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if IS_HTTPS else "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "desk.views.csrf_failure"
SECURE_SSL_REDIRECT = IS_HTTPS
# A watchman inside the network asks without TLS and must hear the answer, not a redirect.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.proxy_count() else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_TEMP_DIR = None
MEDIA_ROOT = STATE_DIR / "files"
PASSWORD_RESET_TIMEOUT = 3600

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone()

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "common.icons.SpriteFinder",  # the icons' sprite is drawn from a package, not kept in the repository
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": env.static_storage()},
}

EMAIL_CONFIG = env.email()
EMAIL_BACKEND = EMAIL_CONFIG.pop("EMAIL_BACKEND")
globals().update(EMAIL_CONFIG)
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.from_email()

JOBS = schedule.JOBS  # read by desk through the settings: no room imports config
CELERY = {
    "beat_schedule": schedule.BEAT,
    "broker_url": env.broker_url(),
    "timezone": "UTC",
    "enable_utc": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "task_acks_late": True,  # safe only because every task is idempotent by row state
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 2000,  # memory is bounded by the next line; a new child begins cold
    "worker_max_memory_per_child": 300_000,
    "task_soft_time_limit": 240,
    "task_time_limit": 300,
    "worker_soft_shutdown_timeout": 30,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "visibility_timeout": 900,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    "task_publish_retry_policy": {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.2,
    },
}

API_REQUESTS_PER_MINUTE = env.api_requests_per_minute()
EXPORTS_PER_HOUR = 10
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["common.limits.ApiThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Svetofor CRM API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Sets of values whose fields share a name (kind, state, reason …) are told apart by these.
    "ENUM_NAME_OVERRIDES": {
        "AbsenceKind": "accounts.choices.AbsenceKind",
        "ClientKind": "clients.choices.ClientKind",
        "ContactKind": "funnels.choices.ContactKind",
        "CycleKind": "funnels.choices.CycleKind",
        "OrderKind": "funnels.choices.OrderKind",
        "TaskKind": "funnels.choices.TaskKind",
        "ClientState": "clients.choices.ClientState",
        "ImportState": "clients.choices.ImportState",
        "ImportRowState": "clients.choices.RowState",
        "ContactDirection": "funnels.choices.Direction",
        "ContactResult": "funnels.choices.ContactResult",
        "RefusalReason": "funnels.choices.RefusalReason",
        "OrderStatus": "funnels.choices.OrderStatus",
        "OfferStatus": "deals.choices.OfferStatus",
        "InvoiceStatus": "deals.choices.InvoiceStatus",
        "ContractStatus": "deals.choices.ContractStatus",
    },
}

LOGGING = logs.configuration(env.log_format())
sentry.start(env.sentry_dsn())
