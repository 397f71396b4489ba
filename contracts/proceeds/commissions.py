"""佣金: arises only from confirmed allocations, by the cumulative base, and goes back with them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import ContractAnnex, LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.payments.models import Allocation
from contracts.proceeds import rules
from contracts.proceeds.models import Commission, DirectCost, Payout
from contracts.proceeds.queries import behind, net_of, uncommissioned
from marketplace.audit.services import record
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members


def accrue_commissions() -> int:
    """Commission of every allocation that has none yet, for each commission annex of its contract.

    Pulled by the timer and after receipts where something changed (see `lifecycle.looks`); running it twice adds
    nothing. Returns how many rows were made.
    """
    count: dict[int, int] = {}

    def look(contracts: Sequence[LicenceContract]) -> dict[int, date]:
        found = dict.fromkeys((contract.pk for contract in contracts), 0)
        for annex in behind(_annexes().filter(contract__in=contracts)):
            found[annex.contract_id] += _accrue(annex)
        count.update(found)
        return dict.fromkeys(found, date.max)

    brokered = LicenceContract.objects.filter(Exists(_annexes().filter(contract=OuterRef("pk"))))
    look_after(Task.COMMISSION, brokered, look)
    return sum(count.values())


def _annexes() -> QuerySet[ContractAnnex]:
    return ContractAnnex.objects.filter(kind=ContractAnnex.Kind.COMMISSION)


def _accrue(annex: ContractAnnex) -> int:
    contract = annex.contract
    made = [_commission(contract, annex, row) for row in uncommissioned(contract.pk, annex.pk)]
    if any(commission.amount_minor for commission in made):
        total = sum(commission.amount_minor for commission in made)
        notify(
            members(made[0].agency, "commission.read"),
            "proceeds/commission_accrued",
            path="/commissions/",
            contract=contract,
            total=str(Money(total, made[0].currency)),
        )
    return len(made)


def _commission(contract: LicenceContract, annex: ContractAnnex, allocation: Allocation) -> Commission:
    """The share of the cumulative receipts without VAT, minus what was given: several receipts and refunds
    strand nothing. The cap is for the whole of the contract."""
    content = annex.content
    currency = allocation.payment.currency
    earlier = list(Commission.objects.filter(annex=annex, currency=currency).order_by("pk"))
    base = net_of(allocation)
    cumulative = base + sum(row.base_minor for row in earlier)
    split = content["split"] or [{"name": "", "weight": 1}]
    given = [
        Money(sum(row.parts[place]["minor"] for row in earlier), currency) for place in range(len(split))
    ]
    cap = content.get("cap_minor")
    amounts = rules.commission(
        Money(cumulative, currency),
        rate=Decimal(content["rate"]),
        shares=[part["weight"] for part in split],
        given=given,
        cap=Money(cap, currency)
        if cap is not None and content.get("currency", currency) == currency
        else None,
    )
    commission = Commission.objects.create(
        contract=contract,
        annex=annex,
        allocation=allocation,
        agency_id=content["agency"],
        payer_id=content["payer"],
        base_minor=base,
        cumulative_base_minor=cumulative,
        amount_minor=sum(amount.minor for amount in amounts),
        currency=currency,
        parts=[{**part, "minor": amount.minor} for part, amount in zip(split, amounts, strict=True)],
        rate=Decimal(content["rate"]),
        arose_on=allocation.allocated_on,
    )
    record(None, "commission.accrued", commission, amount_minor=commission.amount_minor)
    if commission.amount_minor:
        _owe(contract, commission)
    return commission


def _owe(contract: LicenceContract, commission: Commission) -> None:
    Payout.objects.create(
        payer=commission.payer,
        commission=commission,
        payee_name=commission.agency.name_zh or commission.agency.name_en,
        amount_minor=commission.amount_minor,
        currency=commission.currency,
    )
    plan = getattr(contract, "distribution_plan", None)
    if commission.payer_id == contract.licensor_id and plan is not None and plan.commission_is_cost:
        DirectCost.objects.create(
            contract=contract,
            on=commission.arose_on,
            text=_("Commission"),
            amount_minor=commission.amount_minor,
            currency=commission.currency,
            commission=commission,
        )
