"""What is published. Table of contents."""

from cms.models.imports import ImportRun, ImportState
from cms.models.listing import (
    Attachment,
    Contributor,
    Exclusivity,
    IPKind,
    IPRight,
    IPStatus,
    ListingInvitation,
    ListingPage,
    Maturity,
    PaymentForm,
)
from cms.models.market import MarketPage, Visibility
from cms.models.moderation import ApprovalTask
from cms.models.need import NeedPage
from cms.models.pages import HomePage, InstitutionPage
from cms.models.rights import InstitutionRights
from cms.models.service import ServiceKind, ServicePage
from cms.models.taxonomy import TRL, Field, Industry

__all__ = [
    "TRL",
    "ApprovalTask",
    "Attachment",
    "Contributor",
    "Exclusivity",
    "Field",
    "HomePage",
    "IPKind",
    "IPRight",
    "IPStatus",
    "ImportRun",
    "ImportState",
    "Industry",
    "InstitutionPage",
    "InstitutionRights",
    "ListingInvitation",
    "ListingPage",
    "MarketPage",
    "Maturity",
    "NeedPage",
    "PaymentForm",
    "ServiceKind",
    "ServicePage",
    "Visibility",
]
