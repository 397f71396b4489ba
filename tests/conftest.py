import hashlib
import os
from pathlib import Path

os.environ.setdefault("USEFIRST_TEST", "1")

import dj_database_url
import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Each xdist worker has a database of its own."""


@pytest.fixture(scope="session")
def django_db_setup(
    request,
    django_test_environment,
    django_db_blocker,
    django_db_modify_db_settings,
    django_db_keepdb,
    django_db_createdb,
):
    """The database is made and migrated by the owner; tests then run as the application's role,
    which may not rewrite append-only tables."""
    connection = connections["default"]
    application = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)

    def become(role):
        connection.close()
        connection.settings_dict.update(role)

    with django_db_blocker.unblock():
        become({key: owner[key] for key in ("USER", "PASSWORD")})
        keep = django_db_keepdb and not django_db_createdb and kept_migrations(connection) == migrations()
        old = setup_databases(verbosity=0, interactive=False, keepdb=keep)
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"COMMENT ON DATABASE {name} IS '{migrations()}'")
        become(application)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            become({key: owner[key] for key in ("USER", "PASSWORD")})
            teardown_databases(old, verbosity=0)


def migrations() -> str:
    """Which migrations a test database was made with: a kept one is made anew when one of them changed."""
    root = Path(settings.BASE_DIR)
    files = sorted(path for path in root.glob("*/**/migrations/*.py") if ".venv" not in path.parts)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def kept_migrations(connection) -> str | None:
    """What `migrations` said when the database that stands there was made; None without one."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [connection.creation._get_test_db_name()],
        )
        return (cursor.fetchone() or [None])[0]


@pytest.fixture(autouse=True)
def _quick_and_clean(settings, tmp_path):
    """Cheap password hashing, letters in memory, files in a folder of the test; the language of an earlier
    request is forgotten."""
    translation.activate(settings.LANGUAGE_CODE)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def pytest_collection_modifyitems(items):
    """Files that ask one page after the other stay out of the quick run (`make check`)."""
    for item in items:
        if item.path.name in ("test_pages.py", "test_public_pages.py", "test_admin.py", "test_urls.py"):
            item.add_marker("pages")
