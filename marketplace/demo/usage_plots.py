"""Told contracts whose usage is the story: one metered by a program, one whose accounts were looked into."""

from datetime import date
from itertools import cycle

from contracts.billing.charging import charge_contract
from contracts.payments.queries import balance
from marketplace.clock import today
from marketplace.demo import acts, usage_acts
from marketplace.demo.acts import Cast, Plot, day, quarter_end

OFTEN = 13  # days between two deliveries of events: each day on which something happens is lived by the whole market


def metered(cast: Cast, start: date) -> Plot:
    """A plant sends what it made; every month is closed by its program, billed and paid. The second bill is corrected,
    the price is amended, one charge was waived, and the newest is in dispute."""
    cast.terms = usage_acts.by_events(cast.terms)
    contract = yield from acts.to_trial(cast, start)
    key = usage_acts.take_key(cast, contract)
    sent, months, invoices = contract.effective_on, 0, []
    while True:
        yield day(today(), OFTEN)
        for invoice in invoices:
            acts.pay(cast, invoice, balance(invoice).open_minor)
        invoices = []
        sent = usage_acts.send_pieces(cast, contract, key, sent)
        if not usage_acts.close_months(cast, contract, key) or usage_acts.accrued(contract) is None:
            continue
        months += 1
        if months == 4:
            charge = usage_acts.dispute(cast, contract)
            yield day(today(), 3)
            usage_acts.give_way(cast, charge)
        elif months >= 7:
            usage_acts.dispute(cast, contract)
        else:
            invoices = acts.bill(cast, contract)
        if months == 2:
            usage_acts.replace_event(cast, contract, key, day(today(), -30))
            charge_contract(contract)
            acts.bill(cast, contract)
        elif months == 3:
            yield from usage_acts.amend_price(cast, contract, "3.6")


def audited(cast: Cast, start: date) -> Plot:
    """Two quarters were reported and paid; an audit found more, and its cost follows the gap."""
    contract = yield from acts.to_trial(cast, start)
    yield day(today(), 20)
    acts.first_income(cast, contract)
    figures = cycle((980_000, 1_150_000, 1_320_000))
    for _number in range(2):
        yield day(quarter_end(today()), 8)
        yield from acts.report(cast, contract, lambda report: acts.sales_rows(report, next(figures)))
        yield day(today(), 2)
        for invoice in acts.bill(cast, contract):
            yield day(today(), 11)
            acts.pay(cast, invoice)
    yield day(today(), 4)
    yield from usage_acts.audit(cast, contract, 1_490_000)
    yield day(today(), 2)
    acts.bill(cast, contract)
    while True:
        yield day(quarter_end(today()), 8)
        yield from acts.report(cast, contract, lambda report: acts.sales_rows(report, next(figures)))
        yield day(today(), 2)
        acts.bill(cast, contract)
