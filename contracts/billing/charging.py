"""From rating to charges: rate the whole contract again, subtract what stands, append the rest."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.billing.models import CHARGE_NEXT, BillingPolicy, Charge, ChargeState, RatingRun
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.services import activate_due, reopen_paid_up, set_paid_up
from contracts.rating import Corrections, Issued, Rating, correct, rate, working_json
from contracts.rating.result import Key, reason_words
from contracts.usage.models import UsageReport
from contracts.usage.queries import rating_inputs
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import check
from marketplace.terms import Royalty, TermsError, hash_of, read
from marketplace.terms.codec import write

# A royalty this many times above the highest of at least two earlier periods waits for a person.
SUSPICIOUS_FACTOR = 10


def issued_before(contract: LicenceContract) -> list[Issued]:
    """Everything charged so far, except interest, as corrections want it."""
    rows = contract.charges.exclude(kind=Charge.Kind.INTEREST)
    return [
        Issued(Key(c.element_id, c.part, c.period_start, c.period_end), Money(c.amount_minor, c.currency))
        for c in rows
    ]


@transaction.atomic
def charge_contract(contract: LicenceContract) -> list[Charge]:
    """Append the charges and adjustments that are due by today; running it again adds nothing.

    Charges come only from accepted reports, facts and the clock. Each stores the terms' version and hash, the
    exact amount, the one rounding and the whole working. A royalty far above earlier periods is HELD until a
    person releases it. Lifts the contract into or out of PAID_UP as the rating says.
    """
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if contract.effective_on is None or contract.disputed:
        return []
    versions, facts, usage = rating_inputs(contract)
    rating = rate(versions, facts, usage, today(), hashed=True)
    corrections = correct(issued_before(contract), rating)
    made = _append(contract, versions, rating, corrections)
    activate_due(contract, triggers=rating.triggers)
    if rating.paid_up_on:
        set_paid_up(contract, on=rating.paid_up_on)
    else:
        reopen_paid_up(contract)
    return made


def _append(contract, versions, rating: Rating, corrections: Corrections) -> list[Charge]:
    if not corrections.new and not corrections.adjustments:
        return []
    run = RatingRun.objects.create(
        contract=contract,
        until=rating.until,
        inputs_hash=rating.inputs_hash,
        waiting=[_waiting_json(w) for w in rating.waiting],
        paid_up_on=rating.paid_up_on,
    )
    versions = sorted(versions, key=lambda version: version.effective_on)
    sequences: dict[Key, int] = {}
    for c in contract.charges.exclude(kind=Charge.Kind.INTEREST):
        key = Key(c.element_id, c.part, c.period_start, c.period_end)
        sequences[key] = max(sequences.get(key, 0), c.sequence)
    rows = []
    for charge in corrections.new:
        rows.append(_row(contract, run, versions, charge, charge.amount, Charge.Kind.CHARGE))
        reason = _suspicious(contract, versions[charge.version].terms, charge)
        if reason:
            rows[-1].state, rows[-1].held_reason = ChargeState.HELD, reason
    for adjustment in corrections.adjustments:
        rows.append(_adjustment(contract, run, versions, adjustment, sequences[adjustment.key] + 1))
    made = Charge.objects.bulk_create(rows)
    record(None, "contract.rated", contract, run=run.pk, charges=len(made), inputs=run.inputs_hash)
    if BillingPolicy.objects.filter(organisation=contract.licensor, approve_automatically=True).exists():
        for charge in made:
            if charge.state == ChargeState.ACCRUED:
                _approve(charge, user=None)
    elif any(charge.amount_minor for charge in made):
        notify(
            members(contract.licensor, "charge.approve"),
            "billing/charges_accrued",
            contract=contract,
            total=Money(sum(c.amount_minor for c in made), made[0].currency).format(),
            path=reverse("charges", args=[contract.number]),
        )
    return made


def _row(contract, run, versions, charge, amount: Money, kind, **more) -> Charge:
    terms = versions[charge.version].terms
    return Charge(
        contract=contract,
        run=run,
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
        terms_hash=hash_of(terms),
        due=write(charge.due),
        working=working_json(charge.working) if charge.working else None,
        **more,
    )


def _adjustment(contract, run, versions, adjustment, sequence: int) -> Charge:
    stated = {
        "sequence": sequence,
        "before_minor": adjustment.before.minor,
        "now_minor": adjustment.now.minor,
    }
    if adjustment.charge is not None:
        row = _row(
            contract, run, versions, adjustment.charge, adjustment.amount, Charge.Kind.ADJUSTMENT, **stated
        )
        row.dated_on = today()
        return row
    first = contract.charges.filter(
        element_id=adjustment.key.element_id,
        part=adjustment.key.part,
        period_start=adjustment.key.period_start,
        period_end=adjustment.key.period_end,
    ).earliest("sequence")
    return Charge(
        contract=contract,
        run=run,
        kind=Charge.Kind.ADJUSTMENT,
        element_id=first.element_id,
        part=first.part,
        period_start=first.period_start,
        period_end=first.period_end,
        dated_on=today(),
        amount_minor=adjustment.amount.minor,
        currency=first.currency,
        exact="0",
        version_number=first.version_number,
        terms_hash=first.terms_hash,
        due=first.due,
        **stated,
    )


def _suspicious(contract, terms, charge) -> str:
    if not isinstance(terms.element(charge.element_id), Royalty) or charge.amount.minor <= 0:
        return ""
    earlier = [
        c.amount_minor
        for c in contract.charges.filter(
            element_id=charge.element_id, kind=Charge.Kind.CHARGE, amount_minor__gt=0
        )
    ]
    if len(earlier) < 2 or charge.amount.minor <= SUSPICIOUS_FACTOR * max(earlier):
        return ""
    with translation.override("zh-hans"):
        return _("More than %(factor)s times the highest earlier period.") % {"factor": SUSPICIOUS_FACTOR}


def _waiting_json(waiting) -> dict:
    return {
        "element": waiting.element_id,
        "part": waiting.part,
        "from": waiting.period_start.isoformat(),
        "until": waiting.period_end.isoformat(),
        "reason": waiting.reason,
        "detail": waiting.detail,
    }


def _approve(charge: Charge, *, user) -> None:
    check(charge.state, ChargeState.APPROVED, CHARGE_NEXT)
    charge.state, charge.approved_at, charge.approved_by = ChargeState.APPROVED, now(), user
    charge.save(update_fields=["state", "approved_at", "approved_by"])


@transaction.atomic
def approve_charges(contract: LicenceContract, *, actor, ids: list[int]) -> list[Charge]:
    """The licensor's finance approves accrued charges; from here on they can be invoiced.

    Raises TransitionRefused when one of them is not accrued any more: nothing is approved then.
    """
    permit(actor, "charge.approve", contract.licensor, against=contract.licensee)
    LicenceContract.objects.select_for_update().get(pk=contract.pk)
    charges = list(contract.charges.select_for_update().filter(pk__in=ids).order_by("pk"))
    for charge in charges:
        _approve(charge, user=actor.user)
    record(actor, "charges.approved", contract, charges=[c.pk for c in charges])
    return charges


@transaction.atomic
def release_charge(charge: Charge, *, actor) -> Charge:
    """A person has looked at a held charge: it goes on as accrued."""
    permit(actor, "charge.approve", charge.contract.licensor, against=charge.contract.licensee)
    charge = Charge.objects.select_for_update().get(pk=charge.pk)
    check(charge.state, ChargeState.ACCRUED, CHARGE_NEXT)
    charge.state = ChargeState.ACCRUED
    charge.save(update_fields=["state"])
    record(actor, "charge.released", charge)
    return charge


@dataclass(frozen=True)
class Preview:
    """What a report would cost: charges that would arise or change, and what would still wait, in words."""

    charges: list
    total: Money
    waiting: list[str]


def preview_report(report: UsageReport, rows: list, lang: str, *, until: date | None = None) -> Preview:
    """The same rating code with the report as if accepted: by construction the figure of the later charge."""
    until = until or max(today(), report.period_end)
    versions, facts, usage = rating_inputs(report.contract, instead=report, rows=rows)
    rating = rate(versions, facts, usage, until)
    found = correct(issued_before(report.contract), rating)
    amounts = [charge.amount for charge in found.new] + [a.amount for a in found.adjustments]
    total = Money(sum(a.minor for a in amounts), rating.currency)
    charges = [c for c in found.new if c.amount.minor] + [a.charge for a in found.adjustments if a.charge]
    return Preview(charges, total, [reason_words(w, lang) for w in rating.waiting])


def terms_of(charge: Charge):
    """The terms a charge was rated by; None when a stored version cannot be found by its hash."""
    for version in charge.contract.versions.all():
        try:
            terms = read(version.terms)
        except TermsError:
            continue
        if hash_of(terms) == charge.terms_hash:
            return terms
    return None
