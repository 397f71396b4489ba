"""What a programme rules on a day, what we propose where it is silent, and whether a deal fits it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Organisation
from marketplace.organisations.regions import lies_in, region_name
from marketplace.programmes import words
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from marketplace.programmes.presets import PRESETS
from marketplace.refusals import NotPermitted, Refused

MATURITY_ORDER = list(words.MATURITY)


@dataclass(frozen=True)
class Proposal:
    """A value for a form. `is_proposal`: the programme is silent and the value is ours, to be shown as such."""

    value: Any
    is_proposal: bool
    source: str
    grade: str = ""
    rule: ProgrammeRule | None = None


def _our_proposals() -> dict[str, tuple[Any, str]]:
    """What we propose where a programme is silent, and why. Only keys that a form must fill are here."""
    ours = _("our proposal")
    return {
        Key.TRIAL_MONTHS: (12, _("our proposal, after the pilots that publish a length")),
        Key.TRIGGER: (
            {
                "mode": "ANY",
                "conditions": [
                    {"kind": "after", "months": 12, "anchor": "effect"},
                    {"kind": "event", "name": "first_income"},
                ],
            },
            _("our proposal, after the pilots that publish a trigger"),
        ),
        Key.PAYMENT_FORMS: (
            ["LUMP_SUM", "INSTALMENTS", "MILESTONES", "ROYALTY", "ENTRY_ROYALTY"],
            _("our proposal, after article 846 of the Civil Code"),
        ),
        Key.TERMS_BEFORE_TRIAL: (True, _("our proposal: terms that are agreed first can be registered")),
        Key.TEAM_CONSENT: (True, ours),
        Key.NOTICE_DAYS: (15, _("our proposal, after the law on promoting conversion (to be verified)")),
        Key.TEAM_SHARE_FLOOR: (
            "0.5",
            _("our proposal, after article 45 of the law on promoting conversion of 2015"),
        ),
    }


def default_for(programme: PilotProgramme | None, key: str, on: date | None = None) -> Proposal:
    """The programme's own value for `key` on a day, else our proposal marked as such.

    `value` is None where the programme is silent and we propose nothing either.
    """
    return default_from(programme.rule(key, on) if programme else None, key)


def default_from(rule: ProgrammeRule | None, key: str) -> Proposal:
    """Like `default_for`, for a rule that is at hand already."""
    if rule is not None and rule.value is not None:
        return Proposal(rule.value, rule.is_proposal, rule.source or _("our proposal"), rule.grade, rule)
    value, source = _our_proposals().get(key, (None, ""))
    return Proposal(value, value is not None, source, "", rule)


@dataclass(frozen=True)
class ResultFacts:
    """What is known of a result; None is unknown."""

    trl: int | None = None
    maturity: str | None = None
    ip_kinds: tuple[str, ...] | None = None
    team_consent: bool | None = None


Verdict = Literal["ok", "fails", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One rule held against the facts. `rule` is the key; `text` says in words what is asked and what is so."""

    verdict: Verdict
    rule: str
    text: str
    source: str
    grade: str = ""
    row: ProgrammeRule | None = None


CHECKED = (
    Key.LICENSOR_KINDS, Key.LICENSEE_SIZES, Key.LICENSEE_REGIONS, Key.MIN_TRL, Key.MIN_MATURITY, Key.IP_KINDS,
    Key.TEAM_CONSENT,
)  # fmt: skip


def eligibility(
    programme: PilotProgramme,
    licensor: Organisation,
    licensee: Organisation | None,
    result_facts: ResultFacts,
    on: date | None = None,
    rules: Mapping[str, ProgrammeRule] | None = None,
) -> list[Finding]:
    """Hold the programme's rules of a day against licensor, licensee and result, one finding for each rule.

    An unpublished rule and an unknown fact both give "unknown", never "ok"; a rule that is our own proposal can
    be fulfilled, but not failed: its finding is then "unknown", since the programme itself does not ask it.
    `rules`: those in force, where the caller has read them for many programmes at once.
    """
    on = on or today()
    rules = programme.rules_on(on) if rules is None else rules
    findings = []
    for key in CHECKED:
        rule = rules.get(key)
        asked = f"{Key(key).label}: {words.value_words(key, rule.value if rule else None)}"
        if rule is None or rule.value is None:
            findings.append(Finding("unknown", key, asked, rule.source if rule else "", row=rule))
            continue
        met, fact = _held_against(key, rule.value, licensor, licensee, result_facts)
        verdict: Verdict = "unknown" if met is None else "ok" if met else "fails"
        if rule.is_proposal and verdict == "fails":
            verdict = "unknown"
        text = _("%(asked)s. Here: %(fact)s.") % {"asked": asked, "fact": fact}
        findings.append(Finding(verdict, key, text, rule.source or _("our proposal"), rule.grade, rule))
    if not programme.is_open or not runs_on(programme, on):
        closed = _("The programme is not open for new contracts on %(day)s.") % {"day": on.isoformat()}
        findings.insert(0, Finding("fails", "OPEN", closed, programme.instrument))
    return findings


def in_force(rules: Iterable[ProgrammeRule], on: date) -> dict[str, ProgrammeRule]:
    """Of rules of one programme those in force on a day, by key: the latest beginning wins."""
    rules = [rule for rule in rules if rule.valid_from <= on and (not rule.valid_to or rule.valid_to >= on)]
    return {rule.key: rule for rule in sorted(rules, key=lambda rule: (rule.valid_from, rule.pk))}


def rules_of(programmes: Iterable[PilotProgramme], on: date) -> dict[int, dict[str, ProgrammeRule]]:
    """The rules in force of several programmes, in one query."""
    by_programme: dict[int, list] = {programme.pk: [] for programme in programmes}
    for rule in ProgrammeRule.objects.filter(programme__in=by_programme):
        by_programme[rule.programme_id].append(rule)
    return {pk: in_force(rules, on) for pk, rules in by_programme.items()}


def runs_on(programme: PilotProgramme, on: date) -> bool:
    return (programme.starts_on is None or programme.starts_on <= on) and (
        programme.ends_on is None or on <= programme.ends_on
    )


def _held_against(key, value, licensor, licensee, facts: ResultFacts) -> tuple[bool | None, str]:
    """(met or None for unknown, the fact in words)."""
    unknown = _("not known")
    if key == Key.LICENSOR_KINDS:
        return licensor.kind in value, str(licensor.get_kind_display())
    if key == Key.LICENSEE_SIZES:
        size = licensee.size_class if licensee else ""
        return (size in value, str(licensee.get_size_class_display())) if size else (None, unknown)
    if key == Key.LICENSEE_REGIONS:
        region = licensee.region if licensee else ""
        return lies_in(region, value), region_name(region) or unknown
    if key == Key.MIN_TRL:
        return (None, unknown) if facts.trl is None else (facts.trl >= value, f"TRL {facts.trl}")
    if key == Key.MIN_MATURITY:
        if facts.maturity not in MATURITY_ORDER:
            return None, unknown
        far_enough = MATURITY_ORDER.index(facts.maturity) >= MATURITY_ORDER.index(value)
        return far_enough, str(words.MATURITY[facts.maturity])
    if key == Key.IP_KINDS:
        if facts.ip_kinds is None:
            return None, unknown
        named = words.joined(words.IP_KINDS.get(kind, kind) for kind in facts.ip_kinds)
        return not set(value).isdisjoint(facts.ip_kinds), named or _("no right named")
    if facts.team_consent is None:
        return None, unknown
    return facts.team_consent or not value, _("yes") if facts.team_consent else _("no")


@transaction.atomic
def load_presets() -> int:
    """Create the programmes and rules of presets.py that are missing; returns how many rows were added.

    Rows that exist are left as they are, whoever wrote them: the operator's editing wins.
    """
    added = 0
    for preset in PRESETS:
        programme, created = PilotProgramme.objects.get_or_create(
            code=preset.code,
            defaults={
                "name_zh": preset.name_zh,
                "name_en": preset.name_en,
                "region": preset.region,
                "instrument_zh": preset.instrument_zh,
                "instrument_en": preset.instrument_en,
                "starts_on": preset.starts_on,
                "ends_on": preset.ends_on,
            },
        )
        known = set(programme.rules.values_list("key", flat=True))
        published = {rule.key: rule for rule in preset.rules}
        rows = []
        for key in Key.values:
            if key in known:
                continue
            rule = published.get(key)
            row = ProgrammeRule(programme=programme, key=key, valid_from=preset.valid_from)
            if rule is not None:
                row.value, row.text_zh, row.text_en = rule.value, rule.zh, rule.en
                row.source, row.grade = rule.source
            rows.append(row)
        ProgrammeRule.objects.bulk_create(rows)
        added += created + len(rows)
    return added


@dataclass(frozen=True)
class Effect:
    """What a new rule changes from its day on, for new listings and offers: the default before and after."""

    before: Proposal
    after: Proposal
    until: date | None  # the day before the next rule of this key, where there is one


def preview_rule(
    programme: PilotProgramme, *, key: str, value: Any, valid_from: date, source: str, grade: str, is_proposal: bool
) -> Effect:  # fmt: skip
    before = default_for(programme, key, valid_from)
    row = ProgrammeRule(key=key, value=value, source=source, grade=grade, is_proposal=is_proposal)
    later = programme.rules.filter(key=key, valid_from__gt=valid_from).order_by("valid_from").first()
    return Effect(before, default_from(row, key), later.valid_from if later else None)


@transaction.atomic
def add_rule(
    programme: PilotProgramme,
    *,
    actor: Acting,
    key: str,
    value: Any,
    valid_from: date,
    text_zh: str = "",
    text_en: str = "",
    source: str = "",
    grade: str = "",
    is_proposal: bool = False,
) -> ProgrammeRule:
    """Record a rule from a day on; earlier rows stay, so the past keeps its rules.

    Raises NotPermitted unless the actor is the operator's programme officer, Refused for a value without a
    source that is not marked as our proposal, and for a second row of the same rule and day.
    """
    if not actor.is_operator:
        raise NotPermitted()
    permit(actor, "programme.edit", actor.organisation)
    if value is not None and not is_proposal and not source.strip():
        raise Refused(_("Name the source, or mark the value as our proposal."))
    if value is not None and not is_proposal and not grade:
        raise Refused(_("Say how reliable the source is."))
    try:
        with transaction.atomic():
            rule = ProgrammeRule.objects.create(
                programme=programme,
                key=key,
                value=value,
                text_zh=text_zh,
                text_en=text_en,
                valid_from=valid_from,
                source=source.strip(),
                grade=grade,
                is_proposal=is_proposal and value is not None,
                recorded_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("There is a rule of this kind from that day on already.")) from error
    record(actor, "programme.rule_added", rule, programme=programme.code, key=key)
    return rule
