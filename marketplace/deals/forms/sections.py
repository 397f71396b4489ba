"""The groups in which the offer form shows its fields, in the order in which people talk about them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MILESTONES, TIERS = range(1, 7), range(1, 6)


@dataclass(frozen=True)
class Section:
    """A group of fields; `shown_for` lists the payment forms that need it, empty for all."""

    title: str | Promise
    names: tuple[str, ...]
    shown_for: str = ""
    hint: str | Promise = ""
    folded: bool = False


_MONEY_FORMS = "lump_sum instalments milestones royalty entry_royalty per_unit yearly_fee"

SECTIONS = (
    Section(
        _("The right"),
        ("exclusivity", "fields", "territory", "term_months", "sublicence_allowed"),
    ),
    Section(
        _("Free use"),
        (
            "trial_months",
            "trial_starts",
            "permitted",
            "extensions",
            "extension_months",
            "decision_days",
            "on_silence",
        ),
        hint=_("How long the licensee may use the result without paying, and what happens at the end."),
    ),
    Section(_("Payment"), ("payment_form", "commitment", "currency")),
    Section(
        _("What makes a payment due"),
        (
            "trigger_join",
            "trigger_months",
            "trigger_anchor",
            "trigger_on",
            "trigger_event",
            "trigger_threshold",
            "trigger_meter",
        ),
        shown_for="lump_sum instalments royalty entry_royalty per_unit yearly_fee",
        hint=_(
            "Fill in one condition or several. Several are joined: the first that happens (ANY), or all of "
            "them (ALL). Nothing filled in: on conversion for an option, otherwise after free use."
        ),
    ),
    Section(_("Fee"), ("amount",), shown_for="lump_sum instalments"),
    Section(
        _("Instalments"),
        ("instalment_shares", "instalment_count", "instalment_months"),
        shown_for="instalments",
    ),
    Section(
        _("Milestones"),
        tuple(
            name
            for n in MILESTONES
            for name in (f"milestone_{n}_name", f"milestone_{n}_amount", f"milestone_{n}_threshold")
        ),
        shown_for="milestones",
        hint=_("A milestone is a result that both sides confirm, or a sum of sales that is reached."),
    ),
    Section(
        _("Entry fee"),
        ("entry_fee", "entry_commitment", "entry_creditable"),
        shown_for="entry_royalty",
    ),
    Section(
        _("Royalty"), ("royalty_base", "rate", "baseline", "loss_carry"), shown_for="royalty entry_royalty"
    ),
    Section(
        _("Rates by year or in tiers"),
        (
            "rates_by_year",
            "tier_mode",
            "tier_span",
            *(name for n in TIERS for name in (f"tier_{n}_up_to", f"tier_{n}_rate")),
            "stacking_offset",
            "stacking_floor",
        ),
        shown_for="royalty entry_royalty",
        hint=_("Instead of one rate. Leave empty what you do not need."),
        folded=True,
    ),
    Section(_("Price per unit"), ("unit_meter", "unit_price", "free_units"), shown_for="per_unit"),
    Section(_("Yearly fee"), ("yearly_amount",), shown_for="yearly_fee"),
    Section(
        _("Minimum and caps"),
        ("minimum", "minimum_pro_rate", "minimum_carry", "cap_yearly", "cap_life"),
        shown_for="royalty entry_royalty per_unit yearly_fee",
    ),
    Section(
        _("Reports, invoices and due dates"),
        (
            "report_every",
            "deductions",
            "due_rule",
            "due_days",
            "invoice_days",
            "vat",
            "interest_month",
            "interest_day",
        ),
        shown_for=_MONEY_FORMS,
    ),
    Section(
        _("Other conditions"),
        ("confidentiality_years", "improvements", "sell_off_months", "forum", "forum_place"),
        folded=True,
    ),
)
