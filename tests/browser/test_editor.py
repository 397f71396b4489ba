"""The editor of terms in a real browser: accessible, no wider than a phone, words and findings while one types."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from marketplace.deals.services import make_offer, open_enquiry
from tests.browser.test_look import complaints, overflow
from tests.factories.ground import signed_in
from tests.flows.browser import filled_in, soup_of
from tests.marketplace.deals.conftest import build_world
from tests.marketplace.editor.test_form import RICH

pytestmark = pytest.mark.browser


@pytest.fixture
def form(client, db):
    """The form of a counter-offer on terms with everything in them, and the address of its words."""
    world = build_world()
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    make_offer(deal, actor=world.officer, terms=RICH)
    signed_in(client, world.officer)

    def answers(language="zh-hans", query=""):
        with override(language):
            return client.get(reverse("offer_new", args=[deal.number]) + query)

    with override("en"):
        answers.words = reverse("offer_preview", args=[deal.number])
        answers.page = reverse("offer_new", args=[deal.number])
    answers.client = client
    return answers


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_editor_is_accessible_and_fits_a_phone(show, form, language):
    page = form(language)
    assert show(page, complaints) == []
    assert show(page, overflow, viewport={"width": 390, "height": 800}) <= 0


def test_words_follow_and_a_finding_stands_at_its_field(show, form):
    page = form("en")
    soup = soup_of(page)
    data = filled_in(soup.select_one("#terms-form"), soup) | {"elements-3-amount": "-12"}
    words = form.client.post(form.words, data)

    def typing(browser):
        browser.locator("#at-elements-3 > summary").click()
        browser.locator("#id_elements-3-amount").press_sequentially("-")
        browser.locator("#at-elements-3-amount .live-error").wait_for()
        opened = browser.locator(".terms-card[open]").count()
        return opened, browser.locator("#at-elements-3-amount .live-error").inner_text()

    assert show(page, typing, posted=words) == (1, "Must be greater than zero.")


def test_a_button_swaps_the_form_and_keeps_the_place(show, form):
    page = form("en")
    soup = soup_of(page)
    data = filled_in(soup.select_one("#terms-form"), soup) | {"do": "add elements milestone"}
    more = form.client.post(form.page, data)

    def adding(browser):
        browser.evaluate("window.same = true")
        browser.locator("button[value='add elements milestone']").click()
        browser.locator("#id_elements-4-name").wait_for()
        return browser.evaluate("window.same"), browser.locator(".terms-card[open]").get_attribute("id")

    assert show(page, adding, posted=more) == (True, "at-elements-4")
