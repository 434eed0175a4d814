"""Settings from the environment. A missing or wrong value stops the start with one sentence that says what to set."""

import os
import secrets
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

from config import embedded

SHORTEST_SECRET: Final = 32
CONNECTION_SECONDS: Final = 60
TIMEOUTS: Final = "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
DATABASE_SCHEMES: Final = {"postgres", "postgresql", "pgsql", "psql"}
REDIS_SCHEMES: Final = {"redis", "rediss", "unix"}
TRUE: Final = {"1", "true", "yes", "on"}
FALSE: Final = {"", "0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    if name not in os.environ:
        return default
    value = text(name).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0.")
    return value in TRUE


def number(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number from {least} to {most}.")
    return int(value)


def port() -> int:
    return number("PORT", 8000, least=1, most=65535)


def proxy_count() -> int:
    """How many reverse proxies stand before us; 0 means that forwarded headers are not believed."""
    return number("PROXY_COUNT", 0, least=0, most=5)


def api_requests_per_minute() -> int:
    """Of one person in one web process; a token may send twice, a search a fifth of it. 0 means no limit."""
    return number("API_REQUESTS_PER_MINUTE", 300, least=0, most=1_000_000)


def base_url() -> str:
    """The address people open, without a trailing slash; mails, cookies and redirects follow it."""
    value = text("BASE_URL", f"http://127.0.0.1:{port()}").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(
            f"BASE_URL is {value!r}: set it to scheme and host, such as https://crm.example.com."
        )
    return value


def demo() -> bool:
    """Demo logins and the mail viewer; never on a public address."""
    wanted = flag("DEMO")
    if wanted and base_url().startswith("https://"):
        raise ImproperlyConfigured("DEMO=1 has public passwords and BASE_URL is https: unset DEMO.")
    return wanted


def secret_key() -> str:
    """SECRET_KEY, or, for a demo or an embedded database, one generated once and kept in the state folder."""
    value = text("SECRET_KEY")
    if value and len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"SECRET_KEY is too short: set it to at least {SHORTEST_SECRET} random characters.")
    if value:
        return value
    if text("DATABASE_URL") and not demo():
        raise ImproperlyConfigured(
            f"SECRET_KEY is missing: set it to {SHORTEST_SECRET} or more random characters, the same for every process."
        )
    return _kept_secret()


def allowed_hosts() -> list[str]:
    named = [host.strip() for host in text("ALLOWED_HOSTS").split(",") if host.strip()]
    if "*" in named:
        raise ImproperlyConfigured("ALLOWED_HOSTS is '*': set it to the names people open, separated by commas.")
    return named or sorted({str(urlsplit(base_url()).hostname), "127.0.0.1", "localhost"})


def metrics_token() -> str:
    """The bearer token of /metrics; empty keeps the page closed."""
    return text("METRICS_TOKEN")


def log_format() -> str:
    """`json` behind an https address, `plain` in a terminal; LOG_FORMAT says otherwise."""
    value = text("LOG_FORMAT", "json" if base_url().startswith("https://") else "plain")
    if value not in {"json", "plain"}:
        raise ImproperlyConfigured(f"LOG_FORMAT is {value!r}: set it to json or plain.")
    return value


def sentry_dsn() -> str:
    """Where errors are reported; empty reports nowhere."""
    value = text("SENTRY_DSN")
    parts = urlsplit(value)
    if value and not (
        parts.scheme in {"http", "https"} and parts.username and parts.hostname and parts.path.strip("/")
    ):
        raise ImproperlyConfigured("SENTRY_DSN cannot be read: set it to https://key@host/project or unset it.")
    return value


def time_zone() -> str:
    value = text("TIME_ZONE", "Europe/Moscow")
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"TIME_ZONE is {value!r}: set it to a name such as Europe/Moscow.") from error
    return value


def database() -> dict[str, Any]:
    """DATABASES["default"]: the named PostgreSQL or the embedded one."""
    url = text("DATABASE_URL") or embedded.database_url()
    if urlsplit(url).scheme not in DATABASE_SCHEMES:
        raise ImproperlyConfigured("DATABASE_URL is not PostgreSQL: set it to postgres://user:password@host:5432/name.")
    try:
        found = dict(environ.Env.db_url_config(url))
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: set it to postgres://user:password@host:5432/name, special characters as %XX."
        ) from error
    if not found.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL names no database: set it to postgres://user:password@host:5432/name.")
    options = dict(found.pop("OPTIONS", {}))
    found["HOST"] = options.pop("host", found["HOST"])
    if flag("PGBOUNCER"):
        # In transaction mode neither server-side cursors nor start-up options survive; time-outs stand on the role.
        found["DISABLE_SERVER_SIDE_CURSORS"] = True
    elif flag("DATABASE_TIMEOUTS", default=True):
        options.setdefault("options", TIMEOUTS)
    return found | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": CONNECTION_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def redis_url() -> str:
    """The Redis of the broker as redis-py reads it."""
    url = text("REDIS_URL") or embedded.redis_url()
    if urlsplit(url).scheme not in REDIS_SCHEMES:
        raise ImproperlyConfigured(
            "REDIS_URL is not a Redis address: set it to redis://host:6379/0 or unix:///path/redis.sock."
        )
    return url


def broker_url() -> str:
    """The same Redis as Celery reads it."""
    if not text("REDIS_URL"):
        return embedded.broker_url()
    url = redis_url()
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=", 1)


def email() -> dict[str, Any]:
    """EMAIL_* settings; without EMAIL_URL mails are written to files in the state folder."""
    url = text("EMAIL_URL")
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}
    if urlsplit(url).scheme not in environ.Env.EMAIL_SCHEMES:
        raise ImproperlyConfigured(
            "EMAIL_URL is not a mail address of a server: set it to smtp+tls://user:password@host:587."
        )
    try:
        found = dict(environ.Env.email_url_config(url))
    except ValueError as error:
        raise ImproperlyConfigured("EMAIL_URL cannot be read: set it to smtp+tls://user:password@host:587.") from error
    found.pop("EMAIL_FILE_PATH", None)
    return found


def from_email() -> str:
    return text("FROM_EMAIL", f"Светофор CRM <noreply@{urlsplit(base_url()).hostname}>")


def static_storage() -> str:
    """Hashed names need collected files; a test run, which has none, serves plain ones."""
    if flag("STATIC_MANIFEST", default="PYTEST_VERSION" not in os.environ):
        return "whitenoise.storage.CompressedManifestStaticFilesStorage"
    return "django.contrib.staticfiles.storage.StaticFilesStorage"


def _kept_secret() -> str:
    keep = embedded.state_dir() / "secret_key"
    try:
        keep.parent.mkdir(parents=True, exist_ok=True)
        if not keep.exists():
            draft = keep.with_name(f"secret_key.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                # link, not rename: two first processes must end with one key.
                os.link(draft, keep)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return keep.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"Cannot keep a key in {keep}: set SECRET_KEY or a writable STATE_DIR.") from error
