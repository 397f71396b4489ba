"""催款: reminders in steps that are data. The timer sends the highest step that is due, each once per invoice, by
e-mail and in the app, and stops when the invoice is paid, credited, written off, disputed or paused."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from contracts.batches import one_by_one
from contracts.billing.models import Invoice
from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.payments.collecting.models import DunningNotice, DunningPause, DunningStep
from contracts.payments.collecting.places import problem_of
from contracts.payments.interest import open_interest
from contracts.payments.queries import annotate_balances
from marketplace.audit.services import record
from marketplace.clock import today, watching
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused

DEFAULTS = Path(__file__).with_name("dunning.json")
FIELDS = ("subject_zh", "body_zh", "subject_en", "body_en")
NEVER = -10_000


@lru_cache(maxsize=1)
def _defaults() -> tuple[DunningStep, ...]:
    return tuple(DunningStep(**row) for row in json.loads(DEFAULTS.read_text("utf-8")))


def steps_of(issuer: Organisation | int) -> list[DunningStep]:
    """The issuer's own steps by day, or the market's proposal where it has none."""
    pk = getattr(issuer, "pk", issuer)
    return list(DunningStep.objects.filter(organisation=pk).order_by("days")) or list(_defaults())


@transaction.atomic
def save_steps(*, actor: Acting, steps: list[dict]) -> list[DunningStep]:
    """Replace the issuer's steps; an empty list goes back to the market's proposal. Levels follow the days.

    Raises Refused for two steps on one day, and for a text with a place that nothing fills.
    """
    permit(actor, "invoice.issue", actor.organisation)
    steps = sorted(steps, key=lambda step: step["days"])
    if len({step["days"] for step in steps}) < len(steps):
        raise Refused(_("Two steps fall on the same day."))
    for step in steps:
        for name in FIELDS:
            if problem := problem_of(step[name]):
                raise Refused(f"{step[name][:40]}: {problem}")
    _lock_contracts(Invoice.objects.filter(issuer=actor.organisation))
    DunningStep.objects.filter(organisation=actor.organisation).delete()
    rows = [
        DunningStep(
            organisation=actor.organisation,
            level=level,
            days=step["days"],
            **{name: step[name] for name in FIELDS},
        )
        for level, step in enumerate(steps, 1)
    ]
    made = DunningStep.objects.bulk_create(rows)
    record(actor, "dunning.steps_saved", actor.organisation, days=[step.days for step in made])
    return made


def _lock_contracts(invoices: QuerySet[Invoice]) -> None:
    """A timer that looks at these contracts right now ends its look first, so that it forgets what it remembers."""
    contracts = LicenceContract.objects.filter(pk__in=invoices.values("contract"))
    list(contracts.select_for_update().order_by("pk").values_list("pk"))


@transaction.atomic
def pause(invoice: Invoice, *, actor: Acting, until: date, reason: str) -> DunningPause:
    """No reminders of an invoice before `until`. A day that is not in the future ends the pause."""
    permit(actor, "invoice.issue", invoice.issuer, against=invoice.payer)
    if not reason.strip():
        raise Refused(_("Say why no reminders are sent."))
    _lock_contracts(Invoice.objects.filter(pk=invoice.pk))
    row, _made = DunningPause.objects.update_or_create(
        invoice=invoice, defaults={"until": until, "reason": reason.strip()[:200], "set_by": actor.user}
    )
    record(actor, "dunning.paused", invoice, until=until.isoformat())
    return row


def to_remind(contracts: Sequence[LicenceContract]) -> QuerySet[Invoice]:
    """Open invoices of some contracts, printed or not, with the last step that was sent (`last_sent`, in days)."""
    sent = DunningNotice.objects.filter(invoice=OuterRef("pk")).order_by("-days").values("days")[:1]
    rows = annotate_balances(Invoice.objects.filter(contract__in=contracts)).filter(open_minor__gt=0)
    rows = rows.annotate(last_sent=Coalesce(Subquery(sent), NEVER)).order_by("pk")
    return rows.select_related("contract", "issuer", "payer", "document", "dunning_pause")


def send_due() -> int:
    """What the timer does each day. Of several steps that are due only the highest is sent; an earlier one is
    never sent after it; an invoice that fails stops no other. Running it twice sends nothing twice: a second worker waits for the contract (see
    `lifecycle.looks`), and finds that it went out or that money came."""
    sent: dict[int, int] = {}

    def look(contracts: Sequence[LicenceContract]) -> dict[int, date]:
        days = dict.fromkeys((contract.pk for contract in contracts), date.max)
        found = dict.fromkeys(days, 0)
        invoices, on, failed = list(to_remind(contracts)), today(), set()
        steps = {pk: steps_of(pk) for pk in {invoice.issuer_id for invoice in invoices}}
        for invoice in invoices:
            with watching() as watch:
                step = _step_due(invoice, steps[invoice.issuer_id])
            if step is not None and step.days > invoice.last_sent:
                failing = one_by_one([invoice], partial(_send, step=step, on=on))
                failed |= {one.contract_id for one in failing}
                found[invoice.contract_id] += not failing
            days[invoice.contract_id] = min(days[invoice.contract_id], watch.until)
        sent.update(found)
        not_printed = {one.contract_id for one in invoices if not hasattr(one, "document")}
        return {pk: day for pk, day in days.items() if pk not in not_printed | failed}

    invoiced = Invoice.objects.filter(contract=OuterRef("pk"))
    undisputed = LicenceContract.objects.filter(Exists(invoiced), disputed=False)
    look_after(Task.DUNNING, undisputed, look)
    return sum(sent.values())


def _step_due(invoice: Invoice, steps: Sequence[DunningStep]) -> DunningStep | None:
    """The highest step whose day has come; none before the invoice was printed and sent, and in a pause."""
    if not hasattr(invoice, "document"):
        return None
    if hasattr(invoice, "dunning_pause") and invoice.dunning_pause.until > today():
        return None
    due = [step for step in steps if invoice.due_on + timedelta(days=step.days) <= today()]
    return due[-1] if due else None


def _send(invoice: Invoice, step: DunningStep, on: date) -> None:
    interest = Money(open_interest(invoice), invoice.currency)
    words = {
        "number": invoice.number,
        "open": str(Money(invoice.open_minor, invoice.currency)),
        "due": invoice.due_on.isoformat(),
        "days": abs((on - invoice.due_on).days),
        "code": invoice.reference_code,
        "interest": str(interest),
    }
    texts = {name: getattr(step, name).format(**words) for name in FIELDS}
    notice = DunningNotice.objects.create(
        invoice=invoice,
        level=step.level,
        days=step.days,
        sent_on=on,
        open_minor=invoice.open_minor,
        subject_zh=texts["subject_zh"][:200],
        subject_en=texts["subject_en"][:200],
    )
    record(None, "dunning.sent", invoice, level=step.level, open_minor=invoice.open_minor)
    notify(
        members(invoice.payer, "invoice.read"),
        "payments/dunning",
        path=invoice.get_absolute_url(),
        notice=notice,
        texts=texts,
        interest=interest.format() if interest else "",
        on=on,
    )


def upcoming(invoice: Invoice) -> Iterator[tuple[date, DunningStep]]:
    """Which step would come when, if nothing is paid."""
    for step in steps_of(invoice.issuer_id):
        yield invoice.due_on + timedelta(days=step.days), step
