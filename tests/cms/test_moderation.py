from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from wagtail.models import Page

from cms import services
from cms.models import ListingPage
from cms.models.market import State
from cms.moderation import delete_draft, last_words, take_back, why_not
from marketplace import clock
from marketplace.audit.services import history
from marketplace.deals.services import open_enquiry
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from tests.cms.world import TEAM, University, organisation, person
from tests.factories.ground import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def uni():
    return University()


def fresh(page):
    return type(page).objects.get(pk=page.pk)


def test_listing_goes_from_draft_to_market_by_two_people(uni):
    draft = uni.draft()
    assert (fresh(draft).state, fresh(draft).live) == (State.DRAFT, False)
    assert draft.code.startswith("UF-")
    assert draft.slug == draft.code.lower()

    submitted = services.submit_listing(draft, actor=uni.editor)
    assert fresh(submitted).state == State.REVIEW
    with clock.at(date(2026, 3, 2)):
        published = services.approve_listing(submitted, actor=uni.approver)

    assert (published.state, published.live) == (State.LIVE, True)
    assert published.first_published_at.astimezone(clock.ZONE).date() == date(2026, 3, 2)
    assert [event.verb for event in history(published)] == [
        "listing.published",
        "listing.submitted",
        "listing.created",
    ]
    assert set(Notification.objects.values_list("user", "template")) == {
        (uni.approver.user.pk, "cms/submitted"),
        (uni.editor.user.pk, "cms/published"),
    }


def test_nobody_approves_what_they_submitted(uni):
    both = person(uni.organisation, "EDITOR", "APPROVER")
    draft = services.submit_listing(uni.draft(), actor=both)

    with pytest.raises(NotPermitted):
        services.approve_listing(draft, actor=both)
    with pytest.raises(NotPermitted):
        services.return_listing(draft, actor=both, words="no")

    services.approve_listing(draft, actor=uni.approver)
    assert fresh(draft).live


def test_nobody_approves_what_they_wrote_though_another_submitted(uni):
    both = person(uni.organisation, "EDITOR", "APPROVER")
    draft = services.change(uni.draft(), actor=both, title_en="Written by the approver")
    services.submit_listing(draft, actor=uni.editor)

    with pytest.raises(NotPermitted):
        services.approve_listing(draft, actor=both)


def test_wagtail_itself_refuses_the_author_and_those_who_lost_the_role(uni):
    both = person(uni.organisation, "EDITOR", "APPROVER")
    draft = services.submit_listing(uni.draft(), actor=both)
    state = fresh(draft).current_workflow_task_state
    task = state.task.specific

    assert task.get_actions(draft, both.user) == []
    with pytest.raises(PermissionDenied):
        task.on_action(state, both.user, "approve")
    assert [name for name, _label, _modal in task.get_actions(draft, uni.approver.user)] == [
        "reject",
        "approve",
    ]

    Membership.objects.filter(user=uni.approver.user).update(roles=["INVENTOR"])
    assert task.get_actions(draft, uni.approver.user) == []
    assert not fresh(draft).live


def test_nobody_holds_the_right_to_publish(uni):
    page = uni.submitted()
    for acting in (uni.editor, uni.approver):
        assert not page.permissions_for_user(acting.user).can_publish()
        with pytest.raises(PermissionDenied):
            page.get_latest_revision().publish(user=acting.user)


def test_submission_lists_all_that_is_missing(uni):
    draft = services.create_listing(uni.organisation, actor=uni.editor, title_zh="题目")

    with pytest.raises(Incomplete) as refusal:
        services.submit_listing(draft, actor=uni.editor)

    assert len(refusal.value.missing) >= 8
    assert fresh(draft).state == State.DRAFT


@pytest.mark.parametrize(
    "changes",
    [
        {"is_secret": True},
        {"visibility": "INVITED"},
        {"contributors": [{**TEAM[0], "share": "0.5"}]},
        {"ip_rights": []},
    ],
)
def test_listing_that_may_not_go_out_is_not_submitted(uni, changes):
    with pytest.raises(Incomplete):
        uni.submitted(**changes)


def test_second_click_is_refused(uni):
    page = uni.submitted()
    with pytest.raises(TransitionRefused):
        services.submit_listing(page, actor=uni.editor)
    services.approve_listing(page, actor=uni.approver)
    with pytest.raises(TransitionRefused):
        services.approve_listing(page, actor=uni.approver)
    with pytest.raises(TransitionRefused):
        services.submit_listing(page, actor=uni.editor)


def test_returned_listing_keeps_the_words_and_comes_again(uni):
    page = uni.submitted()
    with pytest.raises(Refused):
        services.return_listing(page, actor=uni.approver, words="  ")
    services.return_listing(page, actor=uni.approver, words="Which state of the art?")

    page = fresh(page)
    assert page.state == State.RETURNED
    assert last_words(page).comment == "Which state of the art?"
    other_editor = person(uni.organisation, "EDITOR", "APPROVER")
    services.submit_listing(page, actor=other_editor)
    assert last_words(fresh(page)) is None
    assert why_not(fresh(page), other_editor.user)
    services.approve_listing(page, actor=uni.approver)
    assert fresh(page).live


def test_change_of_a_published_listing_waits_for_approval(uni):
    page = uni.published()
    services.change(page, actor=uni.editor, price_en="5 % of net sales")

    assert fresh(page).price_en == "3 % of net sales, capped"
    assert fresh(page).state == State.CHANGED
    services.submit_listing(page, actor=uni.editor)
    services.approve_listing(page, actor=uni.approver)
    assert fresh(page).price_en == "5 % of net sales"
    assert fresh(page).contributors.count() == 2


def test_what_waits_cannot_be_changed_until_it_is_taken_back(uni):
    page = uni.submitted()
    with pytest.raises(Refused):
        services.change(page, actor=uni.editor, title_en="Another")
    assert page.permissions_for_user(uni.editor.user).page_locked()

    take_back(page, actor=uni.editor)
    services.change(page, actor=uni.editor, title_en="Another")
    assert fresh(page).title_en == "Another"


def test_withdrawn_listing_leaves_the_market_with_a_reason(uni):
    page = uni.published()
    with pytest.raises(Refused):
        services.unpublish_listing(page, actor=uni.approver, reason=" ")
    with pytest.raises(NotPermitted):
        services.unpublish_listing(page, actor=uni.editor, reason="sold")

    services.unpublish_listing(page, actor=uni.approver, reason="sold")

    assert fresh(page).state == State.UNPUBLISHED
    with pytest.raises(Refused):
        delete_draft(fresh(page), actor=uni.editor)


def test_draft_can_be_deleted_by_its_institution_only(uni):
    page = uni.draft()
    with pytest.raises(NotPermitted):
        delete_draft(page, actor=University().editor)
    delete_draft(page, actor=uni.editor)
    assert not ListingPage.objects.filter(pk=page.pk).exists()


def test_strangers_and_unverified_ones_approve_nothing(uni):
    page = uni.submitted()
    with pytest.raises(NotPermitted):
        services.approve_listing(page, actor=University().approver)
    uni.organisation.state, uni.organisation.decision_reason = "REFUSED", "expired"
    uni.organisation.save()
    with pytest.raises(NotPermitted):
        services.approve_listing(fresh(page), actor=uni.approver)


# --- Needs -----------------------------------------------------------------------------------------------

NEED = {"title_zh": "寻找低温电池", "summary_zh": "零下二十度可用。", "problem_zh": "冬季里程减半。"}


def test_need_of_a_single_person_may_be_approved_by_that_person_and_the_trail_says_so():
    firm = organisation("ENTERPRISE")
    founder = person(firm, "ADMIN", "SCOUT", "SIGNATORY")
    need = services.submit_need(services.create_need(firm, actor=founder, **NEED), actor=founder)

    services.approve_need(need, actor=founder)

    assert fresh(need).live
    assert history(need).first().data["second_person"] is False


def test_need_of_two_people_needs_the_other_one():
    firm = organisation("ENTERPRISE")
    founder, colleague = person(firm, "ADMIN", "SCOUT"), person(firm, "SIGNATORY")
    need = services.submit_need(services.create_need(firm, actor=founder, **NEED), actor=founder)

    with pytest.raises(NotPermitted):
        services.approve_need(need, actor=founder)
    services.approve_need(need, actor=colleague)

    assert history(need).first().data["second_person"] is True


def test_each_kind_is_posted_by_its_kind_of_organisation(uni):
    firm = organisation("ENTERPRISE")
    scout = person(firm, "SCOUT")
    with pytest.raises(NotPermitted):
        services.create_listing(firm, actor=scout, title_zh="题")
    with pytest.raises(NotPermitted):
        services.create_need(uni.organisation, actor=uni.editor, **NEED)
    with pytest.raises(NotPermitted):
        services.create_service(uni.organisation, actor=uni.editor, title_zh="题")


def test_service_offer_needs_a_second_person():
    provider = University("PROVIDER")
    offer = services.create_service(
        provider.organisation,
        actor=provider.editor,
        kind="TESTING",
        title_zh="电池检测",
        summary_zh="全项检测。",
        what_zh="循环与安全。",
        price_zh="每项 8,000 元",
    )
    services.submit_service(offer, actor=provider.editor)
    services.approve_service(offer, actor=provider.approver)
    assert fresh(offer).live


def test_unknown_fields_and_codes_are_refused(uni):
    for wrong in (
        {"colour": "red"},
        {"code": "UF-1"},
        {"field": "alchemy"},
        {"programme": "XX"},
        {"trl": 12},
    ):
        with pytest.raises(ValidationError):
            services.create_listing(uni.organisation, actor=uni.editor, title_zh="题目", **wrong)
    assert not Page.objects.filter(title="题目").exists()


def test_own_number_is_unique_within_the_institution(uni):
    uni.draft(institution_ref="KY-1")
    with pytest.raises(Refused):
        uni.draft(institution_ref="KY-1")
    assert University().draft(institution_ref="KY-1").institution_ref == "KY-1"


def test_application_role_has_the_sequence():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cms_code')")
        assert cursor.fetchone()[0] > 0


def test_what_deals_rest_on_is_not_deleted_but_explained(uni, client):
    listing = uni.published()
    scout = person(organisation("ENTERPRISE"), "SCOUT")
    open_enquiry(listing, actor=scout, message="Which cells?")
    ListingPage.objects.filter(pk=listing.pk).update(live=False, first_published_at=None)

    with pytest.raises(Refused) as refusal:
        delete_draft(fresh(listing), actor=uni.editor)
    assert listing.name in refusal.value.message
    client = signed_in(client, uni.editor)
    response = client.post(reverse("wagtailadmin_pages:delete", args=[listing.pk]))
    assert response["Location"] == reverse("wagtailadmin_pages:edit", args=[listing.pk])
    assert ListingPage.objects.filter(pk=listing.pk).exists()


def test_each_step_is_told_once(uni, mailoutbox):
    """Ours, after the transaction; none of Wagtail's own."""
    draft = uni.draft()
    services.submit_listing(draft, actor=uni.editor)
    services.return_listing(draft, actor=uni.approver, words="more")
    services.submit_listing(draft, actor=uni.editor)
    services.approve_listing(draft, actor=uni.approver)
    assert mailoutbox == []
    assert list(Notification.objects.order_by("pk").values_list("template", flat=True)) == [
        "cms/submitted",
        "cms/returned",
        "cms/submitted",
        "cms/published",
    ]
