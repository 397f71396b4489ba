from datetime import date

import pytest

from tests.flows import money, steps

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def test_part_payments_and_a_credit_note_settle_an_invoice(people, calendar):
    """106,000.00 with VAT: 60,000.00 paid, 10,600.00 credited, 35,400.00 paid; not a fen more can be taken."""
    code = steps.publish_listing(people)
    terms = {"trial__months": "1", "elements__0__trigger__months": "1", "trial__decision_days": "10"}
    number = steps.to_trial(people, calendar, code, "preset:deferred", **terms)
    money.open_bank_account(people)
    calendar.go_to(date(2026, 3, 2))
    [invoice] = money.bill(people, number)
    assert money.invoice_sums(people.payer, invoice) == (100_000_00, 6_000_00, 106_000_00)

    money.advise_payment(people, invoice, "60,000.00")
    money.pay(people, invoice, "60,000.00", "JC0001")
    assert money.open_sum(people.payer, invoice) == 46_000_00

    note = money.credit(people, invoice, "10,000.00", "试用期内停机两周，协商减免")
    assert "¥10,600.00" in people.payer.open(note).text
    assert money.open_sum(people.payer, invoice) == 35_400_00
    refused = people.finance.open(invoice)
    too_much = {"price": "90,000.01", "reason": "多退"}
    answer = refused.try_to_send(too_much, to=f"{invoice}credit/")
    assert answer.complaints
    assert money.open_sum(people.payer, invoice) == 35_400_00

    # Too much comes in: what is left over waits, and is given back.
    calendar.go_to(date(2026, 3, 20))
    payment = money.pay(people, invoice, "36,000.00", "JC0002")
    assert money.open_sum(people.payer, invoice) == 0
    assert "¥600.00" in payment.text
    refund = {"amount": "600.00", "reason": "多付退回", "refunded_on": "2026-03-20"}
    payment.send(refund, to=f"{payment.path}refund/")
    calendar.after(1)
    balance = people.finance.open("ledger", query="?verify=1")
    assert money.balances_of(balance)["1122"] == money.balances_of(balance)["2203"] == 0
    assert money.balances_of(balance)["1002"] == 95_400_00
    assert money.balances_of(balance)["2221"] == -5_400_00
