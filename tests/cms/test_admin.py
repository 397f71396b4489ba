"""The Wagtail admin of one university, seen by people of another, and by its own."""

import io
import zipfile

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import get_resolver, reverse
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page, Site
from wagtail.models.media import Collection

from cms import services
from cms.documents import grants_restricted
from cms.models import Attachment, HomePage, InstitutionPage, ListingPage
from cms.rights import rights_of, sync_person, sync_rights
from marketplace.accounts.models import User
from marketplace.organisations.models import Membership
from tests.cms.world import FULL, RIGHTS, TEAM, University, organisation, person
from tests.factories.ground import make_member

pytestmark = pytest.mark.django_db
SECRET = "Unheard-of perpetuum mobile"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def document(collection: Collection, title: str = SECRET) -> Document:
    return Document.objects.create(
        title=title, collection=collection, file=ContentFile(PDF, name="paper.pdf"), file_size=len(PDF)
    )


def admin_patterns(resolver=None, prefix=""):
    """(view name, {argument: converter name}) of every address below /cms-admin/."""
    for one in (resolver or get_resolver()).url_patterns:
        if hasattr(one, "url_patterns"):
            if prefix or str(one.pattern) == "cms-admin/":
                name = f"{prefix}{one.namespace}:" if one.namespace else prefix or "|"
                yield from admin_patterns(one, name if prefix or one.namespace else "|")
        elif prefix and one.name:
            yield f"{prefix}{one.name}".replace("|", ""), one


def addresses(listing, file, image):
    """Each admin view with arguments that name what belongs to the university."""
    revision, state = listing.latest_revision, listing.current_workflow_state
    values = {
        "page_id": listing.pk,
        "parent_page_id": listing.get_parent().pk,
        "page_to_move_id": listing.pk,
        "destination_id": listing.get_parent().pk,
        "page_pk": listing.pk,
        "revision_id": revision.pk,
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "workflow_state_id": state.pk,
        "workflow_pk": state.workflow_id,
        "task_state_id": state.current_task_state_id,
        "task_id": state.current_task_state.task_id,
        "document_id": file.pk,
        "doc_id": file.pk,
        "image_id": image.pk,
        "collection_id": file.collection_id,
        "restriction_id": 1,
        "uploaded_file_id": 1,
        "redirect_id": 1,
        "session_id": 1,
        "user_id": listing.owner_id,
        "object_id": listing.pk,
        "filter_spec": "max-10x10",
        "action_name": "approve",
        "action": "publish",
        "app_label": "cms",
        "app_name": "cms",
        "model_name": "listingpage",
        "content_type_app_name": "cms",
        "content_type_model_name": "listingpage",
        "uidb64": "x",
        "token": "x",
    }
    for name, pattern in admin_patterns():
        kwargs = {}
        for argument in pattern.pattern.regex.groupindex:
            kwargs[argument] = listing.pk if argument == "pk" else values[argument]
        if name.startswith("wagtaildocs") and "pk" in kwargs:
            kwargs["pk"] = file.pk
        if "wagtailadmin_api:documents" in name and "pk" in kwargs:
            kwargs["pk"] = file.pk
        yield name, reverse(name, kwargs=kwargs)


@pytest.mark.slow
def test_admin_of_one_university_is_closed_to_the_approver_of_another(uni, other, as_):
    """Every address of the admin: no title, no text, nothing done; not even whether the thing exists."""
    listing = uni.submitted(title_en=SECRET, title_zh=SECRET)
    listing = ListingPage.objects.get(pk=listing.pk)
    rights = rights_of(uni.organisation)
    file = document(rights.restricted_files)
    image = Image.objects.create(
        title=SECRET, file="a.png", width=1, height=1, collection=rights.public_files
    )
    everything = sorted(set(addresses(listing, file, image)))
    assert len(everything) > 150

    both = person(other.organisation, "EDITOR", "APPROVER")
    told = {}
    for acting in (other.approver, other.editor, both):
        client = as_(acting)
        for name, url in everything:
            if name in ("wagtailadmin_logout", "wagtailadmin_error_test"):
                continue
            query = {"q": "Unheard", "id": listing.pk, "next": "/cms-admin/", "multiple": "1"}
            for response in (
                client.get(url, query, follow=True),
                client.post(url, {"action-publish": "1", "confirm": "1", "id": listing.pk}, follow=True),
            ):
                body = b"".join(response) if response.streaming else response.content
                if SECRET.encode() in body or response.status_code >= 500:
                    told[name] = response.status_code
    assert told == {}
    fresh = ListingPage.objects.get(pk=listing.pk)
    assert (fresh.live, fresh.workflow_in_progress, fresh.latest_revision_id) == (
        False, True, listing.latest_revision_id,
    )  # fmt: skip
    assert Document.objects.filter(pk=file.pk).exists()


def test_admin_opens_only_while_acting_for_the_institution(uni, other, as_):
    """An editor of two universities reaches each one's pages only while acting for it."""
    listing = uni.draft()
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    make_member(other.organisation, "EDITOR", user=uni.editor.user)
    elsewhere = person(other.organisation, "EDITOR")
    assert as_(elsewhere).get(url, follow=True).status_code == 404
    assert as_(uni.editor).get(url).status_code == 200

    two_hats = type(uni.editor)(uni.editor.user, other.organisation, frozenset({"EDITOR"}))
    assert as_(two_hats).get(url, follow=True).status_code == 404


@pytest.mark.parametrize(
    ("kind", "roles", "expected"),
    [
        ("UNIVERSITY", ("FINANCE", "INVENTOR"), 403),
        ("ENTERPRISE", ("ADMIN", "SCOUT", "SIGNATORY"), 403),
        ("OPERATOR", ("VERIFIER",), 403),
        ("AGENCY", ("BROKER",), 403),
    ],
)
def test_admin_stays_closed_without_the_role(uni, as_, kind, roles, expected):
    listing = uni.draft()
    client = as_(person(organisation(kind), *roles))
    assert client.get("/cms-admin/").status_code == expected
    assert client.get(reverse("wagtailadmin_pages:edit", args=[listing.pk])).status_code == expected


def test_visitors_are_led_to_the_sign_in(uni, as_):
    response = as_(None).get(reverse("wagtailadmin_pages:edit", args=[uni.draft().pk]))
    assert response.status_code == 302
    assert "login" in response["Location"]


def form_data(**changes):
    """What Wagtail's editor posts for a listing with one right, one person and no files."""
    data = {
        name: str(value)
        for name, value in {
            **FULL,
            "field": "",
            "exclusivity": "NON_EXCLUSIVE",
            "visibility": "PUBLIC",
        }.items()
    }
    for name in ("ip_rights", "contributors", "invitations", "attachments"):
        data |= {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0", f"{name}-MIN_NUM_FORMS": "0"}
    empty = '{"blocks": [], "entityMap": {}}'
    data |= {
        "body_zh": empty,
        "body_en": empty,
        "keywords_zh": "负极、快充；负极",
        "keywords_en": "anode, cold",
    }
    return {**data, **changes}


def test_editor_writes_a_draft_in_the_editor(uni, as_):
    listing = uni.draft(ip_rights=(), contributors=())
    client = as_(uni.editor)
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    page = client.get(url).content.decode()
    assert "action-publish" not in page
    assert "action-submit" not in page

    response = client.post(
        url,
        form_data(
            title_en="A better anode",
            **{
                "contributors-TOTAL_FORMS": "1",
                "contributors-0-name": "张示例",
                "contributors-0-share": "1",
                "contributors-0-ORDER": "1",
            },
        ),
    )

    fresh = ListingPage.objects.get(pk=listing.pk)
    assert response.status_code == 302, response.context["form"].errors
    assert (fresh.title_en, fresh.title, fresh.keywords_zh, fresh.live) == (
        "A better anode", FULL["title_zh"], ["负极", "快充"], False,
    )  # fmt: skip
    assert fresh.contributors.get().share == 1


@pytest.mark.parametrize("action", ["action-publish", "action-submit", "action-cancel-workflow"])
def test_editor_cannot_go_past_the_desk(uni, as_, action):
    listing = uni.draft()
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    response = as_(uni.editor).post(url, form_data(**{action: "1", "title_en": "sneaked in"}))
    fresh = ListingPage.objects.get(pk=listing.pk)
    assert (response.status_code, fresh.live, fresh.workflow_in_progress) == (403, False, False)
    assert fresh.title_en != "sneaked in"


def test_foreign_file_is_refused_whatever_number_is_posted(uni, other, as_):
    listing = uni.draft()
    theirs = document(rights_of(other.organisation).public_files)
    ours = document(rights_of(uni.organisation).restricted_files)

    def post(file):
        return as_(uni.editor).post(
            reverse("wagtailadmin_pages:edit", args=[listing.pk]),
            form_data(
                **{
                    "attachments-TOTAL_FORMS": "1",
                    "attachments-0-document": str(file.pk),
                    "attachments-0-ORDER": "1",
                }
            ),
        )

    assert post(theirs).status_code == 200
    assert not Attachment.objects.exists()
    assert post(ours).status_code == 302
    assert Attachment.objects.get().restricted is True


def test_odd_input_in_the_editor_is_an_error_not_a_crash(uni, as_):
    listing = uni.draft()
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    for wrong in (
        {"trl": "12"},
        {"trl": "x"},
        {"free_months": "-3"},
        {"free_months": "9999999999"},
        {"title_zh": "题" * 500},
        {"title_zh": "", "title_en": ""},
        {"visibility": "EVERYBODY"},
        {"programme": "999999"},
        {"team_consent_on": "yesterday"},
        {"keywords_zh": ",".join(f"词{n}" for n in range(60))},
    ):
        response = as_(uni.editor).post(url, form_data(**wrong))
        assert response.status_code == 200, wrong
        assert response.context["form"].errors, wrong
    assert ListingPage.objects.get(pk=listing.pk).title_en == FULL["title_en"]


def test_what_waits_for_approval_is_locked_in_the_editor(uni, as_):
    listing = uni.submitted()
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    as_(uni.editor).post(url, form_data(title_en="changed meanwhile"))
    assert ListingPage.objects.get(pk=listing.pk).title_en == FULL["title_en"]
    assert ListingPage.objects.get(pk=listing.pk).get_latest_revision_as_object().title_en == FULL["title_en"]


def test_who_may_only_read_a_page_is_led_from_the_editor_to_the_desk(uni, as_):
    listing = uni.submitted()
    url = reverse("wagtailadmin_pages:edit", args=[listing.pk])
    assert as_(uni.approver).get(url)["Location"] == reverse("listing_review", args=[listing.pk])
    assert as_(uni.editor).get(url).status_code == 200


def test_superuser_cannot_publish_alone_or_delete_what_deals_rest_on(uni, client):
    root = User.objects.create_superuser("root@example.com", "a long password")
    client.force_login(root)
    draft, live = uni.draft(), uni.published()
    refused = [
        client.post(
            reverse("wagtailadmin_pages:edit", args=[draft.pk]), form_data(**{"action-publish": "1"})
        ),
        client.post(reverse("wagtailadmin_pages:unpublish", args=[live.pk])),
        client.post(reverse("wagtailadmin_pages:copy", args=[live.pk]), {}),
        client.post(
            reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={draft.pk}", {}
        ),
    ]
    assert [response.status_code for response in refused] == [403] * 4
    client.post(reverse("wagtailadmin_pages:delete", args=[live.pk]))
    assert Page.objects.filter(pk__in=[draft.pk, live.pk]).count() == 2
    assert not ListingPage.objects.get(pk=draft.pk).live


# --- Files ---------------------------------------------------------------------------------------------------


def attached(uni, collection_name: str, *, live: bool = True, **changes):
    file = document(getattr(rights_of(uni.organisation), collection_name), "paper")
    listing = uni.draft(**changes)
    listing.attachments = [Attachment(document=file, restricted=collection_name == "restricted_files")]
    services._save_draft(listing, uni.editor)
    if live:
        services.submit_listing(listing, actor=uni.editor)
        services.approve_listing(listing, actor=uni.approver)
    return listing, file


def readers(uni, other, as_, file) -> list[bool]:
    """Visitor, another university, own colleague: who gets the file."""
    own = person(uni.organisation, "FINANCE")
    return [as_(acting).get(file.url).status_code == 200 for acting in (None, other.editor, own)]


def test_files_are_served_to_those_who_may(uni, other, as_):
    assert readers(uni, other, as_, attached(uni, "public_files")[1]) == [True, True, True]
    assert readers(uni, other, as_, attached(uni, "restricted_files")[1]) == [False, False, True]
    assert readers(uni, other, as_, attached(uni, "public_files", live=False)[1]) == [False, False, True]
    assert readers(uni, other, as_, attached(uni, "public_files", visibility="VERIFIED")[1]) == [
        False,
        True,
        True,
    ]
    loose = document(rights_of(uni.organisation).public_files, "loose")
    assert readers(uni, other, as_, loose) == [False, False, True]


def test_later_step_may_grant_a_restricted_file(uni, other, as_):
    listing, file = attached(uni, "restricted_files")
    name = grants_restricted(lambda acting, one: one.pk == listing.pk and acting.is_for(other.organisation))
    try:
        assert readers(uni, other, as_, file) == [False, True, True]
        page = as_(other.editor).get(listing.get_absolute_url()).content.decode()
        assert file.url in page
    finally:
        from cms.documents import _grants

        _grants.pop(f"{name.__module__}.{name.__qualname__}")
    page = as_(other.editor).get(listing.get_absolute_url()).content.decode()
    assert file.url not in page


def test_file_that_lies_about_its_type_is_refused(uni, as_):
    rights = rights_of(uni.organisation)
    client = as_(uni.editor)

    def send(name, content):
        client.post(
            reverse("wagtaildocs_chooser:create"),
            {
                "document-chooser-upload-title": name,
                "document-chooser-upload-file": SimpleUploadedFile(name, content),
                "document-chooser-upload-collection": rights.public_files_id,
            },
        )
        return Document.objects.filter(title=name).exists()

    macros = io.BytesIO()
    with zipfile.ZipFile(macros, "w") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert not send("page.pdf", b"<html><script>alert(1)</script></html>")
    assert not send("sheet.xlsx", macros.getvalue())
    assert not send("run.exe", b"MZ")
    assert send("paper.pdf", PDF)


def test_chooser_shows_the_files_of_the_institution_one_acts_for(uni, other, as_):
    document(rights_of(uni.organisation).public_files, "Ours")
    document(rights_of(other.organisation).public_files, "Theirs")
    make_member(other.organisation, "EDITOR", user=uni.editor.user)
    page = as_(uni.editor).get(reverse("wagtaildocs_chooser:choose")).content.decode()
    assert ("Ours" in page, "Theirs" in page) == (True, False)


# --- Rights in step -------------------------------------------------------------------------------------------


def groups_of(acting) -> set[str]:
    return set(Group.objects.filter(user=acting.user).values_list("name", flat=True))


def test_groups_follow_memberships(uni):
    slug = uni.organisation.slug
    assert groups_of(uni.editor) == {f"org:{slug}:editors"}
    assert groups_of(uni.approver) == {f"org:{slug}:approvers"}

    Membership.objects.filter(user=uni.editor.user).update(roles=["APPROVER"])
    sync_person(uni.editor.user)
    assert groups_of(uni.editor) == {f"org:{slug}:approvers"}
    Membership.objects.filter(user=uni.editor.user).delete()
    sync_person(uni.editor.user)
    assert groups_of(uni.editor) == set()

    Membership.objects.filter(user=uni.approver.user).update(roles=["FINANCE"])
    sync_rights(uni.organisation)
    assert groups_of(uni.approver) == set()


def test_rights_and_pages_are_made_once(uni):
    before = (Group.objects.count(), Collection.objects.count(), InstitutionPage.objects.count())
    sync_rights(uni.organisation)
    services.ensure_institution_page(uni.organisation)
    assert (Group.objects.count(), Collection.objects.count(), InstitutionPage.objects.count()) == before


def test_desk_leads_to_the_editor_with_the_rights_of_now(uni, as_):
    newcomer = person(uni.organisation, "EDITOR")
    listing = uni.draft(ip_rights=RIGHTS, contributors=TEAM)
    response = as_(newcomer).get(reverse("listing_edit", args=[listing.pk]), follow=True)
    assert response.status_code == 200
    assert response.request["PATH_INFO"] == reverse("wagtailadmin_pages:edit", args=[listing.pk])


def test_search_beside_the_editor_looks_through_the_desks_list(uni, as_):
    uni.draft(title_zh="电解液")
    uni.draft(title_zh="催化剂")
    found = as_(uni.editor).get(reverse("wagtailadmin_pages:search"), {"q": "电解"}, follow=True)
    assert found.request["PATH_INFO"] == reverse("listings")
    assert "电解液" in found.content.decode()
    assert "催化剂" not in found.content.decode()


def test_unrelated_university_is_untouched():
    one, two = University(), University()
    assert rights_of(one.organisation).public_files_id != rights_of(two.organisation).public_files_id


def test_site_is_set_up_once_with_the_address_of_the_settings(settings, client):
    settings.SITE_URL = "https://market.example.com"
    call_command("set_up_site", verbosity=0)
    call_command("set_up_site", verbosity=0)
    assert HomePage.objects.count() == 1
    site = Site.objects.get()
    assert (site.hostname, site.port, site.root_page_id) == (
        "market.example.com",
        443,
        HomePage.objects.get().pk,
    )
    assert [page.specific_class for page in Page.objects.filter(depth=2)] == [HomePage]
    assert client.get("/en/").status_code == 200
