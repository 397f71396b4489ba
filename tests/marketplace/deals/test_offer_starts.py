"""What an offer begins from, and what the form of an offer holds against its terms."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace import terms
from marketplace.deals.models import Offer
from marketplace.deals.services import make_offer, open_enquiry
from marketplace.programmes.models import Key, PilotProgramme
from marketplace.programmes.services import load_presets
from marketplace.terms.presets import preset
from tests.flows.browser import filled_in, soup_of


@pytest.fixture
def deal(world):
    return open_enquiry(world.listing, actor=world.scout, message="?")


@pytest.fixture
def url(deal):
    return reverse("offer_new", args=[deal.number])


def typed(page, **changes):
    soup = soup_of(page)
    return filled_in(soup.select_one("#terms-form"), soup) | {
        name.replace("__", "-"): value for name, value in changes.items()
    }


def test_each_pilot_begins_with_its_own_rules_and_says_what_is_only_proposed(world, deal, url, sign_in):
    load_presets()
    client = sign_in(world.officer)
    for programme in PilotProgramme.objects.all():
        page = client.get(f"{url}?start=programme:{programme.code}")
        preview = client.post(url, typed(page, preview="1"))
        assert not preview.context["form"].errors, programme.code
    xixian = PilotProgramme.objects.get(code="SN-XX")
    page = client.get(f"{url}?start=programme:SN-XX")
    agreed = page.context["form"].understood.terms
    assert agreed.elements[0].trigger.kind == "any"
    soup = soup_of(page)
    source = xixian.rule(Key.TRIGGER).source
    assert source in soup.select_one("#at-elements-0-trigger-of-0-months .proposal").get_text()
    assert "本平台建议值" in soup.select_one("#at-elements-0-amount .proposal").get_text()


def test_a_licence_that_would_outlive_its_patent_is_refused(world, deal, url, sign_in):
    right = world.listing.ip_rights.get()
    client = sign_in(world.officer)
    data = typed(client.get(f"{url}?start=preset:royalty"), term_months="600", preview="1")
    answer = client.post(url, data)
    assert "晚于专利权届满日" in soup_of(answer).select_one("#at-term_months .errors").get_text()
    right.expires_on = None  # a right that does not end, or whose end nobody knows, sets no limit
    right.save()
    assert not client.post(url, data).context["form"].errors


def test_every_kind_of_terms_can_be_offered_and_countered_unchanged(world, deal, url, sign_in):
    client = sign_in(world.officer)
    document = terms.write(preset("two_royalties"))
    loaded = client.post(url, typed(client.get(url), do="load", terms_json=json.dumps(document)))
    preview = client.post(url, typed(loaded, preview="1"))
    assert client.post(url, typed(preview, send="1")).status_code == 302
    assert Offer.objects.get().terms == document
    counter = sign_in(world.signatory).get(url)
    assert client.post(url, typed(counter, do="download")).json() == document
    same = client.post(url, typed(counter, preview="1"))
    assert same.context["preview"]["same"]


def test_the_form_asks_as_often_for_many_versions_as_for_few(world, deal, url, sign_in):
    load_presets()
    client = sign_in(world.officer)
    counts = []
    for number in range(3):
        make_offer(deal, actor=world.officer, terms=preset("royalty", rate=str(number + 1)))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        counts.append(len(asked))
    assert counts == [11, 11, 11]
