"""Table of contents, in flow order: what answers a need, the deal, its room, its offers, the annexes that one side never sees."""

from marketplace.deals.models.annex import CommissionTerm, ContributorAnnex
from marketplace.deals.models.deal import AgencyInvitation, Deal, DealSeries
from marketplace.deals.models.offer import Acceptance, Offer, OfferWithdrawal, TermSheet
from marketplace.deals.models.proposal import Proposal
from marketplace.deals.models.room import NdaConfirmation, RoomFile, RoomMessage, RoomSeen

__all__ = [
    "Acceptance",
    "AgencyInvitation",
    "CommissionTerm",
    "ContributorAnnex",
    "Deal",
    "DealSeries",
    "NdaConfirmation",
    "Offer",
    "OfferWithdrawal",
    "Proposal",
    "RoomFile",
    "RoomMessage",
    "RoomSeen",
    "TermSheet",
]
