"""What the three steps to the market ask of the database, and that nothing is missing for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageLogEntry, ReferenceIndex

from cms import services
from cms.models import ListingPage
from cms.moderation import draft_of
from tests.cms.world import TEAM, University, organisation, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def uni():
    return University()


def noted(page) -> set[tuple]:
    return set(
        ReferenceIndex.get_references_for_object(page).values_list(
            "to_content_type", "to_object_id", "content_path"
        )
    )


def anew(page) -> set[tuple]:
    """As Wagtail makes them of the page as it stands in the database."""
    ReferenceIndex.remove_for_object(page)
    ReferenceIndex.create_or_update_for_object(ListingPage.objects.get(pk=page.pk))
    return noted(page)


def test_each_step_asks_so_often(uni):
    uni.published()  # content types and the site are known from here on
    asked = []
    page = None
    for step in (
        lambda _page: uni.draft(),
        lambda page: services.submit_listing(page, actor=uni.editor),
        lambda page: services.approve_listing(page, actor=uni.approver),
    ):
        with CaptureQueriesContext(connection) as queries:
            page = step(page)
        asked.append(len(queries))
    assert asked == [41, 47, 65]


def test_references_are_those_of_the_page_as_it_stands(uni):
    page = uni.draft(
        invitations=[organisation("ENTERPRISE")], contributors=[TEAM[0] | {"user": uni.editor.user}, TEAM[1]]
    )
    assert noted(page) == anew(page)
    services.submit_listing(page, actor=uni.editor)
    page = services.approve_listing(page, actor=uni.approver)
    assert noted(page) == anew(page)
    changed = services.change(page, actor=uni.editor, contributors=TEAM, field="engineering")
    assert noted(page) == anew(page)
    services.submit_listing(changed, actor=uni.editor)
    before = noted(page)
    services.approve_listing(changed, actor=uni.approver)
    assert noted(page) == anew(page) != before


def test_wagtails_log_tells_each_step(uni):
    page = uni.published()
    entries = (
        PageLogEntry.objects.filter(page=page.pk).order_by("pk").values_list("action", "user", "revision")
    )
    editor, approver, revision = uni.editor.user.pk, uni.approver.user.pk, page.live_revision_id
    assert list(entries) == [
        ("wagtail.create", editor, None),
        ("wagtail.edit", editor, revision),
        ("wagtail.workflow.start", editor, revision),
        ("wagtail.workflow.approve", approver, revision),
        ("wagtail.publish", approver, revision),
    ]


def test_version_is_read_without_what_is_gone(uni):
    guest, colleague = organisation("ENTERPRISE"), person(uni.organisation).user
    page = uni.published(invitations=[organisation("ENTERPRISE")])
    services.change(page, actor=uni.editor, contributors=[TEAM[0] | {"user": colleague}, TEAM[1]])
    revision = ListingPage.objects.get(pk=page.pk).latest_revision
    revision.content["invitations"].append(
        {**revision.content["invitations"][0], "pk": None, "organisation": guest.pk}
    )
    revision.save()
    read = draft_of(ListingPage.objects.get(pk=page.pk))
    assert [one.user_id for one in read.contributors.all()] == [colleague.pk, None]
    assert len(read.invitations.all()) == 2
    colleague.delete()
    guest.delete()
    read = draft_of(ListingPage.objects.get(pk=page.pk))
    assert [(one.name, one.user_id) for one in read.contributors.all()] == [
        ("张示例", None),
        ("李示例", None),
    ]
    assert len(read.invitations.all()) == 1
