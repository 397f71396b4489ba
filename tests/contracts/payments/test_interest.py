from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from contracts.billing.decisions import approve_charges, waive_charge
from contracts.billing.interest import interest_items
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import BillingDocument, BillingPolicy, Charge
from contracts.billing.panels import waiting_charges
from contracts.bundle.services import bundle_of
from contracts.ledger.queries import balance as book_balance
from contracts.lifecycle.states import Side
from contracts.payments.booking import book_money
from contracts.payments.collecting import dunning
from contracts.payments.collecting.accounts import statement
from contracts.payments.collecting.write_offs import approve_write_off, propose_write_off, take_back_write_off
from contracts.payments.interest import charge_interest, open_interest
from contracts.payments.queries import balance
from contracts.payments.services import confirm_receipt, undo_allocation
from contracts.rating.interest import Paid
from marketplace.clock import at
from marketplace.money import Money
from marketplace.notifications.models import Notification
from marketplace.terms import Charged, DailyInterest, MonthlyInterest, hash_of, presets
from marketplace.terms.codec import write
from tests.contracts.bundle.memory import load_verifier
from tests.contracts.payments.world import bank_line, credit, invoice

MONTHLY = MonthlyInterest(rate=Decimal("0.01"))
DAILY = DailyInterest(rate=Decimal("0.0005"))
EACH_MONTH = MonthlyInterest(rate=Decimal("0.01"), charged=Charged.MONTHLY)
DAYS_EACH_MONTH = DailyInterest(rate=Decimal("0.0005"), charged=Charged.MONTHLY)
VERIFIER = load_verifier()


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


# --- month by month on what is still open ---


def late_bill(world, rule, total=6_900_000):
    agree(world.contract, rule)
    return invoice(world.contract, total, on=date(2026, 8, 1), due_on=date(2026, 9, 1))


def charged(*, until: date | None = None) -> list[tuple[str, int]]:
    """(day, minor units) of all interest; `until`: after the daily task of that day."""
    if until:
        with at(until):
            charge_interest()
            assert charge_interest() == 0
    rows = Charge.objects.filter(kind="INTEREST").order_by("pk")
    return [(row.period_end.isoformat(), row.amount_minor) for row in rows]


def bill_interest(world, day: date):
    """Approve and invoice all interest that waits."""
    with at(day):
        ids = list(Charge.objects.filter(kind="INTEREST", state="ACCRUED").values_list("pk", flat=True))
        approve_charges(world.contract, actor=world.finance, ids=ids)
        return issue_invoices(world.contract, actor=world.finance)


def recomputed(world) -> list[str]:
    """What the program that licensees check their bills with finds wrong about interest."""
    bundle = VERIFIER.Bundle(bundle_of(world.contract, Side.LICENSEE))
    VERIFIER.check_file(bundle)
    VERIFIER.check_interest(bundle)
    assert any("late-payment interest recomputed" in line for line in bundle.seen)
    return bundle.wrong


@pytest.mark.parametrize(
    ("rule", "paid_on", "expected"),
    [
        (EACH_MONTH, date(2026, 11, 1), [("2026-10-01", 69_000), ("2026-11-01", 69_000)]),
        (DAYS_EACH_MONTH, date(2026, 9, 21), [("2026-09-21", 69_000)]),
        (DAYS_EACH_MONTH, date(2026, 10, 11), [("2026-10-01", 103_500), ("2026-10-11", 34_500)]),
    ],
)
def test_d24_interest_is_charged_month_by_month(world, rule, paid_on, expected):
    bill = late_bill(world, rule)
    for day in (date(2026, 9, 20), date(2026, 10, 1), date(2026, 10, 2), paid_on - timedelta(days=1)):
        if day < paid_on:
            assert charged(until=day) == [row for row in expected if row[0] < day.isoformat()]
    pay(world, bill, 69_000, paid_on)
    assert charged(until=date(2027, 6, 1)) == expected
    assert recomputed(world) == []


def test_statement_and_reminder_do_not_count_what_is_charged(world):
    bill = late_bill(world, DAYS_EACH_MONTH)
    BillingDocument.objects.create(invoice=bill, file="x.pdf", sha256="0" * 64)
    day = date(2026, 10, 11)
    charged(until=day)
    with at(day):
        assert open_interest(bill) == 34_500  # ten days since the month that was charged
        found = statement(world.uni, world.firm, since=date(2026, 1, 1), until=day)
        assert found.interest == 138_000  # the month is on no invoice yet
        dunning.send_due()
    letter = Notification.objects.filter(template="payments/dunning", user=world.payer.user).latest("pk")
    assert "¥345.00" in letter.body_en
    assert "¥345.00" in letter.body_zh
    (billed,) = bill_interest(world, day)
    with at(day):
        found = statement(world.uni, world.firm, since=date(2026, 1, 1), until=day)
        assert (found.closing, found.interest) == (6_900_000 + billed.total_minor, 34_500)


def test_a_receipt_that_turns_out_to_have_come_earlier_gives_interest_back(world):
    """Billed for two months; then the bank's statement says that half came ten days after the due date."""
    bill = late_bill(world, EACH_MONTH)
    assert charged(until=date(2026, 11, 2)) == [("2026-10-01", 69_000), ("2026-11-01", 69_000)]
    (billed,) = bill_interest(world, date(2026, 11, 2))
    with at(date(2026, 11, 5)):
        line = bank_line(world, "34500.00", day="2026-09-11")
        confirm_receipt(line, actor=world.finance, parts=[(bill.pk, 3_450_000)])
    back = [("2026-10-01", -34_500), ("2026-11-01", -34_500)]
    assert charged(until=date(2026, 11, 5))[2:] == back
    first = Charge.objects.filter(kind="INTEREST", amount_minor__lt=0).first()
    assert (first.before_minor, first.now_minor) == (69_000, 34_500)
    assert first.working
    bill_interest(world, date(2026, 11, 5))
    assert balance(billed).credited_minor == billed.total_minor / 2
    assert recomputed(world) == []
    # the rest as if it had been known from the start
    assert charged(until=date(2026, 12, 2))[4:] == [("2026-12-01", 34_500)]
    pay(world, bill, 34_500, date(2026, 12, 20))
    assert sum(minor for _day, minor in charged()) == 3 * 34_500


def test_interest_on_interest_is_none_and_what_is_credited_bears_none(world):
    bill = late_bill(world, EACH_MONTH)
    charged(until=date(2026, 10, 2))
    (second,) = bill_interest(world, date(2026, 10, 2))
    months = ["2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01"]
    assert charged(until=date(2027, 1, 2)) == [(month, 69_000) for month in months]
    assert not Charge.objects.filter(of_invoice=second).exists()
    with at(date(2027, 1, 3)):
        credit(bill, 900_000)
    assert charged(until=date(2027, 1, 3))[4:] == [(month, -9_000) for month in months]


def test_written_off_bears_none_until_that_is_taken_back_and_a_dispute_stops_the_clerk_only(world):
    bill = late_bill(world, EACH_MONTH)
    charged(until=date(2026, 10, 2))
    with at(date(2026, 10, 15)):
        row = propose_write_off(bill, actor=world.finance, reason="破产")
        approve_write_off(row, actor=world.approver)
    assert charged(until=date(2027, 1, 2)) == [("2026-10-01", 69_000)]
    with at(date(2027, 1, 5)):
        take_back_write_off(row, actor=world.approver, reason="仍可收回")
    assert len(charged(until=date(2027, 1, 5))) == 4
    world.contract.disputed = True
    world.contract.save(update_fields=["disputed"])
    assert len(charged(until=date(2027, 3, 2))) == 4
    world.contract.disputed = False
    world.contract.save(update_fields=["disputed"])
    assert len(charged(until=date(2027, 3, 2))) == 6
    assert recomputed(world) == []


def test_a_waived_month_is_not_given_back_as_money_and_approval_may_be_automatic(world):
    BillingPolicy.objects.create(organisation=world.uni, approve_automatically=True)
    bill = late_bill(world, EACH_MONTH)
    charged(until=date(2026, 10, 2))
    month = Charge.objects.get(kind="INTEREST")
    assert month.state == "APPROVED"
    with at(date(2026, 10, 3)):
        waive_charge(month, actor=world.finance, reason="和解")
    with at(date(2026, 10, 5)):
        line = bank_line(world, "69000.00", day="2026-09-30")
        confirm_receipt(line, actor=world.finance, parts=[(bill.pk, 6_900_000)])
    charged(until=date(2026, 10, 5))
    rows = Charge.objects.filter(kind="INTEREST").order_by("pk")
    assert [(row.amount_minor, row.state) for row in rows] == [(69_000, "WAIVED"), (-69_000, "WAIVED")]


def letters(who) -> list[tuple[str, str]]:
    """The letters about interest to approve that a person has, with the first words in both languages."""
    rows = Notification.objects.filter(template="billing/interest_accrued", user=who.user).order_by("pk")
    return [(row.subject_zh, row.body_en.split(" for ")[0]) for row in rows]


def test_interest_that_waits_for_approval_is_told_once_and_stands_on_the_desk(world):
    bill, number = late_bill(world, EACH_MONTH), world.contract.number
    charged(until=date(2026, 11, 2))  # two months, in one letter
    assert letters(world.finance) == letters(world.colleague)
    assert letters(world.finance) == [
        (f"逾期利息待核准：{number}，¥1,380.00", f"Invoice {bill.number} was not paid in time; interest")
    ]
    assert letters(world.payer) == letters(world.inventor) == letters(world.other_finance) == []
    charged(until=date(2026, 12, 2))
    assert [subject for subject, _body in letters(world.finance)][1:] == [
        f"逾期利息待核准：{number}，¥690.00"
    ]
    with translation.override("en"):
        assert [item.title for item in waiting_charges(world.finance)] == [
            f"{number}: approve charges, ¥2,070.00"
        ]
    with at(date(2026, 12, 5)):  # all of it came in September
        line = bank_line(world, "69000.00", day="2026-09-30")
        confirm_receipt(line, actor=world.finance, parts=[(bill.pk, 6_900_000)])
    charged(until=date(2026, 12, 5))
    assert letters(world.finance)[2] == (
        f"逾期利息待核准：{number}，-¥2,070.00", f"Interest on invoice {bill.number}"
    )  # fmt: skip


def test_interest_that_nobody_has_to_approve_is_told_to_nobody(world):
    BillingPolicy.objects.create(organisation=world.uni, approve_automatically=True)
    late_bill(world, EACH_MONTH)
    assert len(charged(until=date(2026, 11, 2))) == 2
    assert letters(world.finance) == []
