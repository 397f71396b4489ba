"""收益分配: proposed by finance, approved by somebody else, made known, then paid out."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.working_days import add_working_days
from contracts.proceeds import rules
from contracts.proceeds.models import (
    Commission,
    DirectCost,
    DistributedAllocation,
    Distribution,
    DistributionPlan,
    DistributionShare,
    Payout,
)
from contracts.proceeds.payouts import NOTICE_WORKING_DAYS, finish, nudge_books
from contracts.proceeds.plans import Contributor, check_floors, contributors_of
from contracts.proceeds.queries import given_shares, net_of, undistributed
from contracts.proceeds.states import (
    DISTRIBUTION_NEXT,
    DistributionState,
    ShareKind,
)
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import addressed, members, permit
from marketplace.refusals import NotPermitted, Refused, check


@dataclass(frozen=True)
class Calculation:
    """What a distribution would say now."""

    allocations: list
    bases: list[int]
    costs: list[DirectCost]
    receipt: Money
    cost: Money
    net: Money
    cumulative: Money
    floor: Money
    shares: rules.Shares
    people: list[Contributor]
    working: dict


def calculate(contract: LicenceContract, plan: DistributionPlan, *, on: date | None = None) -> Calculation:
    """The distribution of what was received and not distributed yet, by the cumulative base.

    Raises Refused when nothing waits, Incomplete for unknown contributors' shares or a share below a floor.
    """
    on = on or today()
    allocations = list(undistributed(contract))
    if not allocations:
        raise Refused(_("No receipt of this contract waits to be distributed."))
    currency = allocations[0].payment.currency
    allocations = [row for row in allocations if row.payment.currency == currency]
    people = contributors_of(contract)
    known = check_floors(contract, plan.team_share, on)
    rule = rules.DistributionRule(
        team=plan.team_share,
        staff_of_retained=plan.staff_of_retained,
        inventors=tuple(person.share for person in people),
    )
    bases = [net_of(row) for row in allocations]
    costs = list(contract.direct_costs.filter(distribution__isnull=True, currency=currency))
    receipt = Money(sum(bases), currency)
    cost = Money(sum(row.amount_minor for row in costs), currency)
    earlier = [
        rules.Movement(Money(row.receipt_minor, currency), Money(row.cost_minor, currency))
        for row in contract.distributions.standing().filter(currency=currency).order_by("pk")
    ]
    before = rules.distributable(earlier, currency)
    cumulative = rules.distributable([*earlier, rules.Movement(receipt, cost)], currency)
    given = _given(contract, len(people), currency)
    shares = rules.distribute(rule, cumulative, given)
    floor = rules.floor_amount(cumulative, on) if contract.licensor.is_research else Money(0, currency)
    _within_receipts(contract, receipt, shares, currency)
    working = {
        "on": on.isoformat(),
        "basis": plan.basis,
        "receipts": [
            {
                "invoice": row.invoice.number,
                "received_on": row.payment.received_on.isoformat(),
                "gross_minor": row.amount_minor,
                "net_minor": base,
            }
            for row, base in zip(allocations, bases, strict=True)
        ],
        "costs": [
            {
                "on": c.on.isoformat(),
                "text": c.text,
                "minor": c.amount_minor,
                "commission": bool(c.commission_id),
            }
            for c in costs
        ],
        "before_minor": before.minor,
        "cumulative_minor": cumulative.minor,
        "team_share": str(plan.team_share.normalize()),
        "staff_of_retained": str(plan.staff_of_retained.normalize()),
        "floors": [
            {
                "kind": f.kind,
                "words": f.words,
                "source": f.source,
                "share": None if f.share is None else str(f.share),
            }
            for f in known
        ],
    }
    return Calculation(
        allocations,
        bases,
        costs,
        receipt,
        cost,
        cumulative - before,
        cumulative,
        floor,
        shares,
        people,
        working,
    )


def _given(contract: LicenceContract, people: int, currency: str) -> rules.Shares:
    given = given_shares(contract)

    def of(kind, place=0):
        return Money(given.get((kind, place), 0), currency)

    inventors = tuple(of(ShareKind.INVENTOR, place) for place in range(people))
    return rules.Shares(inventors, of(ShareKind.STAFF), of(ShareKind.UNIT))


def _within_receipts(contract, receipt: Money, shares: rules.Shares, currency: str) -> None:
    """What leaves the institution never exceeds what came in: team, staff and the commissions that it pays."""
    received = receipt.minor + (
        contract.distributions.standing().filter(currency=currency).aggregate(t=Sum("receipt_minor"))["t"]
        or 0
    )
    given = given_shares(contract)
    out = sum(amount for (kind, _place), amount in given.items() if kind != ShareKind.UNIT)
    out += shares.team.minor + shares.staff.minor
    rows = Commission.objects.filter(contract=contract, payer=contract.licensor, currency=currency)
    out += rows.aggregate(t=Sum("amount_minor"))["t"] or 0
    if out > max(received, 0):
        raise Refused(
            _(
                "Team, transfer staff and commission together would get more than was received (%(received)s)."
                " Let the commission count as a direct cost, or agree on other shares."
            )
            % {"received": Money(received, currency)}
        )


@transaction.atomic
def propose_distribution(contract: LicenceContract, *, actor, words: str = "") -> Distribution:
    """Finance proposes the distribution of the receipts that wait. Raises Refused while another proposal waits
    or no plan stands, and as `calculate`."""
    permit(actor, "distribution.propose", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    plan = DistributionPlan.objects.filter(contract=contract).first()
    if plan is None:
        raise Refused(_("Say first how the income of this contract is shared."))
    if contract.distributions.filter(state=DistributionState.PROPOSED).exists():
        raise Refused(_("A proposal for this contract waits for approval already."))
    found = calculate(contract, plan)
    distribution = Distribution.objects.create(
        contract=contract,
        receipt_minor=found.receipt.minor,
        cost_minor=found.cost.minor,
        net_minor=found.net.minor,
        cumulative_net_minor=found.cumulative.minor,
        floor_minor=found.floor.minor,
        currency=found.net.currency,
        working=found.working,
        proposed_by=actor.user,
        words=words.strip()[:300],
    )
    DistributedAllocation.objects.bulk_create(
        DistributedAllocation(distribution=distribution, allocation=row, base_minor=base)
        for row, base in zip(found.allocations, found.bases, strict=True)
    )
    DirectCost.objects.filter(pk__in=[cost.pk for cost in found.costs]).update(distribution=distribution)
    DistributionShare.objects.bulk_create(_shares(distribution, plan, found))
    record(actor, "distribution.proposed", distribution, net_minor=found.net.minor)
    notify(
        members(contract.licensor, "distribution.approve"),
        "proceeds/distribution_proposed",
        path=distribution.get_absolute_url(),
        contract=contract,
        net=str(found.net),
    )
    return distribution


def _shares(
    distribution: Distribution, plan: DistributionPlan, found: Calculation
) -> list[DistributionShare]:
    rows = [
        DistributionShare(
            distribution=distribution,
            kind=ShareKind.INVENTOR,
            name=person.name,
            name_en=person.name_en,
            unit=person.unit,
            unit_en=person.unit_en,
            user_id=person.user_id,
            share=person.share,
            amount_minor=amount.minor,
        )
        for person, amount in zip(found.people, found.shares.inventors, strict=True)
    ]
    licensor = distribution.contract.licensor
    retained = 1 - plan.staff_of_retained
    for kind, share, name, amount in (
        (ShareKind.STAFF, plan.staff_of_retained, _("Transfer staff"), found.shares.staff),
        (ShareKind.UNIT, retained, licensor.name_zh or licensor.name_en, found.shares.unit),
    ):
        rows.append(
            DistributionShare(
                distribution=distribution, kind=kind, name=name, share=share, amount_minor=amount.minor
            )
        )
    return rows


@transaction.atomic
def approve_distribution(distribution: Distribution, *, actor) -> Distribution:
    """An approver, never the proposer, approves: the reward is made known inside for 15 working days, and
    the payouts arise. Raises Refused when receipts changed since the proposal."""
    contract = distribution.contract
    permit(actor, "distribution.approve", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    distribution = Distribution.objects.select_for_update().get(pk=distribution.pk)
    check(distribution.state, DistributionState.APPROVED, DISTRIBUTION_NEXT)
    if distribution.proposed_by_id == actor.user.pk:
        raise NotPermitted(_("Nobody approves a distribution of their own proposal."))
    own = distribution.shares.filter(user=actor.user, kind=ShareKind.INVENTOR)
    if own.exists():
        raise NotPermitted(_("You get a share of this distribution; somebody else has to approve it."))
    if undistributed(contract).filter(amount_minor__lt=0).exists():
        raise Refused(_("Money was given back since this was proposed: return it and propose it anew."))
    distribution.state, distribution.decided_at = DistributionState.APPROVED, now()
    distribution.decided_by = actor.user
    distribution.notice_from = today()
    distribution.notice_until = add_working_days(today(), NOTICE_WORKING_DAYS)
    distribution.save()
    shares = list(distribution.shares.select_related("user"))
    Payout.objects.bulk_create(
        Payout(
            payer=contract.licensor,
            share=share,
            payee_name=share.name,
            amount_minor=share.amount_minor,
            currency=distribution.currency,
            due_from=distribution.notice_until,
        )
        for share in shares
        if share.kind != ShareKind.UNIT and share.amount_minor
    )
    record(actor, "distribution.approved", distribution, net_minor=distribution.net_minor)
    finish(distribution)
    for share in shares:
        if share.user is not None and share.kind == ShareKind.INVENTOR:
            notify(
                [addressed(share.user, contract.licensor)],
                "proceeds/share_approved",
                path="/my-income/",
                contract=contract,
                amount=str(Money(share.amount_minor, distribution.currency)),
                until=distribution.notice_until,
            )
    notify(
        members(contract.licensor, "payout.confirm"),
        "proceeds/distribution_approved",
        path=distribution.get_absolute_url(),
        contract=contract,
        until=distribution.notice_until,
    )
    nudge_books()
    return distribution


@transaction.atomic
def return_distribution(distribution: Distribution, *, actor, words: str) -> Distribution:
    """The approver returns a proposal with words; its receipts and costs are free again."""
    permit(actor, "distribution.approve", distribution.contract.licensor)
    if not words.strip():
        raise Refused(_("Say what should change."))
    LicenceContract.objects.select_for_update().get(pk=distribution.contract_id)
    distribution = Distribution.objects.select_for_update().get(pk=distribution.pk)
    check(distribution.state, DistributionState.RETURNED, DISTRIBUTION_NEXT)
    distribution.state, distribution.decided_at = DistributionState.RETURNED, now()
    distribution.decided_by, distribution.words = actor.user, words.strip()[:300]
    distribution.save()
    distribution.movements.update(released=True)
    distribution.costs.update(distribution=None)
    record(actor, "distribution.returned", distribution)
    notify(
        members(distribution.contract.licensor, "distribution.propose"),
        "proceeds/distribution_returned",
        path=distribution.get_absolute_url(),
        contract=distribution.contract,
        words=distribution.words,
    )
    return distribution
