"""Write-offs: proposed with a reason, approved by somebody else, taken back when money comes."""

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.payments.collecting.models import WRITE_OFF_NEXT, WriteOff, WriteOffState
from contracts.payments.queries import annotate_balances
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import NotPermitted, Refused, check


def _locked(invoice_id: int) -> Invoice:
    """Contract, then invoice (the one order of locks), with its balance."""
    found = Invoice.objects.get(pk=invoice_id)
    LicenceContract.objects.select_for_update().get(pk=found.contract_id)
    Invoice.objects.select_for_update().get(pk=invoice_id)
    return annotate_balances(Invoice.objects.filter(pk=invoice_id)).select_related("issuer", "payer").get()


@transaction.atomic
def propose_write_off(invoice: Invoice, *, actor, reason: str) -> WriteOff:
    """The issuer's finance proposes to write off what is open. Raises Refused when nothing is open, before the due
    date, without a reason, or while another one stands."""
    permit(actor, "write_off.propose", invoice.issuer, against=invoice.payer)
    invoice = _locked(invoice.pk)
    if not reason.strip():
        raise Refused(_("Say why the money is no longer expected, and what was tried."))
    if invoice.open_minor <= 0:
        raise Refused(_("Nothing is open on this invoice."))
    if invoice.due_on >= today():
        raise Refused(_("This invoice is not overdue yet."))
    try:
        with transaction.atomic():
            made = WriteOff.objects.create(
                invoice=invoice,
                amount_minor=invoice.open_minor,
                reason=reason.strip()[:500],
                proposed_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("A write-off of this invoice waits or stands already.")) from error
    record(actor, "write_off.proposed", made, amount_minor=made.amount_minor)
    notify(
        [user for user in members(invoice.issuer, "write_off.approve") if user != actor.user],
        "payments/write_off_proposed",
        path=reverse("write_offs"),
        invoice=invoice,
        amount=str(made.amount),
        reason=made.reason,
    )
    return made


def approve_write_off(row: WriteOff, *, actor, words: str = "") -> WriteOff:
    """Another person approves. Raises Refused when less is open by now than was proposed: propose it anew."""
    return _decide(row, WriteOffState.APPROVED, actor=actor, words=words)


def return_write_off(row: WriteOff, *, actor, words: str) -> WriteOff:
    if not words.strip():
        raise Refused(_("Say why it is returned."))
    return _decide(row, WriteOffState.RETURNED, actor=actor, words=words)


@transaction.atomic
def _decide(row: WriteOff, target: WriteOffState, *, actor, words: str) -> WriteOff:
    permit(actor, "write_off.approve", row.invoice.issuer, against=row.invoice.payer)
    invoice = _locked(row.invoice_id)
    row = WriteOff.objects.select_for_update().get(pk=row.pk)
    check(row.state, target, WRITE_OFF_NEXT)
    if row.proposed_by_id == actor.user.pk:
        raise NotPermitted(_("You proposed it yourself; somebody else has to decide."))
    if target == WriteOffState.APPROVED and invoice.open_minor != row.amount_minor:
        raise Refused(_("Something else is open by now; return it and have it proposed anew."))
    row.state, row.decided_on, row.decided_by = target, today(), actor.user
    row.decision = words.strip()[:500]
    row.save(update_fields=["state", "decided_on", "decided_by", "decision"])
    record(actor, f"write_off.{target.lower()}", row, amount_minor=row.amount_minor)
    notify(
        [row.proposed_by],
        "payments/write_off_decided",
        path=invoice.get_absolute_url(),
        invoice=invoice,
        approved=target == WriteOffState.APPROVED,
        words=row.decision,
    )
    _nudge_books()
    return row


@transaction.atomic
def take_back_write_off(row: WriteOff, *, actor, reason: str) -> WriteOff:
    """The debt is expected again, for instance because money came; then it can be allocated."""
    permit(actor, "write_off.approve", row.invoice.issuer, against=row.invoice.payer)
    _locked(row.invoice_id)
    row = WriteOff.objects.select_for_update().get(pk=row.pk)
    check(row.state, WriteOffState.TAKEN_BACK, WRITE_OFF_NEXT)
    if not reason.strip():
        raise Refused(_("Say why the write-off is taken back."))
    row.state, row.taken_back_on, row.taken_back_by = WriteOffState.TAKEN_BACK, today(), actor.user
    row.taken_back_reason = reason.strip()[:500]
    row.save(update_fields=["state", "taken_back_on", "taken_back_by", "taken_back_reason"])
    record(actor, "write_off.taken_back", row, amount_minor=row.amount_minor)
    _nudge_books()
    return row


def reduce_write_off(invoice: Invoice) -> None:
    """A credit note left less of a locked invoice than was written off: what is above it is no loss any more. The
    write-off is taken back by nobody and stands anew, as the two people decided it, for what is left."""
    row = WriteOff.objects.select_for_update().get(invoice=invoice, state=WriteOffState.APPROVED)
    left = max(row.amount_minor + invoice.open_minor, 0)
    row.state, row.taken_back_on = WriteOffState.TAKEN_BACK, today()
    row.save(update_fields=["state", "taken_back_on"])
    record(None, "write_off.reduced", row, amount_minor=row.amount_minor, left_minor=left)
    if left:
        WriteOff.objects.create(
            invoice=invoice,
            amount_minor=left,
            reason=row.reason,
            state=WriteOffState.APPROVED,
            proposed_at=row.proposed_at,
            proposed_by=row.proposed_by,
            decided_on=today(),
            decided_by=row.decided_by,
            decision=row.decision,
        )


def _nudge_books() -> None:
    from contracts.payments.tasks import book_money

    nudge(book_money)
