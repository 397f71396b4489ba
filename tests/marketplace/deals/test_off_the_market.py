"""A listing that is withdrawn while people deal with it: what they still read, what waits, and who is told."""

import pytest
from django.urls import reverse
from django.utils import translation

from cms.models import ListingPage, NeedPage
from marketplace.deals import starts
from marketplace.deals.models import Deal
from marketplace.deals.panels import waiting_deals
from marketplace.deals.services import (
    accept_offer,
    decline_proposal,
    make_offer,
    open_enquiry,
    post_message,
    propose_listing,
    take_up_proposal,
    tell_lapses,
)
from marketplace.notifications.models import Notification
from marketplace.refusals import Refused
from tests.marketplace.deals.conftest import need

DRAFT = "从未公开的题目"


def withdraw(page, **draft):
    """Off the market, its row written by a newer draft, as the editor does."""
    ListingPage.objects.filter(pk=page.pk).update(
        live=False, title_zh=DRAFT, title_en="Never public", free_months=77, **draft
    )


def publish(page):
    ListingPage.objects.filter(pk=page.pk).update(live=True, title_zh="再上架", title_en="Back")


def letters(actor):
    return [
        (row.template, row.subject_en) for row in Notification.objects.filter(user=actor.user).order_by("pk")
    ]


def test_a_deal_states_the_title_that_was_published_and_waits_with_the_agreement(world, terms, sign_in):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    offer = make_offer(deal, actor=world.officer, terms=terms)
    withdraw(world.listing)
    deal = Deal.objects.get()
    client = sign_in(world.signatory)
    read = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            urls = [
                deal.get_absolute_url(),
                reverse("deals"),
                reverse("deals") + "?export=csv",
                reverse("desk"),
            ]
            urls += [reverse("offer_new", args=[deal.number]), reverse("deal_close", args=[deal.number])]
            read += [client.get(url).content.decode() for url in urls]
            read += [item.title for item in waiting_deals(world.scout)]
    post_message(deal, actor=world.scout, text="还在吗？")
    said = Notification.objects.filter(template="deals/message").first()
    read += [said.body_zh, said.body_en]

    assert all("低温密封胶" in text for text in read)
    assert not [text for text in read if DRAFT in text or "Never public" in text]
    assert "The listing is no longer published" in "".join(read)
    assert not client.get(deal.get_absolute_url()).context["may_accept"]
    assert [
        len(client.get(reverse("deals") + f"?q={title}").context["rows"]) for title in (DRAFT, "密封胶")
    ] == [0, 1]
    with pytest.raises(Refused, match="off the market"), translation.override("en"):
        accept_offer(offer, actor=world.signatory)

    publish(world.listing)
    assert accept_offer(offer, actor=world.signatory).snapshot["listing"]["title_zh"] == "再上架"


def test_an_offer_begins_with_nothing_of_a_draft(world):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    assert starts.start(deal, [], "")[0] == "listing"
    withdraw(world.listing, indicative_terms={"elements": "of a draft"})
    deal = Deal.objects.get()
    for asked in ("", "listing", "preset:royalty"):
        key, start = starts.start(deal, [], asked)
        assert key == (asked if ":" in asked else "preset:year_or_income")
        assert "77" not in str(start.draft["trial"])
        assert key in {entry.key for group in starts.choices(deal, []) for entry in group.entries}


def test_the_enterprise_is_told_once_that_what_was_proposed_is_gone_and_once_that_it_is_back(world, sign_in):
    asked = need(world.firm, is_anonymous=True)
    proposal = propose_listing(asked, world.listing, actor=world.officer, message="合适")
    tell_lapses()
    Notification.objects.all().delete()
    code = world.listing.code

    withdraw(world.listing)
    for _time in range(2):
        tell_lapses()
    gone = ("deals/proposal_lapsed", f"{asked.code}: the proposed result {code} is off the market")
    assert letters(world.scout) == [gone]
    assert letters(world.officer) == []
    with pytest.raises(Refused):
        take_up_proposal(proposal, actor=world.scout, message="好")

    publish(world.listing)
    for _time in range(2):
        tell_lapses()
    back = ("deals/proposal_back", f"{asked.code}: the proposal of “Back” can be taken up again")
    assert letters(world.scout) == [gone, back]

    NeedPage.objects.filter(pk=asked.pk).update(live=False)
    for _time in range(2):
        tell_lapses()
    assert letters(world.scout) == [gone, back]
    assert letters(world.officer) == [("deals/proposal_lapsed", f"{asked.code}: the need is off the market")]
    told = Notification.objects.get(user=world.officer.user)
    assert world.firm.name_zh not in told.body_zh + told.body_en

    decline_proposal(proposal, actor=world.scout)
    NeedPage.objects.filter(pk=asked.pk).update(live=True)
    tell_lapses()
    assert len(letters(world.officer)) == 2  # of the decline, nothing of the need that is back
