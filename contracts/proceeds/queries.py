"""What was received for a contract without VAT, and what of it still waits to be distributed."""

from fractions import Fraction

from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from contracts.lifecycle.models import ContractAnnex, LicenceContract
from contracts.payments.models import Allocation
from contracts.proceeds.models import Commission, DistributedAllocation, Distribution, DistributionShare
from contracts.proceeds.states import ShareKind
from marketplace.money import half_up


def net_of(allocation: Allocation) -> int:
    """An allocation without VAT, in minor units: the invoice's net is spread over its allocations cumulatively,
    so that a fully paid invoice gives exactly its net sum whatever the parts were."""
    invoice = allocation.invoice
    before = (
        invoice.allocations.filter(pk__lt=allocation.pk).aggregate(total=Sum("amount_minor"))["total"] or 0
    )
    ratio = Fraction(invoice.net_minor, invoice.total_minor)
    return half_up((before + allocation.amount_minor) * ratio) - half_up(before * ratio)


def undistributed(contract: LicenceContract) -> QuerySet[Allocation]:
    """Allocations, undone ones included, that no standing distribution has taken."""
    taken = DistributedAllocation.objects.filter(allocation=OuterRef("pk"), released=False)
    rows = Allocation.objects.filter(~Exists(taken), invoice__contract=contract)
    return rows.select_related("invoice", "payment").order_by("pk")


def with_undistributed(contracts: QuerySet[LicenceContract]) -> QuerySet[LicenceContract]:
    """Contracts for which something waits to be distributed."""
    taken = DistributedAllocation.objects.filter(allocation=OuterRef("pk"), released=False)
    waiting = Allocation.objects.filter(~Exists(taken), invoice__contract=OuterRef("pk"))
    return contracts.filter(Exists(waiting))


def uncommissioned(contract_id: int, annex_id: int) -> QuerySet[Allocation]:
    """Allocations of a contract for which an annex has no commission row yet, oldest first."""
    done = Commission.objects.filter(annex_id=annex_id, allocation=OuterRef("pk"))
    rows = Allocation.objects.filter(~Exists(done), invoice__contract_id=contract_id)
    return rows.select_related("invoice", "payment").order_by("pk")


def behind(annexes: QuerySet[ContractAnnex]) -> QuerySet[ContractAnnex]:
    """Commission annexes with allocations for which they have no row yet."""
    done = Commission.objects.filter(annex=OuterRef(OuterRef("pk")), allocation=OuterRef("pk"))
    waiting = Allocation.objects.filter(~Exists(done), invoice__contract=OuterRef("contract"))
    return annexes.filter(Exists(waiting)).select_related("contract").order_by("contract_id", "pk")


def given_shares(contract: LicenceContract, before: Distribution | None = None) -> dict[tuple[str, int], int]:
    """(kind, place) → minor units given by the standing distributions so far; place counts inside a kind."""
    given: dict[tuple[str, int], int] = {}
    distributions = contract.distributions.standing().order_by("pk").prefetch_related("shares")
    for distribution in distributions:
        if before is not None and distribution.pk >= before.pk:
            break
        places = dict.fromkeys(ShareKind.values, 0)
        for share in sorted(distribution.shares.all(), key=lambda share: share.pk):
            key = (share.kind, places[share.kind])
            places[share.kind] += 1
            given[key] = given.get(key, 0) + share.amount_minor
    return given


def income_of(user) -> QuerySet[DistributionShare]:
    """A person's own approved shares, newest first, with what the page says about them."""
    rows = DistributionShare.objects.of_person(user).filter(kind=ShareKind.INVENTOR)
    return rows.select_related("distribution__contract__licensor", "payout").order_by(
        "-distribution_id", "pk"
    )


def total_of(shares: QuerySet[DistributionShare]) -> list[dict]:
    """Sum and paid sum per currency."""
    return list(
        shares.order_by()
        .values(currency=F("distribution__currency"))
        .annotate(total=Coalesce(Sum("amount_minor"), 0))
        .order_by("currency")
    )
