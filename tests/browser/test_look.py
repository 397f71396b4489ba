"""The look in a real browser: accessible in light and dark, nothing wider than a phone, menus by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from marketplace.accounts.models import User
from marketplace.clock import now
from marketplace.organisations.models import Membership, Organisation

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def complaints(page) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(menu => { menu.open = true; })")
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.fixture
def look(client, settings, db):
    """The page of components as a member of two organisations sees it."""
    settings.DEMO = True
    user = User.objects.create_user("li@example.org", "long-enough-1", name="李明")
    for number in range(2):
        organisation = Organisation.objects.create(
            kind="UNIVERSITY",
            name_zh="一所名字很长很长的示例理工大学",
            slug=f"example-{number}",
            credit_code=f"12420000000000{number:04}",
            state="VERIFIED",
            decided_at=now(),
            decision_reason="seen",
        )
        Membership.objects.create(user=user, organisation=organisation, roles=["EDITOR", "APPROVER"])
    client.force_login(user)
    return lambda language="zh-hans": client.get(f"/{language}/look/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_components_are_accessible(show, look, scheme, language):
    assert show(look(language), complaints, color_scheme=scheme) == []


@pytest.mark.parametrize("address", ["accounts/login/", "accounts/signup/", "no-such-page/"])
def test_pages_before_signing_in_are_accessible(show, client, db, address):
    assert show(client.get(f"/zh-hans/{address}"), complaints) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_is_wider_than_the_window(show, look, width):
    assert show(look("en"), overflow, viewport={"width": width, "height": 800}) <= 0


def test_menus_open_and_close_by_keyboard(show, look):
    def use(page):
        summary = page.locator("details.person > summary")
        summary.focus()
        page.keyboard.press("Enter")
        opened = page.locator("details.person[open]").count()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        closed = page.locator("details.person[open]").count()
        return opened, closed, summary.evaluate("element => element === document.activeElement")

    assert show(look(), use) == (1, 0, True)


def test_a_second_click_sends_nothing(show, look):
    def click(page):
        return page.evaluate(
            """() => {
                let sent = 0;
                addEventListener("submit", event => { sent += !event.defaultPrevented; event.preventDefault(); });
                const form = document.querySelector("main form[method=post]");
                form.requestSubmit();
                form.requestSubmit();
                return sent;
            }"""
        )

    assert show(look(), click) == 1


def typed_again(page) -> tuple[str, int, str]:
    """Type into the form, send it, open the page anew; then once more."""
    page.fill("#id_title", "Half a listing")
    with page.expect_navigation():
        page.locator("#form form").evaluate("form => form.requestSubmit()")
    page.goto("http://usefirst.test/")
    first, notices = page.input_value("#id_title"), page.locator("main p.notice[role=status]").count()
    page.goto("http://usefirst.test/")
    return first, notices, page.input_value("#id_title")


def test_sign_in_that_expired_in_mid_form_loses_nothing(show, look, client, db):
    page = look()
    client.logout()
    sign_in = client.get("/zh-hans/accounts/login/")
    assert show(page, typed_again, posted=sign_in) == ("Half a listing", 1, "")


def test_what_was_sent_and_taken_is_not_put_back(show, look):
    assert show(look(), typed_again) == ("", 0, "")


def test_menus_open_without_javascript(show, look):
    def use(page):
        page.locator("details.person > summary").click()
        return page.locator("details.person form button").is_visible()

    assert show(look(), use, java_script_enabled=False)


def test_wide_tables_are_lists_on_a_phone(show, look):
    """Each cell says its column, a screen reader still hears a table, the columns sort; wide windows keep the table."""

    def read(page):
        table = page.locator(".table-wrap > table").first
        cell = table.locator("tbody td").nth(1)
        before = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        sorts = table.locator("thead a.sortable").first.is_visible()
        box = table.evaluate("table => table.parentElement.scrollWidth - table.parentElement.clientWidth")
        return before, cell.get_attribute("role"), sorts, box

    named, role, sorts, box = show(look("en"), read, viewport={"width": 390, "height": 800})
    assert (named, role, sorts) == ('"Name"', "cell", True)
    assert box <= 0
    assert show(look("en"), read, viewport={"width": 1440, "height": 900})[0] == "none"
