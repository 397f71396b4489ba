"""How a listing is edited in the Wagtail admin: the panels and the form behind them."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)

from cms.models.rights import InstitutionRights


class KeywordsField(forms.CharField):
    """Words set apart by commas, semicolons or the Chinese signs for them → a list."""

    def __init__(self, *, max_words: int = 20, max_word: int = 40, **kwargs):
        self.max_words, self.max_word = max_words, max_word
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", _("Set apart by commas."))
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return split_words(super().to_python(value))

    def validate(self, value):
        if len(value) > self.max_words:
            raise ValidationError(_("At most %(limit)s keywords."), params={"limit": self.max_words})
        if any(len(word) > self.max_word for word in value):
            raise ValidationError(
                _("A keyword has at most %(limit)s characters."), params={"limit": self.max_word}
            )

    def has_changed(self, initial, data):
        return split_words(data) != (initial or [])


def split_words(text: str | None) -> list[str]:
    """ "石墨烯、电池; sensors" → its words, each once, in their order."""
    words = (word.strip() for word in re.split(r"[,;，；、\n]+", text or ""))
    return list(dict.fromkeys(word for word in words if word))


class ListingForm(WagtailAdminPageForm):
    keywords_zh = KeywordsField(label=_("keywords in Chinese"))
    keywords_en = KeywordsField(label=_("keywords in English"), max_word=60)

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("title_zh") and not cleaned.get("title_en"):
            self.add_error("title_zh", _("Give a title in at least one language."))
        reference = cleaned.get("institution_ref")
        if reference and (
            type(self.instance)
            .objects.of(self.instance.organisation)
            .filter(institution_ref=reference)
            .exclude(pk=self.instance.pk)
            .exists()
        ):
            self.add_error("institution_ref", _("Another listing of yours has this number already."))
        self._check_shares()
        self._check_attachments()
        self._check_invitations()
        return cleaned

    def _rows(self, name: str):
        """The child forms that stay and were understood."""
        formset = self.formsets.get(name)
        if formset is None or not formset.is_valid():
            return []
        return [form for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]

    def _check_shares(self) -> None:
        shares = [form.cleaned_data["share"] for form in self._rows("contributors")]
        if shares and sum(shares) > 1:
            self.add_error(None, _("The shares of the contributors make more than 1."))

    def _check_attachments(self) -> None:
        """A file of another institution is refused, whatever number was posted; whether a file is restricted
        follows from the collection it lies in."""
        rows = self._rows("attachments")
        if not rows:
            return
        rights = InstitutionRights.objects.filter(organisation=self.instance.organisation_id).first()
        own = {rights.public_files_id, rights.restricted_files_id} if rights else set()
        for form in rows:
            document = form.cleaned_data["document"]
            if document.collection_id not in own:
                form.add_error("document", _("Choose a file of your own institution."))
                self.add_error(None, _("An attachment is not a file of your institution."))
            else:
                form.instance.restricted = document.collection_id == rights.restricted_files_id

    def _check_invitations(self) -> None:
        rows = [form.cleaned_data["organisation"] for form in self._rows("invitations")]
        if len(rows) != len(set(rows)):
            self.add_error(None, _("An organisation is invited once only."))


def _pair(name: str) -> MultiFieldPanel:
    return FieldRowPanel([FieldPanel(f"{name}_zh"), FieldPanel(f"{name}_en")])


def listing_edit_handler() -> TabbedInterface:
    return TabbedInterface(
        [
            ObjectList(
                [
                    _pair("title"),
                    _pair("summary"),
                    _pair("problem"),
                    _pair("advantage"),
                    _pair("applications"),
                    FieldPanel("body_zh"),
                    FieldPanel("body_en"),
                    FieldPanel("publications"),
                    _pair("source"),
                ],
                heading=_("What it is"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("trl"), FieldPanel("maturity")]),
                    _pair("trl_evidence"),
                    FieldRowPanel([FieldPanel("field"), FieldPanel("industry"), FieldPanel("region")]),
                    _pair("keywords"),
                    FieldPanel("institution_ref"),
                ],
                heading=_("Maturity and classification"),
            ),
            ObjectList(
                [
                    InlinePanel("ip_rights", heading=_("Intellectual property rights"), label=_("right")),
                    InlinePanel(
                        "contributors",
                        [
                            FieldRowPanel([FieldPanel("name"), FieldPanel("name_en"), FieldPanel("share")]),
                            FieldRowPanel([FieldPanel("unit"), FieldPanel("unit_en")]),
                        ],
                        heading=_("Contributors"),
                        label=_("contributor"),
                        help_text=_("Name and unit are public; shares are read by your institution alone."),
                    ),
                    FieldPanel("team_consent_on"),
                    FieldPanel("separately_managed"),
                    FieldPanel("is_secret"),
                ],
                heading=_("Rights and team"),
            ),
            ObjectList(
                [
                    FieldPanel("exclusivity"),
                    _pair("territory"),
                    _pair("fields_of_use"),
                    FieldRowPanel([FieldPanel("programme"), FieldPanel("free_months")]),
                    _pair("trigger"),
                    FieldPanel("payment_form"),
                    _pair("price"),
                ],
                heading=_("What is offered"),
            ),
            ObjectList(
                [
                    FieldPanel("visibility"),
                    InlinePanel("invitations", heading=_("Invited organisations"), label=_("organisation")),
                    InlinePanel(
                        "attachments",
                        [FieldPanel("document")],
                        heading=_("Attachments"),
                        label=_("attachment"),
                        help_text=_(
                            "Files in the public collection can be had by everybody who sees the listing, files in"
                            " the restricted one only by partners who have agreed to confidentiality."
                        ),
                    ),
                ],
                heading=_("Who sees what"),
            ),
        ],
        base_form_class=ListingForm,
    )
