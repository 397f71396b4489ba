"""Writing what is published: drafts of listings, needs and services. The review is the work of cms.moderation.

`fields` are the model's own names (title_zh, problem_en …); `field` and `programme` are also taken by code or
name, `body_zh` and `body_en` as plain text. Unknown names are refused, so that nothing is dropped in silence.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import escape, linebreaks
from django.utils.translation import gettext as _

from cms import moderation
from cms.models import (
    Attachment,
    Contributor,
    Field,
    InstitutionPage,
    IPRight,
    ListingInvitation,
    ListingPage,
    MarketPage,
    NeedPage,
    ServicePage,
)
from cms.rights import edit_permission
from cms.steps import note_references, referenced_once
from cms.structure import ensure_institution_page
from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import Kind
from marketplace.programmes.models import PilotProgramme
from marketplace.refusals import NotPermitted, Refused

CHILDREN = {
    "ip_rights": IPRight,
    "contributors": Contributor,
    "attachments": Attachment,
    "invitations": ListingInvitation,
}


@transaction.atomic
def create_listing(
    organisation: Organisation,
    *,
    actor: Acting,
    ip_rights: Iterable[Mapping] = (),
    contributors: Iterable[Mapping] = (),
    invitations: Iterable[Organisation] = (),
    **fields,
) -> ListingPage:
    """A draft below the institution's page. `ip_rights` and `contributors` are dicts of the models' fields,
    shares as Decimal or text. Raises NotPermitted, ValidationError (with the names of wrong fields), Refused
    for an `institution_ref` that is taken."""
    if not organisation.is_research:
        raise NotPermitted(_("Listings are posted by research organisations."))
    children = {
        "ip_rights": [IPRight(**row) for row in ip_rights],
        "contributors": [_contributor(row) for row in contributors],
        "invitations": [ListingInvitation(organisation=one) for one in invitations],
        "attachments": [],
    }
    return _create(ListingPage, organisation, actor, fields, children)


@transaction.atomic
def create_need(organisation: Organisation, *, actor: Acting, **fields) -> NeedPage:
    """A draft of an enterprise's need; money in minor units."""
    if organisation.kind != Kind.ENTERPRISE:
        raise NotPermitted(_("Needs are posted by enterprises."))
    return _create(NeedPage, organisation, actor, fields, {})


@transaction.atomic
def create_service(organisation: Organisation, *, actor: Acting, **fields) -> ServicePage:
    """A draft of a provider's service offer."""
    if organisation.kind != Kind.PROVIDER:
        raise NotPermitted(_("Services are offered by service providers."))
    return _create(ServicePage, organisation, actor, fields, {})


@transaction.atomic
def change(
    page: MarketPage,
    *,
    actor: Acting,
    ip_rights: Iterable[Mapping] | None = None,
    contributors: Iterable[Mapping] | None = None,
    **fields,
) -> MarketPage:
    """A new draft version; what is published stays until it is approved. Children that are given replace all
    of their kind. Raises Refused while the page waits for approval."""
    permit(actor, edit_permission(page.organisation), page.organisation)
    page = moderation.locked(page)
    if page.workflow_in_progress:
        raise Refused(_("This waits for approval and cannot be changed now. Take it back first."))
    draft = moderation.draft_of(page)
    _fill(draft, fields)
    if ip_rights is not None:
        draft.ip_rights = [IPRight(**row) for row in ip_rights]
    if contributors is not None:
        draft.contributors = [_contributor(row) for row in contributors]
    _save_draft(draft, actor)
    record(actor, f"{moderation.NOUNS[type(page)]}.changed", page, revision=draft.latest_revision_id)
    return draft


@transaction.atomic
def link_contributors(page: ListingPage, *, actor: Acting, users: list[User | None]) -> None:
    """Say which contributor is which member, in the order of the newest version. It is no part of what is
    published: it counts at once, for the draft and for the rows on the market with the same name and unit.
    Raises Refused for somebody who is no member, or when the number of people has changed meanwhile."""
    permit(actor, "listing.edit", page.organisation)
    page = moderation.locked(page)
    draft = moderation.draft_of(page)
    people = list(draft.contributors.all())
    if len(people) != len(users):
        raise Refused(_("The contributors have changed meanwhile; open the page again."))
    wanted = {user.pk for user in users if user}
    of_ours = Membership.objects.filter(organisation=page.organisation, user__in=wanted)
    if set(of_ours.values_list("user", flat=True)) != wanted:
        raise Refused(_("Choose members of your own organisation."))
    for person, user in zip(people, users, strict=True):
        person.user = user
        Contributor.objects.filter(listing=page, name=person.name, unit=person.unit).update(user=user)
    revision = page.latest_revision  # the people behind the names change, the version under review does not
    revision.content = draft.serializable_data()
    revision.save(update_fields=["content"])
    record(actor, "listing.contributors_linked", page, users=sorted(wanted))


def _create(model, organisation, actor, fields, children) -> MarketPage:
    permit(actor, edit_permission(organisation), organisation)
    pages = InstitutionPage.objects.select_for_update(of=("self",)).filter(organisation=organisation)
    parent = pages.first() or (ensure_institution_page(organisation) and pages.get())
    reference = fields.get("institution_ref")
    if reference and ListingPage.objects.of(organisation).filter(institution_ref=reference).exists():
        raise Refused(_("There is a listing with the number %(number)s already.") % {"number": reference})
    page = model(
        organisation=organisation,
        owner=actor.user,
        locale_id=parent.locale_id,
        live=False,
        has_unpublished_changes=True,
    )
    _fill(page, fields)
    for name, rows in children.items():
        if rows:
            setattr(page, name, rows)
    page.clean_values()
    with referenced_once():
        parent.add_child(instance=page)
        for name, rows in children.items():  # as written, so that they are not read again
            setattr(page, name, rows)
        page.save_revision(user=actor.user, log_action=True, clean=False)
    note_references(page)
    record(actor, f"{moderation.NOUNS[model]}.created", page)
    return page


def _save_draft(draft: MarketPage, actor: Acting) -> None:
    """As Wagtail's own editor does: a page that is not live is written, a live one only as a version."""
    draft.clean_values()
    with referenced_once():
        if not draft.live:
            draft.has_unpublished_changes = True
            draft.save()
        draft.save_revision(user=actor.user, log_action=True)
    if not draft.live:
        note_references(draft)


def _fill(page: MarketPage, fields: Mapping) -> None:
    writable = {
        field.name
        for field in page._meta.local_fields
        if field.name not in ("page_ptr", "code", "organisation")
    }
    unknown = sorted(set(fields) - writable)
    if unknown:
        raise ValidationError({name: _("There is no such field.") for name in unknown})
    for name, value in fields.items():
        if name == "field":
            value = _found(Field.objects.find(value), value, name) if isinstance(value, str) else value
        elif name == "programme" and isinstance(value, str):
            value = _found(PilotProgramme.objects.filter(code__iexact=value).first(), value, name)
        elif name in ("body_zh", "body_en"):
            value = as_rich_text(value)
        setattr(page, name, value)


def _found(row, text: str, name: str):
    if row is None and text.strip():
        raise ValidationError({name: _("“%(text)s” is not known.") % {"text": text}})
    return row


def as_rich_text(text: str) -> str:
    """Plain text as paragraphs. Marks of HTML are escaped: only the editor, which cleans, may write them."""
    text = (text or "").strip()
    return linebreaks(escape(text)) if text else ""


def _contributor(row: Mapping) -> Contributor:
    share = row.get("share", 0)
    if isinstance(share, float):
        raise TypeError("a share is a Decimal or text, never a float")
    return Contributor(**{**row, "share": Decimal(str(share))})


# The names by which others call the review.
submit_listing = submit_need = submit_service = moderation.submit
approve_listing = approve_need = approve_service = moderation.approve
return_listing = return_need = return_service = moderation.return_
unpublish_listing = unpublish_need = unpublish_service = moderation.unpublish
