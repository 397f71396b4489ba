"""Forms of the desk. What they read is written by cms.services."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cms.editing import KeywordsField
from cms.models import Field, Industry, ListingPage, NeedPage, ServicePage, Visibility
from cms.models.market import State
from cms.models.taxonomy import TRL
from marketplace.accounts.models import User
from marketplace.clock import today
from marketplace.fields import DayField, MoneyField, UploadField
from marketplace.organisations.regions import region_choices
from marketplace.programmes.models import PilotProgramme


class FieldChoice(forms.ModelChoiceField):
    """Fields of science, disciplines grouped under their category; a category may be chosen as well."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("field of science"))
        super().__init__(queryset=Field.objects.select_related("parent"), **kwargs)

    def label_from_instance(self, row: Field) -> str:
        return f"{row.parent.name} › {row.name}" if row.parent_id else row.name


class RegionField(forms.ChoiceField):
    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("region"))
        kwargs.setdefault("required", False)
        super().__init__(choices=lambda: [("", "–"), *region_choices()], **kwargs)


def _long(label, rows: int = 4, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


class CapitalForm(forms.Form):
    """Labels are the models' own words; at the head of a field they begin with a capital."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)


class _Titled(CapitalForm):
    """A title in at least one language."""

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("title_zh") and not cleaned.get("title_en"):
            self.add_error("title_zh", _("Give a title in at least one language."))
        return cleaned


class ListingNewForm(_Titled):
    """What starts a draft; everything else is written in the editor."""

    title_zh = forms.CharField(label=_("title in Chinese"), max_length=120, required=False)
    title_en = forms.CharField(label=_("title in English"), max_length=200, required=False)
    summary_zh = forms.CharField(label=_("one-line summary in Chinese"), max_length=200, required=False)
    summary_en = forms.CharField(label=_("one-line summary in English"), max_length=300, required=False)
    field = FieldChoice(required=False)
    trl = forms.TypedChoiceField(
        label=_("technology readiness level"),
        choices=[("", "–"), *TRL.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    programme = forms.ModelChoiceField(
        PilotProgramme.objects.filter(is_open=True), label=_("pilot programme"), required=False
    )
    institution_ref = forms.CharField(
        label=_("the institution's own number"),
        max_length=60,
        required=False,
        help_text=_("Unique within the institution; an import finds the listing again by it."),
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_institution_ref(self):
        reference = self.cleaned_data["institution_ref"].strip()
        if reference and ListingPage.objects.of(self.organisation).filter(institution_ref=reference).exists():
            raise ValidationError(_("Another listing of yours has this number already."))
        return reference


class NeedForm(_Titled):
    title_zh = forms.CharField(label=_("title in Chinese"), max_length=120, required=False)
    title_en = forms.CharField(label=_("title in English"), max_length=200, required=False)
    summary_zh = forms.CharField(label=_("one-line summary in Chinese"), max_length=200, required=False)
    summary_en = forms.CharField(label=_("one-line summary in English"), max_length=300, required=False)
    problem_zh = _long(_("problem, in Chinese"))
    problem_en = _long(_("problem, in English"))
    constraints_zh = _long(
        _("conditions, in Chinese"),
        help_text=_("What a solution must keep to: figures, standards, sizes."),
    )
    constraints_en = _long(_("conditions, in English"))
    field = FieldChoice(required=False)
    industry = forms.ChoiceField(label=_("industry"), choices=[("", "–"), *Industry.choices], required=False)
    keywords_zh = KeywordsField(label=_("keywords in Chinese"))
    keywords_en = KeywordsField(label=_("keywords in English"), max_word=60)
    region = RegionField()
    budget_min_minor = MoneyField(label=_("budget from"), required=False)
    budget_max_minor = MoneyField(label=_("budget up to"), required=False)
    deadline_on = DayField(label=_("proposals until"), required=False)
    visibility = forms.ChoiceField(
        label=_("who may see it"),
        choices=[choice for choice in Visibility.choices if choice[0] != Visibility.INVITED],
    )
    is_anonymous = forms.BooleanField(
        label=_("do not name the enterprise"),
        required=False,
        help_text=_("Readers see the need and the region, never who posted it."),
    )

    def clean_deadline_on(self):
        deadline = self.cleaned_data["deadline_on"]
        if deadline and deadline < today():
            raise ValidationError(_("This day has passed already."))
        return deadline

    def clean(self):
        cleaned = super().clean()
        low, high = cleaned.get("budget_min_minor"), cleaned.get("budget_max_minor")
        if low is not None and high is not None and high < low:
            self.add_error("budget_max_minor", _("This is less than the lower end of the range."))
        return cleaned


class ServiceForm(_Titled):
    kind = forms.ChoiceField(label=_("kind of service"), choices=ServicePage.kind.field.choices)
    title_zh = forms.CharField(label=_("title in Chinese"), max_length=120, required=False)
    title_en = forms.CharField(label=_("title in English"), max_length=200, required=False)
    summary_zh = forms.CharField(label=_("one-line summary in Chinese"), max_length=200, required=False)
    summary_en = forms.CharField(label=_("one-line summary in English"), max_length=300, required=False)
    what_zh = _long(_("what is done, in Chinese"), rows=6)
    what_en = _long(_("what is done, in English"), rows=6)
    price_zh = forms.CharField(label=_("price in one line, in Chinese"), max_length=200, required=False)
    price_en = forms.CharField(label=_("price in one line, in English"), max_length=300, required=False)
    turnaround_days = forms.IntegerField(
        label=_("working days it takes"), min_value=1, max_value=1000, required=False
    )
    field = FieldChoice(required=False)
    keywords_zh = KeywordsField(label=_("keywords in Chinese"))
    keywords_en = KeywordsField(label=_("keywords in English"), max_word=60)
    region = RegionField()


def initial_of(form: type[forms.Form], page: NeedPage | ServicePage) -> dict:
    """The values of a draft for its form."""
    return {name: getattr(page, name) for name in form.base_fields}


class MemberChoice(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return f"{user.get_full_name()} ({user.email})"


class AccountsForm(forms.Form):
    """One choice among the members for each contributor of a draft, in their order."""

    def __init__(self, *args, listing: ListingPage, **kwargs):
        super().__init__(*args, **kwargs)
        members = User.objects.filter(memberships__organisation=listing.organisation_id, is_active=True)
        for place, person in enumerate(listing.contributors.all()):
            self.fields[f"person_{place}"] = MemberChoice(
                members.order_by("name", "pk"),
                label=" · ".join(filter(None, (person.name, person.name_en, person.unit))),
                required=False,
                initial=person.user_id,
            )

    def users(self) -> list[User | None]:
        return [self.cleaned_data[name] for name in self.fields]


class InstitutionForm(CapitalForm):
    intro_zh = _long(_("about us, in Chinese"), rows=6)
    intro_en = _long(_("about us, in English"), rows=6)
    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")


class ReturnForm(forms.Form):
    words = forms.CharField(
        label=_("What has to change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class UnpublishForm(CapitalForm):
    reason = forms.CharField(label=_("reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class ImportForm(CapitalForm):
    file = UploadField(
        label=_("spreadsheet or jsonl file"),
        kinds={"xlsx", "jsonl"},
        help_text=_("Our own template filled in (xlsx), or one JSON object to a line (jsonl)."),
    )


class ListFilterForm(forms.Form):
    """The toolbar of a list; odd input filters nothing."""

    q = forms.CharField(
        label=_("Words or number"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("any")), *State.choices])
