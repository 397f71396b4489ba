"""Table of contents, in flow order: what is charged, what an issuer bills by, invoices, credit notes."""

from contracts.billing.models.charges import (
    BILLABLE,
    CHARGE_NEXT,
    SETTLED,
    WATCHED,
    Charge,
    ChargeState,
    RatingRun,
)
from contracts.billing.models.credit_notes import BillingDocument, CreditNote, CreditNoteLine, RedLetter
from contracts.billing.models.invoices import Invoice, InvoiceLine
from contracts.billing.models.issuers import BillingPolicy, IssuerVat, NumberSeries

__all__ = [
    "BILLABLE",
    "CHARGE_NEXT",
    "SETTLED",
    "WATCHED",
    "BillingDocument",
    "BillingPolicy",
    "Charge",
    "ChargeState",
    "CreditNote",
    "CreditNoteLine",
    "Invoice",
    "InvoiceLine",
    "IssuerVat",
    "NumberSeries",
    "RatingRun",
    "RedLetter",
]
