"""催款: reminders in steps that are data. The timer sends the highest step that is due, each once per invoice, by
e-mail and in the app, and stops when the invoice is paid, credited, written off, disputed or paused."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from contracts.batches import batches
from contracts.billing.models import Invoice
from contracts.payments.collecting.models import DunningNotice, DunningPause, DunningStep
from contracts.payments.interest import open_interest
from contracts.payments.queries import annotate_balances
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused

DEFAULTS = Path(__file__).with_name("dunning.json")
FIELDS = ("subject_zh", "body_zh", "subject_en", "body_en")
NEVER = -10_000
PLACES = ("number", "open", "due", "days", "code", "interest")


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
            try:
                step[name].format(**dict.fromkeys(PLACES, ""))
            except (KeyError, IndexError, ValueError) as error:
                raise Refused(
                    _("“%(text)s” has a place that nothing fills; these can be used: %(places)s.")
                    % {"text": step[name][:40], "places": ", ".join(f"{{{place}}}" for place in PLACES)}
                ) from error
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


@transaction.atomic
def pause(invoice: Invoice, *, actor: Acting, until: date, reason: str) -> DunningPause:
    """No reminders of an invoice before `until`. A day that is not in the future ends the pause."""
    permit(actor, "invoice.issue", invoice.issuer, against=invoice.payer)
    if not reason.strip():
        raise Refused(_("Say why no reminders are sent."))
    row, _made = DunningPause.objects.update_or_create(
        invoice=invoice, defaults={"until": until, "reason": reason.strip()[:200], "set_by": actor.user}
    )
    record(actor, "dunning.paused", invoice, until=until.isoformat())
    return row


def to_remind(issuer_id: int, on: date) -> QuerySet[Invoice]:
    """Open invoices of an issuer that may be reminded of on a day."""
    rows = annotate_balances(Invoice.objects.filter(issuer=issuer_id, document__isnull=False))
    rows = rows.filter(open_minor__gt=0, contract__disputed=False)
    return rows.exclude(dunning_pause__until__gt=on).select_related("contract", "issuer", "payer")


def send_due() -> int:
    """What the timer does each day. Of several steps that are due only the highest is sent; an earlier one is
    never sent after it. Running it twice sends nothing twice."""
    on, count = today(), 0
    for issuer_id in Invoice.objects.order_by("issuer").values_list("issuer", flat=True).distinct():
        steps = steps_of(issuer_id)
        latest = on - timedelta(days=min(step.days for step in steps))
        rows = to_remind(issuer_id, on).filter(due_on__lte=latest).order_by("pk")
        for batch in batches(rows.iterator(500), 100):
            sent = DunningNotice.objects.filter(invoice__in=batch).values_list("invoice")
            last = dict(sent.annotate(last=Max("days")).values_list("invoice", "last"))
            for invoice in batch:
                due = [step for step in steps if step.days <= (on - invoice.due_on).days]
                if due and due[-1].days > last.get(invoice.pk, NEVER):
                    count += _send(invoice.pk, due[-1], on)
    return count


@transaction.atomic
def _send(pk: int, step: DunningStep, on: date) -> bool:
    """Once per invoice and step: a second worker waits, and finds that it went out or that money came."""
    Invoice.objects.select_for_update().get(pk=pk)
    invoice = to_remind(Invoice.objects.get(pk=pk).issuer_id, on).filter(pk=pk).first()
    if invoice is None or invoice.dunning_notices.filter(days__gte=step.days).exists():
        return False
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
    return True


def upcoming(invoice: Invoice) -> Iterator[tuple[date, DunningStep]]:
    """Which step would come when, if nothing is paid."""
    for step in steps_of(invoice.issuer_id):
        yield invoice.due_on + timedelta(days=step.days), step
