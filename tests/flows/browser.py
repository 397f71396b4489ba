"""A person at a browser, as far as HTTP goes: pages, their links, and forms filled in the way a browser fills them.

A form is read from the page that offers it, so a step is possible only where a page lets people take it; hidden
fields and initial values are sent back as they were found.
"""

from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client
from django.urls import reverse

from marketplace.organisations.acting import Acting
from tests.factories.ground import signed_in


class Page:
    """One answer, with what a reader sees of it."""

    def __init__(self, person: "Person", response) -> None:
        self.person, self.response = person, response
        self.url = response.request["PATH_INFO"] + (
            f"?{response.request['QUERY_STRING']}" if response.request["QUERY_STRING"] else ""
        )
        self.path = urlsplit(self.url).path
        is_text = response.get("Content-Type", "").startswith("text/")
        self.body = b"".join(response) if response.streaming else response.content
        self.soup = BeautifulSoup(self.body if is_text else b"", "lxml")

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """What is read, spaces and line ends made one."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def complaints(self) -> list[str]:
        """What the page says went wrong: the summary above a form, beside a field, or a message."""
        wrong = (
            ".error-summary li, .errors li, .messages .notice.bad, .messages .notice.warn,"
            ".messages li.error, .error-message, .w-field__errors p"  # of the editor
        )
        found = self.soup.select(wrong if self.status < 400 else f"{wrong}, main .notice.warn")
        return list(dict.fromkeys(" ".join(one.get_text(" ").split()) for one in found))

    def links(self) -> list[str]:
        return [urljoin(self.url, one["href"]) for one in self.soup.select("a[href]")]

    def follow(self, name: str, *args, query: str = "") -> "Page":
        """Click the link to this address; it must be on the page."""
        wanted = _address(name, *args) + query
        assert wanted in self.links(), f"{self.path} has no link to {wanted}"
        return self.person.open(wanted)

    def offers(self, name: str, *args) -> bool:
        """Whether a link or a button on the page goes there."""
        wanted = _address(name, *args)
        posts = [urljoin(self.url, form.get("action") or self.url) for form in self.soup.select("form")]
        return wanted in [*self.links(), *posts]

    def form(self, to: str, fields=()) -> Tag:
        """The POST form that goes to this address and has these fields."""
        for form in self.soup.select("form"):
            target = urlsplit(urljoin(self.url, form.get("action") or self.url)).path
            names = {one.get("name") for one in _controls(form, self.soup)}
            if form.get("method", "").lower() == "post" and target == to and set(fields) <= names:
                return form
        raise AssertionError(f"{self.path} has no form to {to} with {sorted(fields)}: {self.text[:600]}")

    def send(
        self, values: dict | None = None, *, to: str = "", press: str = "", added=None, **more
    ) -> "Page":
        """Fill in and send the form that goes to `to` (a path; here, the page itself). `press` is the name of
        the button, or name=value; `added` are fields that the page's script would add. Fails with the page's
        complaints unless it goes through."""
        page = self.try_to_send(values, to=to, press=press, added=added, **more)
        assert page.status < 400, (page.status, page.path, page.complaints or page.text[:1500])
        assert not page.complaints, (page.path, page.complaints)
        return page

    def try_to_send(self, values: dict | None = None, *, to="", press="", added=None, **more) -> "Page":
        """Like `send`, whatever comes of it."""
        values = {**(values or {}), **more}
        to = to or self.path
        name, _equals, value = press.partition("=")
        form = self.form(to, [*values, *([name] if name else [])])
        data = {**filled_in(form, self.soup), **values, **(added or {})}
        if name:
            buttons = [b for b in _buttons(form, self.soup) if b.get("name") == name]
            assert any(not value or b.get("value") == value for b in buttons), (name, value)
            data[name] = value or buttons[0].get("value", "")
        return self.person.post(to if form.get("action") else self.url, data)

    def confirm(self, name: str, *args, press: str = "") -> "Page":
        """Press a button that says what will happen."""
        return self.send(to=_address(name, *args), press=press)


def _address(name: str, *args) -> str:
    return name if name.startswith("/") else reverse(name, args=args)


def _controls(form: Tag, soup: BeautifulSoup) -> list[Tag]:
    inside = form.select("input[name], select[name], textarea[name], button[name]")
    beside = soup.select(f'[form="{form["id"]}"][name]') if form.get("id") else []
    return [*inside, *beside]


def _buttons(form: Tag, soup: BeautifulSoup) -> list[Tag]:
    return [one for one in _controls(form, soup) if one.name == "button" or one.get("type") == "submit"]


def filled_in(form: Tag, soup: BeautifulSoup) -> dict:
    """What a browser would send of an untouched form, buttons and files aside."""
    data: dict[str, list[str]] = {}
    for one in _controls(form, soup):
        kind = one.get("type", "text")
        if one.name == "button" or one.has_attr("disabled") or kind in ("submit", "button", "file", "image"):
            continue
        if one.name == "select":
            chosen = one.select("option[selected]") or (
                [] if one.has_attr("multiple") else one.select("option")[:1]
            )
            values = [option.get("value", option.get_text()) for option in chosen]
        elif one.name == "textarea":
            values = [one.get_text().removeprefix("\n")]
        elif kind in ("checkbox", "radio"):
            values = [one.get("value", "on")] if one.has_attr("checked") else []
        else:
            values = [one.get("value", "")]
        if values:
            data.setdefault(one["name"], []).extend(values)
    return {name: values if len(values) > 1 else values[0] for name, values in data.items()}


class Person:
    """Somebody with a browser of their own; anonymous without `acting`."""

    def __init__(self, acting: Acting | None = None, password: str = "") -> None:
        self.acting, self.password = acting, password
        self.client = Client(enforce_csrf_checks=True)
        self._signed_in = acting is None

    def __repr__(self) -> str:
        return f"{self.acting.user} ({self.acting.organisation})" if self.acting else "a visitor"

    @classmethod
    def already_in(cls, acting: Acting) -> "Person":
        """Somebody whose sign-in is not part of the story."""
        person = cls(acting)
        signed_in(person.client, acting)
        person._signed_in = True
        return person

    @property
    def organisation(self):
        return self.acting.organisation

    @property
    def user(self):
        return self.acting.user

    def open(self, name: str, *args, query: str = "") -> Page:
        """A page that opens; see `try_to_open` for one that may not."""
        page = self.try_to_open(name, *args, query=query)
        assert page.status == 200, (self, page.path, page.status, page.text[:400])
        return page

    def try_to_open(self, name: str, *args, query: str = "") -> Page:
        self._sign_in()
        return self._answered(self.client.get(_address(name, *args) + query, follow=True))

    def post(self, path: str, data: dict | None = None) -> Page:
        """Send fields to an address, whatever any page offers; follows where it leads. The CSRF token is this
        browser's own."""
        self._sign_in()
        if "csrftoken" not in self.client.cookies:
            self.client.get(reverse("account_login"))
        token = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        filled = {name: value for name, value in (data or {}).items() if value is not None}
        answer = self.client.post(path, filled | {"csrfmiddlewaretoken": token}, follow=True)
        page = self._answered(answer)
        if page.path == reverse("account_reauthenticate") and self.password:
            return page.try_to_send(password=self.password)
        return page

    def _answered(self, response) -> Page:
        """What the database puts off to the end of a transaction is checked after each answer."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return Page(self, response)

    def _sign_in(self) -> None:
        """By the sign-in page, before the first page that this person opens."""
        if not self._signed_in:
            self._signed_in = True
            self.open("account_login").send(login=self.user.email, password=self.password)


def soup_of(answer) -> BeautifulSoup:
    """An answer of the test client, read."""
    return BeautifulSoup(answer.content, "lxml")
