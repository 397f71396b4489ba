"""Bookings of commissions, distributions and payouts: pulled, each fact once by its key."""

from django.db.models import F
from django.utils.translation import gettext as _

from contracts.ledger.chart import AccountCode
from contracts.ledger.services import Line
from contracts.payments.booking import Booking, book_all, unbooked
from contracts.proceeds.models import Commission, Distribution, Payout
from contracts.proceeds.states import DistributionState, PayoutState, ShareKind


def post_commissions() -> int:
    """Commissions that the licensor pays; one that the licensee pays is not in the licensor's book."""

    def booking(row: Commission) -> Booking:
        number = row.contract.number
        lines = [
            Line(AccountCode.COMMISSION_EXPENSE, row.amount_minor, row.currency, number),
            Line(AccountCode.COMMISSION_PAYABLE, -row.amount_minor, row.currency, number),
        ]
        return row.payer, row.arose_on, _("Commission on contract %(n)s") % {"n": number}, lines

    rows = Commission.objects.filter(payer=F("contract__licensor")).exclude(amount_minor=0)
    return book_all(
        unbooked(rows.select_related("payer", "contract"), "commission", "payer"), "commission", booking
    )


def post_distributions() -> int:
    """Approved rewards of contributors and transfer staff; the institution's own part stays where it is."""

    def booking(row: Distribution) -> Booking | None:
        number = row.contract.number
        amount = sum(share.amount_minor for share in row.shares.all() if share.kind != ShareKind.UNIT)
        if not amount:
            return None
        lines = [
            Line(AccountCode.REWARD_EXPENSE, amount, row.currency, number),
            Line(AccountCode.REWARD_PAYABLE, -amount, row.currency, number),
        ]
        return (
            row.contract.licensor,
            row.notice_from,
            _("Distribution of contract %(n)s") % {"n": number},
            lines,
        )

    rows = Distribution.objects.filter(state__in=[DistributionState.APPROVED, DistributionState.PAID])
    rows = rows.select_related("contract__licensor").prefetch_related("shares")
    return book_all(unbooked(rows, "distribution", "contract__licensor"), "distribution", booking)


def post_payouts() -> int:
    def booking(row: Payout) -> Booking:
        is_share = row.share_id is not None
        account = AccountCode.REWARD_PAYABLE if is_share else AccountCode.COMMISSION_PAYABLE
        contract = row.share.distribution.contract if is_share else row.commission.contract
        lines = [
            Line(account, row.amount_minor, row.currency, contract.number),
            Line(AccountCode.BANK, -row.amount_minor, row.currency),
        ]
        return row.payer, row.paid_on, _("Payout %(n)s") % {"n": row.pk}, lines

    rows = Payout.objects.filter(state=PayoutState.PAID).exclude(
        commission__isnull=False, payer=F("commission__contract__licensee")
    )
    rows = rows.select_related("payer", "share__distribution__contract", "commission__contract")
    return book_all(unbooked(rows, "payout", "payer"), "payout", booking)


def book_proceeds() -> int:
    return post_commissions() + post_distributions() + post_payouts()
