"""The result page in a browser: what is ticked is what is in force, also for who comes back."""

import pytest

from tests.search.world import MARKET, index

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


def test_who_comes_back_sees_the_choices_of_the_address(client, settings, show):
    settings.ELASTICSEARCH_URL = ""
    index(*MARKET)

    def narrow(page):
        page.route("**/en/search/?*", lambda route: route.fulfill(body="narrowed", content_type="text/html"))
        box = page.locator('input[name=trl][value="4-6"]')
        box.click()  # check() would look for it on the next page
        page.wait_for_url("**trl=4-6**")
        sent = page.url
        page.go_back()
        page.wait_for_load_state()
        return sent.partition("?")[2], box.is_checked(), page.locator("#q").input_value()

    answer = client.get("/en/search/?q=battery")
    assert show(answer, narrow) == ("q=battery&trl=4-6", False, "battery")
