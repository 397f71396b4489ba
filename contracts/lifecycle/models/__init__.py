"""Table of contents, in flow order: the contract, its notice, its papers and signatures, what happens after."""

from contracts.lifecycle.models.amendment import Amendment
from contracts.lifecycle.models.contract import (
    ContractAnnex,
    ContractSeries,
    ContractTerms,
    Declaration,
    LicenceContract,
    Review,
)
from contracts.lifecycle.models.known import KnownDates
from contracts.lifecycle.models.looks import Look
from contracts.lifecycle.models.notice import CalendarDay, Objection, PublicNotice
from contracts.lifecycle.models.running import (
    Breach,
    ComplianceTask,
    ContractFact,
    Decision,
    Delivery,
    Extension,
    Reminder,
    WindDown,
)
from contracts.lifecycle.models.signing import ContractDocument, Signature

__all__ = [
    "Amendment",
    "Breach",
    "CalendarDay",
    "ComplianceTask",
    "ContractAnnex",
    "ContractDocument",
    "ContractFact",
    "ContractSeries",
    "ContractTerms",
    "Decision",
    "Declaration",
    "Delivery",
    "Extension",
    "KnownDates",
    "LicenceContract",
    "Look",
    "Objection",
    "PublicNotice",
    "Reminder",
    "Review",
    "Signature",
    "WindDown",
]
