import pytest

from marketplace.deals.models import Acceptance, Deal, Offer, Proposal, TermSheet
from marketplace.deals.services import (
    accept_offer,
    make_offer,
    open_enquiry,
    propose_listing,
    take_up_proposal,
)
from marketplace.refusals import Refused
from tests.clones import at_once, cloned_database
from tests.marketplace.deals.conftest import build_world, need


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """The world in a database of its own, with real commits."""
    with django_db_blocker.unblock(), cloned_database():
        yield build_world()


@pytest.mark.slow
def test_what_happens_at_the_same_moment_happens_once(committed, terms, other_terms):
    world = committed

    def ask(actor):
        return lambda: open_enquiry(world.listing, actor=actor, message="?")

    asked = at_once(ask(world.scout), ask(world.signatory), ask(world.scout))
    deal = Deal.objects.get()
    assert asked == [deal, deal, deal]
    assert deal.messages.count() == 3

    offered = at_once(
        lambda: make_offer(deal, actor=world.officer, terms=terms, seen=0),
        lambda: make_offer(deal, actor=world.scout, terms=other_terms, seen=0),
    )
    assert sorted(type(result).__name__ for result in offered) == ["Offer", "Refused"]

    offer = make_offer(deal, actor=world.scout, terms=other_terms if _is(offered, terms) else terms)
    accepted = at_once(
        lambda: accept_offer(offer, actor=world.officer),
        lambda: accept_offer(offer, actor=world.signatory),
        lambda: accept_offer(offer, actor=world.officer),
        lambda: accept_offer(offer, actor=world.signatory),
    )
    sheets = [result for result in accepted if isinstance(result, TermSheet)]
    assert len(sheets) == TermSheet.objects.count() == 1
    assert sum(isinstance(result, Refused) for result in accepted) == 2
    assert accepted.count(None) == 1
    assert Acceptance.objects.filter(offer=offer).count() == 2


@pytest.mark.slow
def test_a_result_is_proposed_and_taken_up_once(committed):
    world = committed
    asked = need(world.firm)
    made = at_once(
        *[
            lambda: propose_listing(asked, world.listing, actor=world.officer, message="合适")
            for _time in "123"
        ]
    )
    proposal = Proposal.objects.get()
    assert made.count(proposal) == 1
    assert sum(isinstance(result, Refused) for result in made) == 2

    taken = at_once(
        lambda: take_up_proposal(proposal, actor=world.scout, message="好"),
        lambda: take_up_proposal(proposal, actor=world.signatory, message="好"),
    )
    deal = Deal.objects.get()
    assert sorted(type(result).__name__ for result in taken) == ["Deal", "TransitionRefused"]
    assert deal.messages.count() == 1
    proposal.refresh_from_db()
    assert (proposal.state, proposal.deal) == ("TAKEN_UP", deal)


def _is(results, terms) -> bool:
    """Whether the offer that won holds these terms."""
    return any(isinstance(result, Offer) and result.agreed_terms == terms for result in results)
