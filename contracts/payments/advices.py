"""付款通知: what a licensee says about a payment it made."""

import hashlib
from datetime import date

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.payments.models import (
    PaymentAdvice,
)
from contracts.payments.states import (
    ADVICE_NEXT,
    AdviceState,
)
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, check


@transaction.atomic
def advise_payment(
    invoice: Invoice,
    *,
    actor,
    amount_minor: int,
    paid_on: date,
    bank_reference: str = "",
    note: str = "",
    slip=None,
) -> PaymentAdvice:
    """The licensee's finance says that it has paid. Nothing is settled by it: the licensor confirms receipts.

    `slip`: an upload that `clean_upload` has checked. Raises Refused for a day in the future, and for the same
    payment while it waits for an answer: a form that was sent twice.
    """
    permit(actor, "payment.advise", invoice.payer, against=invoice.issuer)
    if amount_minor <= 0:
        raise Refused(_("The amount must be above zero."))
    if paid_on > today():
        raise Refused(_("The day of payment cannot lie in the future."))
    Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.advices.filter(
        amount_minor=amount_minor,
        paid_on=paid_on,
        bank_reference=bank_reference.strip()[:100],
        state=AdviceState.ADVISED,
    ):
        raise Refused(
            _("You have told the licensor of this payment already. For another one, give its bank reference.")
        )
    advice = PaymentAdvice(
        invoice=invoice,
        amount_minor=amount_minor,
        paid_on=paid_on,
        bank_reference=bank_reference.strip()[:100],
        note=note.strip()[:300],
        advised_by=actor.user,
    )
    if slip is not None:
        content = slip.read()
        advice.slip_name, advice.slip_sha256 = slip.name, hashlib.sha256(content).hexdigest()
        advice.slip.save(slip.name, ContentFile(content), save=False)
    advice.save()
    record(actor, "payment.advised", advice, invoice=invoice.pk, amount_minor=amount_minor)
    notify(
        members(invoice.issuer, "payment.confirm"),
        "payments/payment_advised",
        path=invoice.get_absolute_url(),
        invoice=invoice,
        amount=str(Money(amount_minor, invoice.currency)),
        payer=invoice.payer,
    )
    return advice


@transaction.atomic
def dismiss_advice(advice: PaymentAdvice, *, actor, answer: str) -> PaymentAdvice:
    """The licensor's finance did not find the money; the licensee is told in words."""
    permit(actor, "payment.confirm", advice.invoice.issuer, against=advice.invoice.payer)
    if not answer.strip():
        raise Refused(_("Say what was not found, so that the licensee can ask its bank."))
    advice = PaymentAdvice.objects.select_for_update().get(pk=advice.pk)
    check(advice.state, AdviceState.DISMISSED, ADVICE_NEXT)
    advice.state, advice.answer = AdviceState.DISMISSED, answer.strip()[:300]
    advice.save(update_fields=["state", "answer"])
    record(actor, "payment.advice_dismissed", advice)
    notify(
        members(advice.invoice.payer, "payment.advise"),
        "payments/advice_dismissed",
        path=advice.invoice.get_absolute_url(),
        invoice=advice.invoice,
        answer=advice.answer,
    )
    return advice
