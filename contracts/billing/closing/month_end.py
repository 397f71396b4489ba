"""The end of a month for all contracts: one job that can be left, resumed and run twice.

One item per contract. A batch of items is charged and invoiced in one transaction, which also marks the items:
after a crash each contract is either wholly done or waits. A batch that fails is tried one by one, and a contract
that fails alone keeps its problem for a person. Two workers share the work, since each skips what the other holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from django.db import connection, transaction
from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from contracts.batches import work_off
from contracts.billing.charging import charge_locked
from contracts.billing.closing.drafts import issue, open_drafts
from contracts.billing.closing.models import RUN_NEXT, ItemState, MonthEndItem, MonthEndRun, RunState
from contracts.billing.finalising import locked_contracts
from contracts.billing.models import BillingPolicy, Charge, ChargeState
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from marketplace.alone import alone
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now, today
from marketplace.organisations.acting import Acting, acting_for, permit
from marketplace.organisations.models import Membership
from marketplace.refusals import NotPermitted, Refused, check

BATCH = 100
RESUMING = 0x6D6F6E7468  # the name of an advisory lock
NOTHING_MORE = (State.WITHDRAWN,)


def month_before(day: date) -> date:
    """The first day of the last month that is over."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)


@transaction.atomic
def start_month_end(*, actor: Acting, month: date) -> MonthEndRun:
    """A licensor's finance ends a month: what has accrued is approved and invoiced, in its name.

    The same month again gives the run that is there; it is resumed. Raises Refused for a month that is not over.
    """
    permit(actor, "invoice.issue", actor.organisation)
    permit(actor, "charge.approve", actor.organisation)
    return _start(month, issuer=actor.organisation, actor=actor)


@transaction.atomic
def start_market_month_end(*, month: date, actor: Acting | None = None) -> MonthEndRun:
    """The run over all contracts: everything is charged; licensors that bill without a person are invoiced.
    `actor` is the operator, None the timer."""
    if actor is not None:
        permit(actor, "market.watch", actor.organisation)
    return _start(month, issuer=None, actor=actor)


def _start(month: date, *, issuer, actor) -> MonthEndRun:
    month = month.replace(day=1)
    if month > month_before(today()):
        raise Refused(_("This month is not over yet."))
    run, made = MonthEndRun.objects.get_or_create(
        issuer=issuer, month=month, defaults={"started_by": getattr(actor, "user", None)}
    )
    if made:
        _fill(run)
        record(actor, "month_end.started", run, month=f"{month:%Y-%m}")
    _nudge(run)
    return run


def _fill(run: MonthEndRun) -> None:
    """One item per contract in effect, in the database, however many there are."""
    rows = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOTHING_MORE)
    if run.issuer_id:
        rows = rows.filter(licensor=run.issuer_id)
    sql, parameters = rows.order_by("pk").values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contracts_monthenditem (run_id, contract_id, state, charges, invoices, total_minor,"
            " currency, draft, held, problem)"
            f" SELECT %s, found.id, 'WAITING', 0, 0, 0, '', false, 0, '' FROM ({sql}) AS found (id)",
            [run.pk, *parameters],
        )


def _nudge(run: MonthEndRun) -> None:
    from contracts.billing.tasks import work_month_end

    nudge(work_month_end, run.pk)


@transaction.atomic
def try_again(run: MonthEndRun, *, actor: Acting) -> int:
    """Put the contracts that failed back into the queue, in the name of who asks. Returns how many there were."""
    permit(actor, "market.watch" if run.issuer_id is None else "invoice.issue", actor.organisation)
    run = MonthEndRun.objects.select_for_update().get(pk=run.pk)
    check(run.state, RunState.RUNNING, RUN_NEXT)
    count = run.items.filter(state=ItemState.FAILED).update(state=ItemState.WAITING, problem="")
    run.state, run.finished_at, run.problem = RunState.RUNNING, None, ""
    run.started_by = actor.user
    run.save(update_fields=["state", "finished_at", "problem", "started_by"])
    record(actor, "month_end.tried_again", run, contracts=count)
    _nudge(run)
    return count


def work(run: MonthEndRun) -> None:
    """Work off what waits; called by the worker, again after a crash, and by several workers at once."""
    if run.state != RunState.RUNNING:
        return
    try:
        actor = acting_for(run.started_by, run.issuer) if run.issuer_id else None
        if actor is not None:
            permit(actor, "invoice.issue", run.issuer)
            permit(actor, "charge.approve", run.issuer)
    except NotPermitted as refusal:
        _finish(run, RunState.STOPPED, refusal.message)
        return
    for batch in _waiting(run):
        failed = work_off(batch, lambda ids: _settle(ids, actor))
        for pk, problem in failed.items():
            words = (
                problem.message if isinstance(problem, Refused) else f"{type(problem).__name__}: {problem}"
            )
            run.items.filter(pk=pk, state=ItemState.WAITING).update(
                state=ItemState.FAILED, problem=words[:300], done_at=now()
            )
    if not run.items.filter(state=ItemState.WAITING).exists():
        _finish(run, RunState.DONE, "")


def _waiting(run: MonthEndRun) -> Iterator[list[int]]:
    """Ids of waiting items, a batch at a time, forward only: flat memory, and no item twice in one pass."""
    last = 0
    rows = run.items.filter(state=ItemState.WAITING).order_by("pk").values_list("pk", flat=True)
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1]


def _settle(ids: Sequence[int], actor: Acting | None) -> None:
    """Charge and invoice the contracts of these items and mark them, in the caller's transaction. Items that
    another worker holds are left to it."""
    items = list(
        MonthEndItem.objects.select_for_update(skip_locked=True)
        .filter(pk__in=ids, state=ItemState.WAITING)
        .order_by("pk")
    )
    if not items:
        return
    contracts = locked_contracts(item.contract_id for item in items)
    if actor is not None:
        _refuse_both_sides(contracts, actor)
    charged = {pk: len(made) for pk, made in charge_locked(contracts).items()}
    direct, grace = _who_is_invoiced(contracts, actor)
    if actor is not None:
        accrued = Charge.objects.filter(contract__in=direct + grace, state=ChargeState.ACCRUED)
        accrued.update(state=ChargeState.APPROVED, approved_at=now(), approved_by=actor.user)
    invoices = defaultdict(list)
    for invoice in issue(direct, actor=actor) if direct else []:
        invoices[invoice.contract_id].append(invoice)
    open_drafts(grace, user=getattr(actor, "user", None), actor=actor)
    waits = set(
        LicenceContract.objects.filter(pk__in=grace, invoice_drafts__state="OPEN").values_list(
            "pk", flat=True
        )
    )
    held = Charge.objects.filter(contract__in=charged, state=ChargeState.HELD).order_by()
    held = dict(held.values_list("contract").annotate(Count("pk")))
    _mark_done(
        [
            (
                item.pk,
                charged[item.contract_id],
                len(made := invoices[item.contract_id]),
                sum(invoice.total_minor for invoice in made),
                made[0].currency if made else "",
                item.contract_id in waits,
                held.get(item.contract_id, 0),
            )
            for item in items
        ]
    )


def _mark_done(rows: Sequence[tuple]) -> None:
    """In one plain statement: Django's own would compare each item with all the others, a field at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_monthenditem AS item SET state = 'DONE', problem = '', done_at = %s,"
            " charges = done.charges, invoices = done.invoices, total_minor = done.total, currency = done.currency,"
            " draft = done.draft, held = done.held"
            " FROM unnest(%s::int8[], %s::int4[], %s::int4[], %s::int8[], %s::text[], %s::bool[], %s::int4[])"
            " AS done (id, charges, invoices, total, currency, draft, held) WHERE item.id = done.id",
            [now(), *map(list, zip(*rows, strict=True))],
        )


def _refuse_both_sides(contracts: list[LicenceContract], actor: Acting) -> None:
    """Nobody stands on both sides: such a contract fails alone and waits for somebody else."""
    others = {contract.licensee_id for contract in contracts}
    if Membership.objects.filter(user=actor.user, organisation__in=others).exists():
        raise NotPermitted(_("You belong to both sides of this deal; somebody else has to do this step."))


def _who_is_invoiced(contracts: list[LicenceContract], actor) -> tuple[list[int], list[int]]:
    """(at once, after days of grace): with a person all contracts, without one those of automatic licensors.
    In a dispute nothing is invoiced."""
    policies = {
        row.organisation_id: row
        for row in BillingPolicy.objects.filter(organisation__in={c.licensor_id for c in contracts})
    }
    direct, grace = [], []
    for contract in contracts:
        policy = policies.get(contract.licensor_id)
        if contract.disputed or (actor is None and not (policy and policy.approve_automatically)):
            continue
        (grace if policy and policy.grace_days else direct).append(contract.pk)
    return direct, grace


@transaction.atomic
def _finish(run: MonthEndRun, state: RunState, problem: str) -> None:
    run = MonthEndRun.objects.select_for_update().get(pk=run.pk)
    if run.state != RunState.RUNNING:
        return
    run.state, run.problem, run.finished_at = state, problem[:300], now()
    run.save(update_fields=["state", "problem", "finished_at"])
    record(None, f"month_end.{state.lower()}", run, **dict(progress(run)))


def resume() -> None:
    """What the timer does: begin the market's run of the last month, and go on with everything unfinished. A timer
    that comes round while another still works leaves it to that one."""
    with alone(RESUMING) as mine:
        if not mine:
            return
        month = month_before(today())
        if not MonthEndRun.objects.filter(issuer=None, month=month).exists():
            start_market_month_end(month=month)
        for run in MonthEndRun.objects.filter(state=RunState.RUNNING).order_by("pk"):
            work(run)


def progress(run: MonthEndRun) -> Counter:
    """How many items are in each state."""
    return Counter(dict(run.items.order_by().values_list("state").annotate(Count("pk"))))


def sums(run: MonthEndRun) -> QuerySet:
    """What was invoiced, per currency."""
    rows = run.items.exclude(currency="").order_by().values("currency")
    return rows.annotate(total=Sum("total_minor"), invoices=Sum("invoices")).order_by("currency")
