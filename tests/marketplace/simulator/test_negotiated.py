"""Offers and contracts in the simulator: who may, what is kept for whom, and the past as it was charged."""

import json
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts.rating.facts import DAY
from marketplace.clock import at
from marketplace.deals import services as deals
from marketplace.refusals import NotPermitted, Refused
from marketplace.simulator.models import StoredScenario
from marketplace.simulator.services import keep_scenario, throw_away
from marketplace.terms import write
from marketplace.terms.dates import add_months
from marketplace.terms.presets import preset
from tests.contracts.billing.test_invoicing import APRIL, JANUARY, MARCH, invoiced
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import accepted, running, sales
from tests.factories.ground import signed_in
from tests.flows.browser import filled_in

THREE = royalty(fixed("0.03"))
EVERYBODY = (
    "officer",
    "finance",
    "approver",
    "reporter",
    "signatory",
    "scout",
    "broker",
    "stranger",
    "neighbour",
    "operator",
)


@pytest.fixture
def offer(world):
    deal = deals.open_enquiry(world.listing, actor=world.scout, message="多少钱？")
    return deals.make_offer(deal, actor=world.officer, terms=preset("entry_royalty"))


@pytest.fixture
def contract(world):
    contract = running(world, sheet(THREE), on=JANUARY, three_party=True)
    accepted(world, contract, MARCH, sales("2300000"))
    return contract


def address(offer, end=""):
    return reverse(f"simulator_offer{end}", args=[offer.deal.number, offer.number])


def shown(page):
    return page.context["playing"]


def test_an_offer_opens_for_those_who_take_part(client, world, offer):
    found = {}
    for who in EVERYBODY:
        signed_in(client, getattr(world, who))
        found[who] = client.get(address(offer)).status_code
    assert found == {
        "officer": 200, "finance": 200, "approver": 200, "reporter": 200, "signatory": 200, "scout": 200,
        "broker": 404, "stranger": 404, "neighbour": 404, "operator": 404,
    }  # fmt: skip
    client.logout()
    assert client.get(address(offer)).status_code == 302


def test_what_is_set_for_an_offer_stands_in_no_address(client, world, offer):
    signed_in(client, world.scout)
    page = client.post(address(offer), {"start": "2026-03-01", "t.elements.1.rate.rate": "2"})
    assert page.status_code == 200
    assert page.context["difference"]
    assert page.context["address"] == ""
    assert page["Cache-Control"] == "private, no-store"
    fragment = client.post(address(offer), {"t.elements.1.rate.rate": "2"}, headers={"HX-Request": "true"})
    assert "HX-Replace-Url" not in fragment
    assert client.post(address(offer), {"start": "2026-03-01", "export": "pdf"}).content.startswith(b"%PDF")


def test_kept_for_oneself_and_for_the_other_side(client, world, offer):
    signed_in(client, world.scout)
    sent = {"start": "2026-03-01", "m0_1": "5,000,000", "t.elements.1.rate.rate": "2", "name": "我方的估计"}
    answer = client.post(address(offer, "_keep"), sent)
    mine = StoredScenario.objects.get()
    assert answer["Location"] == mine.get_absolute_url()
    assert (mine.readers, mine.said["m0_1"]) == ([world.firm.pk], "5,000,000")
    page = client.get(mine.get_absolute_url())
    assert shown(page).form.assumed().paths["net_sales"][1] == 5_000_000_00
    assert shown(page).changed.element("royalty").rate.rate * 100 == 2
    client.post(address(offer, "_keep"), sent | {"readers": [world.uni.pk]})
    shared = StoredScenario.objects.latest("pk")
    found = {}
    for who in EVERYBODY:
        signed_in(client, getattr(world, who))
        found[who] = [client.get(one.get_absolute_url()).status_code for one in (mine, shared)]
    both, one, none = [200, 200], [404, 200], [404, 404]
    assert found == {
        "officer": one, "finance": one, "approver": one, "reporter": both, "signatory": both, "scout": both,
        "broker": none, "stranger": none, "neighbour": none, "operator": none,
    }  # fmt: skip


def test_readers_are_those_who_take_part(world, offer):
    for readers in ([world.agency.pk], [world.stranger.organisation.pk]):
        with pytest.raises(Refused):
            keep_scenario(
                offer, actor=world.scout, name="x", agreed=offer.agreed_terms, said={}, readers=readers
            )
    with pytest.raises(Refused):
        keep_scenario(offer, actor=world.stranger, name="x", agreed=offer.agreed_terms, said={}, readers=[])
    assert not StoredScenario.objects.exists()


def test_only_the_organisation_that_kept_it_throws_it_away(client, world, offer):
    kept = keep_scenario(
        offer, actor=world.scout, name="x", agreed=offer.agreed_terms, said={}, readers=[world.uni.pk]
    )
    with pytest.raises(NotPermitted):
        throw_away(kept, actor=world.officer)
    signed_in(client, world.reporter)
    assert client.post(reverse("simulator_throw", args=[kept.key])).status_code == 302
    assert not StoredScenario.objects.exists()


def test_a_kept_scenario_belongs_to_an_offer_or_a_contract(world, offer):
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        StoredScenario.objects.create(
            name="x", terms={}, terms_hash="", readers=[], made_by=world.scout.user, organisation=world.firm
        )


def test_the_room_and_the_offer_lead_to_the_simulator(client, world, offer):
    signed_in(client, world.scout)
    assert address(offer) in client.get(offer.deal.get_absolute_url()).content.decode()
    page = client.get(reverse("offer", args=[offer.deal.number, offer.number])).content.decode()
    assert address(offer) in page
    assert "¥500,000.00" in page


def test_the_past_of_a_contract_is_real_and_the_future_assumed(client, world, contract):
    invoiced(world, contract, on=APRIL)
    signed_in(client, world.reporter)
    with at(date(2026, 4, 10)):
        page = client.get(reverse("simulator_contract", args=[contract.number]))
    course = page.context["course"]
    assert [(line.minor, line.real) for line in course.lines][:3] == [
        (69_000_00, True), (69_000_00, False), (69_000_00, False),
    ]  # fmt: skip
    assert course.lines[0].due_on == contract.invoices.get().due_on
    assert shown(page).key == "so_far"
    assert page.context["charts"][0][1].today
    assert contract.charges.count() == 1  # nothing was written


def test_an_amendment_holds_from_its_day_and_leaves_the_past(client, world, contract):
    signed_in(client, world.finance)
    sent = {"since": "2027-01-01", "t.elements.0.rate.rate": "1", "scenario": "so_far"}
    with at(date(2026, 4, 10)):
        page = client.post(reverse("simulator_contract", args=[contract.number]), sent)
    before, now = shown(page).course, shown(page).then
    same = [line.minor for line in before.lines if line.dated_on.year == 2026]
    assert [line.minor for line in now.lines if line.dated_on.year == 2026] == same
    later = [[line.minor for line in c.lines if line.dated_on.year == 2028] for c in (before, now)]
    assert [round(a / b) for a, b in zip(*later, strict=True)] == [3, 3, 3, 3]


def test_a_contract_opens_for_those_who_may_read_its_charges(client, world, contract):
    found = {}
    for who in EVERYBODY:
        signed_in(client, getattr(world, who))
        found[who] = client.get(reverse("simulator_contract", args=[contract.number])).status_code
    assert found == {
        "officer": 200, "finance": 200, "approver": 404, "reporter": 200, "signatory": 200, "scout": 404,
        "broker": 404, "stranger": 404, "neighbour": 404, "operator": 404,
    }  # fmt: skip


def test_odd_input_for_a_contract(client, world, contract):
    signed_in(client, world.finance)
    url = reverse("simulator_contract", args=[contract.number])
    for sent in (
        {"since": ""},
        {"since": "0001-01-01", "t.elements.0.rate.rate": "1"},
        {"t.elements.0.rate.rate": "x"},
        {"terms": "{"},
        {"terms": '{"currency": "USD"}'},
        {"terms": " " * 9 + "{" * 300_000},
    ):
        assert client.post(url, sent).status_code == 422, sent
    assert client.post(url, {"by": "period", "start": "2030-01-01", "was": "x"}).status_code == 200


def test_a_listing_with_indicative_terms_shows_what_it_would_cost(client, world, django_assert_num_queries):
    page = world.listing
    plain = client.get(page.get_absolute_url())
    page.indicative_terms = write(preset("entry_royalty"))
    page.save()
    text = client.get(page.get_absolute_url()).content.decode()
    assert "¥500,000.00" in text
    assert f"listing={page.code}&amp;scenario=fast" in text
    assert "simulator/?listing" not in plain.content.decode()
    played = client.get(reverse("simulator"), {"listing": page.code})
    assert shown(played).source.title.endswith("的参考条款")
    with django_assert_num_queries(2):
        client.get(reverse("simulator"), {"listing": page.code})


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_pages(client, world, offer, contract, django_assert_num_queries, rows):
    signed_in(client, world.finance)
    for _ in range(rows):
        keep_scenario(
            offer, actor=world.officer, name="x", agreed=offer.agreed_terms, said={}, readers=[world.firm.pk]
        )
        keep_scenario(contract, actor=world.officer, name="x", agreed=contract.terms, said={}, readers=[])
    for url, queries in (
        (address(offer), 7),
        (reverse("simulator_contract", args=[contract.number]), 12),
        (StoredScenario.objects.filter(offer=offer).latest("pk").get_absolute_url(), 9),
    ):
        client.get(url)
        with django_assert_num_queries(queries):
            client.get(url)


def test_another_version_of_the_deal_beside_this_one(client, world, offer):
    newer = deals.make_offer(offer.deal, actor=world.scout, terms=preset("deferred"))
    signed_in(client, world.scout)
    page = client.get(address(newer), {"with": "1"})
    playing = shown(page)
    assert (playing.agreed, playing.changed) == (offer.agreed_terms, newer.agreed_terms)
    assert (playing.course.total, playing.then.total) == (500_000_00, 100_000_00)
    assert [meter.key for meter in playing.needs.meters] == ["net_sales"]
    moved = client.post(address(newer), {"with": "1", "scenario": "nothing", "base": "expected"})
    assert (shown(moved).course.total, shown(moved).then.total) == (80_000_00, 100_000_00)
    for odd in ("2", "99", "x", "²", "9" * 40):
        assert shown(client.get(address(newer), {"with": odd})).then is None


def test_other_terms_ask_for_what_they_need(client, db):
    other = json.dumps(write(preset("per_unit")))
    page = client.post(reverse("simulator"), {"preset": "deferred", "start": "2026-01-01", "terms": other})
    assert [meter.key for meter in shown(page).needs.meters] == ["units"]
    assert shown(page).then.total == 16_500_00


def test_terms_of_a_running_contract_are_changed_in_the_editor(client, world, contract):
    signed_in(client, world.finance)
    address = reverse("simulator_contract_terms", args=[contract.number])
    soup = BeautifulSoup(client.get(address).content, "lxml")
    sent = filled_in(soup.select_one("#terms-form"), soup)
    changed = client.post(address, sent | {"term_months": "72", "compare": "1"})
    playing = shown(changed)
    assert (playing.agreed, playing.changed.term_months) == (contract.terms, 72)
    # the amended term is charged to its end, from the day on which it would hold
    assert [course.lines[-1].end for course in (playing.course, playing.then)] == [
        add_months(contract.effective_on, months) - DAY for months in (contract.terms.term_months, 72)
    ]
    soup = BeautifulSoup(changed.content, "lxml")
    assert soup.select_one("#play [name=since]")
    assert len(soup.select(".versions > section")) == 2
    refused = client.post(address, sent | {"currency": "USD", "compare": "1"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["currency"])
