"""Processes that outlive the script, the user they run as, and the ports they listen on."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from machine.place import Missing, is_root, read_json, say, write_json

SERVICE_USER = "usefirst"


def service_user() -> str | None:
    """PostgreSQL and Elasticsearch refuse root; as root they run as a system user made for them."""
    if not is_root():
        return None
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_USER]
        subprocess.run(command, check=True)
        say(f"made the system user {SERVICE_USER}, as whom the servers run")
    return SERVICE_USER


def identity() -> dict:
    """Arguments for subprocess that drop root's rights; none for everybody else."""
    user = service_user()
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def owned_folder(path: Path) -> Path:
    """A folder that the service user owns and can reach."""
    path.mkdir(parents=True, exist_ok=True)
    user = service_user()
    if user:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        if subprocess.run(["test", "-w", path], check=False, **identity()).returncode:
            raise Missing(
                f"The user {user} cannot reach {path}: a folder above it is closed to others."
                " Choose another one with USEFIRST_DATA and USEFIRST_CACHE."
            )
    return path


def own_tree(path: Path) -> None:
    user = service_user()
    if user:
        entry = pwd.getpwnam(user)
        for found in [path, *path.rglob("*")]:
            os.lchown(found, entry.pw_uid, entry.pw_gid)


def environment(**extra: str) -> dict[str, str]:
    """A small, predictable environment: a server must not depend on who started it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/", **extra}


def run_logged(command: Sequence, log: Path, cwd: Path, **extra: str) -> int:
    """Run to the end as the service user. Output goes to a file: a server that stays behind keeps it open."""
    with log.open("a") as out:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
            **identity(),
        ).returncode


def start_detached(command: Sequence, log: Path, cwd: Path, **extra: str) -> subprocess.Popen:
    with log.open("a") as out:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            **identity(),
        )


def wait_until(
    ready: Callable[[], bool], child: subprocess.Popen, seconds: float, log: Path, what: str
) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None:
            raise Missing(f"{what} ended with {child.returncode} while starting:\n{tail(log)}")
        if time.monotonic() > until:
            end_groups([child.pid])
            raise Missing(f"{what} did not answer within {seconds:.0f} s:\n{tail(log)}")
        time.sleep(0.1)


def tail(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def runs(pid: int, mark: str) -> bool:
    """Is `pid` alive and the process we think it is? A number left from before a reboot may be anybody's."""
    try:
        # Empty when it waits to be reaped, and for a moment after it was started.
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def group_lives(group: int, mark: str = "") -> bool:
    """Does a process of the group, with `mark` in its command, run? One that waits to be reaped does not count."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, found = status.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(found) == group and state not in "ZX" and runs(int(status.parent.name), mark):
            return True
    return False


def end_groups(groups: Iterable[int], seconds: float = 15) -> None:
    """Ask these process groups to end, each once; after `seconds`, do not ask any more."""
    living = list(groups)
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5)):
        for group in living:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)
        until = time.monotonic() + patience
        while living := [group for group in living if group_lives(group)]:
            if time.monotonic() > until:
                break
            time.sleep(0.05)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(first: int, last: int | None = None) -> int:
    for port in range(first, last or first + 200):
        if is_free(port):
            return port
    raise Missing(f"No free port from {first} on")


def remembered_port(folder: Path, name: str, first: int) -> int:
    """The port this server had before, if it is still free, so that addresses stay the same between starts."""
    memory = folder / "ports.json"
    ports = read_json(memory)
    port = ports.get(name)
    if port is None or not is_free(port):
        ports[name] = free_port(first)
        if port is not None:
            say(f"{name}: port {port} is taken, using {ports[name]}")
        write_json(memory, ports)
    return ports[name]
