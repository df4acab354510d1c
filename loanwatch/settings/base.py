"""Everything, with safe values. demo.py, test.py and production.py hold only what differs.

Numbers that a bank or a regulator sets are not here: they are dated parameters in `loanwatch.lenders`.
"""

import hashlib
from pathlib import Path

from loanwatch.settings import env

ROOT = Path(__file__).resolve().parent.parent.parent
STATE = Path(env.text("LOANWATCH_STATE") or ROOT / ".loanwatch")

SECRET_KEY = env.secret("LOANWATCH_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# Three log-ins to one database: the owner migrates and makes partitions, web and worker own nothing.
# Which one this process uses is its kind; a kind that is not named is the worker's, the narrowest that can run a day.
WEB_ROLE, WORKER_ROLE = "loanwatch_web", "loanwatch_worker"


def _role_password(owner_url: str, role: str) -> str:
    # When only the owner's address is given, the two other log-ins are made from it (contract.md); their passwords
    # are derived, so that every process of the installation finds the same ones without storing them.
    return hashlib.sha256(f"{role}:{owner_url}:{SECRET_KEY}".encode()).hexdigest()[:40]


OWNER_URL = env.secret("DATABASE_URL_OWNER") or env.secret("DATABASE_URL")
WEB_PASSWORD, WORKER_PASSWORD = _role_password(OWNER_URL, WEB_ROLE), _role_password(OWNER_URL, WORKER_ROLE)
WEB_URL = env.secret("DATABASE_URL_WEB") or (OWNER_URL and env.with_login(OWNER_URL, WEB_ROLE, WEB_PASSWORD))
WORKER_URL = env.secret("DATABASE_URL_WORKER") or (OWNER_URL and env.with_login(OWNER_URL, WORKER_ROLE, WORKER_PASSWORD))
PROCESS = env.text("LOANWATCH_PROCESS", "worker")  # web | worker | owner
DATABASES = {}
if OWNER_URL or WEB_URL or WORKER_URL:
    DATABASES["default"] = env.database({"web": WEB_URL, "worker": WORKER_URL, "owner": OWNER_URL}[PROCESS])
REDIS_URL = env.secret("REDIS_URL")

INSTALLED_APPS = [
    "loanwatch.lenders",
    "loanwatch.people",
    "loanwatch.trail",
    "borrowers",
    "alerts",
    "inspections",
    "loanwatch.day",
    "loanwatch.demo",
    "loanwatch.desk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "loanwatch.people.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "loanwatch.urls"
WSGI_APPLICATION = "loanwatch.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "loanwatch.desk.shell.context",
            ],
            "builtins": ["loanwatch.desk.templatetags.lw"],
        },
    }
]

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "loanwatch.people.adapter.ClosedAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = env.whole("LOANWATCH_LOGIN_ATTEMPTS", 10)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]
DOCUMENT_STORAGE = env.document_storage(STATE / "documents")  # the loan archive; never below an address that is served
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": DOCUMENT_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DOCUMENT_MOST_MB = env.whole("LOANWATCH_DOCUMENT_MOST_MB", 25)
DOCUMENT_MOST_MEGAPIXELS = env.whole("LOANWATCH_DOCUMENT_MOST_MEGAPIXELS", 50)
MEDIA_ROOT = STATE / "media"  # never served directly: every download goes through a view that checks scope again
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "loanwatch.people.tokens.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["loanwatch.people.permissions.ByPolicyTable"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": 0,  # whose X-Forwarded-For is believed when tries are counted by address: nobody's
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LoanWatch API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["loanwatch.people.permissions.ByPolicyTable"],
    "ENUM_NAME_OVERRIDES": {
        "AlertStateEnum": "alerts.signals.models.Alert.State",
        "TaskStateEnum": "inspections.planning.models.Task.State",
        "VisitStateEnum": "inspections.visits.models.Visit.State",
    },
}

PGHISTORY_APPEND_ONLY = True
PGHISTORY_BASE_MODEL = "pghistory.models.Event"

LEASE_SECONDS = env.whole("LOANWATCH_LEASE_SECONDS", 30)
# Seconds between two starts of a unit that loses its workers: one that kills them must not keep a machine busy with dying.
RESTART_SECONDS = env.whole("LOANWATCH_RESTART_SECONDS", 10)
NOTIFY = env.text("LOANWATCH_NOTIFY")  # file:PATH takes the place of every channel: one JSON line per message
CHANNELS_FILE = env.text("LOANWATCH_CHANNELS")  # TOML: how each lender's messages leave the house (docs/guide/reminders.md)
BUSINESS_DATE = env.text("LOANWATCH_BUSINESS_DATE")  # test clock; production settings refuse it

# The watch tells of alarms by ways of its own, which must not be those of the outbox (docs/ops/runbook.md).
WATCH_MAIL_TO = [name.strip() for name in env.text("LOANWATCH_WATCH_MAIL_TO").split(",") if name.strip()]
WATCH_MAIL_FROM = env.text("LOANWATCH_WATCH_MAIL_FROM", "loanwatch@localhost")
WATCH_MAIL_SERVER = env.secret("LOANWATCH_WATCH_MAIL_SERVER")  # smtp://user:password@host:25, or smtps://
WATCH_WEBHOOK = env.secret("LOANWATCH_WATCH_WEBHOOK")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOANWATCH_LOG_LEVEL", "WARNING")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
