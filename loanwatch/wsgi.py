"""The web process."""

import os

os.environ.setdefault("LOANWATCH_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"loanwatch.settings.{os.environ.get('LOANWATCH_SETTINGS', 'production')}")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
