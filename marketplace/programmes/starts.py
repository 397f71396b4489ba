"""What a form of terms may begin from under a pilot programme: its own rules, and our proposal for the rest."""

from dataclasses import replace

from django.utils.translation import gettext as _

from marketplace import terms as language
from marketplace.clock import today
from marketplace.editor.chooser import Entry, Group
from marketplace.editor.starts import Start
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from marketplace.programmes.services import default_for, default_from, rules_of
from marketplace.terms.presets import PRESETS, preset
from marketplace.terms.triggers import AllOf, AnyOf, leaves

_READY = {
    "LUMP_SUM": "option",
    "INSTALMENTS": "instalments",
    "DEFERRED": "deferred",
    "STAGED": "instalments",
    "CONDITIONAL": "year_or_income",
    "MILESTONES": "milestones",
    "ROYALTY": "royalty",
    "ENTRY_ROYALTY": "entry_royalty",
    "PER_UNIT": "per_unit",
    "YEARLY_FEE": "yearly_fee",
    "FREE": "free",
}


def ready_form(code: str) -> str:
    """The ready terms nearest to a form of payment; where it says nothing, one sum after a year or first income."""
    return _READY.get(code, "year_or_income")


def terms_of(rules: dict[str, ProgrammeRule]) -> tuple[language.Terms, dict[str, str]]:
    """Terms that follow a programme's rules of a day, and for each field that the programme states its source.

    The first form of payment that it names is taken; where it names none, one sum on its own trigger.
    """
    forms = default_from(rules.get(Key.PAYMENT_FORMS), Key.PAYMENT_FORMS)
    terms = preset("year_or_income" if forms.is_proposal else ready_form(forms.value[0]))
    stated: dict[str, str] = {}
    months = default_from(rules.get(Key.TRIAL_MONTHS), Key.TRIAL_MONTHS)
    terms = replace(terms, trial=language.Trial(months=months.value))
    if not months.is_proposal:
        stated["trial-months"] = _stated(months.source)
    rule = default_from(rules.get(Key.TRIGGER), Key.TRIGGER)
    trigger = _trigger(rule.value)
    elements = []
    for place, element in enumerate(terms.elements):
        if trigger is not None and isinstance(element, language.LumpSum | language.Royalty):
            element = replace(element, commitment=language.Commitment.CONTINGENT, trigger=trigger)
            if not rule.is_proposal:
                stated |= {
                    name: _stated(rule.source) for name in _leaf_fields(trigger, f"elements-{place}-trigger")
                }
        elements.append(element)
    return replace(terms, elements=tuple(elements)), stated


def start_of(programme: PilotProgramme) -> Start:
    """Where an offer under this programme begins today."""
    return Start.proposing(*terms_of(programme.rules_on(today())))


def from_shape(key: str, *, free_months: int | None = None, programme: PilotProgramme | None = None) -> Start:
    """Ready terms; the free period is the listing's or its programme's where one of them says it."""
    terms = preset(key)
    if terms.trial is None:
        return Start.proposing(terms)
    months, words = free_months, _("As the listing says.")
    if months is None:
        proposal = default_for(programme, Key.TRIAL_MONTHS)
        months, words = proposal.value, "" if proposal.is_proposal else _stated(proposal.source)
    if not months:  # an option needs a day by which to decide
        return Start.proposing(terms if terms.has_option else replace(terms, trial=None))
    trial = replace(terms.trial, months=months)
    trial = replace(trial, decision_days=min(trial.decision_days, months * 28 - 1))
    return Start.proposing(replace(terms, trial=trial), {"trial-months": words} if words else {})


def pilots() -> Group:
    """What one may begin from: each pilot programme, after its rules of today."""
    programmes = list(PilotProgramme.objects.all())
    rules = rules_of(programmes, today())
    entries = [Entry.of(f"programme:{one.code}", one.name, terms_of(rules[one.pk])[0]) for one in programmes]
    return Group(_("Pilot programmes"), tuple(entries))


def asked_for(
    key: str, *, free_months: int | None = None, programme: PilotProgramme | None = None
) -> Start | None:
    """The start of an address: "preset:royalty" or "programme:TJ-2025"; None for anything else."""
    kind, _sep, name = key.partition(":")
    if kind == "preset" and name in PRESETS:
        return from_shape(name, free_months=free_months, programme=programme)
    if kind == "programme" and (chosen := PilotProgramme.objects.filter(code=name).first()):
        return start_of(chosen)
    return None


def _stated(source: str) -> str:
    return _("Rule of the programme (%(source)s).") % {"source": source}


def _trigger(value: dict | None):
    """A programme's condition in the language; None where it only says "as agreed"."""
    parts = []
    for one in (value or {}).get("conditions", ()):
        if one["kind"] == "after":
            parts.append(
                language.After(months=one["months"], anchor=language.Anchor(one.get("anchor", "effect")))
            )
        elif one["name"] != "agreed":
            parts.append(language.OnEvent(name=one["name"]))
    if len(parts) < 2:
        return parts[0] if parts else None
    return (AllOf if value["mode"] == "ALL" else AnyOf)(of=tuple(parts))


def _leaf_fields(trigger, path: str) -> list[str]:
    """The fields of a condition that a programme's rule states."""
    if isinstance(trigger, AnyOf | AllOf):
        return [name for n, one in enumerate(trigger.of) for name in _leaf_fields(one, f"{path}-of-{n}")]
    return [
        f"{path}-{name}"
        for one in leaves(trigger)
        for name in (("months",) if one.kind == "after" else ("name",))
    ]
