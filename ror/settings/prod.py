"""Production: everything that differs between two installations comes from the environment (see .env.example).

Refuses to start when SECRET_KEY, DATABASE_URL or ALLOWED_HOSTS is missing. Runs behind a proxy that ends TLS and sets
X-Forwarded-Proto.
"""

from ror.settings import env
from ror.settings.base import *  # noqa: F403
from ror.settings.base import DATABASE_POOL, LOGGING, SECURE_CSP, STORAGES, TASK_QUEUES

env.require("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS")

SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
SITE_URL = env.text("SITE_URL") or f"https://{ALLOWED_HOSTS[0].lstrip('.')}/"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

DATABASES = {"default": env.database(env.text("DATABASE_URL"))}
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
DATABASES["default"]["OPTIONS"]["pool"] = DATABASE_POOL | {"max_size": env.number("DATABASE_POOL_SIZE", 8)}

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^sante/"]  # probes speak plain HTTP to the process
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-ror_session"
CSRF_COOKIE_NAME = "__Host-ror_csrf"
SECURE_CSP = SECURE_CSP | {"upgrade-insecure-requests": True}

PROXY_COUNT = env.number("PROXY_COUNT", 1)

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
if env.text("S3_BUCKET"):
    env.require_package("storages", install="django-storages[s3]", wanted_by="S3_BUCKET")
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET"),
            "endpoint_url": env.text("S3_ENDPOINT_URL") or None,
            "region_name": env.text("S3_REGION") or None,
            "default_acl": "private",
            "querystring_auth": True,
        },
    }

MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.text("SMTP_HOST", "localhost"),
            "port": env.number("SMTP_PORT", 25),
            "username": env.text("SMTP_USER"),
            "password": env.text("SMTP_PASSWORD"),
            "use_tls": env.flag("SMTP_TLS"),
            "timeout": 10,
        },
    }
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": TASK_QUEUES}}
if env.text("REDIS_URL"):
    env.require_package("redis", install="redis", wanted_by="REDIS_URL")
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.text("REDIS_URL")}}

LOGGING["handlers"]["console"]["formatter"] = "json"
