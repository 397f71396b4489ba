"""Everything that can happen in a deal. Each service locks the deal's row first, checks the right and that
nobody stands on both sides, records an audit event and tells the others."""

from marketplace.deals.services.agencies import (
    answer_agency,
    invite_agency,
    withdraw_agency_invitation,
)
from marketplace.deals.services.closing import close_deal, close_guard
from marketplace.deals.services.commissions import agree_commission, decline_commission, propose_commission
from marketplace.deals.services.enquiries import find_open_deal, may_enquire, open_enquiry
from marketplace.deals.services.offers import accept_offer, make_offer, standing_offer, withdraw_offer
from marketplace.deals.services.proposals import (
    decline_proposal,
    propose_listing,
    take_up_proposal,
    tell_lapses,
    withdraw_proposal,
)
from marketplace.deals.services.room import add_file, mark_seen, post_message, set_nda

__all__ = [
    "accept_offer",
    "add_file",
    "agree_commission",
    "answer_agency",
    "close_deal",
    "close_guard",
    "decline_commission",
    "decline_proposal",
    "find_open_deal",
    "invite_agency",
    "make_offer",
    "mark_seen",
    "may_enquire",
    "open_enquiry",
    "post_message",
    "propose_commission",
    "propose_listing",
    "set_nda",
    "standing_offer",
    "take_up_proposal",
    "tell_lapses",
    "withdraw_agency_invitation",
    "withdraw_offer",
    "withdraw_proposal",
]
