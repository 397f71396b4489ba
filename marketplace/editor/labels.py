"""What each field of the terms is called, and the words of its choices."""

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.money import EXPONENTS
from marketplace.terms.choices import DEDUCTIONS
from marketplace.terms.editor import Field, Typed
from marketplace.terms.names import MILESTONES, NAMES, REGIONS, milestone_name

Words = str | Promise

LABELS: dict[tuple[str, str], Words] = {
    ("terms", "currency"): _("Currency"),
    ("terms", "exclusivity"): _("Kind of licence"),
    ("terms", "open_licence"): _("Open licence of a patent: the same terms for everybody"),
    ("terms", "sublicence_allowed"): _("Sublicensing is allowed"),
    ("terms", "fields"): _("Field of use"),
    ("terms", "territory"): _("Territory"),
    ("terms", "term_months"): _("Term in months"),
    ("terms", "invoice_days"): _("Days to send the invoice"),
    ("terms", "vat"): _("Value added tax"),
    ("terms", "trigger_day"): _("The day on which a condition is met"),
    ("terms", "confidentiality_years"): _("Confidentiality after the end, in years"),
    ("terms", "improvements"): _("Improvements"),
    ("trial", "months"): _("Free period in months"),
    ("trial", "starts"): _("The free period starts with"),
    ("trial", "permitted"): _("Permitted during free use"),
    ("trial", "extensions"): _("Extensions at most"),
    ("trial", "extension_months"): _("Months of one extension"),
    ("trial", "decision_days"): _("Days to decide before the free period ends"),
    ("trial", "on_silence"): _("If nobody decides, it"),
    ("report", "every"): _("Usage report every"),
    ("report", "year"): _("Periods follow the"),
    ("report", "days"): _("Days to report after a period"),
    ("report", "final_days"): _("Days for the final report"),
    ("report", "deductions"): _("Deducted from invoiced sales"),
    ("report", "evidence"): _("Evidence to be added"),
    ("report", "inspection"): _("The licensor may inspect the accounts"),
    ("report", "metered"): _("Meters charged without a report"),
    ("deemed", "days"): _("Days late until it is deemed"),
    ("deemed", "basis"): _("Whose figures stand in for it"),
    ("deemed", "factor"): _("Share of these figures"),
    ("interest", "kind"): _("Late interest"),
    ("monthly", "rate"): _("Late interest per month"),
    ("monthly", "part_months"): _("A part month counts as a whole one"),
    ("monthly", "charged"): _("Late interest is charged"),
    ("daily", "rate"): _("Late interest per day"),
    ("daily", "charged"): _("Late interest is charged"),
    ("audit", "cost_shift_at"): _("The licensee bears the audit from a gap of"),
    ("exit", "certificate_days"): _("Days to certify that use has stopped"),
    ("exit", "sell_off_months"): _("Months to sell off stock"),
    ("cure", "payment_days"): _("Days to cure a late payment"),
    ("cure", "report_days"): _("Days to cure a missing report"),
    ("cure", "other_days"): _("Days to cure anything else"),
    ("dispute", "forum"): _("Disputes"),
    ("dispute", "place"): _("Place of the court or tribunal"),
    # what is paid
    ("element", "id"): _("Short name"),
    ("element", "commitment"): _("What binds the licensee"),
    ("element", "amount"): _("Amount"),
    ("entry_fee", "credit_against"): _("Credited against"),
    ("milestone", "name"): _("Milestone"),
    ("instalments", "amount"): _("Fee in total"),
    ("part", "share"): _("Share"),
    ("royalty", "base"): _("Taken from"),
    ("royalty", "meter"): _("Unit counted"),
    ("royalty", "products"): _("Only for these products"),
    ("royalty", "loss_carry"): _("Losses of a period lower later ones"),
    ("royalty", "free_use_fills"): _("Free use before charging fills the tiers"),
    ("royalty", "straddling"): _("The period in which charging begins"),
    ("rate", "kind"): _("Rate"),
    ("fixed", "rate"): _("Rate"),
    ("yearly", "rates"): _("Rates, year by year"),
    ("yearly", "year"): _("A year is a"),
    ("tiers", "mode"): _("Tiers apply to"),
    ("tiers", "span"): _("Tiers count over"),
    ("tiers", "year"): _("A year is a"),
    ("tier", "up_to"): _("Tier up to"),
    ("tier", "rate"): _("Rate of the tier"),
    ("deducted", "quantity"): _("Not charged"),
    ("deducted", "span"): _("counted over"),
    ("deducted", "year"): _("A year is a"),
    ("deducted", "pro_rate"): _("Broken first or last year"),
    ("combination", "product"): _("Product"),
    ("combination", "own"): _("A: value of the licensed part"),
    ("combination", "other"): _("B: value of the other parts"),
    ("stacking", "offset"): _("Share of third-party royalties that is offset"),
    ("stacking", "floor"): _("but the rate never falls below"),
    ("stacking", "carry"): _("What is not used is carried forward"),
    ("yearly_fee", "amounts"): _("Fee per year"),
    ("yearly_fee", "year"): _("A year is a"),
    ("yearly_fee", "day_count"): _("A broken year"),
    ("minimum", "counts"): _("What counts towards it"),
    ("minimum", "amounts"): _("Minimum royalty of a year"),
    ("minimum", "year"): _("A year is a"),
    ("minimum", "pro_rate"): _("Broken first or last year"),
    ("minimum", "carry_excess"): _("What exceeds the minimum lowers the next one"),
    ("cap", "id"): _("Short name"),
    ("cap", "counts"): _("What it counts"),
    ("cap", "amount"): _("At most"),
    ("cap", "span"): pgettext_lazy("cap", "over"),
    ("cap", "year"): _("A year is a"),
    # conditions and due days
    ("trigger", "kind"): _("Condition"),
    ("of", "kind"): _("Condition"),
    ("after", "months"): _("Months"),
    ("after", "days"): _("and days"),
    ("after", "anchor"): _("counted from"),
    ("date", "on"): _("On a date"),
    ("event", "name"): _("Event"),
    ("event", "attested_by"): _("Attested by"),
    ("event", "evidence"): _("By what evidence"),
    ("threshold", "meter"): _("Figure that counts"),
    ("threshold", "at_least"): _("reaches"),
    ("threshold", "per"): _("counted over"),
    ("threshold", "year"): _("A year is a"),
    ("threshold", "free_use_counts"): _("Free use counts"),
    ("due", "kind"): _("Payable"),
    ("after_invoice", "days"): _("Days to pay"),
    ("after_charge", "days"): _("Days to pay"),
    ("fixed_day", "month"): pgettext_lazy("due day", "Month"),
    ("fixed_day", "day"): _("Day"),
}

HINTS: dict[tuple[str, str], Words] = {
    ("terms", "fields"): _("One a line. Empty: all fields."),
    ("report", "evidence"): _("One a line."),
    ("report", "metered"): _("One a line. For figures that a machine counts."),
    ("royalty", "products"): _("One a line. Empty: all products."),
    ("element", "id"): _("Small letters and digits. Reports and later versions know the payment by it."),
    ("cap", "id"): _("Small letters and digits."),
    ("yearly", "rates"): _("For example 1 / 2 / 3; the last one goes on."),
    ("yearly_fee", "amounts"): _("Several with “/” where it changes: 0 / 0 / 3,000; the last one goes on."),
    ("minimum", "amounts"): _("Several with “/” where it changes: 0 / 0 / 3,000; the last one goes on."),
    ("tier", "up_to"): _("The last tier stays empty."),
    ("part", "share"): _("Empty in every part: equal parts."),
    ("combination", "product"): _("Empty: all products."),
    ("deemed", "factor"): _("100: the figures as they are; 120: a fifth more. The late report corrects it."),
    ("royalty", "meter"): _("What usage reports and counting machines call it, e.g. units or kWh."),
}

# Choices whose words are not the bare names of the language.
_SAID: dict[tuple[str, str], Words] = {
    ("commitment", "option"): _("option: only after a decision to convert"),
    ("commitment", "deferred_obligation"): _("deferred obligation: owed from signature, only due later"),
    ("commitment", "contingent"): _("contingent: owed when the condition happens, even if nobody decides"),
    ("vat", "exclusive"): _("amounts without VAT"),
    ("vat", "inclusive"): pgettext_lazy("VAT", "amounts contain VAT"),
    ("mode", "excess"): _("the part inside each tier"),
    ("mode", "whole"): _("everything, at the rate reached"),
    ("span", "life"): _("the whole term"),
    ("span", "year"): _("each year"),
    ("span", "period"): _("each reporting period"),
    ("basis", "last"): _("the last accepted report"),
    ("basis", "highest"): _("the highest accepted report"),
    ("pro_rate", "none"): _("the whole of it"),
    ("pro_rate", "month_counts"): _("by months, a touched month counts"),
    ("pro_rate", "full_months"): _("by whole months"),
    ("day_count", "365"): _("by days, of 365"),
    ("day_count", "actual"): _("by days, of the days of that year"),
    ("trigger_day", "first_chargeable"): _("is the first day charged (agreed, Civil Code art. 204)"),
    ("trigger_day", "last_free"): _("is the last free day (statutory count, Civil Code arts 201–203)"),
    ("straddling", ""): _("as usual: split at the day; at a threshold only the part above"),
    ("straddling", "split"): _("is split at the trigger day"),
    ("straddling", "part_above"): _("counts with the part above the threshold"),
    ("straddling", "next_period"): _("is free; charging begins with the next one"),
    ("straddling", "whole_period"): _("is charged as a whole"),
    ("trigger", ""): _("none: on conversion for an option, otherwise after free use"),
    ("trigger", "any"): _("ANY of several: the first that happens"),
    ("trigger", "all"): _("ALL of several: when every one has happened"),
    ("trigger", "after"): _("after so many months"),
    ("trigger", "date"): _("on a date"),
    ("trigger", "event"): _("on an event"),
    ("trigger", "threshold"): _("when a figure is reached"),
    ("due", "after_invoice"): _("so many days after the invoice"),
    ("due", "after_charge"): _("so many days after the trigger or the period's end"),
    ("due", "fixed_day"): _("on a fixed day of the year"),
    ("rate", "fixed"): _("the same rate throughout"),
    ("rate", "yearly"): _("another rate year by year"),
    ("rate", "tiers"): _("tiers by quantity"),
    ("interest", ""): _("none agreed"),
    ("interest", "monthly"): _("per month"),
    ("interest", "daily"): _("per day"),
    ("charged", "on_payment"): _("when the payment arrives"),
    ("charged", "monthly"): _("month by month, on what is open"),
    ("base", "units"): _("units of a meter, at a price each"),
}
_SAID |= {("per", word): words for (set_, word), words in _SAID.items() if set_ == "span"}
_SAID |= {("of", word): words for (set_, word), words in _SAID.items() if set_ == "trigger" and word}

KINDS: dict[str, Words] = {
    "lump_sum": _("Lump sum"),
    "instalments": _("Instalments"),
    "milestone": _("Milestone payment"),
    "entry_fee": _("Entry fee"),
    "royalty": _("Royalty"),
    "yearly_fee": _("Yearly fee"),
    "minimum": _("Yearly minimum"),
}
ELEMENTS = frozenset(KINDS)
METERS = ("net_sales", "gross_sales", "output_value", "profit", "sublicence_income", "units")
EVENTS = ("first_income", "first_sale", "written_notice", "conversion", "delivery")
OWN, OWN_MILESTONE = "", "milestone:"  # words of the parties' own follow


def said(word: str) -> str:
    """A word of the language in the reader's language; a word of the parties' own as it is."""
    words = NAMES.get(word) or REGIONS.get(word)
    return words[_place()] if words else word


def _place() -> int:
    return 1 if (get_language() or "").startswith("en") else 0


def label_of(field: Field) -> Words:
    for key in ((field.of, field.attribute), ("element", field.attribute)):
        if key in LABELS and (key[0] != "element" or field.of in ELEMENTS):
            return LABELS[key]
    return field.attribute


def hint_of(field: Field) -> Words:
    of = "element" if field.of in ELEMENTS and field.attribute == "id" else field.of
    return HINTS.get((of, field.attribute), "")


def other_rate(kind: str, gone: str) -> Words:
    """What is said where a rate of late interest was emptied, because it was one for the other stretch of time."""
    words = {
        "monthly": _("%(rate)s %% was the rate per day and is emptied: please type the rate per month."),
        "daily": _("%(rate)s %% was the rate per month and is emptied: please type the rate per day."),
    }
    return words[kind] % {"rate": gone.strip().rstrip("%％").strip()[:20]}


def choices_of(field: Field, ids: list[tuple[str, Words]]) -> list[tuple[str, Words]]:
    """The choices of a field with what stands in it, known or not, so that nothing changes unseen."""
    set_ = field.of if field.attribute == "kind" else field.attribute
    if field.attribute in ("counts", "credit_against"):
        listed: list[tuple[str, Words]] = [*ids]
    elif field.attribute == "territory":
        listed = [(code, said(code)) for code in REGIONS]
    elif field.attribute == "deductions":
        listed = [(word, said(word)) for word in DEDUCTIONS]
    elif field.attribute == "currency":
        listed = [(code, code) for code in EXPONENTS]
    elif field.attribute == "permitted":
        listed = [(word, said(word)) for word in ("validation", "development", "pilot_sale")]
    else:
        listed = [(word, _SAID.get((set_, word)) or said(word)) for word in field.choices]
        if (field.of, field.attribute) in (("cap", "span"), ("tiers", "span")):
            listed = [pair for pair in listed if pair[0] != "period"]  # caps and tiers know no such span
    stands = field.text if isinstance(field.text, list) else [field.text]
    if field.typed is Typed.CHOICES:  # in the order in which they stand, so that they come back in it
        words = dict(listed)
        first = [(one, words.get(one) or said(one)) for one in stands]
        return [*first, *(pair for pair in listed if pair[0] not in stands)]
    return listed if stands[0] in dict(listed) else [*listed, (stands[0], said(stands[0]))]


def known_words(field: Field) -> list[tuple[str, Words]]:
    """The words that a text of the parties' own usually takes, with what they mean; "" and "milestone:" ask for own
    words besides. Empty for texts that know no such words."""
    if (field.of, field.attribute) == ("event", "name"):
        milestones = [(f"{OWN_MILESTONE}{name}", _milestone(name)) for name in MILESTONES]
        own = [(OWN_MILESTONE, _("another milestone, named beside")), (OWN, _("another event, in own words"))]
        return [*((word, said(word)) for word in EVENTS), *milestones, *own]
    if (field.of, field.attribute) == ("milestone", "name"):
        return [*((name, milestone_name(name, _place())) for name in MILESTONES), (OWN, _("in own words"))]
    if (field.of, field.attribute) == ("threshold", "meter"):
        return [*((word, said(word)) for word in METERS), (OWN, _("another figure, named beside"))]
    return []


def _milestone(name: str) -> str:
    return _("milestone “%(name)s”") % {"name": milestone_name(name, _place())}
