"""What every paper copies, and the nudge to print it."""

from contracts.ledger.models import LedgerHead
from contracts.lifecycle.models import LicenceContract
from marketplace.celery import nudge
from marketplace.organisations.models import Organisation


def _party(organisation: Organisation) -> dict:
    return {
        "id": organisation.pk,
        "name_zh": organisation.name_zh,
        "name_en": organisation.name_en,
        "credit_code": organisation.credit_code,
        "address": organisation.address,
    }


def snapshot_of(contract: LicenceContract, head: LedgerHead) -> dict:
    """Parties and contract as they are now, and the end of the issuer's chain before this paper's own entry."""
    return {
        "issuer": _party(contract.licensor),
        "payer": _party(contract.licensee),
        "contract": {"number": contract.number, "registration": contract.registration_number},
        **head_of(head),
    }


def head_of(head: LedgerHead) -> dict:
    return {"ledger_head": head.hash if head.sequence else "", "ledger_sequence": head.sequence}


def nudge_papers() -> None:
    from contracts.billing.tasks import make_billing_documents

    nudge(make_billing_documents)
