"""What rating is told about a contract: versions in force and facts that count, now or as they were known once."""

from datetime import date, datetime

from contracts.lifecycle.models import KnownDates, LicenceContract
from contracts.lifecycle.models.known import RATED_DATES
from contracts.lifecycle.states import FactState
from contracts.rating import Facts, Happened, TermsVersion


def knew(row, as_of: datetime | None, *, counts: bool = True) -> bool:
    """Whether a row that carries `known_at` (and `unknown_at`) counted at a moment; `counts`: whether it does now."""
    if as_of is None:
        return counts
    if row.known_at is None or row.known_at > as_of:
        return False
    ended = getattr(row, "unknown_at", None)
    return ended is None or ended > as_of


def terms_versions(contract: LicenceContract, *, as_of: datetime | None = None) -> list[TermsVersion]:
    """The versions of the terms that are or were in force, by date; empty before the contract takes effect."""
    rows = [row for row in contract.versions.all() if row.effective_on is not None and knew(row, as_of)]
    rows.sort(key=lambda row: (row.effective_on, row.number))
    return [TermsVersion(row.effective_on, row.agreed_terms) for row in rows]


def facts_of(contract: LicenceContract, *, as_of: datetime | None = None) -> Facts:
    """Dates, decision and confirmed events, as `contracts.rating` takes them; reports are added by usage.

    `as_of`: what was known at that moment of the database's clock (a rating run's `known_at`). Raises ValueError
    before the contract takes effect: nothing can be rated then.
    """
    dates = _dates(contract, as_of)
    if dates["effective_on"] is None:
        raise ValueError(f"{contract.number} has not taken effect")
    events = tuple(
        Happened(fact.name, fact.on)
        for fact in contract.facts.all()
        if knew(fact, as_of, counts=fact.state == FactState.CONFIRMED)
    )
    return Facts(
        effective_on=dates["effective_on"],
        delivered_on=dates["delivered_on"],
        trial_starts_on=dates["trial_starts_on"],
        trial_ends_on=dates["trial_ends_on"],
        extension_months=dates["extension_months"],
        converted_on=dates["converted_on"],
        declined_on=dates["declined_on"],
        events=events,
        terminated_on=dates["licence_ended_on"],
        expires_on=dates["term_ends_on"],
        sell_off_until=_sell_off_until(contract, as_of),
    )


def _dates(contract: LicenceContract, as_of: datetime | None) -> dict:
    if as_of is None:
        return {name: getattr(contract, name) for name in RATED_DATES}
    row = KnownDates.objects.filter(contract=contract, known_at__lte=as_of).last()
    if row is None:
        return dict.fromkeys(RATED_DATES)
    return {
        name: date.fromisoformat(value) if isinstance(value, str) else value
        for name, value in row.dates.items()
    }


def _sell_off_until(contract: LicenceContract, as_of: datetime | None):
    """The last day on which stock may still be sold after the end; None while there is no end, or no such right."""
    if not contract.exit_kind:  # set together with the row
        return None
    wind_down = getattr(contract, "wind_down", None)
    return wind_down.sell_off_until if wind_down and knew(wind_down, as_of) else None
