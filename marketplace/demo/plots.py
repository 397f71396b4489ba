"""The told contracts: one in every state that a visitor should be able to look at."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import cycle

from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.models import PublicNotice
from marketplace.clock import today
from marketplace.demo import acts
from marketplace.demo.acts import Cast, Plot, day, quarter_end, said
from marketplace.demo.people import People
from marketplace.demo.terms import terms_of
from marketplace.demo.texts import listings
from marketplace.demo.usage_plots import audited, metered


def paid_and_distributed(cast: Cast, start: date) -> Plot:
    """Trigger by first income; every quarter reported and billed, the first bill paid in two parts, its income
    distributed; with a broker whose commission comes with the money."""
    contract = yield from acts.to_trial(cast, start)
    yield day(today(), 25)
    acts.comply(cast, contract)
    yield day(today(), 45)
    acts.first_income(cast, contract)
    figures = cycle((860_000, 1_240_000, 2_300_000, 1_910_000, 2_050_000, 1_700_000))
    first = True
    while True:
        yield day(quarter_end(today()), 9)
        yield from acts.report(cast, contract, lambda report: acts.sales_rows(report, next(figures)))
        yield day(today(), 2)
        for invoice in acts.bill(cast, contract):
            yield day(today(), 12)
            acts.pay(cast, invoice, 500_000 if first and invoice.total_minor > 500_000 else None)
            if first and invoice.total_minor > 500_000:
                yield day(today(), 9)
                acts.pay(cast, invoice, invoice.total_minor - 500_000)
            if first:
                first = False
                yield day(today(), 3)
                yield from acts.distribute(cast, contract)
                yield from acts.amend_last(cast, contract, lambda report: acts.sales_rows(report, 820_000))
                acts.bill(cast, contract)


def trigger_fired_invoice_open(cast: Cast, start: date) -> Plot:
    """First income came; entry fee and a first quarter are invoiced and not due yet or open."""
    contract = yield from acts.to_trial(cast, start)
    yield day(today(), 40)
    acts.first_income(cast, contract)
    yield day(quarter_end(today()), 8)
    yield from acts.report(cast, contract, lambda report: acts.sales_rows(report, 640_000))
    yield day(today(), 2)
    acts.bill(cast, contract)


def decision_soon(cast: Cast, start: date) -> Plot:
    """An option, the last free day five weeks ahead."""
    contract = yield from acts.to_trial(cast, start)
    while today() < start + timedelta(days=330):
        yield day(quarter_end(today()), 6)
        yield from acts.report(cast, contract, acts.nil)


def on_notice_with_objection(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    yield from acts.review(cast, contract)
    yield day(today(), 1)
    published = lifecycle.open_notice(contract, actor=cast.licensor_as("APPROVER"))
    yield day(today(), 4)
    lifecycle.lodge_objection(
        PublicNotice.objects.get(pk=published.pk),
        name="异议人 样例",
        contact="objector@example.com",
        text=said("objection"),
    )


def on_notice(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    yield from acts.review(cast, contract)
    yield day(today(), 1)
    lifecycle.open_notice(contract, actor=cast.licensor_as("APPROVER"))


def declined(cast: Cast, start: date) -> Plot:
    """The trial did not fit; the option was declined, use has stopped, the contract is closed."""
    contract = yield from acts.to_trial(cast, start)
    yield day(quarter_end(today()), 5)
    yield from acts.report(cast, contract, acts.nil)
    yield day(today(), 20)
    lifecycle.decide(contract, actor=cast.licensee_as("SIGNATORY"), choice="DECLINE", words=said("decline"))
    yield from _stop_use(cast, contract)


def overdue(cast: Cast, start: date) -> Plot:
    """The first instalment is invoiced and not paid by its due date."""
    contract = yield from acts.to_trial(cast, start)
    while today() < contract.trial_ends_on:
        yield day(quarter_end(today()), 6)
        yield from acts.report(cast, contract, acts.nil)
    yield day(today(), 5)
    acts.bill(cast, contract)


def terminated(cast: Cast, start: date) -> Plot:
    """A breach that was not cured in time; the licensor ended the contract."""
    contract = yield from acts.to_trial(cast, start)
    yield day(quarter_end(today()), 6)
    yield from acts.report(cast, contract, acts.nil)
    yield day(today(), 10)
    officer = cast.licensor_as("CONTRACT_OFFICER")
    breach = lifecycle.notify_breach(contract, actor=officer, kind="OTHER", words=said("breach_other"))
    yield day(breach.cure_until, 3)
    lifecycle.terminate(contract, actor=officer, reason=said("breach_other"), breach=breach)
    yield day(today(), 9)
    yield from _stop_use(cast, contract)


def expired(cast: Cast, start: date) -> Plot:
    """A free licence of one year that ran to its end."""
    contract = yield from acts.to_trial(cast, start)
    while today() <= contract.term_ends_on:
        yield day(min(quarter_end(today()), day(contract.term_ends_on, 1)), 6)
        yield from acts.report(cast, contract, acts.nil)
    yield from _stop_use(cast, contract)


def _stop_use(cast: Cast, contract) -> Plot:
    yield day(today(), 6)
    lifecycle.certify_stop(
        contract,
        actor=cast.licensee_as("SIGNATORY"),
        material="DESTROYED",
        file=acts.paper("停用证明", said("stop_use"), "stop-use.pdf"),
        words=said("stop_use"),
    )
    yield day(today(), 4)
    lifecycle.confirm_wind_down(contract, actor=cast.licensor_as("CONTRACT_OFFICER"))
    yield day(today(), 3)
    yield from acts.report(cast, contract, acts.nil)


def in_breach(cast: Cast, start: date) -> Plot:
    """Reports stopped coming; after the reminders the missing report is a breach."""
    contract = yield from acts.to_trial(cast, start)
    yield day(quarter_end(today()), 6)
    yield from acts.report(cast, contract, acts.nil)


def paid_up(cast: Cast, start: date) -> Plot:
    """Royalties reached the cap for life: nothing more can arise."""
    contract = yield from acts.to_trial(cast, start)
    yield day(today(), 30)
    acts.first_income(cast, contract)
    for _number in range(2):
        yield day(quarter_end(today()), 7)
        yield from acts.report(cast, contract, lambda report: acts.sales_rows(report, 20_000_000))
        yield day(today(), 2)
        for invoice in acts.bill(cast, contract):
            yield day(today(), 10)
            acts.pay(cast, invoice)


def on_trial(cast: Cast, start: date) -> Plot:
    contract = yield from acts.to_trial(cast, start)
    yield day(quarter_end(today()), 6)
    yield from acts.report(cast, contract, acts.nil)


def extended(cast: Cast, start: date) -> Plot:
    contract = yield from acts.to_trial(cast, start)
    while today() < contract.trial_ends_on - timedelta(days=50):
        yield day(quarter_end(today()), 6)
        yield from acts.report(cast, contract, acts.nil)
    yield day(today(), 3)
    extension = lifecycle.ask_extension(
        contract, actor=cast.licensee_as("SIGNATORY"), months=6, reason=said("extension")
    )
    yield day(today(), 4)
    lifecycle.answer_extension(extension, actor=cast.licensor_as("CONTRACT_OFFICER"), granted=True)


def drafted(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    acts.draft(cast, sheet)


def in_review(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    lifecycle.submit_review(contract, actor=cast.licensor_as("CONTRACT_OFFICER"))


def to_sign(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    yield from acts.review(cast, contract)
    yield from acts.notice(cast, contract)
    yield day(today(), 1)
    contract.refresh_from_db()
    digest = lifecycle.document_to_sign(contract).sha256
    lifecycle.sign(contract, actor=cast.licensor_as("SIGNATORY"), document_hash=digest, proof="password")


def in_delivery(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    yield from acts.review(cast, contract)
    yield from acts.notice(cast, contract)
    yield from acts.sign(cast, contract)


def withdrawn(cast: Cast, start: date) -> Plot:
    sheet = yield from acts.agree(cast, start)
    contract = acts.draft(cast, sheet)
    yield day(today(), 6)
    lifecycle.withdraw_contract(
        contract, actor=cast.licensor_as("CONTRACT_OFFICER"), reason="双方同意改用其他成果"
    )


def talking(cast: Cast, start: date) -> Plot:
    """A question and an offer on the table; nothing agreed yet."""
    from marketplace.deals import services as deals

    yield start
    deal = deals.open_enquiry(cast.listing, actor=cast.licensee_as("SCOUT"), message=said("question"))
    yield day(start, 1)
    deals.post_message(deal, actor=cast.licensor_as("CONTRACT_OFFICER"), text=said("answer"))
    yield day(start, 3)
    deals.make_offer(
        deal, actor=cast.licensor_as("CONTRACT_OFFICER"), terms=cast.terms, note=said("offer_note")
    )


# plot, listing, licensee, days ago at which it begins, agency, changes of the listing's indicative terms
STORIES: list[tuple[Callable, str, str, int, str, dict]] = [
    (paid_and_distributed, "EU-007", "jianghan-demo-plastics", 520, "example-transfer-agency", {}),
    (
        metered,
        "RUT-005",
        "demo-water-treatment",
        390,
        "",
        {"trial_months": "3", "trigger_months": "3", "report_every": "month"},
    ),
    (audited, "SAU-007", "sample-food-ingredients", 410, "", {"trial_months": "6", "trigger_months": "6"}),
    (paid_up, "EU-001", "example-castings", 500, "", {}),
    (overdue, "RUT-007", "sample-rail-equipment", 470, "", {"trial_months": "10"}),
    (extended, "EOL-002", "sample-optical-devices", 400, "", {"commitment": "option"}),
    (
        decision_soon,
        "EOL-001",
        "sample-optical-devices",
        365,
        "",
        {"commitment": "option", "entry_commitment": "option"},
    ),
    (
        trigger_fired_invoice_open,
        "SAU-004",
        "sample-food-ingredients",
        150,
        "",
        {"trigger_event": "first_income"},
    ),
    (expired, "EU-008", "sample-food-ingredients", 560, "", {"term_months": "12", "trial_months": "0"}),
    (terminated, "RUT-009", "demo-coatings", 330, "", {}),
    (in_breach, "EOL-006", "sample-battery-works", 290, "", {}),
    (
        declined,
        "EU-002",
        "demo-software-house",
        260,
        "sample-ip-brokers",
        {"commitment": "option", "entry_commitment": "option"},
    ),
    (on_trial, "SAU-002", "demo-green-farms", 150, "", {}),
    (in_delivery, "RUT-005", "demo-coatings", 48, "", {}),
    (to_sign, "EU-011", "demo-software-house", 42, "", {}),
    (on_notice_with_objection, "EIM-003", "example-castings", 26, "", {}),
    (on_notice, "SCH-002", "example-medical-instruments", 20, "", {}),
    (withdrawn, "EOL-004", "sample-optical-devices", 60, "", {}),
    (in_review, "SAU-009", "demo-green-farms", 15, "", {}),
    (drafted, "SCH-003", "example-medical-instruments", 12, "", {}),
    (talking, "RUT-002", "sample-battery-works", 6, "", {}),
    (talking, "EU-004", "example-textiles", 4, "", {}),
    (talking, "EU-005", "demo-water-treatment", 9, "", {}),
]


def plots(people: People, pages: dict, end: date) -> list[tuple[str, Plot]]:
    """(name, generator) of every told contract."""
    rows = {row["ref"]: row for row in listings()}
    found = []
    for plot, ref, licensee, ago, agency, changes in STORIES:
        cast = Cast(
            people=people,
            listing=pages[ref],
            licensor=rows[ref]["org"],
            licensee=licensee,
            terms=terms_of(rows[ref], **changes),
            agency=agency,
        )
        found.append((f"{plot.__name__} {ref}", plot(cast, end - timedelta(days=ago))))
    return found
