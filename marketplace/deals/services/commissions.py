from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.deals.models import CommissionTerm, Deal
from marketplace.deals.standing import Standing, enter
from marketplace.deals.states import COMMISSION_NEXT, CommissionState, DealState, Side
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.refusals import NotPermitted, Refused, TransitionRefused, check

MAX_SHARES, MAX_NAME, MAX_NOTE = 20, 80, 1_000


@transaction.atomic
def propose_commission(
    deal: Deal,
    *,
    actor: Acting,
    payer_side: str,
    rate: Decimal,
    cap_minor: int | None = None,
    currency: str = "CNY",
    split: Sequence[dict] = (),
    note: str = "",
) -> CommissionTerm:
    """Agency or payer proposes the commission: `rate` (0.05, not 5) of the cash received, up to `cap_minor`
    (minor units), divided by `split` [{"name", "weight"}] by largest remainder in this order.

    A proposal that is still open is replaced. Only agency and payer are told, and only they can read it.
    Raises Refused for a rate outside 0–1, a cap that is not positive, a split without weights.
    """
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    if deal.state == DealState.CLOSED:
        raise TransitionRefused(current=deal.state, target="")
    if deal.agency_id is None:
        raise Refused(_("No agency takes part in this deal."))
    if payer_side not in (Side.LICENSOR, Side.LICENSEE):
        raise Refused(_("Choose who pays the commission."))
    _between_payer_and_agency(stands, payer_side)
    if stands.is_party:
        permit(actor, "offer.make", actor.organisation)
    rate = _share(rate)
    if cap_minor is not None and cap_minor <= 0:
        raise Refused(_("The cap of the commission must be above zero; leave it empty for none."))
    replaced = deal.commission_terms.filter(payer_side=payer_side, state=CommissionState.PROPOSED)
    replaced.update(state=CommissionState.SUPERSEDED, answered_at=now(), answered_by=actor.user)
    commission = CommissionTerm(
        deal=deal,
        agency=deal.agency,
        payer_side=payer_side,
        payer=deal.party(payer_side),
        rate=rate,
        cap_minor=cap_minor,
        currency=currency,
        split=_weights(split) or [{"name": deal.agency.name_zh or deal.agency.name_en, "weight": 1}],
        note=(note or "").strip()[:MAX_NOTE],
        proposed_side=stands.side,
        proposed_by=actor.user,
        proposed_at=now(),
    )
    commission.hash = commission.seal()
    commission.save()
    record(actor, "commission.proposed", commission)
    _tell(commission, "commission_proposed", actor)
    return commission


def _between_payer_and_agency(stands: Standing, payer_side: str) -> None:
    if stands.side not in (Side.AGENCY, payer_side):
        raise NotPermitted(_("A commission is agreed between the agency and the side that pays it."))


def _share(rate: Decimal) -> Decimal:
    if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 < rate <= 1:
        raise Refused(_("The rate of the commission must be above 0 % and at most 100 %."))
    if rate != rate.quantize(Decimal("0.000001")):
        raise Refused(_("The rate of the commission has at most four decimal places in per cent."))
    return rate


def _weights(split: Sequence[dict]) -> list[dict]:
    """Cleaned parts; raises Refused for a name missing or twice and for a weight that is not positive."""
    parts = [{"name": str(part["name"]).strip(), "weight": part["weight"]} for part in split]
    names = [part["name"] for part in parts]
    if len(parts) > MAX_SHARES:
        raise Refused(_("At most %(limit)s people share a commission.") % {"limit": MAX_SHARES})
    if any(not name or len(name) > MAX_NAME for name in names) or len(set(names)) < len(names):
        raise Refused(_("Each share needs a name, and each name stands once."))
    if any(type(part["weight"]) is not int or not 0 < part["weight"] <= 1_000_000 for part in parts):
        raise Refused(_("Each share needs a whole number above zero, such as 60 and 40."))
    return parts


def _answer(commission: CommissionTerm, actor: Acting, target: CommissionState) -> CommissionTerm:
    deal, stands = enter(commission.deal, actor=actor, permission="deal.write")
    commission = (
        CommissionTerm.objects.select_related("agency", "payer")
        .select_for_update(of=("self",))
        .get(pk=commission.pk)
    )
    _between_payer_and_agency(stands, commission.payer_side)
    if stands.side == commission.proposed_side:
        raise NotPermitted(_("The other one of agency and payer answers this proposal."))
    if stands.is_party:
        permit(actor, "offer.accept", actor.organisation)
    check(commission.state, target, COMMISSION_NEXT)
    if deal.state == DealState.CLOSED:
        raise TransitionRefused(current=deal.state, target="")
    if target == CommissionState.AGREED:
        deal.commission_terms.filter(payer_side=commission.payer_side, state=CommissionState.AGREED).update(
            state=CommissionState.SUPERSEDED
        )
    commission.state, commission.answered_at, commission.answered_by = target, now(), actor.user
    commission.save(update_fields=["state", "answered_at", "answered_by"])
    record(actor, f"commission.{target.lower()}", commission)
    _tell(commission, "commission_answered", actor)
    return commission


@transaction.atomic
def agree_commission(commission: CommissionTerm, *, actor: Acting) -> CommissionTerm:
    """The other one of agency and payer agrees; an earlier agreement with the same payer is replaced.

    Raises TransitionRefused when it was answered or replaced, NotPermitted for the proposer and for others.
    """
    return _answer(commission, actor, CommissionState.AGREED)


@transaction.atomic
def decline_commission(commission: CommissionTerm, *, actor: Acting) -> CommissionTerm:
    """The other one of agency and payer declines. Raises as `agree_commission`."""
    return _answer(commission, actor, CommissionState.DECLINED)


def _tell(commission: CommissionTerm, template: str, actor: Acting) -> None:
    """Tell the other one of agency and payer; nobody else may know."""
    other = commission.payer if actor.is_for(commission.agency) else commission.agency
    notify(
        members(other, "deal.write"),
        f"deals/{template}",
        path=commission.deal.get_absolute_url(),
        deal=commission.deal,
        by=actor.organisation,
        commission=commission,
    )
