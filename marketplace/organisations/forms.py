from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.clock import today
from marketplace.fields import DayField, LineField, OnceForm
from marketplace.organisations.mandates import CLIENTS
from marketplace.organisations.models import Mandate, MandateState, Organisation, OrganisationState, Scope
from marketplace.organisations.regions import region_choices, region_name
from marketplace.organisations.roles import REGISTRABLE, ROLES_OF_KIND, Kind, Role
from marketplace.organisations.services import VERIFIED_FACTS

OWN_FACTS = (
    "region", "address", "contact_name", "contact_email", "contact_phone", "size_class", "tech_sme_no",
    "wholly_state_owned",
)  # fmt: skip
ROLE_HELP = {
    Role.ADMIN: _("looks after the organisation's facts, people and mandates"),
    Role.EDITOR: _("writes listings and submits them"),
    Role.APPROVER: _("publishes listings, reviews contracts, decides objections"),
    Role.CONTRACT_OFFICER: _("leads deals and contracts, accepts usage reports"),
    Role.FINANCE: _("issues and pays invoices, keeps the books"),
    Role.INVENTOR: _("follows their own results and their share"),
    Role.SCOUT: _("looks for technology, asks, posts needs"),
    Role.SIGNATORY: _("accepts offers, signs, decides after the trial"),
    Role.REPORTER: _("reports usage and sales"),
    Role.BROKER: _("brings both sides together under a mandate"),
    Role.VERIFIER: _("verifies organisations"),
    Role.PROGRAMME_OFFICER: _("keeps the programmes' rules"),
}


_LINES = dict.fromkeys(("name_zh", "name_en", "address", "contact_name", "contact_phone"), LineField)


class _FactsForm(forms.ModelForm):
    """Facts of an organisation. The form only checks; a service saves."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "region" in self.fields:
            choices = [("", _("choose …")), *region_choices()]
            current = self.instance.region
            if current and current not in dict(choices):
                choices.append((current, region_name(current)))
            self.fields["region"] = forms.ChoiceField(
                label=_("Region"), choices=choices, required="region" in self.required_facts
            )
        for name in self.required_facts:
            self.fields[name].required = True
        if "credit_code" in self.fields:
            self.fields["credit_code"].help_text = _("Eighteen characters, as on the licence or certificate.")

    required_facts: tuple[str, ...] = ()

    def clean_credit_code(self):
        return self.cleaned_data["credit_code"].strip().upper()

    def clean(self):
        data = super().clean()
        if {"name_zh", "name_en"} <= set(self.fields) and not (data.get("name_zh") or data.get("name_en")):
            self.add_error("name_zh", _("Give the name in at least one language."))
        return data

    def validate_constraints(self):
        """The name is checked above, with a sentence beside the field."""


class _UpperInput(forms.TextInput):
    def value_from_datadict(self, data, files, name):
        return (super().value_from_datadict(data, files, name) or "").strip().upper()


class RegisterForm(_FactsForm):
    required_facts = ("region", "address", "contact_name", "contact_email")

    class Meta:
        model = Organisation
        fields = ("kind", "name_zh", "name_en", "credit_code", *OWN_FACTS)
        field_classes = _LINES
        widgets = {"credit_code": _UpperInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("", _("choose …")), *((kind.value, kind.label) for kind in REGISTRABLE)]
        self.fields["kind"] = forms.ChoiceField(label=_("Kind of organisation"), choices=choices)
        self.order_fields(self.Meta.fields)
        self.fields["size_class"].help_text = _(
            "For enterprises: some programmes are for certain sizes only."
        )
        self.fields["size_class"].required = False

    def clean(self):
        data = super().clean()
        if data.get("kind") == Kind.ENTERPRISE and not data.get("size_class"):
            self.add_error("size_class", _("Say how large the enterprise is."))
        return data


class SettingsForm(_FactsForm):
    """The own facts; names and credit code only until they were verified."""

    required_facts = ("region", "address", "contact_name", "contact_email")

    class Meta:
        model = Organisation
        fields = (*VERIFIED_FACTS, *OWN_FACTS)
        field_classes = _LINES
        widgets = {"credit_code": _UpperInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.is_verified:
            for name in VERIFIED_FACTS:
                del self.fields[name]
        if self.instance.kind != Kind.ENTERPRISE:
            for name in ("size_class", "tech_sme_no"):
                del self.fields[name]

    def clean_credit_code(self):
        return self.cleaned_data["credit_code"]


class CorrectionForm(_FactsForm):
    class Meta:
        model = Organisation
        fields = VERIFIED_FACTS
        field_classes = _LINES
        widgets = {"credit_code": _UpperInput()}


def role_choices(organisation: Organisation) -> list[tuple[str, str]]:
    return [(role.value, f"{role.label} – {ROLE_HELP[role]}") for role in ROLES_OF_KIND[organisation.kind]]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, organisation: Organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = role_choices(organisation)


class InviteForm(RolesForm):
    email = forms.EmailField(label=_("E-mail address"), help_text=_("The link works for this address only."))
    field_order = ("email", "roles")


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(label=_("Result of the verification"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you looked at, or what is missing. The organisation reads it."),
    )

    def __init__(self, *args, organisation: Organisation, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("refuse", _("Refuse"))]
        if organisation.state == OrganisationState.PENDING:
            choices.insert(0, ("verify", _("Verify")))
        self.fields["decision"].choices = choices


class MandateForm(forms.Form):
    client = forms.ModelChoiceField(label=_("Client"), queryset=Organisation.objects.none())
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What you will do for the client, e.g. find and negotiate licences for coating technology."
        ),
    )
    valid_from = DayField(label=_("Valid from"))
    valid_to = DayField(label=_("Valid to"), required=False, help_text=_("Empty: until one side ends it."))

    def __init__(self, *args, agency: Organisation, **kwargs):
        kwargs.setdefault("initial", {"valid_from": today()})
        super().__init__(*args, **kwargs)
        open_ones = Mandate.objects.filter(
            agency=agency, state__in=[MandateState.PROPOSED, MandateState.ACTIVE]
        ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today()))
        self.fields["client"].queryset = (
            Organisation.objects.verified()
            .filter(kind__in=CLIENTS)
            .exclude(pk__in=open_ones.values("client"))
            .order_by("name_zh", "name_en")
        )

    def clean(self):
        data = super().clean()
        start, end = data.get("valid_from"), data.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The mandate ends before it begins."))
        elif end and end < today():
            self.add_error("valid_to", _("This day has passed."))
        return data


class ApiKeyForm(OnceForm):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What uses it, e.g. “ERP, plant in Wuhan”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.USAGE_WRITE],
    )
