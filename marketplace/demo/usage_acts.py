"""What a licensee's machines send and people do about it: events, closings, an amendment, a dispute, an audit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from contracts.billing.charging import charge_contract
from contracts.billing.decisions import dispute_charge, waive_charge
from contracts.billing.models import Charge, ChargeState
from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.models import LicenceContract
from contracts.usage import services as usage
from contracts.usage.audits import services as audits
from contracts.usage.metering.closings import open_periods
from contracts.usage.metering.ingest import ACCEPTED, ingest
from contracts.usage.metering.places import make_meters
from marketplace.clock import today
from marketplace.demo.acts import Cast, day, said, sales_rows
from marketplace.organisations.api_keys import create_key, find_key
from marketplace.organisations.models import Scope
from marketplace.terms import Terms

SOURCE = "urn:example:production-line"
METER = "units"


def by_events(terms: Terms) -> Terms:
    """The same terms, charged month by month from what programs send."""
    return replace(terms, report=replace(terms.report, metered=(METER,)))


def take_key(cast: Cast, contract: LicenceContract) -> str:
    """The licensee makes a key for the program of its production line: what the program is given."""
    make_meters(contract)
    organisation = cast.people.org(cast.licensee)
    _row, key = create_key(
        organisation, actor=cast.licensee_as("ADMIN"), name="产线数据采集", scopes=[Scope.USAGE_WRITE]
    )
    return key


def _send(cast: Cast, key: str, events: list[dict]) -> None:
    """As the program does: it shows its key, which notes that it was used."""
    results = ingest(events, licensee=cast.people.org(cast.licensee), key=find_key(key))
    wrong = [result.reason for result in results if result.status != ACCEPTED]
    if wrong:
        raise ValueError("; ".join(wrong))


def _event(contract: LicenceContract, number: str, kind: str, data: dict, **more) -> dict:
    return {
        "specversion": "1.0",
        "id": number,
        "source": SOURCE,
        "type": f"usefirst.{kind}.v1",
        "subject": contract.number,
        "data": data,
    } | more


def pieces_of(on: date) -> int:
    """What the line made on a day: more as the year goes on, less at weekends."""
    return (420 + on.timetuple().tm_yday % 97 * 3) // (3 if on.weekday() > 4 else 1)


def send_pieces(cast: Cast, contract: LicenceContract, key: str, since: date) -> date:
    """One event a day from `since` until yesterday; the day after the last of them."""
    days = [since + timedelta(days=n) for n in range((today() - since).days)]
    events = [
        _event(
            contract,
            f"line-1-{on}",
            "usage",
            {"meter": METER, "quantity": str(pieces_of(on))},
            time=f"{on}T18:00:00+08:00",
        )
        for on in days
    ]
    _send(cast, key, events)
    return today()


def close_months(cast: Cast, contract: LicenceContract, key: str) -> int:
    """The program says that the months that are over are complete; what they cost is charged. How many they are."""
    months = open_periods(contract)
    for period in months:
        data = {"meter": period.figure, "start": period.start.isoformat(), "end": period.end.isoformat()}
        _send(cast, key, [_event(contract, f"closed-{period.end}", "period_closed", data)])
    if months:
        charge_contract(contract)
    return len(months)


def replace_event(cast: Cast, contract: LicenceContract, key: str, on: date) -> None:
    """A day was counted twice; the event is replaced, and what was billed is corrected."""
    data = {
        "meter": METER,
        "quantity": str(pieces_of(on) // 2),
        "target_source": SOURCE,
        "target_id": f"line-1-{on}",
    }
    _send(
        cast,
        key,
        [_event(contract, f"line-1-{on}-b", "replacement", data, time=f"{on}T18:00:00+08:00")],
    )


def amend_price(cast: Cast, contract: LicenceContract, price: str) -> Iterator[date]:
    """Another price for what comes: proposed, agreed, on public notice, signed by both."""
    contract.refresh_from_db()
    agreed = contract.terms
    elements = tuple(
        replace(element, rate=replace(element.rate, rate=Decimal(price)))
        if element.kind == "royalty"
        else element
        for element in agreed.elements
    )
    amendment = lifecycle.propose_amendment(
        contract,
        actor=cast.licensee_as("SIGNATORY"),
        terms=replace(agreed, elements=elements),
        effective_on=day(today(), 30),
        reason=said("amendment"),
    )
    yield day(today(), 3)
    lifecycle.answer_amendment(amendment, actor=cast.licensor_as("SIGNATORY"), agreed=True)
    amendment.refresh_from_db()
    if amendment.needs_notice:
        yield day(today(), 1)
        notice = lifecycle.open_amendment_notice(amendment, actor=cast.licensor_as("APPROVER"))
        yield day(notice.ends_on, 2)
        amendment.refresh_from_db()
    for actor in (cast.licensor_as("SIGNATORY"), cast.licensee_as("SIGNATORY")):
        digest = amendment.document.sha256
        lifecycle.sign_amendment(amendment, actor=actor, document_hash=digest, proof="password")


def accrued(contract: LicenceContract) -> Charge | None:
    rows = contract.charges.filter(state=ChargeState.ACCRUED, amount_minor__gt=0)
    return rows.order_by("period_end", "pk").last()


def dispute(cast: Cast, contract: LicenceContract) -> Charge | None:
    """The licensee disputes the newest charge that is not invoiced."""
    charge = accrued(contract)
    if charge is None:
        return None
    return dispute_charge(charge, actor=cast.licensee_as("REPORTER"), reason=said("dispute"))


def give_way(cast: Cast, charge: Charge) -> None:
    charge.refresh_from_db()
    waive_charge(charge, actor=cast.licensor_as("FINANCE"), reason=said("waiver"))


def audit(cast: Cast, contract: LicenceContract, net_yuan: int) -> Iterator[date]:
    """The licensor looks into the accounts of what was reported; the last report was too low, and both agree."""
    reports = contract.reports.filter(state="ACCEPTED").order_by("period_start")
    officer = cast.licensor_as("CONTRACT_OFFICER")
    opened = audits.announce_audit(
        contract,
        actor=officer,
        period_start=reports.first().period_start,
        period_end=reports.last().period_end,
        starts_on=day(today(), 15),
        auditor="示例会计师事务所（特殊普通合伙）",
        scope=said("audit_scope"),
    )
    yield day(today(), 18)
    report = contract.reports.filter(state="ACCEPTED").order_by("period_start").last()
    audits.enter_finding(opened, report, actor=officer, draft=usage.Draft(rows=sales_rows(report, net_yuan)))
    audits.send_findings(opened, actor=officer, words=said("audit_findings"), cost_minor=1_500_000)
    yield day(today(), 6)
    audits.answer_findings(opened, actor=cast.licensee_as("SIGNATORY"), agree=True)
