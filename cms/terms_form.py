"""Indicative terms of a listing: structured terms from which an offer begins, in the editor of terms."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cms.models import ListingPage, PaymentForm
from marketplace import terms
from marketplace.editor import chooser
from marketplace.editor.chooser import Entry, Group
from marketplace.editor.forms import TermsForm
from marketplace.editor.starts import Start
from marketplace.programmes.starts import asked_for, from_shape, pilots, ready_form
from marketplace.terms import words


class IndicativeForm(TermsForm):
    start = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    write_price = forms.BooleanField(
        label=_("write the price line of the listing from these terms, in both languages"),
        required=False,
        initial=True,
    )

    def listing_fields(self) -> dict:
        """What the listing is given: the terms, and its words where that is wanted."""
        fields = {
            "indicative_terms": terms.write(self.terms),
            "payment_form": payment_form_of(self.terms).value,
            "free_months": self.terms.trial.months if self.terms.trial else 0,
        }
        if self.cleaned_data["write_price"]:
            fields["price_zh"] = words.one_line(self.terms, "zh-hans")[:200]
            fields["price_en"] = words.one_line(self.terms, "en")[:300]
        return fields


_FORMS = {
    terms.Instalments: PaymentForm.INSTALMENTS,
    terms.Milestone: PaymentForm.MILESTONES,
    terms.YearlyFee: PaymentForm.YEARLY_FEE,
    terms.Royalty: PaymentForm.ROYALTY,
    terms.EntryFee: PaymentForm.ENTRY_ROYALTY,
}


def payment_form_of(agreed: terms.Terms) -> PaymentForm:
    """The form of payment by which the search finds a listing: that of its first payment."""
    kinds = {type(element) for element in agreed.elements}
    if not kinds:
        return PaymentForm.FREE
    if {terms.EntryFee, terms.Royalty} <= kinds:
        return PaymentForm.ENTRY_ROYALTY
    first = next((one for one in agreed.elements if not isinstance(one, terms.Minimum)), agreed.elements[0])
    if isinstance(first, terms.LumpSum):
        return {
            terms.Commitment.OPTION: PaymentForm.LUMP_SUM,
            terms.Commitment.DEFERRED_OBLIGATION: PaymentForm.DEFERRED,
            terms.Commitment.CONTINGENT: PaymentForm.CONDITIONAL,
        }[first.commitment]
    if isinstance(first, terms.Royalty) and first.base is terms.Base.UNITS:
        return PaymentForm.PER_UNIT
    return _FORMS.get(type(first), PaymentForm.OPEN)


def start(listing: ListingPage, asked: str) -> tuple[str, Start]:
    """What was asked for, else the listing's own terms, else the shape nearest to its words."""
    known = {"free_months": listing.free_months, "programme": listing.programme}
    ready = asked_for(asked, **known)
    if ready is not None:
        return asked, ready
    if listing.indicative_terms:
        return "listing", Start.of(terms.read(listing.indicative_terms))
    return "listing", from_shape(ready_form(listing.payment_form), **known)


def choices(listing: ListingPage) -> list[Group]:
    """What one may begin from."""
    if listing.indicative_terms:
        own = Entry.of("listing", _("as they stand now"), terms.read(listing.indicative_terms))
    else:
        own = Entry("listing", _("the listing's own words"))
    return [Group(_("This listing"), (own,)), pilots(), chooser.shapes()]


def price_in_words(listing) -> str:
    """The price in one line: the institution's own words in the reader's language; where it wrote none in that
    language, what the indicative terms say; else its words in the other one."""
    language = get_language() or "zh-hans"
    own = listing.price_en if language.startswith("en") else listing.price_zh
    if own or not listing.indicative_terms:
        return listing.price
    return words.one_line(terms.read(listing.indicative_terms), language)


def in_words(document: dict | None) -> list:
    """Stored terms as sections of plain words in the reader's language; [] for none."""
    if not document:
        return []
    return words.plain_words(terms.read(document), get_language() or "zh-hans")
