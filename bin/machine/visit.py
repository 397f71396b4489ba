"""Ask a running site for what a visitor asks first, and say what is wrong with the answers."""

import time
import urllib.error
import urllib.request
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin


class Problem(Exception):
    """A page that a visitor cannot use."""


class Page(HTMLParser):
    """What the visit looks at: the language, the search form, stylesheets, links in headings, a password field."""

    def __init__(self, address: str, html: str):
        super().__init__()
        self.address = address
        self.language = self.search_action = self.heading_link = self.stylesheet = None
        self.asks_password = False
        self._in_heading = self._in_main = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        here = urljoin(self.address, values.get("href") or values.get("action") or "")
        if tag == "html":
            self.language = values.get("lang")
        elif tag == "main":
            self._in_main = True
        elif tag in ("h2", "h3"):
            self._in_heading = self._in_main
        elif tag == "a" and self._in_heading and self.heading_link is None:
            self.heading_link = here
        elif tag == "form" and values.get("role") == "search" and self.search_action is None:
            self.search_action = here
        elif tag == "link" and values.get("rel") == "stylesheet" and self.stylesheet is None:
            self.stylesheet = here
        elif tag == "input" and values.get("type") == "password":
            self.asks_password = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3"):
            self._in_heading = False
        elif tag == "main":
            self._in_main = False


def fetch(address: str) -> Page:
    """Raises Problem for every answer but 200."""
    try:
        with urllib.request.urlopen(address, timeout=30) as reply:
            return Page(reply.url, reply.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        raise Problem(f"{address} answers {error.code}") from error
    except OSError as error:
        raise Problem(f"{address} does not answer: {error}") from error


def answers(address: str) -> bool:
    try:
        fetch(address)
    except Problem:
        return False
    return True


def found_listing(action: str, patience: float) -> str:
    """The first listing that the search page shows; the index may still be filling after the first start."""
    address = f"{action}?{urlencode({'q': ''})}"
    until = time.monotonic() + patience
    while True:
        link = fetch(address).heading_link
        if link:
            return link
        if time.monotonic() > until:
            raise Problem(f"{address} shows no listing")
        time.sleep(1)


def walk(site: str, patience: float = 60) -> list[str]:
    """Visit everything; returns what is wrong, empty when all is well."""
    problems = []
    for name, step in _steps(site, patience):
        try:
            step()
        except Problem as problem:
            problems.append(f"{name}: {problem}")
    return problems


def _steps(site: str, patience: float):
    yield "health", lambda: fetch(f"{site}/healthz")
    yield "root", lambda: fetch(f"{site}/")
    for language in ("zh-hans", "en"):
        yield f"visit in {language}", lambda language=language: _in_language(site, language, patience)


def _in_language(site: str, language: str, patience: float) -> None:
    home = fetch(f"{site}/{language}/")
    if (home.language or "").lower() != language:
        raise Problem(f"{home.address} says its language is {home.language!r}")
    if not home.stylesheet:
        raise Problem(f"{home.address} has no stylesheet")
    fetch(home.stylesheet)
    if not home.search_action:
        raise Problem(f"{home.address} has no search form")
    fetch(found_listing(home.search_action, patience))
    if not fetch(f"{site}/{language}/accounts/login/").asks_password:
        raise Problem(f"{site}/{language}/accounts/login/ has no password field")
