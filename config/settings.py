"""One settings file for every environment; what differs comes from the environment."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config import env, postgres, unfold

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG", default=False)
# Development, tests and the demo run without any configuration; production must say so.
PRODUCTION = env.flag("PUENTE_PRODUCTION", default=False)
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else "development-only" * 3)
# The first key encrypts stored secrets, the others still decrypt them (rotation).
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()
]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
# Where browsers, Shopify and ERP partners reach us.
APP_URL = env.text("APP_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [APP_URL]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "simple_history",
    "sync",
    "mapping",
    "shopify_app",
    "erp_connectors",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# One database engine everywhere. Without an address, a private server of this checkout.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(env.text("DATABASE_URL", "") or postgres.ensure_running())
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Lock the pair, so that nobody can lock a colleague out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_IPWARE_PROXY_COUNT = env.number("PROXY_COUNT", 0)

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale", BASE_DIR / "config" / "locale" / "unfold"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Europe/Madrid"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".local" / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Outside production the files are served from where they lie: nothing to collect first.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = APP_URL.startswith("https://")
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"
# Alpine.js, which draws the admin, evaluates expressions; nothing comes from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
    }
}
# A cell that starts like a formula would run in whoever opens the spreadsheet.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

Q_CLUSTER: dict[str, Any] = {
    "name": "puente",
    "workers": env.number("SYNC_WORKERS", 2),
    "queue_limit": env.number("SYNC_WORKERS", 2),
    "bulk": 1,
    "timeout": 120,
    # More than timeout * (queue_limit / workers + 2), or a prefetched task runs twice.
    "retry": 600,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": 0,
    "guard_cycle": 0.5,
    "poll": 0.1,
    "catch_up": False,
    "recycle": 500,
}
if REDIS_URL := env.text("REDIS_URL", ""):
    Q_CLUSTER["redis"] = REDIS_URL
else:
    Q_CLUSTER["orm"] = "default"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["sync.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "sync.api.problems.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["sync.api.auth.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"key": "600/min"},
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Puente",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
}

SHOPIFY_API_VERSION = "2026-10"
SHOPIFY_BASE_URL = env.text("SHOPIFY_BASE_URL", "https://{shop}")
SHOPIFY_CLIENT_ID = env.text("SHOPIFY_CLIENT_ID", "")
# Two secrets while one is being rotated: Shopify signs old deliveries with the old one.
SHOPIFY_CLIENT_SECRETS = env.words("SHOPIFY_CLIENT_SECRETS", "")
SHOPIFY_APP_BRIDGE_URL = env.text(
    "SHOPIFY_APP_BRIDGE_URL", "https://cdn.shopify.com/shopifycloud/app-bridge.js"
)
# Addresses that an ERP connection may point to although they are private ("10.0.0.0/8").
ERP_ALLOWED_NETWORKS = env.words("ERP_ALLOWED_NETWORKS", "")

# Where alarms are mailed from: "smtp+tls://user:password@host:587". Without it no mail
# leaves, and destinations that are an e-mail address say so.
_mail = env.email(env.text("EMAIL_URL", ""))
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
# A worker waits here: less than a notice's lease.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "puente@localhost")

# Whoever reads /metrics from another machine shows this token.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# Origins besides Shopify's own that may frame the embedded page: the demo's store is one.
EMBED_EXTRA_ANCESTORS = env.words("EMBED_EXTRA_ANCESTORS", "")

# A worker that dies keeps its rows this long; set it above the slowest ERP call.
SYNC_LEASE = timedelta(seconds=env.number("SYNC_LEASE_SECONDS", 180))
# One drain works this long, then makes room, so that django-q2's time-out never hits it.
SYNC_DRAIN = timedelta(seconds=env.number("SYNC_DRAIN_SECONDS", 20))
# Stock changes wait this long for company: one call then carries up to 250 of them.
SYNC_COALESCE = timedelta(milliseconds=env.number("SYNC_COALESCE_MS", 400))
# New products come in bursts: publishing and first stock wait this long to go together.
SYNC_BURST = timedelta(milliseconds=env.number("SYNC_BURST_MS", 3000))
# A sale moves a level and makes an order. Looked at in that order, the level is no news
# and costs no read, so a level waits this long.
SYNC_SECOND_LOOK = timedelta(milliseconds=env.number("SYNC_SECOND_LOOK_MS", 2000))
# The scheduled comparison of stock and orders; a lost notice costs at most this.
SYNC_RECONCILE_EVERY = timedelta(seconds=env.number("SYNC_RECONCILE_SECONDS", 240))
# Stores with so many levels are compared in full by a bulk operation: that costs some 20
# points instead of 36 for 250 levels, and a minute or more before the first row.
SYNC_BULK_FROM = env.number("SYNC_BULK_FROM", 10_000)
# Search in Shopify lags behind, and so may the clocks: sweeps read this much again.
SYNC_ORDER_OVERLAP = timedelta(seconds=env.number("SYNC_ORDER_OVERLAP_SECONDS", 600))
# What is done is forgotten after this; what waits for a person never is.
SYNC_RETENTION = timedelta(days=env.number("SYNC_RETENTION_DAYS", 30))

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django-q": {"level": "WARNING"},
        # Request lines of the HTTP library would carry query strings into the log.
        "httpx2": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

UNFOLD = unfold.SETTINGS
