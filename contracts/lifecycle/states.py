"""The states of a contract (DOMAIN C1) and the one table of allowed steps."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    DRAFT = "DRAFT", _("draft")
    INTERNAL_REVIEW = "INTERNAL_REVIEW", _("internal review")
    PUBLIC_NOTICE = "PUBLIC_NOTICE", _("public notice")
    OBJECTION = "OBJECTION", _("objection under examination")
    SIGNING = "SIGNING", _("signing")
    DELIVERY = "DELIVERY", _("delivery")
    TRIAL = "TRIAL", _("free-use period")
    EXTENDED = "EXTENDED", _("free-use period, extended")
    DECISION_DUE = "DECISION_DUE", _("conversion decision due")
    ACTIVE = "ACTIVE", _("in force")
    WIND_DOWN = "WIND_DOWN", _("wind-down")
    IN_BREACH = "IN_BREACH", _("breach to be cured")
    PAID_UP = "PAID_UP", _("paid up")
    CLOSED_EXPIRED = "CLOSED_EXPIRED", _("closed: expired")
    CLOSED_DECLINED = "CLOSED_DECLINED", _("closed: not converted")
    TERMINATED = "TERMINATED", _("terminated")
    INVALIDATED = "INVALIDATED", _("ended: the right is gone")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


S = State
NEXT: dict[State, set[State]] = {
    S.DRAFT: {S.INTERNAL_REVIEW, S.WITHDRAWN},
    S.INTERNAL_REVIEW: {S.PUBLIC_NOTICE, S.SIGNING, S.DRAFT, S.WITHDRAWN},
    S.PUBLIC_NOTICE: {S.SIGNING, S.OBJECTION, S.WITHDRAWN},
    S.OBJECTION: {S.PUBLIC_NOTICE, S.DRAFT, S.WITHDRAWN},
    S.SIGNING: {S.DELIVERY, S.DRAFT, S.WITHDRAWN},
    S.DELIVERY: {S.TRIAL, S.DECISION_DUE, S.ACTIVE, S.WIND_DOWN, S.IN_BREACH, S.INVALIDATED},
    S.TRIAL: {S.EXTENDED, S.DECISION_DUE, S.ACTIVE, S.WIND_DOWN, S.IN_BREACH, S.INVALIDATED},
    S.EXTENDED: {S.EXTENDED, S.DECISION_DUE, S.ACTIVE, S.WIND_DOWN, S.IN_BREACH, S.INVALIDATED},
    S.DECISION_DUE: {S.EXTENDED, S.ACTIVE, S.WIND_DOWN, S.IN_BREACH, S.INVALIDATED},
    S.ACTIVE: {S.WIND_DOWN, S.PAID_UP, S.IN_BREACH, S.INVALIDATED},
    S.IN_BREACH: {
        S.DELIVERY,
        S.TRIAL,
        S.EXTENDED,
        S.DECISION_DUE,
        S.ACTIVE,
        S.PAID_UP,
        S.WIND_DOWN,
        S.INVALIDATED,
    },
    S.PAID_UP: {S.ACTIVE, S.IN_BREACH, S.CLOSED_EXPIRED, S.WIND_DOWN, S.INVALIDATED},
    S.WIND_DOWN: {S.CLOSED_EXPIRED, S.CLOSED_DECLINED, S.TERMINATED},
}

BEFORE_SIGNATURE = (S.DRAFT, S.INTERNAL_REVIEW, S.PUBLIC_NOTICE, S.OBJECTION, S.SIGNING)
TRYING = (S.TRIAL, S.EXTENDED, S.DECISION_DUE)
RUNNING = (S.DELIVERY, *TRYING, S.ACTIVE, S.IN_BREACH, S.PAID_UP)  # the grant is alive
OVER = (S.CLOSED_EXPIRED, S.CLOSED_DECLINED, S.TERMINATED, S.INVALIDATED, S.WITHDRAWN)


class Side(models.TextChoices):
    LICENSOR = "LICENSOR", _("licensor")
    LICENSEE = "LICENSEE", _("licensee")
    AGENCY = "AGENCY", _("agency")


class PricingMethod(models.TextChoices):
    """How the price came about; only an agreed price needs a public notice."""

    NEGOTIATED = "NEGOTIATED", _("negotiated price")
    LISTING = "LISTING", _("listing on a market")
    AUCTION = "AUCTION", _("auction")


class ObjectionState(models.TextChoices):
    OPEN = "OPEN", _("under examination")
    REJECTED = "REJECTED", _("rejected")
    UPHELD = "UPHELD", _("upheld")
    MOOT = "MOOT", _("settled by another decision")


class NoticeState(models.TextChoices):
    RUNNING = "RUNNING", _("running")
    COMPLETED = "COMPLETED", _("ended without an open objection")
    UPHELD = "UPHELD", _("ended by an upheld objection")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


class AmendmentState(models.TextChoices):
    PROPOSED = "PROPOSED", _("waits for the other side")
    AGREED = "AGREED", _("agreed, to be put on notice")
    NOTICE = "NOTICE", _("public notice")
    SIGNING = "SIGNING", _("signing")
    EFFECTIVE = "EFFECTIVE", _("signed")
    DECLINED = "DECLINED", _("declined")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")
    OBJECTED = "OBJECTED", _("ended by an upheld objection")
    LAPSED = "LAPSED", _("lapsed")


_A = AmendmentState
AMENDMENT_NEXT = {
    _A.PROPOSED: {_A.AGREED, _A.SIGNING, _A.DECLINED, _A.WITHDRAWN, _A.LAPSED},
    _A.AGREED: {_A.NOTICE, _A.WITHDRAWN, _A.LAPSED},
    _A.NOTICE: {_A.SIGNING, _A.OBJECTED, _A.WITHDRAWN, _A.LAPSED},
    _A.SIGNING: {_A.EFFECTIVE, _A.WITHDRAWN, _A.LAPSED},
}
AMENDMENT_OPEN = (_A.PROPOSED, _A.AGREED, _A.NOTICE, _A.SIGNING)


class FactState(models.TextChoices):
    RECORDED = "RECORDED", _("waits for confirmation")
    CONFIRMED = "CONFIRMED", _("confirmed")
    VOID = "VOID", _("void")


class BreachState(models.TextChoices):
    OPEN = "OPEN", _("to be cured")
    CURED = "CURED", _("cured")
    UNCURED = "UNCURED", _("not cured in time")
    ENDED = "ENDED", _("ended with the contract")


UNSETTLED = (BreachState.OPEN, BreachState.UNCURED)


class ExtensionState(models.TextChoices):
    ASKED = "ASKED", _("waits for the licensor")
    GRANTED = "GRANTED", _("granted")
    REFUSED = "REFUSED", _("refused")
    LAPSED = "LAPSED", _("lapsed")


class DeliveryState(models.TextChoices):
    STATED = "STATED", _("waits for acceptance")
    ACCEPTED = "ACCEPTED", _("accepted")
    REJECTED = "REJECTED", _("rejected")


class ExitKind(models.TextChoices):
    """Why a contract winds down, and where it ends."""

    DECLINED = "DECLINED", _("not converted")
    EXPIRED = "EXPIRED", _("end of the term")
    TERMINATED = "TERMINATED", _("termination")

    @property
    def closes_as(self) -> State:
        return {
            ExitKind.DECLINED: State.CLOSED_DECLINED,
            ExitKind.EXPIRED: State.CLOSED_EXPIRED,
            ExitKind.TERMINATED: State.TERMINATED,
        }[self]
