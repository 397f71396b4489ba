"""Settings, in sections. The only module that reads the environment."""

import os
from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"The environment variable {name} is not set; see docs/operations.md, 'Environment'."
        )
    return value


def flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


# --- What this process is -------------------------------------------------------------------------
DEMO = flag("USEFIRST_DEMO")
DEMO_PASSWORD = os.environ.get("USEFIRST_DEMO_PASSWORD", "")  # of all invented people; demo mode only
DEBUG = flag("DJANGO_DEBUG")
SECRET_KEY = env("SECRET_KEY")
SITE_URL = os.environ.get("USEFIRST_SITE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]
PRODUCT_NAME = _("UseFirst")

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "marketplace.apps.MarketplaceConfig",
    "marketplace.audit.apps.AuditConfig",
    "marketplace.accounts.apps.AccountsConfig",
    "marketplace.notifications.apps.NotificationsConfig",
    "marketplace.organisations.apps.OrganisationsConfig",
    "marketplace.programmes.apps.ProgrammesConfig",
    "cms.apps.CmsConfig",
    "search.apps.SearchConfig",
    "marketplace.deals.apps.DealsConfig",
    "contracts.apps.ContractsConfig",
    "marketplace.simulator.apps.SimulatorConfig",
    "marketplace.dashboard.apps.DashboardConfig",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "pgtrigger",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketplace.api_middleware.ApiMiddleware",  # programs stop here, the rest serves people
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "marketplace.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "marketplace.organisations.middleware.ActingMiddleware",
    "cms.gate.AdminGate",
    "marketplace.refusals.RefusalMiddleware",
    "marketplace.strays.StrayMiddleware",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "marketplace" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "marketplace.context.site",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------------------------
# The application's role neither owns tables nor may rewrite the append-only ones; migrations run as
# the owner: `manage.py migrate --database owner` is not needed, bin/migrate exports DATABASE_ROLE=owner.
_database_url = env("DATABASE_URL")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", _database_url)
DATABASE_APP_ROLE = dj_database_url.parse(_database_url)["USER"]
if os.environ.get("DATABASE_ROLE") == "owner":
    _database_url = DATABASE_OWNER_URL
DATABASES = {"default": dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True)}
# For marketplace.prepared alone, since Django's own cursors prepare nothing. Without a threshold the driver never
# prepares; and what is prepared should be planned once, not for each number of rows again.
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options.setdefault("prepare_threshold", 5)
# No just-in-time compiling: it is decided by estimates, which for tables that were never analysed, as in a new market, are
# so far off that questions of a millisecond were compiled for two seconds, at each call.
_options.setdefault("options", "-c plan_cache_mode=force_generic_plan -c jit=off")
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE", "usefirst_test")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis, cache, sessions, tasks ----------------------------------------------------------------
REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "marketplace.caching.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        # Once more at once, for connections that were lost meanwhile; the driver would wait longer and longer by itself.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 1)},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # worker and timer outlive any outage; they gave up after an hour
# Whoever asks a worker waits for no second attempt: the timer finds what is due (marketplace.celery.nudge).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * 3600,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("CELERY_QUEUE", "usefirst")
CELERY_TIMEZONE = "Asia/Shanghai"
# Every service that makes due things happen, in the order of the road. Beat runs them every few
# minutes; moving the demo clock runs them once for each day that passes.
DAILY_TASKS = [
    "marketplace.deals.tasks.tell_lapses",
    "contracts.lifecycle.tasks.run_due",
    "contracts.usage.tasks.schedule_due_reports",
    "contracts.usage.tasks.remind_missing_reports",
    "contracts.usage.tasks.chase_open_periods",
    "contracts.billing.tasks.charge_audits",
    "contracts.billing.tasks.charge_due",
    "contracts.billing.tasks.finalise_drafts",
    "contracts.billing.tasks.resume_month_ends",
    "contracts.billing.tasks.make_billing_documents",
    "contracts.payments.tasks.release_overpaid",
    "contracts.payments.tasks.charge_interest",
    "contracts.payments.tasks.book_money",
    "contracts.payments.tasks.send_reminders",
    "contracts.proceeds.tasks.accrue_commissions",
    "contracts.proceeds.tasks.book_proceeds",
    "contracts.proceeds.tasks.make_statements",
    "search.tasks.send_alert_digests",
]
CELERY_BEAT_SCHEDULE = {
    "send_mails": {"task": "marketplace.notifications.tasks.send_mails", "schedule": 60},
    "send_digests": {
        "task": "marketplace.notifications.tasks.send_digests",
        "schedule": crontab(hour=8, minute=0),
    },
    # The worker also listens for what is published (search.listening); this finds what it missed.
    "drain_outbox": {"task": "search.tasks.drain_outbox", "schedule": 5, "options": {"expires": 5}},
    "watch_index": {"task": "search.tasks.watch_index", "schedule": 300},
    "reconcile": {"task": "search.tasks.reconcile", "schedule": crontab(hour=3, minute=30)},
    "check_books": {"task": "contracts.ledger.tasks.check_books", "schedule": crontab(hour=2, minute=30)},
    "recount_usage": {"task": "contracts.usage.tasks.recount_usage", "schedule": crontab(hour=3, minute=10)},
    "find_imports": {"task": "cms.tasks.find_imports", "schedule": 60},
    "sync_all_rights": {"task": "cms.tasks.sync_all_rights", "schedule": crontab(hour=3, minute=40)},
    # Calls to payment providers: on real time only, moving the demo clock does not repeat them.
    "send_gateway_invoices": {"task": "contracts.payments.tasks.send_gateway_invoices", "schedule": 120},
    "sync_gateway_invoices": {"task": "contracts.payments.tasks.sync_gateway_invoices", "schedule": 600},
    **{name: {"task": name, "schedule": 300} for name in DAILY_TASKS},
}

# --- Search ---------------------------------------------------------------------------------------
ELASTICSEARCH_URL = os.environ.get("ELASTICSEARCH_URL", "")
SEARCH_INDEX_PREFIX = os.environ.get("SEARCH_INDEX_PREFIX", "usefirst")
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}

# --- Sign-in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "marketplace.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "objection": "5/h/ip",
    "invitation": "30/h/user",
}  # besides the limits that allauth sets itself
ACCOUNT_SIGNUP_FORM_CLASS = "marketplace.accounts.forms.SignupForm"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "UseFirst"
MFA_FORMS = {
    "add_webauthn": "marketplace.accounts.second_factor.AddSecurityKeyForm",
    "edit_webauthn": "marketplace.accounts.second_factor.EditSecurityKeyForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# --- Languages, time ------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale", *sorted((BASE_DIR / "locale" / "parts").glob("*"))]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
FORMAT_MODULE_PATH = ["marketplace.formats"]
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "static-collected"))
STATICFILES_DIRS = [BASE_DIR / "marketplace" / "static"]
MEDIA_URL = "/media/"  # never served from here: files go through views that check who asks
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", BASE_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or flag("USEFIRST_TEST")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
FONTS_DIR = os.environ.get("USEFIRST_FONTS", "")

# --- CMS ------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "UseFirst 先用"
WAGTAIL_I18N_ENABLED = False
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "cms.finish.publish_reviewed"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "cms.documents.DocumentForm"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILEMBEDS_FINDERS = []
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILADMIN_LOGIN_URL = "account_login"

# --- Mail -----------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "UseFirst <noreply@localhost>")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
if DEMO or not EMAIL_HOST:
    # Without a mail server letters are kept as files; the demo shows them on a page of its own.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = os.environ.get("EMAIL_FILE_PATH", str(BASE_DIR / "var" / "mail"))

# --- Security -------------------------------------------------------------------------------------
_https = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
ALLAUTH_TRUSTED_PROXY_COUNT = (
    1 if flag("BEHIND_PROXY") else 0
)  # limits count a visitor's address, not the proxy's
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/cms-admin/"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    },
}
# Wagtail's admin uses inline scripts and styles; it gets a policy of its own in marketplace.urls.
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
}
# Encrypts bank data and gateway keys at rest; comma-separated, the first one encrypts.
FIELD_KEYS = [k for k in os.environ.get("USEFIRST_FIELD_KEYS", "").split(",") if k]

# The platform's seal on contracts: a PKCS #12 file with its passphrase. A file that is not there is made on
# first use, with a certificate of our own.
SEAL_P12 = os.environ.get("USEFIRST_SEAL_P12", str(MEDIA_ROOT.parent / "seal.p12"))
SEAL_PASSPHRASE = os.environ.get("USEFIRST_SEAL_PASSPHRASE", SECRET_KEY)

# --- Seeing ---------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Wagtail tells each saved page at INFO, which the audit trail has already; the search client each request.
    "loggers": {name: {"level": "WARNING"} for name in ("wagtail", "django_tasks", "elastic_transport")},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
