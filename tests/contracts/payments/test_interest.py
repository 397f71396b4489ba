from datetime import date
from decimal import Decimal

import pytest

from contracts.billing.decisions import approve_charges
from contracts.billing.interest import interest_items
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import BillingDocument, Charge
from contracts.ledger.queries import balance as book_balance
from contracts.payments.booking import book_money
from contracts.payments.collecting import dunning
from contracts.payments.collecting.accounts import statement
from contracts.payments.interest import charge_interest
from contracts.payments.queries import balance
from contracts.payments.services import confirm_receipt, undo_allocation
from contracts.rating.interest import Paid
from marketplace.clock import at
from marketplace.money import Money
from marketplace.notifications.models import Notification
from marketplace.terms import DailyInterest, MonthlyInterest, hash_of, presets
from marketplace.terms.codec import write
from tests.contracts.payments.world import bank_line, invoice

MONTHLY = MonthlyInterest(rate=Decimal("0.01"))
DAILY = DailyInterest(rate=Decimal("0.0005"))


def agree(contract, rule):
    from dataclasses import replace

    terms = replace(presets.preset("year_or_income"), interest=rule)
    contract.versions.update(terms=write(terms), terms_hash=hash_of(terms))


def pay(world, bill, yuan: int, day: date):
    with at(day):
        line = bank_line(world, f"{yuan}.00", day=day.isoformat())
        made = confirm_receipt(line, actor=world.finance, parts=[(bill.pk, yuan * 100)])
        charge_interest()
    return made


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        (MONTHLY, date(2026, 11, 1), [138_000]),
        (DAILY, date(2026, 9, 21), [69_000]),
        (MONTHLY, date(2026, 9, 1), []),
        (None, date(2026, 11, 1), []),
    ],
)
def test_d24_interest_is_charged_when_the_payment_arrives(world, rule, day, expected):
    agree(world.contract, rule)
    bill = invoice(world.contract, 6_900_000, on=date(2026, 8, 1), due_on=date(2026, 9, 1))
    pay(world, bill, 69_000, day)
    assert charge_interest() == 0
    charges = Charge.objects.filter(kind="INTEREST")
    assert [charge.amount_minor for charge in charges] == expected
    assert all(charge.of_invoice == bill and charge.working for charge in charges)


def test_part_payments_stop_interest_for_their_part_and_an_undone_one_takes_it_back(world):
    agree(world.contract, DAILY)
    bill = invoice(world.contract, 6_900_000, on=date(2026, 8, 1), due_on=date(2026, 9, 1))
    pay(world, bill, 29_000, date(2026, 9, 11))
    late = pay(world, bill, 40_000, date(2026, 9, 21))
    amounts = Charge.objects.filter(kind="INTEREST").order_by("pk")
    assert [charge.amount_minor for charge in amounts] == [14_500, 40_000]

    with at(date(2026, 9, 25)):
        undo_allocation(late.allocations.get(), actor=world.finance, reason="wrong")
        charge_interest()
    assert [charge.amount_minor for charge in amounts.all()] == [14_500, 40_000, -40_000]


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [(MONTHLY, date(2026, 11, 1), 138_000), (DAILY, date(2026, 9, 21), 69_000), (None, date(2026, 11, 1), 0)],
)
def test_interest_so_far_stands_on_the_statement_and_the_reminder_before_it_is_charged(
    world, rule, day, expected
):
    """D24 on an invoice that is still open: told to both sides, on no invoice, and no charge yet."""
    agree(world.contract, rule)
    bill = invoice(world.contract, 6_900_000, on=date(2026, 8, 1), due_on=date(2026, 9, 1))
    BillingDocument.objects.create(invoice=bill, file="x.pdf", sha256="0" * 64)
    with at(day):
        assert charge_interest() == 0
        found = statement(world.uni, world.firm, since=date(2026, 1, 1), until=day)
        assert (found.closing, found.interest) == (bill.total_minor, expected)
        dunning.send_due()
    letter = Notification.objects.filter(template="payments/dunning", user=world.payer.user).latest("pk")
    told = Money(expected, "CNY").format()
    assert (told in letter.body_en) is bool(expected)
    assert (told in letter.body_zh) is bool(expected)
    # charged with the payment, it stays on the statement until it is invoiced
    pay(world, bill, 69_000, day)
    after = statement(world.uni, world.firm, since=date(2026, 1, 1), until=day)
    assert (after.closing, after.interest) == (bill.total_minor - 6_900_000, expected)


def test_interest_is_invoiced_bears_no_interest_and_is_booked_as_interest(world):
    agree(world.contract, MONTHLY)
    bill = invoice(world.contract, 6_900_000, on=date(2026, 8, 1), due_on=date(2026, 9, 1))
    late = pay(world, bill, 69_000, date(2026, 11, 1))
    with at(date(2026, 11, 2)):
        charge = Charge.objects.get(kind="INTEREST")
        approve_charges(world.contract, actor=world.finance, ids=[charge.pk])
        (second,) = issue_invoices(world.contract, actor=world.finance)
        book_money()
    assert second.lines.get().price_minor == 138_000
    assert book_balance(world.uni, "6603", "CNY") == -second.net_minor

    with at(date(2027, 6, 1)):
        assert interest_items(second, [Paid(date(2027, 6, 1), Money(second.total_minor, "CNY"))]) == []
        undo_allocation(late.allocations.get(), actor=world.finance, reason="wrong")
        charge_interest()
        taken_back = Charge.objects.filter(kind="INTEREST", amount_minor__lt=0).get()
        approve_charges(world.contract, actor=world.finance, ids=[taken_back.pk])
        issue_invoices(world.contract, actor=world.finance)
        book_money()
    assert balance(second).state == "CREDITED"
    assert book_balance(world.uni, "6603", "CNY") == 0
