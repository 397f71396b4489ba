"""The product on a port of its own, in demo mode, for a real browser; and people who only do what a page offers."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, Locator, Page

from marketplace import clock
from marketplace.models import DemoClock
from tests.browser.chinese import SAID
from tests.flows.browser import Person
from tests.flows.days import run_daily_tasks

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}
DESK = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
# Text that is seen in another language than the one that it is marked with: Chinese characters on an English page, three
# English words on a Chinese one.
FOREIGN = """() => {
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
        const english = element.closest("[lang]").lang.startsWith("en");
        const foreign = english ? /[\\u4e00-\\u9fff]/ : /[A-Za-z]+ [a-z]+ [a-z]+/;
        if (foreign.test(text) && element.checkVisibility()) found.push(text);
    }
    return found;
}"""


@contextmanager
def served() -> Iterator[str]:
    """The site's address while the block lasts. Needs a database of its own: each request has its own connection."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def go_to(day: date) -> None:
    """What the demo's clock page does at the operator's wish, in one step."""
    DemoClock.move((day - clock.today()).days)
    run_daily_tasks()
    connections.close_all()


class Crowd:
    """Everybody with a screen of their own, opened when it is first used: `crowd.officer.desk("…")`. Only for the
    browser's thread; the sessions are made beforehand, in the thread that may ask the database."""

    def __init__(
        self,
        browser: Browser,
        site: str,
        people: SimpleNamespace,
        names: re.Pattern,
        language="en",
        screen=PHONE,
    ) -> None:
        self._browser, self._site, self._names = browser, site, names
        self._language, self._screen = language, screen
        self._sessions = {"visitor": ""}
        for role, person in vars(people).items():
            if isinstance(person, Person) and person.acting:
                person.open("desk")
                self._sessions[role] = person.client.cookies[settings.SESSION_COOKIE_NAME].value

    def __getattr__(self, role: str) -> "Hand":
        context = self._browser.new_context(**self._screen)
        if session := self._sessions[role]:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self._site}
            context.add_cookies([cookie])
        start = f"{self._site}/{self._language}/{'desk/' if session else ''}"
        hand = Hand(context.new_page(), start, self._names, self._language)
        setattr(self, role, hand)
        return hand


class Hand:
    """Somebody at a screen, on the desk. Finds what is seen by its words alone (given in English, sought in the
    page's language), and looks at every page that opens: nothing wider than the window, no word of another language but
    names (`names`)."""

    def __init__(self, page: Page, start: str, names: re.Pattern, language: str) -> None:
        self.page, self.names, self.language = page, names, language
        page.set_default_timeout(10_000)
        page.goto(start)
        self.look()

    def said(self, words: str) -> str:
        """The words in the language of the page; days and numbers are the same in all."""
        if self.language == "en" or re.fullmatch(r"[-\d CN]+", words):
            return words
        number = re.search(r"C-[-\d]+", words)
        return SAID[words.replace(number[0], "{}")].format(number[0]) if number else SAID[words]

    def seen(self, words: str, kinds: str = "a, button, summary", inside: str = "body") -> Locator:
        found = self.page.locator(inside).first.locator(kinds).filter(has_text=self.said(words))
        return found.locator("visible=true").first

    def tap(self, words: str, inside: str = "main") -> "Hand":
        """A link, a button, or the head of something that opens."""
        target = self.seen(words, inside=inside)
        stays = target.evaluate("e => e.matches('summary, [href^=\"#\"]')")
        if stays:
            target.click()
            return self
        with self.page.expect_navigation(wait_until="load") as answer:
            target.click()
        assert answer.value is None or answer.value.status < 400, (words, self.page.url)
        return self.look()

    def press(self, words: str) -> "Hand":
        """A button that first says what will happen."""
        self.tap(words)
        return self.tap(words, inside="details.confirm[open] .confirm-box")

    def menu(self, group: str, entry: str) -> "Hand":
        self.tap(group, inside="nav.site-nav")
        return self.tap(entry, inside="nav.site-nav")

    def desk(self, words: str) -> "Hand":
        """What waits on the desk and says these words."""
        self.tap("Desk", inside="nav.site-nav")
        return self.tap(words)

    def write(self, **fields: str) -> "Hand":
        for name, value in fields.items():
            self.page.locator(f"main [name='{name}']:visible").first.fill(value)
        return self

    def choose(self, words: str) -> "Hand":
        self.page.get_by_label(self.said(words)).locator("visible=true").first.check()
        return self

    def look(self) -> "Hand":
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (self.page.url, wide)
        foreign = self.page.evaluate(FOREIGN)
        pattern = r"[\u4e00-\u9fff]" if self.language == "en" else r"[A-Za-z]+ [a-z]+ [a-z]+"
        left = [text for text in foreign if re.search(pattern, self.names.sub("", text))]
        assert left == [], (self.page.url, left)
        return self

    @property
    def text(self) -> str:
        return self.page.inner_text("main")
