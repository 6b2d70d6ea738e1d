"""Settings every environment shares. Nothing here reads a secret or starts anything."""

from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from ror.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

DEBUG = False
ROOT_URLCONF = "ror.urls"
WSGI_APPLICATION = "ror.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "accounts.admin_config.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "crispy_bootstrap5",
    "crispy_forms",
    "django_htmx",
    "django_tasks_db",
    "pgtrigger",
    "common",
    "accounts",
    "directory",
    "availability",
    "collaborative",
    "search",
]

MIDDLEWARE = [
    "common.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.middleware.SignedInMiddleware",
    "common.middleware.SlidingSessionMiddleware",
    "common.answers.PrivateAnswersMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "directory.middleware.scope_middleware",
    "common.answers.ReadableRequestMiddleware",
    "common.answers.MethodNotAllowedMiddleware",
    "accounts.middleware.TermsMiddleware",
    "common.middleware.ReadOnlyGetMiddleware",  # last: it wraps the view and the rendering, and nothing else
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "common.context.site",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Database. CONN_MAX_AGE stays 0: the pool keeps the connections.
PRIVATE_CLUSTER = False
DATABASE_POOL = {"min_size": 2, "max_size": 8, "timeout": 3}  # timeout in seconds
READ_ONLY_GET_EXEMPT: list[str] = ["liveness", "readiness"]  # URL names; their GET may write or must not need SQL

# Uses of units (record pages read, exports), counted without saying by whom.
COUNT_UNIT_USES = True

# Time and language: French, literal, no translation.
LANGUAGE_CODE = "fr-fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "ror.formats"

# Sign-in.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "directory.backends.RightsBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Failed sign-ins are counted per account and address together, so that a stranger elsewhere locks nobody out,
# and per address alone with a higher limit, since a hospital may share one address (accounts.throttling).
AXES_HANDLER = "accounts.throttling.SignInThrottle"
AXES_CLIENT_IP_CALLABLE = "common.client_address.client_address"
AXES_USERNAME_CALLABLE = "accounts.throttling.typed_username"
SIGN_IN_ADDRESS_LIMIT = 100
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log says who signed in
PROXY_COUNT = 0  # proxies in front of us whose X-Forwarded-For is read; see common.client_address

# Sessions: 12 h without activity; SlidingSessionMiddleware moves the end forward.
SESSION_COOKIE_AGE = 12 * 3600  # seconds
SESSION_RENEWAL_STEP = 10 * 60  # seconds between two renewals written to the table
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "ror_session"
CSRF_COOKIE_NAME = "ror_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "common.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# A role that nobody confirmed for this many days is listed for its yearly review (directory.delegation.reviews).
RIGHTS_REVIEW_DAYS = 365

# Security headers.
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
IMPORT_MAX_BYTES = 100 * 1024 * 1024  # of a file that support imports; the whole FINESS extract weighs half as much

# Geocoding of addresses: off while empty, and no request leaves. The address of a service that answers as the BAN does.
GEOCODER_URL = env.text("GEOCODER_URL")
GEOCODER_TIMEOUT = 2  # seconds

# Durations by car: estimated while empty, and no request leaves. « osrm » or « ign », and the address of the service.
ROUTING_PROVIDER = env.text("ROUTING_PROVIDER")
ROUTING_URL = env.text("ROUTING_URL")
ROUTING_TIMEOUT = 0.8  # seconds, for a whole page

# Map tiles: none by default, the map then draws our own outlines. `MAP_TILES_URL` is a Leaflet template.
MAP_TILES = {
    "url": env.text("MAP_TILES_URL"),
    "attribution": env.text("MAP_TILES_ATTRIBUTION"),
    "origins": env.words("MAP_TILES_ORIGINS"),  # scheme and host, added to the CSP, e.g. https://tile.openstreetmap.org
}
SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", *MAP_TILES["origins"]],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.SELF],
}

# Static files and uploads.
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT") or BASE_DIR / "media")
MEDIA_URL = "/media/"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Mail and background work. `immediate` runs a task at once, in the process that asks. Imports have a queue of their
# own, so that a second worker may keep mails from waiting behind a large file.
TASK_QUEUES = ["default", "imports"]
MAILERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "ROR Île-de-France <ne-pas-repondre@ror.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
TASKS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": TASK_QUEUES}
}
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The region's own texts. Source of the defaults: the sign-in page of the ROR Île-de-France.
REGION_NAME = env.text("REGION_NAME", "Île-de-France")
SITE_SHORT_NAME = env.text("SITE_SHORT_NAME", "ROR-IF")
SUPPORT_DESK = {
    "email": env.text("SUPPORT_EMAIL", "ror.support@sesan.fr"),
    "phone": env.text("SUPPORT_PHONE", "0183763031"),
    "hours": env.text("SUPPORT_HOURS", "du lundi au vendredi, de 8\u202fh à 20\u202fh"),
    "form_url": env.text("SUPPORT_FORM_URL", "https://formulaire-support.sante-idf.fr"),
}
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000/")  # in the mails of scheduled commands
LOGIN_ALTERNATIVE_URL = env.text("LOGIN_ALTERNATIVE_URL")  # the link for physiotherapists; hidden when empty
DOCUMENTS_URL = env.text("DOCUMENTS_URL")  # the link to the ROR's documents; hidden when empty

# The demonstration: accounts offered on the sign-in page, mails kept in a table. Only `./run demo` and tests set it.
DEMO = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ror.logs.RequestIdFilter"}},
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"},
        "json": {"()": "ror.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"level": "INFO", "propagate": True, "handlers": []},
        "django.server": {"level": "INFO", "propagate": True, "handlers": []},
    },
}
