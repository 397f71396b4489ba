"""Where things lie: a cache shared by all checkouts, and a data folder of this checkout's own."""

import contextlib
import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("demo", "test", "bench")


class Missing(Exception):
    """Something the machine lacks; the message says what to do about it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def is_root() -> bool:
    return os.geteuid() == 0


def _folder(variable: str, for_root: str, for_user: str) -> Path:
    chosen = os.environ.get(variable)
    path = Path(chosen) if chosen else Path(for_root) if is_root() else Path.home() / for_user
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def cache() -> Path:
    """Big things that every checkout may use: server trees, fonts, pip's cache."""
    return _folder("USEFIRST_CACHE", "/var/cache/usefirst", ".cache/usefirst")


def checkout_name(root: Path) -> str:
    """A folder name that two checkouts never share, and that still tells which one it is."""
    return f"{root.name}-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"


def data() -> Path:
    """Databases, uploads and secrets of this checkout."""
    path = _folder("USEFIRST_DATA", "/var/lib/usefirst", ".local/share/usefirst") / checkout_name(ROOT)
    path.mkdir(exist_ok=True)
    return path


def profile_folder(profile: str) -> Path:
    path = data() / profile
    path.mkdir(exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner can read it, from the first byte on."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def read_json(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def write_json(path: Path, value: dict) -> None:
    write_private(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go when the holder dies."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another process is at work here; waiting for {path}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
