"""Bookings of commissions, distributions and payouts: pulled, each fact once by its key."""

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contracts.ledger.chart import AccountCode
from contracts.ledger.services import Line
from contracts.ledger.sources import Booking, Source, book, register
from contracts.proceeds.models import Commission, Distribution, Payout
from contracts.proceeds.states import DistributionState, PayoutState, ShareKind


def _of_commission(row: Commission) -> Booking:
    number = row.contract.number
    lines = [
        Line(AccountCode.COMMISSION_EXPENSE, row.amount_minor, row.currency, number),
        Line(AccountCode.COMMISSION_PAYABLE, -row.amount_minor, row.currency, number),
    ]
    return row.payer, row.arose_on, _("Commission on contract %(n)s") % {"n": number}, lines


def _of_distribution(row: Distribution) -> Booking | None:
    """Approved rewards of contributors and transfer staff; the institution's own part stays where it is."""
    number = row.contract.number
    amount = sum(share.amount_minor for share in row.shares.all() if share.kind != ShareKind.UNIT)
    if not amount:
        return None
    lines = [
        Line(AccountCode.REWARD_EXPENSE, amount, row.currency, number),
        Line(AccountCode.REWARD_PAYABLE, -amount, row.currency, number),
    ]
    return row.contract.licensor, row.notice_from, _("Distribution of contract %(n)s") % {"n": number}, lines


def _of_payout(row: Payout) -> Booking:
    is_share = row.share_id is not None
    account = AccountCode.REWARD_PAYABLE if is_share else AccountCode.COMMISSION_PAYABLE
    contract = row.share.distribution.contract if is_share else row.commission.contract
    lines = [
        Line(account, row.amount_minor, row.currency, contract.number),
        Line(AccountCode.BANK, -row.amount_minor, row.currency),
    ]
    return row.payer, row.paid_on, _("Payout %(n)s") % {"n": row.pk}, lines


def _commissions() -> QuerySet[Commission]:
    """Commissions that the licensor pays; one that the licensee pays is not in the licensor's book."""
    rows = Commission.objects.filter(payer=F("contract__licensor")).exclude(amount_minor=0)
    return rows.select_related("payer", "contract")


def _distributions() -> QuerySet[Distribution]:
    rows = Distribution.objects.filter(state__in=[DistributionState.APPROVED, DistributionState.PAID])
    return rows.select_related("contract__licensor").prefetch_related("shares")


def _payouts() -> QuerySet[Payout]:
    rows = Payout.objects.filter(state=PayoutState.PAID).exclude(
        commission__isnull=False, payer=F("commission__contract__licensee")
    )
    return rows.select_related("payer", "share__distribution__contract", "commission__contract")


COMMISSIONS = register(Source("commission", _commissions, _of_commission, issuer="payer"))
DISTRIBUTIONS = register(
    Source("distribution", _distributions, _of_distribution, issuer="contract__licensor")
)
PAYOUTS = register(Source("payout", _payouts, _of_payout, issuer="payer"))


def book_proceeds() -> int:
    return book((COMMISSIONS, DISTRIBUTIONS, PAYOUTS))
