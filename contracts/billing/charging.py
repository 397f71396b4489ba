"""From rating to charges: rate the whole contract again, subtract what stands, append the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.urls import reverse

from contracts.billing import suspicion
from contracts.billing.charge_steps import ChargeStep
from contracts.billing.models import (
    CHARGE_NEXT,
    SETTLED,
    WATCHED,
    BillingPolicy,
    Charge,
    ChargeState,
    RatingRun,
)
from contracts.billing.runs import result_hash, versions_hash
from contracts.billing.standing import Standing, by_key, issued, standings_of, taken_back
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.services import reopen_paid_up, set_paid_up_locked
from contracts.lifecycle.services.advance import advance
from contracts.lifecycle.states import RUNNING, TRYING
from contracts.rating import (
    Adjustment,
    Corrections,
    Facts,
    Rating,
    TermsVersion,
    UsageRow,
    correct,
    rate,
    working_json,
)
from contracts.rating import Charge as Rated
from contracts.rating.engine import inputs_hash
from contracts.rating.result import Key
from contracts.usage.queries import rating_inputs_of
from marketplace.audit.services import record_all, recorded_together
from marketplace.clock import now, today, watching
from marketplace.money import Money
from marketplace.notifications.services import letters_together, notify
from marketplace.organisations.acting import members, members_asked_once
from marketplace.refusals import check
from marketplace.terms import hash_of
from marketplace.terms.codec import write


@dataclass(frozen=True)
class Inputs:
    """What one run was told, versions by date, and the hash of each."""

    versions: Sequence[TermsVersion]
    facts: Facts
    usage: Sequence[UsageRow]
    hashes: Sequence[str]


@transaction.atomic
def charge_contract(contract: LicenceContract) -> list[Charge]:
    """Append the charges and adjustments that are due by today; running it again adds nothing.

    Charges come only from accepted reports, facts and the clock. Each stores the terms' version and hash, the
    exact amount, the one rounding and the whole working; the run stores its bounds and hashes. A suspicious result
    is HELD until a person releases or refuses it; an adjustment of something disputed, held or refused shares its
    fate. Nothing while the contract is in dispute. Lifts the contract into or out of PAID_UP as the rating says.
    """
    return charge_locked([LicenceContract.objects.select_for_update().get(pk=contract.pk)])[contract.pk]


def charge_locked(
    contracts: Sequence[LicenceContract], *, days: dict[int, date] | None = None
) -> dict[int, list[Charge]]:
    """`charge_contract` for contracts that the caller has just locked, by id: what they are rated by is read, and what
    arises is written, in a few statements for all of them together. Into `days` goes the first later day on which
    time alone could make a difference, by contract."""
    days = {} if days is None else days
    days |= {contract.pk: date.max for contract in contracts}
    charged: dict[int, list[Charge]] = {contract.pk: [] for contract in contracts}
    in_effect = [row for row in contracts if row.effective_on is not None and not row.disputed]
    told, stands = rating_inputs_of(in_effect), standings_of(in_effect)
    results = []
    for contract in in_effect:
        versions, facts, usage = told[contract.pk]
        versions = sorted(versions, key=lambda version: version.effective_on)
        with watching() as watch:
            rating = rate(versions, facts, usage, today())
        days[contract.pk] = watch.until
        found = correct(issued(stands[contract.pk], rating.currency), rating)
        results.append((contract, rating, found, versions, facts, usage))
    changed = [
        Arising(contract, Inputs(*told_, [hash_of(version.terms) for version in told_[0]]), rating, found, stands[contract.pk])
        for contract, rating, found, *told_ in results
        if found.new or found.adjustments
    ]  # fmt: skip
    with recorded_together(), letters_together(), members_asked_once():
        if changed:
            charged |= _append(changed)
        for contract, rating, *_rest in results:
            with watching() as watch:
                _move_on(contract, rating)
            days[contract.pk] = min(days[contract.pk], watch.until)
    return charged


def _move_on(contract: LicenceContract, rating: Rating) -> None:
    """Tell the life cycle what the rating found; it decides. Thresholds fire only so, during free use; all else that
    falls due is the life cycle's own timer's."""
    if contract.state in TRYING:
        advance(contract, triggers=rating.triggers)
    if rating.paid_up_on is not None and contract.paid_up_on is None and contract.state in RUNNING:
        set_paid_up_locked(contract, on=rating.paid_up_on)
    elif rating.paid_up_on is None and contract.paid_up_on is not None:
        reopen_paid_up(contract)


@dataclass(frozen=True)
class Arising:
    """What one contract's rating adds to what stands."""

    contract: LicenceContract
    inputs: Inputs
    rating: Rating
    found: Corrections
    standing: list[Standing]

    def run(self) -> RatingRun:
        inputs, rating = self.inputs, self.rating
        return RatingRun(
            contract=self.contract,
            until=rating.until,
            inputs_hash=inputs_hash(inputs.versions, inputs.facts, inputs.usage, rating.until),
            terms_hash=versions_hash(inputs.versions, inputs.hashes),
            result_hash=result_hash(rating),
            total_minor=rating.total.minor,
            waiting=[_waiting_json(w) for w in rating.waiting],
            paid_up_on=rating.paid_up_on,
        )


def _append(changed: list[Arising]) -> dict[int, list[Charge]]:
    automatic = set(
        BillingPolicy.objects.filter(
            organisation__in={one.contract.licensor_id for one in changed}, approve_automatically=True
        ).values_list("organisation_id", flat=True)
    )
    runs = RatingRun.objects.bulk_create([one.run() for one in changed])
    made: dict[int, list[Charge]] = {}
    for one, run in zip(changed, runs, strict=True):
        rows, freed = new_rows(one.contract, one.inputs, one.found, one.standing)
        for row in rows:
            row.run = run
            if one.contract.licensor_id in automatic and row.state == ChargeState.ACCRUED:
                _approved(row, user=None)
        made[one.contract.pk] = rows
        for pk, state in freed.items():
            Charge.objects.filter(pk=pk).update(state=state)
            ChargeStep.objects.create(charge_id=pk, step=ChargeStep.Step.CORRECTED)
    Charge.objects.bulk_create([row for rows in made.values() for row in rows])
    record_all(
        None,
        "contract.rated",
        [
            (one.contract, {"run": run.pk, "charges": len(made[one.contract.pk]), "inputs": run.inputs_hash})
            for one, run in zip(changed, runs, strict=True)
        ],
    )
    for one in changed:
        if one.contract.licensor_id not in automatic:
            _tell_of(one.contract, made[one.contract.pk])
    return made


def _tell_of(contract: LicenceContract, made: list[Charge]) -> None:
    """There is something to approve."""
    if not any(charge.amount_minor for charge in made if charge.state != ChargeState.WAIVED):
        return
    notify(
        members(contract.licensor, "charge.approve"),
        "billing/charges_accrued",
        contract=contract,
        total=Money(sum(c.amount_minor for c in made), made[0].currency).format(),
        path=reverse("charges", args=[contract.number]),
    )


def new_rows(
    contract, inputs: Inputs, found: Corrections, standing: list[Standing]
) -> tuple[list[Charge], dict[int, str]]:
    """(charges and adjustments to append, not saved; the new state of charges whose fate they change, by id)."""
    stands = by_key(standing)
    sums = {key: sum(row.minor for row in rows) for key, rows in stands.items()}
    rows, freed, alone = [], {}, []
    for charge in found.new:
        row = _row(contract, inputs, charge, charge.amount, Charge.Kind.CHARGE)
        earlier = suspicion.earlier_of(sums, charge.element_id)
        reason = suspicion.far_above(inputs.versions[charge.version].terms, charge, earlier)
        rows.append(_held(row, reason))
        alone.append(row)
    for adjustment in found.adjustments:
        before = stands[adjustment.key]
        adjusting = _adjusting(contract, inputs, adjustment, before)
        rows += adjusting
        if adjusting[-1].state != ChargeState.WAIVED:
            shared = _share_fate(adjusting[-1], before, adjustment.now.minor)
            freed |= shared or {}
            if shared is None:
                alone.append(_held(adjusting[-1], _far_above(inputs, adjustment, sums)))
    amounts = [row.amount_minor for row in rows if row.state != ChargeState.WAIVED]
    invoiced = sum(row.minor for row in standing if row.state == ChargeState.INVOICED)
    if reason := suspicion.of_run(amounts, invoiced):
        for row in alone:
            _held(row, row.held_reason or reason)
    return rows, freed


def _far_above(inputs: Inputs, adjustment: Adjustment, sums: dict[Key, int]) -> str:
    """The same question for a period that is raised: held against what every period came to before, itself included."""
    if adjustment.charge is None or adjustment.amount.minor <= 0:
        return ""
    terms = inputs.versions[adjustment.charge.version].terms
    return suspicion.far_above(
        terms, adjustment.charge, suspicion.earlier_of(sums, adjustment.key.element_id)
    )


def _held(row: Charge, reason: str) -> Charge:
    if reason and row.amount_minor:
        row.state, row.held_reason = ChargeState.HELD, reason
    return row


def _adjusting(contract, inputs, adjustment: Adjustment, before: list[Standing]) -> list[Charge]:
    """The adjustment of one key: one row, or two where part of what it takes back had been waived."""
    minor, sequence = adjustment.amount.minor, before[-1].sequence + 1
    waived, rest = taken_back(before, minor) if minor < 0 else (0, minor)
    rows, stated = [], adjustment.before.minor
    for part, state in ((waived, ChargeState.WAIVED), (rest, ChargeState.ACCRUED)):
        if part:
            row = _adjustment(contract, inputs, adjustment, part, stated, sequence)
            row.state = state
            rows.append(row)
            stated, sequence = stated + part, sequence + 1
    return rows


def _share_fate(row: Charge, before: list[Standing], now_minor: int) -> dict[int, str] | None:
    """An adjustment of something that waits for a person waits with it; one that sets it right frees it. Returns the
    new states of what it frees, None where nothing waits and it goes its own way."""
    open_rows = [one for one in before if one.state not in SETTLED]
    watched = [one for one in open_rows if one.state in WATCHED]
    if any(one.state == ChargeState.DISPUTED for one in open_rows):
        row.state = ChargeState.DISPUTED
        return {}
    if not watched:
        return None
    reason = next((one.held_reason for one in watched if one.held_reason), "")
    still = suspicion.still_far_above(reason, now_minor)
    row.state = ChargeState.HELD if still else ChargeState.ACCRUED
    row.held_reason = reason if still else ""
    return {one.pk: row.state for one in watched if one.state != row.state}


def _row(contract, inputs: Inputs, charge: Rated, amount: Money, kind, **more) -> Charge:
    return Charge(
        contract=contract,
        kind=kind,
        element_id=charge.element_id,
        part=charge.part,
        period_start=charge.period_start,
        period_end=charge.period_end,
        dated_on=charge.dated_on,
        amount_minor=amount.minor,
        currency=amount.currency,
        exact=str(charge.exact),
        version_number=charge.version + 1,
        terms_hash=inputs.hashes[charge.version],
        due=write(charge.due),
        working=working_json(charge.working) if charge.working else None,
        **more,
    )


def _adjustment(contract, inputs, adjustment: Adjustment, minor: int, before: int, sequence: int) -> Charge:
    amount = Money(minor, adjustment.amount.currency)
    stated = {"sequence": sequence, "before_minor": before, "now_minor": before + minor}
    if adjustment.charge is not None:
        row = _row(contract, inputs, adjustment.charge, amount, Charge.Kind.ADJUSTMENT, **stated)
        row.dated_on = today()
        return row
    first = _first(contract, adjustment.key)
    return Charge(
        contract=contract,
        kind=Charge.Kind.ADJUSTMENT,
        element_id=first.element_id,
        part=first.part,
        period_start=first.period_start,
        period_end=first.period_end,
        dated_on=today(),
        amount_minor=minor,
        currency=first.currency,
        exact="0",
        version_number=first.version_number,
        terms_hash=first.terms_hash,
        due=first.due,
        **stated,
    )


def _first(contract: LicenceContract, key: Key) -> Charge:
    return contract.charges.filter(**key._asdict()).earliest("sequence")


def _waiting_json(waiting) -> dict:
    return {
        "element": waiting.element_id,
        "part": waiting.part,
        "from": waiting.period_start.isoformat(),
        "until": waiting.period_end.isoformat(),
        "reason": waiting.reason,
        "detail": waiting.detail,
    }


def approve_one(charge: Charge, *, user) -> None:
    """Approve a locked charge; without a user by the licensor's policy."""
    _approved(charge, user=user)
    charge.save(update_fields=["state", "approved_at", "approved_by"])


def _approved(charge: Charge, *, user) -> None:
    check(charge.state, ChargeState.APPROVED, CHARGE_NEXT)
    charge.state, charge.approved_at, charge.approved_by = ChargeState.APPROVED, now(), user


def terms_of(charge: Charge):
    """The terms a charge was rated by; None where no version has their hash."""
    versions = charge.contract.versions.all()
    return next((row.agreed_terms for row in versions if row.terms_hash == charge.terms_hash), None)
