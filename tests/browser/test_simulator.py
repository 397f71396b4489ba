"""The simulator in a real browser: accessible, no wider than a phone, sliders that compute, and nothing needs them."""

import pytest
from django.core.cache import cache

from tests.browser.test_look import complaints, overflow

pytestmark = pytest.mark.browser
QUERY = "preset=entry_royalty&start=2026-01-01&t.elements.1.rate.rate=6"


@pytest.fixture
def page(client, db):
    cache.clear()
    return lambda language="zh-hans", query=QUERY: client.get(f"/{language}/simulator/?{query}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_simulator_is_accessible(show, page, scheme, language):
    assert show(page(language), complaints, color_scheme=scheme) == []


def test_errors_are_accessible(show, page):
    assert show(page("en", "preset=entry_royalty&m0_1=lots&t.caps.0.amount=x"), complaints) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_is_wider_than_the_window(show, page, width):
    assert show(page("en"), overflow, viewport={"width": width, "height": 800}) <= 0


def test_a_slider_fills_its_figure_in_and_the_answer_comes_while_one_moves_it(show, client, page):
    asked = []

    fragment = client.get(f"/zh-hans/simulator/?{QUERY}&m0_1=1", headers={"HX-Request": "true"})

    def use(browser):
        browser.route(
            "**/simulator/**",
            lambda route: (
                asked.append(route.request.url),
                route.fulfill(body=fragment.content, content_type="text/html; charset=utf-8"),
            ),
        )
        slider = browser.locator("tr:nth-child(2) input[type=range]")
        before = browser.locator("#answer .figures").inner_text()
        slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input', {bubbles: true})); }")
        browser.wait_for_function(
            "before => document.querySelector('#answer .figures').innerText !== before", arg=before
        )
        return browser.input_value("#id_m0_1"), browser.locator("#words").count()

    typed, words = show(page(), use)
    assert typed == "11,400,000"
    assert words == 1
    assert "m0_1=11%2C400%2C000" in asked[0]
    assert "base=expected" in asked[0]


def test_without_javascript_the_button_sends_what_stands_in_the_fields(show, page):
    def use(browser):
        return browser.locator("#play input[type=range]").count(), browser.locator(
            "#play .btn-primary"
        ).is_visible()

    assert show(page(), use, java_script_enabled=False) == (0, True)
