"""A browser beside the tests. It lives in a thread of its own: its event loop and the ORM cannot share one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from playwright.sync_api import Page, Route, sync_playwright

SITE = "http://usefirst.test"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@pytest.fixture(scope="session")
def browser_thread():
    """(pool, browser): submit functions to the pool, and use the browser only inside them."""
    with ThreadPoolExecutor(1) as pool:
        playwright = pool.submit(lambda: sync_playwright().start()).result()
        browser = pool.submit(
            lambda: playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
            )
        ).result()
        yield pool, browser
        pool.submit(browser.close).result()
        pool.submit(playwright.stop).result()


@pytest.fixture
def show(browser_thread) -> Callable:
    """show(answer, function, **options): open an answer of the test client in the browser, with its own
    headers and our static files, and return what `function(page)` returns. `posted` answers forms sent to it."""
    pool, browser = browser_thread

    def serve(answer: HttpResponse, posted: HttpResponse, route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        sent = route.request.method == "POST"
        if sent:
            answer = posted
        if sent or path == "/":
            route.fulfill(status=answer.status_code, headers=dict(answer.items()), body=answer.content)
            return
        file = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if file is None:
            route.fulfill(status=404, body="")
            return
        with open(file, "rb") as content:
            route.fulfill(body=content.read(), content_type=_TYPES.get(os.path.splitext(file)[1], ""))

    def run(answer: HttpResponse, function: Callable[[Page], object], posted=None, **options):
        def work():
            context = browser.new_context(**options)
            try:
                page = context.new_page()
                page.route("**/*", lambda route: serve(answer, posted or answer, route))
                page.goto(f"{SITE}/")
                return function(page)
            finally:
                context.close()

        return pool.submit(work).result()

    return run
