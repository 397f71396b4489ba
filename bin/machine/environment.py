"""The variables that marketplace/settings.py reads, for each profile. What the caller's environment names, wins."""

import base64
import os
import secrets
import shlex
from pathlib import Path

from machine import fonts, packages
from machine.elasticsearch import Elasticsearch
from machine.place import ROOT, Missing, checkout_name, data, profile_folder, read_json, write_json
from machine.postgres import APPLICATION, OWNER, Postgres
from machine.redis import Redis


def secrets_of(profile: str) -> dict[str, str]:
    """Made once for each data folder; data encrypted with these keys stay readable as long as the folder is there."""
    path = profile_folder(profile) / "secrets.json"
    known = read_json(path)
    if not known:
        known = {name: secrets.token_urlsafe(24) for name in (OWNER, APPLICATION, "redis")}
        known["SECRET_KEY"] = secrets.token_urlsafe(50)
        known["USEFIRST_FIELD_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        known["USEFIRST_DEMO_PASSWORD"] = f"try-{secrets.token_hex(4)}-first"
        write_json(path, known)
    return known


def postgres(profile: str) -> Postgres:
    return Postgres(profile_folder(profile), profile, secrets_of(profile))


def redis(profile: str) -> Redis:
    return Redis(profile_folder(profile), profile, secrets_of(profile)["redis"])


def elasticsearch() -> Elasticsearch:
    """One for both profiles, which differ in the prefix of their indices: it takes more than 1 GB."""
    return Elasticsearch(data(), checkout_name(ROOT))


def wants_elasticsearch(profile: str) -> bool:
    return (profile_folder(profile) / "with-elasticsearch").exists()


def variables(profile: str) -> dict[str, str]:
    """Raises Missing when a service that the profile needs does not answer."""
    folder = profile_folder(profile)
    found = _services(profile)
    keys = secrets_of(profile)
    found |= {name: keys[name] for name in ("SECRET_KEY", "USEFIRST_FIELD_KEYS")}
    found["SEARCH_INDEX_PREFIX"] = f"usefirst_{profile}"
    found["CELERY_QUEUE"] = f"usefirst_{profile}"
    found["MEDIA_ROOT"] = str(_private(folder / "media"))
    found["EMAIL_FILE_PATH"] = str(_private(folder / "mail"))
    if font := fonts.known():
        found["USEFIRST_FONTS"] = str(font)
    if chromium := packages.find("chromium", "chromium-browser", "google-chrome"):
        found["CHROMIUM"] = chromium
    found |= (
        {"USEFIRST_DEMO": "1", "USEFIRST_DEMO_PASSWORD": keys.get("USEFIRST_DEMO_PASSWORD", "")}
        if profile == "demo"
        else {"USEFIRST_TEST": "1", "TEST_DATABASE": "usefirst_test"}
    )
    named = {name: os.environ[name] for name in found if os.environ.get(name)}
    return found | named


def _services(profile: str) -> dict[str, str]:
    found = {}
    if not os.environ.get("DATABASE_URL"):
        server = postgres(profile)
        port = _answering(server.port(), "PostgreSQL", profile)
        found["DATABASE_URL"], found["DATABASE_OWNER_URL"] = (
            server.url(APPLICATION, port),
            server.url(OWNER, port),
        )
    if not os.environ.get("REDIS_URL"):
        server = redis(profile)
        found["REDIS_URL"] = server.url(_answering(server.port(), "Redis", profile))
    if wants_elasticsearch(profile) and not os.environ.get("ELASTICSEARCH_URL"):
        server = elasticsearch()
        found["ELASTICSEARCH_URL"] = server.url(_answering(server.port(), "Elasticsearch", profile))
    return found


def _answering(port: int | None, name: str, profile: str) -> int:
    if port is None:
        raise Missing(f"{name} ({profile}) does not answer; start it with: bin/services up {profile}")
    return port


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def export_lines(found: dict[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(found.items()))
