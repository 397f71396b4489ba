"""A rule's value in words. The shape of each value stands in models.Key."""

from decimal import Decimal

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from marketplace.organisations.models import SizeClass
from marketplace.organisations.regions import region_name
from marketplace.organisations.roles import RESEARCH, Kind
from marketplace.programmes.models import Key, ProgrammeRule

# The same codes as on listings (cms stands further on, so the words are told here once more).
MATURITY = {
    "BENCH": gettext_lazy("bench scale"),
    "PILOT": gettext_lazy("pilot scale"),
    "COMMERCIAL": gettext_lazy("commercial scale"),
}
IP_KINDS = {
    "INVENTION": gettext_lazy("invention patent"),
    "UTILITY_MODEL": gettext_lazy("utility model"),
    "DESIGN": gettext_lazy("design patent"),
    "SOFTWARE": gettext_lazy("software copyright"),
    "IC_LAYOUT": gettext_lazy("layout design of integrated circuits"),
    "PLANT_VARIETY": gettext_lazy("plant variety"),
    "KNOW_HOW": gettext_lazy("technical know-how"),
    "OTHER": gettext_lazy("other right"),
}
PAYMENT_FORMS = {
    "LUMP_SUM": gettext_lazy("lump sum"),
    "INSTALMENTS": gettext_lazy("instalments"),
    "DEFERRED": gettext_lazy("deferred payment"),
    "STAGED": gettext_lazy("staged payment"),
    "CONDITIONAL": gettext_lazy("conditional payment"),
    "MILESTONES": gettext_lazy("milestone payments"),
    "ROYALTY": gettext_lazy("running royalty"),
    "ENTRY_ROYALTY": gettext_lazy("entry fee and royalty"),
    "FREE": gettext_lazy("free of charge"),
}
RISK_COVERS = {
    "INSURANCE": gettext_lazy("insurance"),
    "GUARANTEE": gettext_lazy("guarantee"),
    "GUARANTEE_SUBSIDY": gettext_lazy("subsidy to guarantors"),
    "ADVANCE_INDEMNITY": gettext_lazy("indemnity paid in advance"),
    "TRUST": gettext_lazy("trust product"),
    "PREMIUM_SUBSIDY": gettext_lazy("subsidised premium"),
    "EXEMPTION": gettext_lazy("due-diligence exemption from liability"),
    "CREDIT_RECORD": gettext_lazy("credit and performance record"),
}
CONDITIONS = {
    "conversion": gettext_lazy("the licensee decides to convert"),
    "first_income": gettext_lazy("first income from the product or service"),
    "technical_validation": gettext_lazy("technical validation"),
    "product_launch": gettext_lazy("product launch"),
    "sales_threshold": gettext_lazy("sales reach an agreed threshold"),
    "agreed": gettext_lazy("the trigger agreed in the contract is met"),
}
LICENSOR_CHOICES = [(kind.value, kind.label) for kind in Kind if kind in RESEARCH]
LISTS = {
    Key.LICENSOR_KINDS: dict(LICENSOR_CHOICES),
    Key.LICENSEE_SIZES: dict(SizeClass.choices),
    Key.IP_KINDS: IP_KINDS,
    Key.PAYMENT_FORMS: PAYMENT_FORMS,
    Key.RISK_COVER: RISK_COVERS,
}


def joined(words) -> str:
    return _(", ").join(str(word) for word in words)


def condition_words(condition: dict) -> str:
    """{"kind": "after", "months": 12, "anchor": "effect"} or {"kind": "event", "name": "first_income"}."""
    if condition["kind"] == "after":
        months = condition["months"]
        if condition.get("anchor") == "delivery":
            return ngettext("%(number)s month after delivery", "%(number)s months after delivery", months) % {
                "number": months
            }
        return ngettext(
            "%(number)s month after the agreement takes effect",
            "%(number)s months after the agreement takes effect",
            months,
        ) % {"number": months}
    return str(CONDITIONS.get(condition["name"], condition["name"]))


def trigger_words(value: dict) -> str:
    parts = [condition_words(condition) for condition in value["conditions"]]
    if len(parts) == 1:
        return parts[0]
    if value["mode"] == "ANY":
        return _("the earliest of: %(conditions)s") % {"conditions": joined(parts)}
    return _("once all have happened: %(conditions)s") % {"conditions": joined(parts)}


def value_words(key: str, value) -> str:
    """A value in the reader's language; None is "not published"."""
    if value is None:
        return _("not published")
    if key in LISTS:
        return joined(LISTS[key].get(code, code) for code in value)
    if key == Key.LICENSEE_REGIONS:
        return joined(region_name(prefix) for prefix in value)
    if key == Key.MIN_TRL:
        return _("TRL %(level)s or higher") % {"level": value}
    if key == Key.MIN_MATURITY:
        return _("%(stage)s or further") % {"stage": MATURITY.get(value, value)}
    if key in (Key.TEAM_CONSENT, Key.TERMS_BEFORE_TRIAL):
        return _("yes") if value else _("no")
    if key == Key.TRIAL_MONTHS:
        return ngettext("%(number)s month", "%(number)s months", value) % {"number": value}
    if key == Key.NOTICE_DAYS:
        return ngettext("%(number)s day", "%(number)s days", value) % {"number": value}
    if key == Key.TRIGGER:
        return trigger_words(value)
    if key == Key.TEAM_SHARE_FLOOR:
        return _("at least %(percent)s of net income") % {"percent": _percent(value)}
    if key == Key.INCENTIVE:
        return value["en" if (get_language() or "").startswith("en") else "zh"]
    return str(value)


def rule_words(key: str, rule: ProgrammeRule | None) -> str:
    return value_words(key, rule.value if rule else None)


def _percent(text: str) -> str:
    return f"{(Decimal(text) * 100).normalize():f} %"
