"""Indicative terms of a listing: the few inputs of `marketplace.terms.build` that say what is meant, so that an
offer can begin from them. Everything else of the terms keeps the defaults of the language and is settled in a deal.
"""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cms.forms import CapitalForm
from cms.models import PaymentForm
from cms.words import language
from marketplace import terms
from marketplace.terms import words
from marketplace.terms.build import BuildError, build
from marketplace.terms.choices import Commitment, Silence
from marketplace.terms.phrases import NAMES

FORMS = ("lump_sum", "instalments", "royalty", "entry_royalty", "yearly_fee", "free")
EVENTS = ("first_income", "written_notice")


def _named(code: str) -> str:
    return NAMES[code][1 if language() == "en" else 0]


_name = lazy(_named, str)


def _amount(label, help_text="") -> forms.CharField:
    attributes = {"inputmode": "decimal", "class": "num", "data-unit": "CNY", "autocomplete": "off"}
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs=attributes),
    )


class TermsForm(CapitalForm):
    payment_form = forms.ChoiceField(
        label=_("payment form"),
        choices=[(form, PaymentForm[form.upper()].label) for form in FORMS],
    )
    commitment = forms.ChoiceField(
        label=_("what binds the licensee"),
        choices=[
            (Commitment.OPTION.value, _("option: charged only if the licensee converts")),
            (Commitment.CONTINGENT.value, _("conditional: owed when the trigger happens")),
            (
                Commitment.DEFERRED_OBLIGATION.value,
                _("deferred: owed from signature, only the date lies later"),
            ),
        ],
    )
    trial_months = forms.IntegerField(
        label=_("free period in months"), min_value=0, max_value=120, required=False, initial=12
    )
    on_silence = forms.ChoiceField(
        label=_("if the licensee does not answer at the end of the free period"),
        choices=[(Silence.DECLINE.value, _("it ends")), (Silence.CONVERT.value, _("it goes on and is paid"))],
    )
    term_months = forms.IntegerField(
        label=_("term of the licence in months"), min_value=1, max_value=480, initial=60
    )
    trigger_join = forms.ChoiceField(
        label=_("payment begins with"),
        choices=[("any", _("the first of these")), ("all", _("all of these together"))],
    )
    trigger_months = forms.IntegerField(
        label=_("months after the contract takes effect"), min_value=0, max_value=240, required=False
    )
    trigger_event = forms.ChoiceField(
        label=_("event"), choices=[("", "–"), *((event, _name(event)) for event in EVENTS)], required=False
    )
    amount = _amount(_("sum"), _("For a lump sum or instalments: the whole of it."))
    instalment_shares = forms.CharField(
        label=_("shares of the instalments"),
        max_length=60,
        required=False,
        help_text=_("For example 30/30/40."),
    )
    entry_fee = _amount(_("entry fee"))
    entry_creditable = forms.BooleanField(
        label=_("the entry fee is credited against royalties"), required=False
    )
    rate = forms.CharField(
        label=_("royalty on net sales, %"),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "data-unit": "%"}),
    )
    minimum = _amount(_("minimum royalty a year"))
    cap_life = _amount(_("cap on everything together"))
    yearly_amount = _amount(_("yearly fee"))
    write_price = forms.BooleanField(
        label=_("write the price line of the listing from these terms, in both languages"),
        required=False,
        initial=True,
    )

    # Which inputs a payment form uses; the others are not handed on, so nothing is meant that is not seen.
    USED = {
        "lump_sum": ("amount",),
        "instalments": ("amount", "instalment_shares"),
        "royalty": ("rate", "minimum", "cap_life"),
        "entry_royalty": ("entry_fee", "entry_creditable", "rate", "minimum", "cap_life"),
        "yearly_fee": ("yearly_amount",),
        "free": (),
    }
    FRAME = (
        "payment_form",
        "commitment",
        "on_silence",
        "term_months",
        "trigger_join",
        "trigger_months",
        "trigger_event",
    )

    def clean(self):
        cleaned = super().clean()
        self.terms = None
        if self.errors:
            return cleaned
        names = (*self.FRAME, *self.USED[cleaned["payment_form"]])
        inputs = {name: cleaned[name] for name in names if cleaned[name] not in ("", None)}
        inputs["trial_months"] = str(cleaned["trial_months"] or 0)
        try:
            self.terms = build(inputs)
        except BuildError as error:
            lang = get_language() or "zh-hans"
            for name, problems in error.problems.items():
                for problem in problems:
                    self.add_error(name if name in self.fields else None, problem.message(lang))
        return cleaned

    def listing_fields(self) -> dict:
        """What the listing is given: the terms, and its words where that is wanted."""
        cleaned = self.cleaned_data
        fields = {
            "indicative_terms": terms.write(self.terms),
            "payment_form": PaymentForm[cleaned["payment_form"].upper()].value,
            "free_months": cleaned["trial_months"] or 0,
        }
        if cleaned["write_price"]:
            fields["price_zh"] = words.one_line(self.terms, "zh-hans")[:200]
            fields["price_en"] = words.one_line(self.terms, "en")[:300]
        return fields


def in_words(document: dict | None) -> list:
    """Stored terms as sections of plain words in the reader's language; [] for none."""
    if not document:
        return []
    return words.plain_words(terms.read(document), get_language() or "zh-hans")
