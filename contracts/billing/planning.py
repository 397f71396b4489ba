"""Which approved charges go onto which invoice, which become credit notes, and which small corrections are carried on.

Decides only, and writes nothing, so that the same rules serve the run, its dry run and the pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.billing.charge_steps import ContractBilling
from contracts.billing.models import BillingPolicy, Charge, InvoiceLine
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import OVER, State
from contracts.rating.result import Key
from marketplace.clock import today

POLICY_CURRENCY = "CNY"  # a licensor's own threshold is in fen; contracts in other currencies set theirs


def key_of(charge) -> dict:
    """What names a charge and all its corrections."""
    return {
        "element_id": charge.element_id,
        "part": charge.part,
        "period_start": charge.period_start,
        "period_end": charge.period_end,
    }


@dataclass
class Plan:
    """`invoices` by due date; `offset`: a charge and its correction that cancel out; `carried`: small corrections that
    wait for the next invoice; `waiting`: reductions of something that is not approved yet."""

    invoices: dict[date, list] = field(default_factory=dict)
    credits: list = field(default_factory=list)
    offset: list = field(default_factory=list)
    carried: list = field(default_factory=list)
    waiting: list = field(default_factory=list)


def plan(
    charges: Iterable,
    *,
    invoiced: set[Key],
    due_of: Callable[[object], date],
    first_of: Callable[[object], object | None],
    carry_below: int = 0,
) -> Plan:
    """Sort approved charges (anything with the fields of `Charge`) by what becomes of them.

    `invoiced`: keys that stand on an invoice already; `first_of`: the charge that a correction corrects, for its due
    date. What corrects an invoiced period is carried on while all of it together is below `carry_below` (minor units,
    either way): a debit then rides on the next invoice that is issued anyway, everything goes out together once the
    threshold is reached. Nothing is dropped.
    """
    found = Plan()
    small: list[list] = []
    groups: dict[Key, list] = defaultdict(list)
    for charge in charges:
        groups[Key(**key_of(charge))].append(charge)
    invoices: dict[date, list] = defaultdict(list)
    for key, rows in groups.items():
        net = sum(row.amount_minor for row in rows)
        if net == 0:
            found.offset += rows
        elif key not in invoiced:
            if net < 0:
                found.waiting += rows
                continue
            for row in rows:
                original = first_of(row) if row.amount_minor < 0 else None
                invoices[due_of(original or row)].append(row)
        elif all(row.before_minor is not None for row in rows):  # corrections alone
            small.append(rows)
        else:
            _out(rows, found, invoices, due_of)
    is_small = abs(sum(row.amount_minor for rows in small for row in rows)) < carry_below
    for rows in small:
        (_carry if is_small else _out)(rows, found, invoices, due_of)
    found.invoices = dict(sorted(invoices.items()))
    return found


def _out(rows, found: Plan, invoices, due_of) -> None:
    """What is left to ask for one key after its reductions stands on one invoice with them, so that nobody is billed a sum
    that was taken back before."""
    if sum(row.amount_minor for row in rows) > 0:
        invoices[max(due_of(row) for row in rows if row.amount_minor > 0)] += rows
        return
    for row in rows:
        if row.amount_minor < 0:
            found.credits.append(row)
        else:
            invoices[due_of(row)].append(row)


def _carry(rows, found: Plan, invoices, due_of) -> None:
    """A small debit rides on the first invoice that leaves it its time to pay; a small credit waits."""
    for row in rows:
        later = [on for on in invoices if on >= due_of(row)] if row.amount_minor > 0 else []
        if later:
            invoices[min(later)].append(row)
        else:
            found.carried.append(row)


def carry_below(contract: LicenceContract) -> int:
    """Corrections below this (minor units) are carried on; 0 where none are, and at the end of a contract."""
    if contract.state in (*OVER, State.WIND_DOWN) or (
        contract.term_ends_on is not None and contract.term_ends_on < today()
    ):
        return 0
    own = ContractBilling.objects.filter(contract=contract).values_list("carry_below_minor", flat=True)
    for minor in own:
        return minor
    if contract.terms.currency != POLICY_CURRENCY:
        return 0
    policy = BillingPolicy.objects.filter(organisation=contract.licensor_id)
    return policy.values_list("carry_below_minor", flat=True).first() or 0


def plan_for(
    contract: LicenceContract,
    charges: Sequence[Charge],
    due_of: Callable[[Charge], date],
    *,
    with_carried: bool = False,
    first_of: Callable[[Charge], Charge | None] | None = None,
) -> Plan:
    """The plan for charges of a contract; `with_carried`: small corrections go out too. `first_of` where not all of
    them are stored."""
    if all(charge.amount_minor > 0 and not charge.sequence for charge in charges):
        return plan(charges, invoiced=set(), due_of=due_of, first_of=lambda row: None)
    lines = InvoiceLine.objects.filter(charge__contract=contract)
    invoiced = {
        Key(*key)
        for key in lines.values_list(
            "charge__element_id", "charge__part", "charge__period_start", "charge__period_end"
        )
    }
    return plan(
        charges,
        invoiced=invoiced,
        due_of=due_of,
        first_of=first_of or (lambda row: contract.charges.filter(**key_of(row), sequence=0).first()),
        carry_below=0 if with_carried else carry_below(contract),
    )
