import json
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from cms.models import ListingPage
from marketplace import terms as language
from marketplace.deals.models import Acceptance, Offer, TermSheet
from marketplace.deals.services import (
    accept_offer,
    close_deal,
    close_guard,
    make_offer,
    open_enquiry,
    standing_offer,
    withdraw_offer,
)
from marketplace.deals.services.closing import _guards
from marketplace.deals.states import NEXT, CloseReason, DealState
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Role
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from tests.marketplace.deals.conftest import mandate


@pytest.fixture
def deal(world):
    return open_enquiry(world.listing, actor=world.scout, message="?")


def test_two_acceptances_of_one_version_make_the_term_sheet(world, deal, terms):
    offer = make_offer(deal, actor=world.officer, terms=terms, note="as discussed")
    deal.refresh_from_db()
    assert (deal.waits_for, deal.next_step) == ("LICENSEE", "DECIDE")

    sheet = accept_offer(offer, actor=world.signatory)

    deal.refresh_from_db()
    assert (deal.state, deal.waits_for, deal.next_step) == ("AGREED", "NOBODY", "CONTRACT")
    assert sheet.agreed_terms == terms
    assert sheet.terms_hash == language.hash_of(terms) == offer.terms_hash
    assert sheet.is_intact()
    snapshot = sheet.snapshot
    assert snapshot["listing"]["code"] == world.listing.code
    assert snapshot["listing"]["ip_rights"][0]["expires_on"] == "2043-01-01"
    assert snapshot["licensee"]["size_class"] == "SMALL"
    assert snapshot["licensor"]["credit_code"] == world.uni.credit_code
    assert snapshot["agency"] is None
    assert "share" not in json.dumps(snapshot)
    assert "王芳" not in json.dumps(snapshot, ensure_ascii=False)
    assert sheet.contributor_annex.content == [
        {"name": "王芳", "unit": "材料学院", "user_id": None, "share": "0.6"},
        {"name": "赵强", "unit": "材料学院", "user_id": None, "share": "0.4"},
    ]
    told = set(Notification.objects.filter(template="deals/agreed").values_list("user", flat=True))
    assert told == {world.officer.user.pk, world.finance.user.pk, world.scout.user.pk}


def test_the_seal_outlives_changes_of_listing_and_parties(world, deal, terms):
    sheet = accept_offer(make_offer(deal, actor=world.officer, terms=terms), actor=world.signatory)
    before = sheet.hash
    ListingPage.objects.filter(pk=world.listing.pk).update(title_zh="改名", trl=9)
    world.firm.name_zh = "改名泵业"
    world.firm.save()
    sheet = TermSheet.objects.get(pk=sheet.pk)
    assert (sheet.hash, sheet.is_intact()) == (before, True)
    assert sheet.snapshot["licensee"]["name_zh"] == "长江泵业"

    sheet.snapshot["licensee"]["name_zh"] = "改名泵业"
    assert not sheet.is_intact()


def test_a_counter_offer_supersedes_the_one_before(world, deal, terms, other_terms):
    first = make_offer(deal, actor=world.officer, terms=terms)
    second = make_offer(deal, actor=world.signatory, terms=other_terms)
    assert (second.number, standing_offer(deal)) == (2, second)
    with pytest.raises(Refused):
        accept_offer(first, actor=world.signatory)
    assert accept_offer(second, actor=world.officer).offer == second


def test_an_offer_of_a_scout_binds_only_when_the_side_confirms_it(world, deal, terms):
    offer = make_offer(deal, actor=world.scout, terms=terms)
    assert offer.acceptances.count() == 0
    assert accept_offer(offer, actor=world.officer) is None
    deal.refresh_from_db()
    assert (deal.state, deal.waits_for, deal.next_step) == ("OPEN", "LICENSEE", "CONFIRM")
    assert accept_offer(offer, actor=world.signatory).offer == offer


def test_a_broker_offers_for_the_client_and_the_client_accepts_itself(world, deal, terms):
    given = mandate(world.agency, world.firm)
    open_enquiry(world.listing, actor=world.broker, message="!", on_behalf_of=world.firm)
    offer = make_offer(deal, actor=world.broker, terms=terms)
    assert (offer.made_for, offer.organisation, offer.acceptances.count()) == ("LICENSEE", world.agency, 0)
    with pytest.raises(NotPermitted):
        accept_offer(offer, actor=world.broker)

    given.state = "ENDED"
    given.save()
    with pytest.raises(NotPermitted):
        make_offer(deal, actor=world.broker, terms=replace(terms, term_months=24))


def test_an_offer_can_be_taken_back_until_the_other_side_accepts(world, deal, terms, other_terms):
    offer = make_offer(deal, actor=world.officer, terms=terms)
    with pytest.raises(NotPermitted):
        withdraw_offer(offer, actor=world.signatory)
    withdraw_offer(offer, actor=world.officer)
    deal.refresh_from_db()
    assert (standing_offer(deal), deal.waits_for, deal.next_step) == (None, "LICENSOR", "OFFER")
    for step, actor in ((withdraw_offer, world.officer), (accept_offer, world.signatory)):
        with pytest.raises(Refused):
            step(offer, actor=actor)

    again = make_offer(deal, actor=world.scout, terms=terms)
    assert again.number == 2
    accept_offer(again, actor=world.officer)
    with pytest.raises(TransitionRefused):
        withdraw_offer(again, actor=world.scout)


def test_a_second_click_changes_nothing(world, deal, terms):
    offer = make_offer(deal, actor=world.officer, terms=terms, seen=0)
    with pytest.raises(Refused):
        make_offer(deal, actor=world.officer, terms=terms, seen=0)
    with pytest.raises(Refused, match="1"):
        make_offer(deal, actor=world.officer, terms=terms)
    accept_offer(offer, actor=world.signatory)
    with pytest.raises(TransitionRefused):
        accept_offer(offer, actor=world.signatory)
    with pytest.raises(TransitionRefused):
        make_offer(deal, actor=world.officer, terms=replace(terms, term_months=24))
    assert (Offer.objects.count(), Acceptance.objects.count(), TermSheet.objects.count()) == (1, 2, 1)


def test_terms_that_contradict_themselves_are_named(world, deal, terms):
    document = language.write(terms)
    document["term_months"] = 6
    document["surprise"] = 1
    with pytest.raises(Incomplete) as refusal:
        make_offer(deal, actor=world.officer, terms=document)
    assert any(line.startswith("surprise") for line in refusal.value.missing)
    with pytest.raises(Incomplete):
        make_offer(deal, actor=world.officer, terms=replace(terms, term_months=6))
    assert not Offer.objects.exists()


def test_who_may_offer_and_accept(world, deal, terms):
    Membership.objects.create(user=world.signatory.user, organisation=world.uni, roles=[Role.INVENTOR])
    offer = make_offer(deal, actor=world.officer, terms=terms)
    for actor in (world.stranger, world.operator, world.finance, world.scout, world.signatory, world.broker):
        with pytest.raises(NotPermitted):
            accept_offer(offer, actor=actor)
    for actor in (world.stranger, world.operator, world.finance, world.signatory, world.broker):
        with pytest.raises(NotPermitted):
            make_offer(deal, actor=actor, terms=replace(terms, term_months=24))


def test_what_was_offered_and_agreed_cannot_be_rewritten(world, deal, terms):
    sheet = accept_offer(make_offer(deal, actor=world.officer, terms=terms), actor=world.signatory)
    tables = {
        "deals_offer": sheet.offer_id,
        "deals_termsheet": sheet.pk,
        "deals_contributorannex": sheet.contributor_annex.pk,
        "deals_acceptance": sheet.offer.acceptances.first().pk,
    }
    for table, pk in tables.items():
        for statement in (f"UPDATE {table} SET id = id WHERE id = %s", f"DELETE FROM {table} WHERE id = %s"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [pk])


@pytest.mark.parametrize("state", DealState)
def test_only_the_listed_steps_close_a_deal(world, deal, terms, state):
    if state == "AGREED":
        accept_offer(make_offer(deal, actor=world.officer, terms=terms), actor=world.signatory)
    elif state == "CLOSED":
        close_deal(deal, actor=world.scout, reason=CloseReason.TECHNOLOGY)
    if DealState.CLOSED in NEXT.get(state, ()):
        closed = close_deal(deal, actor=world.officer, reason=CloseReason.OTHER, note="不再许可")
        assert (closed.state, closed.closed_for, closed.waits_for) == ("CLOSED", "LICENSOR", "NOBODY")
        assert Notification.objects.filter(template="deals/closed", user=world.scout.user).exists()
    else:
        with pytest.raises(TransitionRefused):
            close_deal(deal, actor=world.officer, reason=CloseReason.TERMS)


def test_a_reason_is_needed_and_a_later_step_can_keep_a_deal_open(world, deal):
    for reason, note in (("", ""), ("NONSENSE", ""), ("OTHER", " ")):
        with pytest.raises(Refused):
            close_deal(deal, actor=world.scout, reason=reason, note=note)

    @close_guard
    def needed(_deal):
        return "a contract needs it"

    try:
        with pytest.raises(Refused, match="a contract needs it"):
            close_deal(deal, actor=world.scout, reason=CloseReason.TERMS)
    finally:
        _guards.pop(f"{needed.__module__}.{needed.__qualname__}")
    deal.refresh_from_db()
    assert deal.state == "OPEN"
