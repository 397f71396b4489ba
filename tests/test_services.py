"""The parts of bin/ that decide something; the servers themselves are proven by every other test."""

import shlex
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from machine import elasticsearch, environment, place, process, visit


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_two_checkouts_of_one_name_have_different_folders():
    here, there = place.checkout_name(Path("/a/usefirst")), place.checkout_name(Path("/b/usefirst"))
    assert here != there
    assert here.startswith("usefirst-")


def test_remembered_port_stays_the_same_until_it_is_taken(tmp_path, listener):
    place.write_json(tmp_path / "ports.json", {"taken": listener})
    chosen = process.remembered_port(tmp_path, "redis", 17000)

    assert process.remembered_port(tmp_path, "redis", 18000) == chosen
    assert process.remembered_port(tmp_path, "taken", 17000) != listener


def test_free_port_passes_over_a_listener(listener):
    assert process.free_port(listener) > listener
    with pytest.raises(place.Missing):
        process.free_port(listener, listener + 1)


def test_lock_lets_one_in_at_a_time(tmp_path):
    """Each holder reads, waits and writes; without the lock, the slower one would overwrite the other's number."""
    count = tmp_path / "count"
    count.write_text("0")

    def add():
        with place.locked(tmp_path / "lock"):
            seen = int(count.read_text())
            threading.Event().wait(0.01)
            count.write_text(str(seen + 1))

    workers = [threading.Thread(target=add) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert count.read_text() == "8"


def test_export_lines_survive_a_shell():
    awkward = {"A": 'it\'s $HOME `x` "y"\nz', "B": "先用"}
    script = f'{environment.export_lines(awkward)}\nprintf "%s|%s" "$A" "$B"'
    read = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert read.stdout == f"{awkward['A']}|{awkward['B']}"
    assert len(shlex.split(environment.export_lines(awkward))) == 4


def test_secrets_can_be_read_by_their_owner_only(tmp_path):
    place.write_json(tmp_path / "secrets.json", {"key": "value"})
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert place.read_json(tmp_path / "secrets.json") == {"key": "value"}


def test_process_is_known_by_number_and_command():
    command = [sys.executable, "-c", "print('up', flush=True); input()", "a-mark"]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout.readline() == "up\n"

    assert process.runs(child.pid, "a-mark")
    assert not process.runs(child.pid, "another")

    process.end_groups([child.pid])

    assert not process.runs(child.pid, "a-mark")  # ended, though not reaped yet
    assert not process.group_lives(child.pid)
    child.communicate()


def test_unpack_takes_the_server_alone_out_of_the_zip(tmp_path):
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for name in ("lib/a.jar", "../../outside"):
            archive.writestr(f"product-1/elasticsearch/{name}", "x")
        archive.writestr("product-1/web/index.html", "x")

    elasticsearch.unpack(bundle, tmp_path / "tree")

    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"bundle.zip", "tree/lib/a.jar"}


def test_page_shows_what_a_visit_follows():
    page = visit.Page(
        "http://site/en/",
        '<html lang="en"><link rel="stylesheet" href="/static/site.css"><header><h2><a href="/no">menu</a></h2></header>'
        '<form role="search" action="/en/search/"></form><main><h2><a href="hit/">A listing</a></h2></main></html>',
    )
    assert (page.language, page.search_action, page.heading_link, page.stylesheet, page.asks_password) == (
        "en",
        "http://site/en/search/",
        "http://site/en/hit/",
        "http://site/static/site.css",
        False,
    )
