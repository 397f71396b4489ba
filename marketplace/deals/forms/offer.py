"""The form of an offer: the inputs of `marketplace.terms.build`, in the order in which people talk about them."""

from django import forms
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from marketplace import terms as language
from marketplace.deals import drafts
from marketplace.deals.forms.sections import MILESTONES, SECTIONS, TIERS
from marketplace.money import EXPONENTS
from marketplace.terms.build import BuildError
from marketplace.terms.choices import DEDUCTIONS
from marketplace.terms.phrases import NAMES, REGIONS


def _named(values) -> list[tuple[str, str]]:
    """Choices in the words that the terms themselves use."""
    place = 1 if (get_language() or "").startswith("en") else 0
    return [(str(value), NAMES[str(value)][place]) for value in values]


def _regions() -> list[tuple[str, str]]:
    place = 1 if (get_language() or "").startswith("en") else 0
    return [(code, words[place]) for code, words in REGIONS.items()]


def _text(label, help_text="", **attributes) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **attributes}),
    )


def _sum(label, help_text="") -> forms.CharField:
    return _text(label, help_text, **{"class": "num", "data-unit": "CNY"})


def _rate(label, help_text="") -> forms.CharField:
    return _text(label, help_text, **{"class": "num", "data-unit": "%"})


def _whole(label, help_text="", most=1200, required=False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=required, min_value=0, max_value=most
    )


def _choice(label, choices, required=True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=required)


def _yes(label, help_text="") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class OfferForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    start = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    previewed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    fields = forms.CharField(
        label=_("Field of use"),
        required=False,
        max_length=400,
        help_text=_("Several with commas. Empty: all fields."),
    )
    exclusivity = _choice(_("Kind of licence"), lambda: _named(language.Exclusivity))
    territory = forms.MultipleChoiceField(
        label=_("Territory"),
        choices=_regions,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    term_months = _whole(_("Term in months"), required=True)
    sublicence_allowed = _yes(_("Sublicensing is allowed"))

    trial_months = _whole(_("Free period in months"), _("0: no free use."), most=120, required=True)
    trial_starts = _choice(_("The free period starts with"), lambda: _named(language.TrialStart))
    permitted = forms.MultipleChoiceField(
        label=_("Permitted during free use"),
        choices=lambda: _named(language.Act),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    extensions = _whole(_("Extensions at most"), most=12, required=True)
    extension_months = _whole(_("Months of one extension"), most=60, required=True)
    decision_days = _whole(_("Days to decide before the free period ends"), most=365, required=True)
    on_silence = _choice(_("If nobody decides, it"), lambda: _named(language.Silence))

    payment_form = forms.ChoiceField(
        label=_("Form of payment"),
        choices=[
            ("lump_sum", _("lump sum")),
            ("instalments", _("instalments")),
            ("milestones", _("milestone payments")),
            ("royalty", _("running royalty")),
            ("entry_royalty", _("entry fee and royalty")),
            ("per_unit", _("price per unit")),
            ("yearly_fee", _("yearly fee")),
            ("free", _("free of charge")),
        ],
    )
    commitment = _choice(
        _("What binds the licensee"),
        [
            ("option", _("option: only after a decision to convert")),
            ("deferred_obligation", _("deferred obligation: owed from signature, only due later")),
            ("contingent", _("contingent: owed when the condition happens, even if nobody decides")),
        ],
    )
    currency = _choice(_("Currency"), [(code, code) for code in EXPONENTS])

    trigger_join = _choice(
        _("Several conditions"),
        [
            ("any", _("ANY: the first that happens counts")),
            ("all", _("ALL: only when every one has happened")),
        ],
    )
    trigger_months = _whole(_("Months"))
    trigger_anchor = _choice(_("counted from"), lambda: _named(language.Anchor))
    trigger_on = forms.DateField(
        label=_("On a date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    trigger_event = _choice(
        _("On an event"),
        lambda: [("", "–"), *_named(["first_income", "first_sale", "written_notice"])],
        required=False,
    )
    trigger_threshold = _sum(_("When a sum reaches"))
    trigger_meter = _choice(
        _("Figure that counts"),
        lambda: _named(["net_sales", "gross_sales", "output_value", "profit", "sublicence_income"]),
    )

    amount = _sum(_("Fee in total"))
    instalment_shares = _text(_("Shares in per cent"), _("For example 30/30/40."))
    instalment_count = _whole(_("or number of equal parts"), most=60)
    instalment_months = _whole(_("Months between two parts"), most=120)

    entry_fee = _sum(_("Entry fee"))
    entry_commitment = _choice(
        _("The entry fee is"),
        [
            ("", _("bound like the royalty")),
            ("option", _("an option: due only on conversion")),
            ("deferred_obligation", _("a deferred obligation")),
            ("contingent", _("contingent")),
        ],
        required=False,
    )
    entry_creditable = _yes(_("The entry fee is credited against royalties"))

    royalty_base = _choice(
        _("Taken from"),
        lambda: _named(b for b in language.Base if b is not language.Base.UNITS),
    )
    rate = _rate(_("Rate"))
    baseline = _sum(_("Baseline of a year"), _("Needed for incremental output value."))
    loss_carry = _yes(_("Losses of a period lower later ones"))
    rates_by_year = _text(_("Rates by licence year"), _("For example 1/2/3; the last one goes on."))
    tier_mode = _choice(
        _("Tiers apply to"),
        [("excess", _("the part inside each tier")), ("whole", _("everything, at the rate reached"))],
    )
    tier_span = _choice(
        _("Tiers count over"), [("life", _("the whole term")), ("year", _("each calendar year"))]
    )
    stacking_offset = _rate(_("Share of third-party royalties that is offset"))
    stacking_floor = _rate(_("but the rate never falls below"))

    unit_meter = forms.CharField(label=_("Unit counted"), required=False, max_length=60)
    unit_price = _text(_("Price of one unit"), _("In yuan, also parts of a fen."))
    free_units = _text(_("Units free of charge"))
    yearly_amount = _sum(_("Fee per year"))

    minimum = _sum(_("Minimum royalty of a year"))
    minimum_pro_rate = _choice(
        _("Broken first or last year"),
        [
            ("none", _("the whole minimum")),
            ("month_counts", _("by months, a touched month counts")),
            ("full_months", _("by whole months")),
        ],
    )
    minimum_carry = _yes(_("What exceeds the minimum lowers the next one"))
    cap_yearly = _sum(_("Cap of a year"))
    cap_life = _sum(_("Cap for the whole term"), _("When it is reached, the licence is paid up."))

    report_every = _choice(_("Usage report every"), lambda: _named(language.Every))
    deductions = forms.MultipleChoiceField(
        label=_("Deducted from invoiced sales"),
        choices=lambda: _named(DEDUCTIONS),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    due_rule = _choice(
        _("Payable"),
        [
            ("after_invoice", _("so many days after the invoice")),
            ("after_charge", _("so many days after the trigger or the period's end")),
        ],
    )
    due_days = _whole(_("Days to pay"), most=365, required=True)
    invoice_days = _whole(_("Days to send the invoice"), most=365, required=True)
    vat = _choice(
        _("Value added tax"),
        [
            ("exclusive", _("amounts are without VAT")),
            ("inclusive", pgettext_lazy("VAT", "amounts contain VAT")),
        ],
    )
    interest_month = _rate(_("Late interest per month"))
    interest_day = _rate(_("or per day"))

    confidentiality_years = _whole(_("Confidentiality after the end, in years"), most=50, required=True)
    improvements = _choice(
        _("Improvements"),
        lambda: _named(["own", "grant_back", "joint"]),
    )
    sell_off_months = _whole(_("Months to sell off stock"), most=24, required=True)
    forum = _choice(_("Disputes"), lambda: _named(["court", "arbitration"]))
    forum_place = forms.CharField(label=_("Place of the court or tribunal"), required=False, max_length=80)

    note = forms.CharField(
        label=_("Note to the other side"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Not part of the terms."),
    )

    def __init__(self, *args, base: language.Terms | None = None, proposals=None, **kwargs):
        super().__init__(*args, **kwargs)
        self._add_numbered_fields()
        self.base = base
        self.terms: language.Terms | None = None
        self.warnings: list[str] = []
        for name, words in (proposals or {}).items():
            if name in self.fields:
                self.fields[name].help_text = f"{words} {self.fields[name].help_text}".strip()
        self._keep_what_the_form_does_not_list()

    def _add_numbered_fields(self) -> None:
        """Milestones and tiers: the same few fields, several times."""
        for n in MILESTONES:
            self.fields[f"milestone_{n}_name"] = forms.CharField(
                label=_("Milestone"), required=False, max_length=80
            )
            self.fields[f"milestone_{n}_amount"] = _sum(_("Payment"))
            self.fields[f"milestone_{n}_threshold"] = _sum(_("or when sales reach"))
        for n in TIERS:
            self.fields[f"tier_{n}_up_to"] = _sum(_("Tier up to"), _("The last tier stays empty."))
            self.fields[f"tier_{n}_rate"] = _rate(_("Rate of the tier"))

    def _keep_what_the_form_does_not_list(self) -> None:
        """Values of earlier terms outside our choices stay choosable, so that editing does not change them."""
        for name in ("territory", "permitted", "deductions", "trigger_event", "trigger_meter"):
            field = self.fields[name]
            known = {str(value) for value, _label in field.choices}
            given = self.initial.get(name) or ()
            given = [given] if isinstance(given, str) else given
            if unknown := [value for value in given if str(value) not in known]:
                field.choices = [*field.choices, *((value, value) for value in unknown)]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("payment_form") == "instalments" and not cleaned.get("instalment_months"):
            self.add_error("instalment_months", _("Say how many months lie between two parts."))
        if self.errors:
            return cleaned
        try:
            self.terms = drafts.build(self.inputs(), self.base)
        except BuildError as error:
            lang = get_language() or "zh-hans"
            for name, problems in error.problems.items():
                for problem in problems:
                    self.add_error(name if name in self.fields else None, problem.message(lang))
            return cleaned
        lang = get_language() or "zh-hans"
        self.warnings = [p.message(lang) for p in language.check(self.terms)]
        return cleaned

    def inputs(self) -> dict:
        """What `build` takes: text, with empty values left out, so that its defaults hold."""
        inputs = {}
        for name, value in self.cleaned_data.items():
            if name in ("seen", "start", "previewed", "note"):
                continue
            if value is None or value is False or value == "":
                continue
            inputs[name] = value if isinstance(value, bool | list) else str(value)
        inputs.setdefault("deductions", [])
        return inputs

    def sections(self) -> list[dict]:
        """The groups with their bound fields, for the template."""
        return [
            {
                "title": section.title,
                "hint": section.hint,
                "shown_for": section.shown_for,
                "folded": section.folded and not any(self[name].errors for name in section.names),
                "fields": [self[name] for name in section.names],
            }
            for section in SECTIONS
        ]
