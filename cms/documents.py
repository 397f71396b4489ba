"""Files beside listings: who may have them, and the form by which they come."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.documents.forms import BaseDocumentForm

from cms.models import Attachment, InstitutionRights, ListingPage
from marketplace.organisations.acting import Acting
from marketplace.uploads import clean_upload

KINDS = frozenset({"pdf", "docx", "xlsx", "csv", "png", "jpg"})

Grant = Callable[[Acting, ListingPage], bool]
_grants: dict[str, Grant] = {}


def grants_restricted(function: Grant) -> Grant:
    """Register `function(acting, listing) -> bool`: whether a later step (a deal with a confidentiality
    agreement) lets the acting organisation have the restricted files of a listing."""
    _grants[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def may_have_restricted(acting: Acting, listing: ListingPage) -> bool:
    """The own organisation, and partners to whom a later step grants it."""
    if acting is None or acting.organisation is None:
        return False
    return acting.is_for(listing.organisation) or any(grant(acting, listing) for grant in _grants.values())


def may_have(document, acting: Acting) -> bool:
    """Whether the acting person may download a document.

    What lies in no institution's collection belongs to the site and is public. Else: the institution itself;
    for others, only files attached to the published version of a listing that they may read, and of those the
    restricted ones only where a later step grants it.
    """
    rights = InstitutionRights.objects.filter(public_files=document.collection_id).first()
    in_public = rights is not None
    if rights is None:
        rights = InstitutionRights.objects.filter(restricted_files=document.collection_id).first()
    if rights is None:
        return True
    if acting.organisation is not None and acting.organisation.pk == rights.organisation_id:
        return True
    attached = Attachment.objects.filter(
        document=document,
        listing__organisation=rights.organisation_id,
        listing__in=ListingPage.objects.visible_to(acting).live(),
    ).select_related("listing__organisation")
    return any(
        (in_public and not one.restricted) or may_have_restricted(acting, one.listing) for one in attached
    )


class DocumentForm(BaseDocumentForm):
    """Wagtail's form with our check of what a file really is; without tags, which all institutions share."""

    class Meta(BaseDocumentForm.Meta):
        pass

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("tags", None)

    def clean_file(self):
        file = self.cleaned_data.get("file")
        if file and "file" in self.changed_data:
            try:
                clean_upload(file, KINDS)
            except ValidationError as error:
                raise ValidationError(error.messages) from error
        return file

    def clean_collection(self):
        collection = self.cleaned_data.get("collection")
        if collection is None:
            raise ValidationError(_("Choose the public or the restricted collection of your institution."))
        return collection
