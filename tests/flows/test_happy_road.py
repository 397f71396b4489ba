"""The road, once, to the fen: published → found → enquired → agreed → reviewed → public notice → signed → delivered →
tried → triggered → reported → charged → invoiced → paid → distributed → paid out."""

from datetime import date

import pytest

from contracts.lifecycle.states import State
from tests.flows import money, steps

pytestmark = [pytest.mark.flow, pytest.mark.django_db]
FIRST_INCOME = {"elements__0__rate__rate": "3", "acts": ["join elements-0-trigger any"]}


def test_from_search_to_distributed_income(people, calendar):
    code = steps.publish_listing(people)
    steps.link_contributor(people, code, "王示例", people.inventor)
    calendar.go_to(date(2026, 1, 6))
    number = steps.to_trial(people, calendar, code, "preset:royalty", **FIRST_INCOME)
    assert steps.state_of(people.payer, number) == State.TRIAL

    # A free quarter, then the first income on 12 May: from that day on the royalty runs.
    calendar.go_to(date(2026, 4, 8))
    money.report_all_nil(people, number)
    calendar.go_to(date(2026, 5, 12))
    steps.record_first_income(people, number, on=date(2026, 5, 12))
    calendar.go_to(date(2026, 5, 13))
    assert steps.state_of(people.signatory, number) == State.ACTIVE
    assert money.charges_of(people.finance, number) == []

    # Sales before that day are free, those after it cost 3 %: 1,000,333 → 30,009.99.
    calendar.go_to(date(2026, 7, 6))
    [address] = money.reports_due(people, number)
    assert money.report_sales(people, address, 300_000, 1_000_333) == 30_009_99
    assert money.charges_of(people.payer, number) == []
    money.accept_report(people, address)
    calendar.go_to(date(2026, 7, 7))
    first = [("2026-06-30", 30_009_99)]
    assert money.charges_of(people.finance, number) == money.charges_of(people.payer, number) == first

    # Not registered yet: 6 % VAT on top, 1,800.5994 → 1,800.60.
    money.open_bank_account(people)
    [invoice] = money.bill(people, number)
    assert money.invoice_sums(people.payer, invoice) == (30_009_99, 1_800_60, 31_810_59)
    calendar.go_to(date(2026, 8, 3))
    assert people.payer.open(invoice).follow("invoice_pdf", steps.pk_of(invoice)).body.startswith(b"%PDF")
    money.pay(people, invoice, "31,810.59", "JC0001")
    assert [
        link for link in people.payer.open("invoices", query="?state=open").links() if invoice in link
    ] == []

    # 70 % to the team, 20 % of the rest to the staff, after 8,000.55 of direct cost:
    # 22,009.44 → 15,406.61 (9,243.97 + 6,162.64) + 1,320.57 + 5,282.26.
    money.enter_cost(people, number, "专利代理费", "8,000.55")
    money.plan_distribution(people, number)
    page = money.distribute(people, number)
    assert money.shares_of(page) == [
        ("王示例", 9_243_97), ("赵示例", 6_162_64), ("转化人员", 1_320_57), ("东湖示例大学", 5_282_26),
    ]  # fmt: skip
    due = [("王示例", 9_243_97), ("赵示例", 6_162_64), ("转化人员", 1_320_57)]
    assert money.payouts_due(people) == sorted(due)
    early = people.finance.open("payouts")
    chosen = [box["value"] for box in early.soup.select("input[name=payout]")]
    refused = early.try_to_send({"payout": chosen}, to="/zh-hans/payouts/act/", press="action=confirm")
    assert refused.complaints  # the internal notice of 15 working days runs
    calendar.go_to(date(2026, 9, 1))
    money.pay_out(people)
    assert money.payouts_due(people) == []
    income = people.inventor.open("desk").follow("my_income")
    assert "¥9,243.97" in income.text
    assert "赵示例" not in income.text
    statement = next(link for link in income.links() if "statement" in link)
    assert people.inventor.open(statement).body.startswith(b"%PDF")

    # Registered and the exemption filed: no VAT. The second distribution gives what the whole asks for, less
    # what was given: 49,009.44 → 34,306.61 − 15,406.61 …
    steps.complete_track(people, number, "REGISTRATION", "2026420100000001")
    steps.complete_track(people, number, "VAT", "鄂税备2026-1")
    calendar.go_to(date(2026, 10, 6))
    [address] = money.reports_due(people, number)
    money.report_sales(people, address, 900_000)
    money.accept_report(people, address)
    calendar.go_to(date(2026, 10, 7))
    [invoice] = money.bill(people, number)
    assert money.invoice_sums(people.payer, invoice) == (27_000_00, 0, 27_000_00)
    calendar.go_to(date(2026, 10, 20))
    money.pay(people, invoice, "27,000.00", "JC0002")
    assert money.shares_of(money.distribute(people, number)) == [
        ("王示例", 11_340_00), ("赵示例", 7_560_00), ("转化人员", 1_620_00), ("东湖示例大学", 6_480_00),
    ]  # fmt: skip
    calendar.go_to(date(2026, 12, 1))
    money.pay_out(people)
    assert "¥20,583.97" in people.inventor.open("my_income").text

    # The books of the university: nothing is owed any more, and the chain fits.
    calendar.go_to(date(2026, 12, 2))
    balance = people.finance.open("ledger", query="?verify=1")
    assert balance.soup.select_one(".notice.good"), balance.text
    assert money.balances_of(balance) == {
        "1002": 21_563_41,  # received 58,810.59, rewards paid 37,247.18
        "1122": 0,
        "2203": 0,
        "2211": 0,
        "2221": -1_800_60,
        "6051": -57_009_99,
        "6602": 37_247_18,
    }
