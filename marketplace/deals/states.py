"""The words of a deal and the table of its allowed steps."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """Who somebody is in a deal. Offers are made for a licensor or a licensee only."""

    LICENSOR = "LICENSOR", _("licensor")
    LICENSEE = "LICENSEE", _("licensee")
    AGENCY = "AGENCY", _("agency")

    @property
    def other(self) -> "Side":
        """The opposite party; KeyError for the agency, which has none."""
        return {Side.LICENSOR: Side.LICENSEE, Side.LICENSEE: Side.LICENSOR}[self]


PARTIES = (Side.LICENSOR, Side.LICENSEE)


class DealState(models.TextChoices):
    OPEN = "OPEN", _("under negotiation")
    AGREED = "AGREED", _("terms agreed")
    CLOSED = "CLOSED", _("closed")


NEXT = {
    DealState.OPEN: {DealState.AGREED, DealState.CLOSED},
    DealState.AGREED: {DealState.CLOSED},
}


class Lapse(models.TextChoices):
    """What of an open proposal is off the market, so that it cannot be taken up."""

    NEED = "NEED", _("technology need")
    LISTING = "LISTING", _("listing")


class WaitsFor(models.TextChoices):
    LICENSOR = "LICENSOR", _("licensor")
    LICENSEE = "LICENSEE", _("licensee")
    BOTH = "BOTH", _("both sides")
    NOBODY = "NOBODY", _("nobody")


class Step(models.TextChoices):
    """What the one who is waited for should do next."""

    ANSWER = "ANSWER", _("answer the last message or make an offer")
    DECIDE = "DECIDE", _("accept the offer or make a counter-offer")
    CONFIRM = "CONFIRM", _("confirm the own offer by somebody who may accept")
    OFFER = "OFFER", _("make a new offer")
    CONTRACT = "CONTRACT", _("make the contract from the term sheet")
    NOTHING = "NOTHING", _("nothing more")


class CloseReason(models.TextChoices):
    NO_INTEREST = "NO_INTEREST", _("no more interest")
    TERMS = "TERMS", _("no agreement on the terms")
    TECHNOLOGY = "TECHNOLOGY", _("the technology does not fit")
    NO_ANSWER = "NO_ANSWER", _("the other side does not answer")
    OTHER = "OTHER", _("another reason")


class Purpose(models.TextChoices):
    """What a message was sent for."""

    NOTE = "NOTE", _("message")
    QUESTION = "QUESTION", _("question")
    TRIAL = "TRIAL", _("request for a trial")


class ProposalState(models.TextChoices):
    OPEN = "OPEN", _("waits for an answer")
    TAKEN_UP = "TAKEN_UP", _("taken up")
    DECLINED = "DECLINED", _("declined")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


PROPOSAL_NEXT = {
    ProposalState.OPEN: {ProposalState.TAKEN_UP, ProposalState.DECLINED, ProposalState.WITHDRAWN},
}


class InvitationState(models.TextChoices):
    PROPOSED = "PROPOSED", _("waits for the other side")
    AGREED = "AGREED", _("waits for the agency")
    JOINED = "JOINED", _("joined")
    DECLINED = "DECLINED", _("declined")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


INVITATION_NEXT = {
    InvitationState.PROPOSED: {
        InvitationState.AGREED,
        InvitationState.DECLINED,
        InvitationState.WITHDRAWN,
    },
    InvitationState.AGREED: {
        InvitationState.JOINED,
        InvitationState.DECLINED,
        InvitationState.WITHDRAWN,
    },
}


class CommissionState(models.TextChoices):
    PROPOSED = "PROPOSED", _("proposed")
    AGREED = "AGREED", _("agreed")
    DECLINED = "DECLINED", _("declined")
    SUPERSEDED = "SUPERSEDED", _("replaced by a newer proposal")


COMMISSION_NEXT = {
    CommissionState.PROPOSED: {
        CommissionState.AGREED,
        CommissionState.DECLINED,
        CommissionState.SUPERSEDED,
    },
    CommissionState.AGREED: {CommissionState.SUPERSEDED},
}
