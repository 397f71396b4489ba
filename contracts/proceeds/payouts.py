"""What is paid out, and the day on which everything of a distribution is."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import LicenceContract
from contracts.proceeds.models import (
    Distribution,
    Payout,
)
from contracts.proceeds.states import (
    PAYOUT_NEXT,
    DistributionState,
    PayoutState,
)
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now, today
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused, check

# Working days for which a reward is made known inside the institution before the income-tax relief of its
# receivers can be claimed: 国科发政〔2018〕103号 (to be verified).
NOTICE_WORKING_DAYS = 15
NOTICE_SOURCE = "国科发政〔2018〕103号（待核实 / to be verified）"


def nudge_books() -> None:
    from contracts.proceeds.tasks import book_proceeds, make_statements

    nudge(book_proceeds)
    nudge(make_statements)


@transaction.atomic
def confirm_payouts(
    payer, *, actor, ids: Sequence[int], paid_on: date, reference: str = "", early: bool = False
) -> list[Payout]:
    """Finance confirms that payouts left the bank (or were set off). Nothing is confirmed unless all can be.

    Raises Refused for a day in the future, and for rewards before the end of their internal notice unless `early`
    says that the relief is given up knowingly; TransitionRefused for one that is paid already.
    """
    permit(actor, "payout.confirm", payer)
    if paid_on > today():
        raise Refused(_("The day of payment cannot lie in the future."))
    contracts = Payout.objects.filter(pk__in=ids, share__isnull=False)
    contract_ids = contracts.values_list("share__distribution__contract_id", flat=True)
    list(LicenceContract.objects.select_for_update().filter(pk__in=list(contract_ids)).order_by("pk"))
    payouts = list(Payout.objects.select_for_update().filter(payer=payer, pk__in=ids).order_by("pk"))
    if len(payouts) != len(set(ids)) or not payouts:
        raise Refused(_("Choose at least one payout of your organisation."))
    for payout in payouts:
        check(payout.state, PayoutState.PAID, PAYOUT_NEXT)
        is_early = payout.due_from is not None and paid_on <= payout.due_from
        if is_early and not early:
            raise Refused(
                _(
                    "The reward for %(name)s is made known until %(until)s. Paid before that, the income-tax"
                    " relief is lost (%(source)s). Confirm that you pay early knowingly."
                )
                % {"name": payout.payee_name, "until": payout.due_from, "source": NOTICE_SOURCE},
                code="early",
            )
        payout.state, payout.paid_on, payout.paid_early = PayoutState.PAID, paid_on, is_early
        payout.reference, payout.confirmed_at = reference.strip()[:120], now()
        payout.confirmed_by = actor.user
        payout.save()
        record(actor, "payout.confirmed", payout, amount_minor=payout.amount_minor)
    for distribution in Distribution.objects.filter(shares__payout__in=payouts).distinct():
        finish(distribution)
    nudge_books()
    return payouts


def finish(distribution: Distribution) -> None:
    """A distribution whose payouts are all paid is paid out."""
    waiting = Payout.objects.filter(share__distribution=distribution, state=PayoutState.DUE)
    if distribution.state == DistributionState.APPROVED and not waiting.exists():
        distribution.state = DistributionState.PAID
        distribution.save(update_fields=["state"])
