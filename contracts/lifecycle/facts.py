"""What rating is told about a contract: versions in force and facts that count."""

from contracts.lifecycle.models import LicenceContract, WindDown
from contracts.lifecycle.states import FactState
from contracts.rating import Facts, Happened, TermsVersion


def terms_versions(contract: LicenceContract) -> list[TermsVersion]:
    """The versions of the terms that are or were in force, by date; empty before the contract takes effect."""
    rows = [row for row in contract.versions.all() if row.effective_on is not None]
    rows.sort(key=lambda row: (row.effective_on, row.number))
    return [TermsVersion(row.effective_on, row.agreed_terms) for row in rows]


def facts_of(contract: LicenceContract) -> Facts:
    """Dates, decision and confirmed events, as `contracts.rating` takes them; reports are added by usage.

    Raises ValueError before the contract takes effect: nothing can be rated then.
    """
    if contract.effective_on is None:
        raise ValueError(f"{contract.number} has not taken effect")
    events = tuple(
        Happened(fact.name, fact.on) for fact in contract.facts.all() if fact.state == FactState.CONFIRMED
    )
    return Facts(
        effective_on=contract.effective_on,
        delivered_on=contract.delivered_on,
        trial_starts_on=contract.trial_starts_on,
        trial_ends_on=contract.trial_ends_on,
        extension_months=contract.extension_months,
        converted_on=contract.converted_on,
        declined_on=contract.declined_on,
        events=events,
        terminated_on=contract.licence_ended_on,
        expires_on=contract.term_ends_on,
        sell_off_until=_sell_off_until(contract),
    )


def _sell_off_until(contract: LicenceContract):
    """The last day on which stock may still be sold after the end; None while there is no end, or no such right."""
    wind_down = WindDown.objects.filter(contract=contract).first()
    return wind_down.sell_off_until if wind_down else None
