from datetime import timedelta
from uuid import uuid4

import pytest

from cms.models import ListingInvitation, ListingPage
from marketplace.audit.services import history
from marketplace.clock import at, now, today
from marketplace.deals.models import Deal
from marketplace.deals.services import close_deal, open_enquiry
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Role
from marketplace.refusals import NotPermitted, Refused
from tests.marketplace.deals.conftest import listing, mandate, organisation, person


def test_an_enquiry_opens_a_deal_and_tells_the_licensor(world):
    with at(today()):
        deal = open_enquiry(world.listing, actor=world.scout, message=" 能用于海水泵吗？ ", purpose="TRIAL")

    deal.refresh_from_db()
    assert (deal.licensor, deal.licensee, deal.agency) == (world.uni, world.firm, None)
    assert (deal.state, deal.waits_for, deal.next_step) == ("OPEN", "LICENSOR", "ANSWER")
    assert deal.trial_requested_at is not None
    assert [(m.text, m.side, m.purpose) for m in deal.messages.all()] == [
        ("能用于海水泵吗？", "LICENSEE", "TRIAL")
    ]
    assert "deal.opened" in {event.verb for event in history(deal)}
    told = Notification.objects.filter(template="deals/enquiry")
    assert [row.user for row in told] == [world.officer.user]  # who negotiates, not everybody who may read
    assert told[0].subject_zh != told[0].subject_en


def test_numbers_run_within_a_year(world):
    first = open_enquiry(world.listing, actor=world.scout, message="?")
    second = open_enquiry(listing(world.uni, "另一项"), actor=world.scout, message="?")
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1


def test_the_same_pair_and_listing_goes_on_in_the_open_deal(world):
    first = open_enquiry(world.listing, actor=world.scout, message="first")
    again = open_enquiry(world.listing, actor=world.signatory, message="second")
    assert again == first
    assert [m.text for m in first.messages.all()] == ["first", "second"]

    close_deal(first, actor=world.scout, reason="TECHNOLOGY")
    assert open_enquiry(world.listing, actor=world.scout, message="third") != first


def test_a_form_sent_twice_speaks_once(world):
    token = uuid4()
    for _time in range(2):
        deal = open_enquiry(world.listing, actor=world.scout, message="once", token=token)
    assert deal.messages.count() == 1
    assert Notification.objects.filter(template="deals/enquiry", user=world.officer.user).count() == 1


def test_a_broker_asks_for_a_client_with_a_mandate_in_force(world):
    given = mandate(world.agency, world.firm)
    deal = open_enquiry(world.listing, actor=world.broker, message="?", on_behalf_of=world.firm)
    assert (deal.licensee, deal.agency, deal.mandate) == (world.firm, world.agency, given)
    assert Notification.objects.filter(user=world.signatory.user, template="deals/enquiry").exists()


def test_a_broker_steps_into_the_deal_that_the_client_has_already(world):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    mandate(world.agency, world.firm)
    assert open_enquiry(world.listing, actor=world.broker, message="!", on_behalf_of=world.firm) == deal
    assert Deal.objects.get().agency == world.agency


@pytest.mark.parametrize(
    "facts",
    [{"state": "PROPOSED"}, {"state": "ENDED"}, {"valid_to": today() - timedelta(days=1)}],
)
def test_a_broker_without_a_mandate_in_force_is_refused(world, facts):
    mandate(world.agency, world.firm, **facts)
    with pytest.raises(NotPermitted):
        open_enquiry(world.listing, actor=world.broker, message="?", on_behalf_of=world.firm)


def test_an_agency_cannot_speak_for_both_sides(world):
    mandate(world.agency, world.firm)
    mandate(world.agency, world.uni)
    with pytest.raises(NotPermitted):
        open_enquiry(world.listing, actor=world.broker, message="?", on_behalf_of=world.firm)


def test_nobody_stands_on_both_sides(world):
    Membership.objects.create(user=world.scout.user, organisation=world.uni, roles=[Role.INVENTOR])
    with pytest.raises(NotPermitted):
        open_enquiry(world.listing, actor=world.scout, message="?")


@pytest.mark.parametrize("case", ["university", "reporter", "unverified", "draft", "empty", "long"])
def test_enquiries_that_are_refused(world, case):
    actor, page, message = world.scout, world.listing, "?"
    if case == "university":
        actor = person(organisation("UNIVERSITY", "别的大学"), Role.SIGNATORY)
    elif case == "reporter":
        actor = person(world.firm, Role.REPORTER)
    elif case == "unverified":
        waiting = organisation("ENTERPRISE", "新公司", state="PENDING", decided_at=None, decision_reason="")
        actor = person(waiting, Role.SCOUT)
    elif case == "draft":
        ListingPage.objects.filter(pk=page.pk).update(live=False)
    else:
        message = {"empty": " \n ", "long": "x" * 5001}[case]
    with pytest.raises(Refused):
        open_enquiry(page, actor=actor, message=message)
    assert not Deal.objects.exists()


def test_a_listing_for_invited_ones_is_asked_about_by_the_invited_alone(world):
    page = listing(world.uni, "邀请", visibility="INVITED")
    ListingInvitation.objects.create(listing=page, organisation=world.firm)
    with pytest.raises(Refused):
        open_enquiry(page, actor=world.stranger, message="?")
    assert open_enquiry(page, actor=world.scout, message="?").opened_at <= now()
