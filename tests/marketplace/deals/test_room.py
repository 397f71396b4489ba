import hashlib
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.deals.models import CommissionTerm, RoomSeen
from marketplace.deals.services import (
    add_file,
    agree_commission,
    answer_agency,
    close_deal,
    decline_commission,
    invite_agency,
    mark_seen,
    open_enquiry,
    post_message,
    propose_commission,
    set_nda,
    withdraw_agency_invitation,
)
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Role
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.marketplace.deals.conftest import mandate, person


@pytest.fixture
def deal(world):
    return open_enquiry(world.listing, actor=world.scout, message="?")


@pytest.fixture
def three_party(world, deal):
    invitation = invite_agency(deal, actor=world.officer, agency=world.agency)
    answer_agency(invitation, actor=world.scout, accepted=True)
    answer_agency(invitation, actor=world.broker, accepted=True)
    deal.refresh_from_db()
    return deal


def text_file(content=b"a,b\n1,2\n", name="data.csv"):
    return SimpleUploadedFile(name, content)


def test_messages_turn_the_page_and_tell_the_other_side(world, deal):
    token = uuid4()
    said = post_message(deal, actor=world.officer, text="可以。", token=token)
    assert post_message(deal, actor=world.officer, text="可以。", token=token) == said
    deal.refresh_from_db()
    assert (deal.waits_for, deal.next_step, deal.messages.count()) == ("LICENSEE", "ANSWER", 2)
    told = Notification.objects.filter(template="deals/message").values_list("user", flat=True)
    assert set(told) == {world.scout.user.pk, world.signatory.user.pk}


def test_seen_by_goes_forward_only(world, deal):
    first = deal.messages.get()
    second = post_message(deal, actor=world.officer, text="!")
    mark_seen(deal, acting=world.officer, message_id=second.pk)
    mark_seen(deal, acting=world.officer, message_id=first.pk)
    mark_seen(deal, acting=world.stranger, message_id=second.pk)
    assert [(row.user, row.message_id) for row in RoomSeen.objects.all()] == [(world.officer.user, second.pk)]


def test_files_carry_their_hash_and_lying_ones_are_refused(world, deal):
    content = "数据,1\n".encode()
    laid = add_file(deal, actor=world.scout, file=text_file(content))
    assert (laid.sha256, laid.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert laid.file.read() == content
    with pytest.raises(Refused):
        add_file(deal, actor=world.scout, file=text_file(b"MZ\x00\x01", "paper.pdf"))
    with pytest.raises(Refused):
        add_file(deal, actor=world.scout, file=text_file(b"x", "run.exe"))
    assert deal.files.count() == 1


def test_nobody_speaks_in_a_closed_deal_or_from_outside(world, deal):
    for actor in (world.stranger, world.operator, world.finance, world.broker):
        with pytest.raises(NotPermitted):
            post_message(deal, actor=actor, text="hello")
        with pytest.raises(NotPermitted):
            add_file(deal, actor=actor, file=text_file())
    close_deal(deal, actor=world.scout, reason="TECHNOLOGY")
    for step in (
        lambda: post_message(deal, actor=world.officer, text="wait"),
        lambda: add_file(deal, actor=world.officer, file=text_file()),
        lambda: set_nda(deal, actor=world.officer),
    ):
        with pytest.raises(Refused):
            step()


def test_confidentiality_needs_both_sides_and_then_stays(world, deal):
    with pytest.raises(NotPermitted):
        set_nda(deal, actor=world.scout)  # binds the side: somebody who may accept
    assert set_nda(deal, actor=world.signatory) is False
    with pytest.raises(TransitionRefused):
        set_nda(deal, actor=world.signatory)
    assert set_nda(deal, actor=world.signatory, confirmed=False) is False
    set_nda(deal, actor=world.signatory)
    assert set_nda(deal, actor=world.officer) is True
    with pytest.raises(Refused):
        set_nda(deal, actor=world.officer, confirmed=False)
    assert {c.text_hash for c in deal.nda_confirmations.all()} != {""}


def test_an_agency_joins_when_both_sides_and_itself_agree(world, deal):
    invitation = invite_agency(deal, actor=world.officer, agency=world.agency)
    with pytest.raises(NotPermitted):
        answer_agency(invitation, actor=world.officer, accepted=True)  # the proposer does not answer
    with pytest.raises(TransitionRefused):
        answer_agency(invitation, actor=world.broker, accepted=True)  # not asked yet
    with pytest.raises(Refused):
        invite_agency(deal, actor=world.scout, agency=world.agency)
    answer_agency(invitation, actor=world.scout, accepted=True)
    with pytest.raises(TransitionRefused):
        answer_agency(invitation, actor=world.scout, accepted=False)
    answer_agency(invitation, actor=world.broker, accepted=True)
    deal.refresh_from_db()
    assert (deal.agency, deal.mandate) == (world.agency, None)
    post_message(deal, actor=world.broker, text="大家好")
    deal.refresh_from_db()
    assert deal.waits_for == "LICENSOR"  # an agency between both ends nobody's turn


def test_invitations_can_be_declined_and_withdrawn(world, deal):
    first = invite_agency(deal, actor=world.officer, agency=world.agency)
    assert answer_agency(first, actor=world.signatory, accepted=False).state == "DECLINED"
    second = invite_agency(deal, actor=world.officer, agency=world.agency)
    with pytest.raises(NotPermitted):
        withdraw_agency_invitation(second, actor=world.signatory)
    assert withdraw_agency_invitation(second, actor=world.officer).state == "WITHDRAWN"
    with pytest.raises(Refused):
        invite_agency(deal, actor=world.officer, agency=world.firm)


def test_an_agency_with_the_inviting_sides_mandate_speaks_for_it(world, deal):
    given = mandate(world.agency, world.uni)
    invitation = invite_agency(deal, actor=world.officer, agency=world.agency)
    answer_agency(invitation, actor=world.scout, accepted=True)
    answer_agency(invitation, actor=world.broker, accepted=True)
    deal.refresh_from_db()
    assert (deal.mandate, deal.client_side()) == (given, "LICENSOR")


def test_a_broker_who_belongs_to_a_party_stays_outside(world, three_party):
    mixed = person(world.agency, Role.BROKER)
    Membership.objects.create(user=mixed.user, organisation=world.firm, roles=[Role.SCOUT])
    with pytest.raises(NotPermitted):
        post_message(three_party, actor=mixed, text="?")


def propose(world, deal, **changes):
    given = {
        "actor": world.broker,
        "payer_side": "LICENSOR",
        "rate": Decimal("0.05"),
        "cap_minor": 5_000_000,
        "split": [{"name": "陈立", "weight": 60}, {"name": "周敏", "weight": 40}],
        **changes,
    }
    return propose_commission(deal, **given)


def test_a_commission_is_agreed_between_agency_and_payer(world, three_party):
    first = propose(world, three_party)
    term = propose(world, three_party, rate=Decimal("0.04"))
    first.refresh_from_db()
    assert (first.state, term.state, term.hash) == ("SUPERSEDED", "PROPOSED", term.seal())
    for actor in (world.broker, world.scout, world.signatory, world.stranger):
        with pytest.raises(NotPermitted):
            agree_commission(term, actor=actor)
    with pytest.raises(TransitionRefused):
        agree_commission(first, actor=world.officer)
    agreed = agree_commission(term, actor=world.officer)
    assert (agreed.state, agreed.payer) == ("AGREED", world.uni)
    with pytest.raises(TransitionRefused):
        agree_commission(term, actor=world.officer)

    better = propose(world, three_party, actor=world.officer, rate=Decimal("0.06"))
    decline_commission(better, actor=world.broker)
    newest = agree_commission(propose(world, three_party), actor=world.officer)
    assert list(CommissionTerm.objects.agreed()) == [newest]


def test_only_agency_and_payer_hear_of_a_commission(world, three_party):
    agree_commission(propose(world, three_party), actor=world.officer)
    told = Notification.objects.filter(template__startswith="deals/commission").values_list("user", flat=True)
    assert set(told) == {world.officer.user.pk, world.broker.user.pk}
    seen = {
        name: CommissionTerm.objects.visible_to(getattr(world, name)).count()
        for name in ("officer", "finance", "broker", "scout", "signatory", "stranger", "operator")
    }
    assert seen == {
        "officer": 1, "finance": 1, "broker": 1, "scout": 0, "signatory": 0, "stranger": 0, "operator": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": Decimal(0)},
        {"rate": Decimal("1.01")},
        {"rate": Decimal("0.0000001")},
        {"cap_minor": 0},
        {"payer_side": "AGENCY"},
        {"split": [{"name": "", "weight": 1}]},
        {"split": [{"name": "a", "weight": 1}, {"name": "a", "weight": 1}]},
        {"split": [{"name": "a", "weight": -1}]},
        {"split": [{"name": "a", "weight": True}]},
    ],
)
def test_commissions_that_are_refused(world, three_party, changes):
    with pytest.raises(Refused):
        propose(world, three_party, **changes)
    assert not CommissionTerm.objects.exists()
