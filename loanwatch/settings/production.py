"""What a bank runs. Refuses to start with the demo's conveniences."""

from django.core.exceptions import ImproperlyConfigured

from loanwatch.settings import env
from loanwatch.settings.base import *  # noqa: F403
from loanwatch.settings.base import BUSINESS_DATE, REST_FRAMEWORK, SECRET_KEY

DEMO = False
if not SECRET_KEY:
    raise ImproperlyConfigured("Set LOANWATCH_SECRET_KEY or LOANWATCH_SECRET_KEY_FILE: sessions are signed with it.")
if BUSINESS_DATE:
    raise ImproperlyConfigured("LOANWATCH_BUSINESS_DATE is a test clock; production takes the date from the lender's calendar.")
ALLOWED_HOSTS = [h for h in env.text("LOANWATCH_HOSTS").split(",") if h]
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ALLOWED_HOSTS]
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Tries are counted by the address that the last of these wrote; what a caller claims before it counts for nothing.
REST_FRAMEWORK = REST_FRAMEWORK | {"NUM_PROXIES": env.whole("LOANWATCH_PROXIES", 1)}
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
