"""Servers of one test's own, made to be killed: a PostgreSQL that waits for its disk, web and worker processes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dj_database_url
import psycopg
from django.conf import settings
from django.db import connection

from machine import postgres
from machine.place import data
from machine.process import free_port

ROOT = Path(settings.BASE_DIR)


class Database:
    """A cluster with fsync, filled with what the tests' database holds (tables, rights, triggers, first rows)."""

    def __init__(self):
        self.folder = data() / f"crash-{os.getpid()}"
        passwords = {postgres.OWNER: "crash", postgres.APPLICATION: "crash"}
        self.server = postgres.Postgres(self.folder, "demo", passwords)
        self.programs, _source = postgres.install(None)

    def start(self) -> None:
        """Again after a kill: PostgreSQL recovers by itself."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.port = self.server.start(self.programs)
                return
            except postgres.Missing:  # the old one is still going down
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def fill(self, name: str) -> None:
        source = dj_database_url.parse(settings.DATABASE_OWNER_URL)
        place = ["-h", source["HOST"], "-p", str(source["PORT"]), "-U", source["USER"], "-d", name]
        environment = os.environ | {"PGPASSWORD": source["PASSWORD"]}
        dump = [self.programs / "pg_dump", "-Fc", "--no-comments", "--exclude-extension=*", *place]
        if (
            "exclude-extension"
            not in subprocess.run(
                [self.programs / "pg_dump", "--help"], capture_output=True, text=True, check=True
            ).stdout
        ):
            dump.remove("--exclude-extension=*")
        archive = subprocess.run(dump, env=environment, capture_output=True, check=True).stdout
        target = dj_database_url.parse(self.url(postgres.OWNER))
        place = ["-h", target["HOST"], "-p", str(target["PORT"]), "-U", target["USER"], "-d", target["NAME"]]
        restore = [self.programs / "pg_restore", *place]
        done = subprocess.run(
            restore,
            env=environment | {"PGPASSWORD": "crash"},
            input=archive,
            capture_output=True,
            check=False,
        )
        problems = [
            line
            for line in done.stderr.decode().splitlines()
            if "error:" in line and "extension" not in line and 'schema "public"' not in line
        ]
        assert problems == []

    def url(self, role: str = postgres.APPLICATION) -> str:
        return self.server.url(role, self.port)

    def kill(self) -> None:
        """The whole server at once."""
        pid = int((self.server.cluster / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        for child in _children(pid):
            _kill(child)

    def kill_backend(self) -> None:
        """One connection's process; the server then throws all others out and recovers."""
        with psycopg.connect(self.url(postgres.OWNER), autocommit=True, connect_timeout=5) as connected:
            rows = connected.execute(
                "SELECT pid FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()",
                [postgres.APPLICATION],
            ).fetchall()
        if rows:
            _kill(random.choice(rows)[0])

    def end(self) -> None:
        self.server.stop(self.programs)
        shutil.rmtree(self.folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Process:
    """A master with children of its own (gunicorn, celery); it replaces a child that is killed."""

    def __init__(self, command: list, environment: dict, log: Path):
        self.command, self.environment, self.log = command, environment, log
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def kill_child(self) -> bool:
        children = _children(self.running.pid)
        return bool(children) and _kill(random.choice(children))

    def kill(self) -> None:
        """Master and children; then a new one, as a supervisor would."""
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.start()

    def end(self) -> None:
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


def timer_queue() -> str:
    return f"crash-{os.getpid()}-timer"


def processes(database: Database, logs: Path) -> tuple[Process, Process, Process, str]:
    """(web, worker, a worker for the timer's own tasks, so that they do not wait for papers to be printed; address of
    the web)."""
    port = free_port(18000)
    environment = os.environ | {
        "DATABASE_URL": database.url(),
        "DATABASE_OWNER_URL": database.url(postgres.OWNER),
        "CELERY_QUEUE": f"crash-{os.getpid()}",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),  # what is stored here is signed there
        "ELASTICSEARCH_URL": "",
        "LOG_LEVEL": "WARNING",
    }
    python = sys.executable
    gunicorn = [
        python,
        "-m",
        "gunicorn",
        "marketplace.wsgi",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        "2",
        "--preload",
    ]
    celery = [python, "-m", "celery", "-q", "-A", "marketplace", "worker", "-l", "warning",
              "--without-gossip", "--without-mingle"]  # fmt: skip
    web = Process(gunicorn, environment, logs / "web.log")
    worker = Process([*celery, "-c", "2"], environment, logs / "worker.log")
    timer = Process([*celery, "-c", "1", "-Q", timer_queue()], environment, logs / "timer.log")
    return web, worker, timer, f"http://127.0.0.1:{port}"


def connect_here(database: Database) -> dict:
    """Point this process's own connection at the server; what it was before."""
    place = connection.settings_dict
    kept = {key: place[key] for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    connection.close()
    wanted = dj_database_url.parse(database.url())
    place.update({key: wanted[key] for key in kept})
    return kept
