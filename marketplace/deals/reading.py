"""What pages show of a deal, read with a fixed number of questions."""

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.deals import nda
from marketplace.deals.models import (
    AgencyInvitation,
    CommissionTerm,
    ContributorAnnex,
    Deal,
    Offer,
    TermSheet,
)
from marketplace.deals.standing import Standing
from marketplace.deals.states import DealState, Side, Step, WaitsFor
from marketplace.organisations.acting import Acting
from marketplace.programmes.services import ResultFacts, eligibility
from marketplace.terms.difference import Group, groups
from marketplace.terms.words import Section, one_line, plain_words


def lang() -> str:
    return get_language() or "zh-hans"


def versions(deal: Deal) -> list[Offer]:
    """All versions, oldest first, with who made and who accepted them."""
    return list(
        deal.offers.select_related("made_by", "organisation", "withdrawal__withdrawn_by")
        .prefetch_related("acceptances__accepted_by")
        .order_by("number")
    )


def on_the_table(deal: Deal, offers: list[Offer]) -> Offer | None:
    return offers[-1] if offers and not offers[-1].is_withdrawn else None


def gist(offer: Offer) -> str:
    return one_line(offer.agreed_terms, lang())


def words(offer: Offer) -> list[Section]:
    return plain_words(offer.agreed_terms, lang())


def changes(before: Offer | None, after: Offer, language: str = "") -> list[Group]:
    """What a version changes in another, payment by payment; nothing where there is no other."""
    return groups(before.agreed_terms, after.agreed_terms, language or lang()) if before else []


def count(changed: list[Group]) -> int:
    """How many lines differ; a payment that only moved counts as one."""
    return sum(len(group.lines) or 1 for group in changed)


@dataclass(frozen=True)
class Version:
    """One row of the list of versions."""

    offer: Offer
    gist: str
    changed: int
    state: str
    label: str
    accepted: tuple[str, ...]


def version_rows(deal: Deal, offers: list[Offer]) -> list[Version]:
    """Newest first, each with what became of it and how many lines it changes in the one before."""
    table = on_the_table(deal, offers)
    rows = []
    for place, offer in enumerate(offers):
        state, label = _fate(deal, offer, table)
        before = offers[place - 1] if place else None
        accepted = tuple(str(Side(a.side).label) for a in offer.acceptances.all())
        rows.append(Version(offer, gist(offer), count(changes(before, offer)), state, label, accepted))
    return rows[::-1]


def _fate(deal: Deal, offer: Offer, table: Offer | None) -> tuple[str, str]:
    if offer.is_withdrawn:
        return "WITHDRAWN", _("withdrawn")
    if offer == table:
        if deal.agreed_at:
            return "AGREED", _("agreed")
        return ("OPEN", _("on the table")) if deal.is_open else ("CLOSED", _("not agreed"))
    return "SUPERSEDED", _("replaced")


def next_words(deal: Deal, stands: Standing | None, table: Offer | None) -> tuple[str, str]:
    """(who must act, what) in words, seen from where the reader stands."""
    if deal.state == DealState.CLOSED:
        return "", _("This deal is closed.")
    if deal.state == DealState.AGREED:
        return "", _("Both sides have agreed on the terms; they are sealed in the term sheet.")
    mine = stands.speaks_for if stands else None
    if not deal.listing.live and deal.next_step in (Step.DECIDE, Step.CONFIRM):
        return str(WaitsFor(deal.waits_for).label), _(
            "wait until the listing is published again, or make other terms."
        )
    if deal.waits_for == WaitsFor.BOTH and table is not None and mine is not None:
        if mine == table.made_for:
            return _("Both sides"), _(
                "your side confirms its offer by somebody who may accept; the other side accepts or counters."
            )
        return _("Both sides"), _(
            "your side accepts the offer or counters; the other side confirms its offer."
        )
    return str(WaitsFor(deal.waits_for).label), str(deal.get_next_step_display())


def waits_for_me(deal: Deal, stands: Standing | None) -> bool:
    return (
        deal.is_open
        and stands is not None
        and stands.speaks_for is not None
        and deal.waits_for in (WaitsFor.BOTH, str(stands.speaks_for))
    )


def road(deal: Deal) -> list[dict]:
    """The stretch of the road that a deal covers."""
    agreed = deal.agreed_at is not None
    closed = deal.state == DealState.CLOSED
    offered = deal.offers.exists()

    def step(key, label, done, now, on=None):
        return {"key": key, "label": label, "state": "done" if done else "now" if now else "next", "on": on}

    steps = [
        step("enquired", _("enquiry"), True, False, deal.opened_at),
        step("offered", _("offer of terms"), offered, not offered and not closed),
        step(
            "agreed", _("agreement on terms"), agreed, offered and not agreed and not closed, deal.agreed_at
        ),
        step("contract", _("contract"), False, agreed and not closed),
    ]
    if closed:
        steps.append(step("closed", _("closed"), False, True, deal.closed_at))
    return steps


def seen_by(deal: Deal, messages: list, reader) -> dict[int, list[str]]:
    """How far each other person has read: the names under the last message that they have seen."""
    readers: dict[int, list[str]] = {}
    others = deal.seen.exclude(user=reader).select_related("user", "organisation")
    for row in others.order_by("seen_at"):
        read = [m for m in messages if m.pk <= row.message_id and m.author_id != row.user_id]
        if read:
            name = f"{row.user} ({row.organisation})"
            readers.setdefault(read[-1].pk, []).append(name)
    return readers


@dataclass(frozen=True)
class Confidence:
    """The confidentiality switch as one organisation sees it."""

    in_force: bool
    mine: bool
    confirmed: tuple
    opens: bool


def confidence(deal: Deal, acting: Acting) -> Confidence:
    confirmed = tuple(deal.nda_confirmations.select_related("organisation", "confirmed_by"))
    sides = {row.side for row in confirmed}
    in_force = {"LICENSOR", "LICENSEE"} <= sides
    mine = any(row.organisation_id == acting.organisation.pk for row in confirmed)
    return Confidence(in_force, mine, confirmed, in_force and mine)


def nda_lines() -> tuple[str, ...]:
    return nda.lines(lang())


def commissions(deal: Deal, acting: Acting) -> list[CommissionTerm]:
    """What of the commission this reader may know; for the other side an empty list."""
    return list(
        CommissionTerm.objects.visible_to(acting)
        .filter(deal=deal, state__in=["PROPOSED", "AGREED", "DECLINED"])
        .select_related("agency", "payer", "proposed_by")
    )


def invitation(deal: Deal) -> AgencyInvitation | None:
    return deal.agency_invitations.filter(state__in=AgencyInvitation.OPEN).select_related("agency").first()


def sheet_of(deal: Deal) -> TermSheet | None:
    return TermSheet.objects.filter(deal=deal).select_related("deal").first()


def contributors(deal: Deal, acting: Acting) -> ContributorAnnex | None:
    """The annex of contributor shares; None for everybody but the licensor's own people who may read annexes."""
    return ContributorAnnex.objects.visible_to(acting).filter(term_sheet__deal=deal).first()


def shut_out(deal: Deal) -> list[str]:
    """Which conditions of the listing's pilot programme this deal is known not to meet, in words: said while there is
    still something to negotiate, not when the contract is refused."""
    listing = deal.listing
    if not deal.is_open or not listing.live or listing.programme is None:
        return []
    facts = ResultFacts(trl=listing.trl, maturity=listing.maturity or None)
    found = eligibility(listing.programme, deal.licensor, deal.licensee, facts)
    return [finding.text for finding in found if finding.verdict == "fails"]
