"""The confidentiality rules of a deal room (保密约定): our own short text, and who has confirmed it."""

import hashlib

from marketplace.deals.models import Deal
from marketplace.deals.states import PARTIES

TEXT_ZH = (
    "各方通过本洽谈室取得的未公开资料和信息，仅用于评估和洽谈本项成果的许可，不得向本洽谈室以外的任何人披露，也不得用于其他目的。",
    "可以向确有必要知悉且负有同等保密义务的员工和顾问披露，并对其行为负责。",
    "取得时已经公开、事先已合法知悉、自行独立开发，或者依法必须披露的信息除外。",
    "洽谈未达成协议的，应对方要求返还或者销毁所取得的资料。",
    "保密义务自双方确认之日起持续五年；双方另行签订保密协议的，以该协议为准。",
)
TEXT_EN = (
    "What each side receives in this room and is not public serves only to assess and negotiate a licence of "
    "this result; it is not passed on to anybody outside the room and not used for anything else.",
    "It may be shown to employees and advisers who need it and are bound to the same confidence; each side "
    "answers for them.",
    "Excepted is what was public or lawfully known before, what was developed independently, and what the law "
    "requires to be disclosed.",
    "Where no agreement is reached, what was received is returned or destroyed at the other side's request.",
    "These duties last five years from the day on which both sides have confirmed; a confidentiality agreement "
    "signed by both sides takes their place.",
)


def lines(language: str) -> tuple[str, ...]:
    return TEXT_EN if language.startswith("en") else TEXT_ZH


def text_hash() -> str:
    """SHA-256 of the text in both languages; kept with each confirmation, so that it says what was confirmed."""
    return hashlib.sha256("\n".join((*TEXT_ZH, *TEXT_EN)).encode()).hexdigest()


def is_in_force(deal: Deal) -> bool:
    """Whether licensor and licensee have both confirmed."""
    return {c.side for c in deal.nda_confirmations.all()} >= {str(side) for side in PARTIES}


def opens_to(deal: Deal, organisation) -> bool:
    """Whether restricted attachments are open to an organisation: in force, and confirmed by itself."""
    return is_in_force(deal) and any(
        c.organisation_id == organisation.pk for c in deal.nda_confirmations.all()
    )
