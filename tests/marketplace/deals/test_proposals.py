from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from cms.models import ListingInvitation, ListingPage, NeedPage
from marketplace.audit.services import history
from marketplace.clock import at, today
from marketplace.deals.models import Deal, Proposal
from marketplace.deals.panels import waiting_proposals
from marketplace.deals.services import (
    decline_proposal,
    propose_listing,
    take_up_proposal,
    withdraw_proposal,
)
from marketplace.desk import items_for
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Kind, Role
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.marketplace.deals.conftest import listing, need, organisation, person


@pytest.fixture
def asked(world):
    return need(world.firm, deadline_on=today() + timedelta(days=30))


@pytest.fixture
def proposed(world, asked):
    return propose_listing(asked, world.listing, actor=world.officer, message="零下六十度不脆裂")


def told(template, *actors):
    rows = Notification.objects.filter(template=f"deals/{template}")
    return {row.user for row in rows} & {actor.user for actor in actors}


def panel(client, page):
    with translation.override("zh-hans"):
        html = client.get(reverse("need", args=[page.code.lower()])).content
    return BeautifulSoup(html, "html.parser").find(id="proposals")


def test_a_result_is_proposed_and_taken_up_by_pages(world, asked, sign_in):
    editor = person(world.uni, Role.EDITOR)
    client = sign_in(world.officer)
    form_url = panel(client, asked).find("a", class_="btn-primary")["href"]
    fields = {"listing": world.listing.pk, "message": "零下六十度不脆裂", "token": str(uuid4())}
    sent = [client.post(form_url, fields) for _time in range(2)]  # a double click
    proposal = Proposal.objects.get()
    assert [answer.status_code for answer in sent] == [302, 302]
    assert proposal.get_absolute_url() == sent[0]["Location"] == sent[1]["Location"]
    assert told("proposal_made", world.scout, world.signatory, world.officer) == {
        world.scout.user, world.signatory.user,
    }  # fmt: skip
    assert [item.waits_for for item in waiting_proposals(world.officer)] == ["them"]
    assert [item.waits_for for item in waiting_proposals(world.scout)] == ["me"]

    client = sign_in(world.scout)
    link = panel(client, asked).find("a")["href"]
    assert link == proposal.get_absolute_url()
    assert "零下六十度不脆裂" in client.get(link).content.decode()
    take_up = reverse("proposal_take_up", args=[proposal.key])
    assert client.post(take_up, {"purpose": "TRIAL", "message": ""}).status_code == 200  # asked for words
    answer = {"purpose": "TRIAL", "message": "先试用", "token": str(uuid4())}
    sent = [client.post(take_up, answer) for _time in range(2)]
    deal = Deal.objects.get()
    assert [one["Location"] for one in sent] == [deal.get_absolute_url(), proposal.get_absolute_url()]

    proposal.refresh_from_db()
    assert (proposal.state, proposal.deal, proposal.settled_by) == ("TAKEN_UP", deal, world.scout.user)
    assert (deal.licensor, deal.licensee, deal.listing) == (world.uni, world.firm, world.listing)
    assert (deal.waits_for, deal.trial_requested_at is not None) == ("LICENSOR", True)
    assert [message.text for message in deal.messages.all()] == ["先试用"]
    # One letter each: who negotiates by the enquiry, who only proposes by the proposal.
    assert told("enquiry", world.officer, editor) == {world.officer.user}
    assert told("proposal_taken_up", world.officer, editor) == {editor.user}
    assert [event.verb for event in history(proposal)] == ["proposal.taken_up", "proposal.made"]
    assert waiting_proposals(world.officer) == waiting_proposals(world.scout) == []
    room = sign_in(world.officer).get(deal.get_absolute_url()).content.decode()
    assert proposal.get_absolute_url() in room


def _everything_read(client, world, proposal) -> str:
    """What the proposer is shown and told, in both languages, and every export."""
    texts = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            urls = [
                reverse("need", args=[proposal.need.code.lower()]),
                reverse("propose", args=[proposal.need.code.lower()]),
                reverse("proposals"),
                reverse("proposals") + "?export=csv",
                proposal.get_absolute_url(),
                reverse("desk"),
                reverse("notifications"),
            ]
        answers = [client.get(url) for url in urls]
        assert [answer.status_code for answer in answers] == [200] * len(urls)
        texts += [answer.content.decode() for answer in answers]
    for letter in Notification.objects.filter(user=world.officer.user):
        texts += [letter.subject_zh, letter.body_zh, letter.subject_en, letter.body_en]
    return "\n".join(texts)


def test_an_anonymous_need_stays_so_until_it_is_taken_up(world, asked, sign_in):
    NeedPage.objects.filter(pk=asked.pk).update(is_anonymous=True)
    asked.refresh_from_db()
    first = propose_listing(asked, world.listing, actor=world.officer, message="合适")
    second = propose_listing(asked, listing(world.uni, "第二项"), actor=world.officer, message="合适")
    decline_proposal(second, actor=world.signatory, reason="指标不够")
    client = sign_in(world.officer)
    names = (world.firm.name_zh, world.firm.name_en, world.firm.slug, world.firm.credit_code)

    read = _everything_read(client, world, first) + _everything_read(client, world, second)
    assert "指标不够" in read
    assert [name for name in names if name in read] == []
    for query in (
        f"?q={world.firm.name_zh}",
        f"?q={world.firm.slug}",
        "?sort=licensee__name_zh&state=NONSENSE",
    ):
        rows = client.get(reverse("proposals") + query).context["rows"]
        assert len(rows) == (2 if "sort" in query else 0)
    assert world.firm.name_zh in sign_in(world.scout).get(first.get_absolute_url()).content.decode()

    take_up_proposal(first, actor=world.scout, message="好")
    assert world.firm.name_zh in _everything_read(sign_in(world.officer), world, first)
    with translation.override("zh-hans"):
        page = client.get(second.get_absolute_url()).content.decode()
    assert world.firm.name_zh not in page  # the other proposal was never taken up


def test_who_is_invited_to_a_listing_does_not_tell_who_posted_a_need(world):
    hidden = need(world.firm, is_anonymous=True)
    page = listing(world.uni, "邀请", visibility="INVITED")
    refused = []
    for guest in (world.stranger.organisation, world.firm):
        ListingInvitation.objects.all().delete()
        ListingInvitation.objects.create(listing=page, organisation=guest)
        with pytest.raises(Refused) as refusal:
            propose_listing(hidden, page, actor=world.officer, message="合适")
        refused.append(refusal.value.message)
    assert refused[0] == refused[1]


def test_a_form_that_was_gone_back_to_proposes_anew(world, asked):
    token = uuid4()

    def send(page):
        return propose_listing(asked, page, actor=world.officer, message="合适", token=token)

    first = send(world.listing)
    assert send(world.listing) == first
    second = send(listing(world.uni, "第二项"))
    withdraw_proposal(first, actor=world.officer)
    third = send(world.listing)
    assert len({first, second, third}) == Proposal.objects.count() == 3
    assert {made.state for made in (second, third)} == {"OPEN"}


@pytest.mark.parametrize("days", [0, 1])
def test_the_last_day_counts(world, asked, days, sign_in):
    with at(asked.deadline_on + timedelta(days=days)):
        client = sign_in(world.officer)
        button = panel(client, asked)
        if days:
            with pytest.raises(Refused):
                propose_listing(asked, world.listing, actor=world.officer, message="合适")
            assert button is None
            assert client.get(reverse("propose", args=[asked.code])).context["why"] == "over"
        else:
            assert button.find("a", class_="btn-primary")
            propose_listing(asked, world.listing, actor=world.officer, message="合适")
    assert Proposal.objects.count() == 1 - days


REFUSALS = {
    "empty": Refused,
    "unpublished need": Refused,
    "unverified enterprise": Refused,
    "draft listing": Refused,
    "secret listing": Refused,
    "listing of others": Refused,
    "again": Refused,
    "again after a decline": Refused,
    "enterprise": NotPermitted,
    "agency": NotPermitted,
    "finance": NotPermitted,
    "both sides": NotPermitted,
    "unverified": NotPermitted,
}


def test_what_cannot_be_proposed(world, asked):
    for case, refused in REFUSALS.items():
        point = transaction.savepoint()
        actor, page, message = _case(world, asked, case)
        before = Proposal.objects.count()
        with pytest.raises(refused) as refusal:
            propose_listing(asked, page, actor=actor, message=message)
        assert (type(refusal.value), Proposal.objects.count()) == (refused, before), case
        transaction.savepoint_rollback(point)


def _case(world, asked, case):
    actor, page, message = world.officer, world.listing, "合适"
    if case == "empty":
        message = " \n"
    elif case == "unpublished need":
        NeedPage.objects.filter(pk=asked.pk).update(live=False)
    elif case == "unverified enterprise":
        type(world.firm).objects.filter(pk=world.firm.pk).update(state="REFUSED")
    elif case == "draft listing":
        ListingPage.objects.filter(pk=page.pk).update(live=False)
    elif case == "secret listing":
        ListingPage.objects.filter(pk=page.pk).update(is_secret=True)
    elif case == "listing of others":
        page = listing(organisation(Kind.UNIVERSITY, "别的大学"))
    elif case.startswith("again"):
        first = propose_listing(asked, page, actor=actor, message=message)
        if "decline" in case:
            decline_proposal(first, actor=world.scout)
    elif case == "both sides":
        Membership.objects.create(user=actor.user, organisation=world.firm, roles=[Role.SCOUT])
    elif case == "unverified":
        waiting = organisation("UNIVERSITY", "新大学", state="PENDING", decided_at=None, decision_reason="")
        actor = person(waiting, Role.CONTRACT_OFFICER)
    else:
        actor = {"enterprise": world.stranger, "agency": world.broker, "finance": world.finance}[case]
    return actor, page, message


def test_withdrawn_it_can_be_proposed_again_but_not_without_end(world, asked):
    for _time in range(10):
        made = propose_listing(asked, world.listing, actor=world.officer, message="合适")
        withdraw_proposal(made, actor=world.officer)
    with pytest.raises(Refused, match="10"):
        propose_listing(asked, world.listing, actor=world.officer, message="合适")
    for step in (take_up_proposal, decline_proposal):
        with pytest.raises(TransitionRefused):
            step(made, actor=world.scout, **{"message": "好"} if step is take_up_proposal else {})
    assert not Deal.objects.exists()
    assert told("proposal_withdrawn", world.scout)


def test_only_the_two_sides_see_a_proposal(world, asked, proposed, sign_in):
    rival = person(organisation(Kind.UNIVERSITY, "别的大学"), Role.CONTRACT_OFFICER)
    theirs = listing(rival.organisation, "别的成果")
    urls = {name: reverse(name, args=[proposed.key]) for name in (
        "proposal", "proposal_take_up", "proposal_decline", "proposal_withdraw")}  # fmt: skip
    fields = {"purpose": "QUESTION", "message": "好", "accepted": "1"}
    for outsider in (rival, world.stranger, world.operator, world.broker):
        client = sign_in(outsider)
        assert client.get(urls["proposal"]).status_code == 404
        assert {client.post(url, fields).status_code for name, url in urls.items() if name != "proposal"} == {
            404
        }
        shown = panel(client, asked)
        assert shown is None or str(proposed.key) not in str(shown)
        assert shown is None or outsider is rival
        assert waiting_proposals(outsider) == []
    client.logout()
    link = panel(client, asked).find("a")["href"]
    assert client.get(link)["Location"].startswith(reverse("account_login"))
    # Each side does its own part alone.
    assert sign_in(world.officer).post(urls["proposal_take_up"], fields).status_code == 403
    assert sign_in(world.officer).post(urls["proposal_decline"], fields).status_code == 403
    assert sign_in(world.scout).post(urls["proposal_withdraw"], fields).status_code == 403
    assert sign_in(world.finance).get(urls["proposal"]).status_code == 404
    # A listing of others in the hidden part of the form.
    sent = sign_in(rival).post(
        reverse("propose", args=[asked.code]), {"listing": world.listing.pk, "message": "合适"}
    )
    assert sent.context["form"].errors["listing"]
    proposed.refresh_from_db()
    assert (proposed.state, Proposal.objects.count(), Deal.objects.count()) == ("OPEN", 1, 0)
    propose_listing(asked, theirs, actor=rival, message="也合适")
    assert len(sign_in(world.officer).get(reverse("proposals")).context["rows"]) == 1
    assert len(panel(sign_in(world.officer), asked).find_all("li")) == 1
    assert len(panel(sign_in(world.scout), asked).find_all("li")) == 2


GONE = {
    "need": {"live": False},
    "listing": {"live": False},
    "secret": {"is_secret": True},
    "invited": {"visibility": "INVITED"},
    "licensor": {"state": "REFUSED"},
}


def test_what_has_lapsed_says_so_and_is_not_taken_up(world, asked, proposed, sign_in):
    draft = "草稿里的新题目"  # what the row of such a page holds, or what is not for this reader
    rows = {"need": asked, "licensor": world.uni}
    for gone, change in GONE.items():
        point = transaction.savepoint()
        row, title = rows.get(gone, world.listing), {} if gone == "licensor" else {"title_zh": draft}
        type(row).objects.filter(pk=row.pk).update(**change, **title)
        lapsed = Proposal.objects.get()
        assert lapsed.lapsed
        assert (list(Proposal.objects.lapsed()), list(Proposal.objects.waiting())) == ([lapsed], [])
        with pytest.raises(Refused, match=lapsed.lapsed):
            take_up_proposal(lapsed, actor=world.scout, message="好")
        client = sign_in(world.scout)
        page = client.get(lapsed.get_absolute_url())
        assert lapsed.lapsed in page.content.decode()
        assert (page.context["take_up_form"], bool(page.context["decline_form"])) == (None, True)
        assert waiting_proposals(world.scout) == []
        if gone == "need":
            client = sign_in(world.officer)
        read = client.get(lapsed.get_absolute_url()).content.decode()
        read += client.get(reverse("proposals")).content.decode()
        assert draft not in read
        assert gone != "need" or world.firm.name_zh not in read
        assert client.get(reverse("proposals") + "?q=草稿里").context["rows"] == []
        assert decline_proposal(lapsed, actor=world.scout).state == "DECLINED"
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize("reader", ["officer", "scout"])
@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_a_fixed_number_of_questions(
    world, asked, sign_in, django_assert_num_queries, reader, rows
):
    for number in range(rows):
        made = propose_listing(
            asked, listing(world.uni, f"成果{number}"), actor=world.officer, message="合适"
        )
    client = sign_in(getattr(world, reader))
    client.get(made.get_absolute_url())
    with django_assert_num_queries(6):
        client.get(reverse("proposals"))
    with django_assert_num_queries(5):
        client.get(made.get_absolute_url())
    with django_assert_num_queries(1):
        assert len(waiting_proposals(getattr(world, reader))) == rows
    if reader == "officer":
        with django_assert_num_queries(7):
            client.get(reverse("propose", args=[asked.code]))
        asked_for = client.get(reverse("propose", args=[asked.code]) + f"?listing={made.listing.code}")
        assert asked_for["Location"] == made.get_absolute_url()


def test_the_list_filters_sorts_and_exports(world, asked, proposed, sign_in):
    other = need(world.firm, "求耐磨涂层")
    second = propose_listing(other, listing(world.uni, "=第二项"), actor=world.officer, message="耐磨")
    decline_proposal(second, actor=world.scout, reason="太贵")
    client = sign_in(world.officer)

    def found(query):
        return [row.pk for row, _partner in client.get(reverse("proposals") + query).context["rows"]]

    assert found("?sort=made") == [proposed.pk, second.pk]
    assert found("?sort=-need") == [second.pk, proposed.pk]
    assert found("?state=OPEN") == [proposed.pk]
    assert found("?state=LAPSED") == []
    assert found("?state=DECLINED") == found("?q=耐磨") == found(f"?need={other.code}") == [second.pk]
    assert len(found("?state=X&sort=nonsense&page=99&need=%00")) == 2
    table = client.get(reverse("proposals") + "?export=csv&sort=made").content.decode("utf-8-sig")
    assert table.index("低温密封胶") < table.index("'=第二项") < table.index("太贵")
    assert client.get(reverse("proposals") + "?export=pdf").status_code == 400
    assert sign_in(world.stranger).get(reverse("proposals")).context["rows"] == []
    assert sign_in(world.finance).get(reverse("proposals")).status_code == 403
    assert [item.url for item in items_for(world.scout)] == [proposed.get_absolute_url()]
