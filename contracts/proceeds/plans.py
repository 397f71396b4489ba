"""收益分配方案: the plan of a contract, its floors, and the direct costs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import ContractAnnex, LicenceContract
from contracts.proceeds import rules
from contracts.proceeds.models import (
    DirectCost,
    DistributionPlan,
)
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.organisations.acting import permit
from marketplace.refusals import Incomplete, Refused


@dataclass(frozen=True)
class Contributor:
    name: str
    unit: str
    user_id: int | None
    share: Decimal
    name_en: str = ""
    unit_en: str = ""


def contributors_of(contract: LicenceContract) -> list[Contributor]:
    """The contributors' shares as the contract's annex holds them.

    Raises Incomplete where the annex is missing, a share is unknown or the shares are not a whole.
    """
    annex = contract.annexes.filter(kind=ContractAnnex.Kind.CONTRIBUTORS).order_by("-pk").first()
    rows = annex.content if annex else []
    rows = rows.get("contributors", []) if isinstance(rows, dict) else rows
    missing, found = [], []
    for row in rows:
        try:
            share = Decimal(str(row.get("share")))
        except InvalidOperation:
            missing.append(_("The share of %(name)s is not recorded.") % {"name": row.get("name", "?")})
            continue
        found.append(
            Contributor(
                row.get("name", ""),
                row.get("unit") or "",
                row.get("user_id"),
                share,
                row.get("name_en") or "",
                row.get("unit_en") or "",
            )
        )
    if not rows:
        missing.append(_("The contract has no annex with the contributors' shares."))
    elif not missing and sum(person.share for person in found) != 1:
        missing.append(_("The contributors' shares do not add up to 100 %."))
    if missing:
        raise Incomplete(missing, _("Nothing can be distributed yet."))
    return found


@dataclass(frozen=True)
class Floor:
    """A lowest share of the team, where it comes from, and whether a plan keeps it. `share` None: not published."""

    kind: str
    words: str
    source: str
    share: Decimal | None
    kept: bool


def floors(contract: LicenceContract, team_share: Decimal, on: date) -> list[Floor]:
    """The floors of law and programme for the team's share on a day, with their sources."""
    found = []
    lawful = rules.statutory_floor(on)
    if lawful is not None and contract.licensor.is_research:
        kept = team_share >= lawful.share
        found.append(Floor("LAW", _("Lowest share of the team by law"), lawful.source, lawful.share, kept))
    rule = contract.programme.rule("TEAM_SHARE_FLOOR", on) if contract.programme_id else None
    if rule is not None:
        share = Decimal(str(rule.value)) if rule.value is not None else None
        words = _("Lowest share of the team under the programme %(name)s") % {"name": contract.programme.name}
        found.append(Floor("PROGRAMME", words, rule.source, share, share is None or team_share >= share))
    return found


def check_floors(contract: LicenceContract, team_share: Decimal, on: date) -> list[Floor]:
    known = floors(contract, team_share, on)
    broken = [
        _("%(words)s: %(share)s %% (%(source)s).")
        % {
            "words": floor.words,
            "share": f"{(floor.share * 100).normalize():f}",
            "source": floor.source or _("no source recorded"),
        }
        for floor in known
        if not floor.kept
    ]
    if broken:
        raise Incomplete(broken, _("The team's share is below a floor; nothing was saved."))
    return known


@transaction.atomic
def save_plan(
    contract: LicenceContract,
    *,
    actor,
    team_share: Decimal,
    staff_of_retained: Decimal,
    basis: str,
    commission_is_cost: bool = False,
) -> DistributionPlan:
    """How the net income of a contract is shared. Raises Incomplete with the sources for a team's share below a
    floor, Refused once something was approved by the plan: what people were promised stands."""
    permit(actor, "distribution.propose", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if not (0 <= team_share <= 1 and 0 <= staff_of_retained <= 1):
        raise Refused(_("A share lies between 0 % and 100 %."))
    if not basis.strip():
        raise Refused(_("Name the internal rule or agreement on which the plan rests."))
    check_floors(contract, team_share, today())
    if contract.distributions.standing().exists():
        raise Refused(_("A distribution was made by the present plan; it stands for this contract."))
    plan, _made = DistributionPlan.objects.update_or_create(
        contract=contract,
        defaults={
            "team_share": team_share,
            "staff_of_retained": staff_of_retained,
            "basis": basis.strip()[:200],
            "commission_is_cost": commission_is_cost,
            "changed_at": now(),
            "changed_by": actor.user,
        },
    )
    _match_commission_costs(contract, plan)
    record(
        actor,
        "distribution.planned",
        contract,
        team=str(team_share),
        staff_of_retained=str(staff_of_retained),
    )
    return plan


def _match_commission_costs(contract: LicenceContract, plan: DistributionPlan) -> None:
    """Commissions that arose before the plan was saved count as its `commission_is_cost` says."""
    free = contract.direct_costs.filter(commission__isnull=False, distribution__isnull=True)
    if not plan.commission_is_cost:
        free.delete()
        return
    for commission in contract.commissions.filter(payer=contract.licensor, as_cost__isnull=True):
        if commission.amount_minor:
            DirectCost.objects.create(
                contract=contract,
                on=commission.arose_on,
                text=_("Commission"),
                amount_minor=commission.amount_minor,
                currency=commission.currency,
                commission=commission,
            )


@transaction.atomic
def add_cost(
    contract: LicenceContract, *, actor, on: date, text: str, amount_minor: int, currency: str = "CNY"
) -> DirectCost:
    """Enter a direct cost; the next distribution takes it off. Raises Refused for the same one again: a form
    that was sent twice."""
    permit(actor, "distribution.propose", contract.licensor, against=contract.licensee)
    if amount_minor <= 0:
        raise Refused(_("The amount must be above zero."))
    if on > today():
        raise Refused(_("The day of a cost cannot lie in the future."))
    if not text.strip():
        raise Refused(_("Say what the cost was for."))
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if contract.direct_costs.filter(
        on=on, text=text.strip()[:200], amount_minor=amount_minor, currency=currency
    ):
        raise Refused(_("The same cost is entered already. If you mean another one, word it differently."))
    cost = DirectCost.objects.create(
        contract=contract,
        on=on,
        text=text.strip()[:200],
        amount_minor=amount_minor,
        currency=currency,
        recorded_by=actor.user,
    )
    record(actor, "distribution.cost_added", contract, cost=cost.pk, amount_minor=amount_minor)
    return cost


@transaction.atomic
def remove_cost(cost: DirectCost, *, actor) -> None:
    """Take back a cost that no distribution has used."""
    permit(actor, "distribution.propose", cost.contract.licensor)
    LicenceContract.objects.select_for_update().get(pk=cost.contract_id)
    cost = DirectCost.objects.select_for_update(of=("self",)).get(pk=cost.pk)
    if cost.distribution_id or cost.commission_id:
        raise Refused(_("This cost is part of a distribution or follows from a commission."))
    record(actor, "distribution.cost_removed", cost.contract, cost=cost.pk, amount_minor=cost.amount_minor)
    cost.delete()
