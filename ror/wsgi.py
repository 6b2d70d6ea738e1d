"""The WSGI entry point: `gunicorn ror.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ror.settings.prod")

application = get_wsgi_application()
