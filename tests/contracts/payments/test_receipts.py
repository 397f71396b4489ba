from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from contracts.ledger.chart import AccountCode
from contracts.ledger.models import Entry
from contracts.ledger.queries import balance as book_balance
from contracts.ledger.queries import trial_balance
from contracts.ledger.verifying import verify_ledger
from contracts.payments.advices import advise_payment, dismiss_advice
from contracts.payments.booking import book_money
from contracts.payments.importing import import_statement, read_file, report
from contracts.payments.matching import propose
from contracts.payments.models import Allocation, Payment, StatementLine
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import balance, open_invoices, unallocated
from contracts.payments.services import (
    allocate,
    confirm_receipt,
    record_refund,
    set_aside,
    take_up_again,
    undo_allocation,
)
from marketplace.clock import at
from marketplace.notifications.models import Notification
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.payments.world import HEAD, account, bank_line, credit, invoice, statement

DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today():
    with at(DAY):
        yield


def proposals(world, line):
    return propose(line, list(open_invoices(world.uni)))


def test_a_transfer_with_its_code_is_proposed_confirmed_and_settles_the_invoice(world):
    bill = invoice(world.contract, 6_900_000)
    line = bank_line(world, "69,000.00", note=f"付款 {bill.reference_code[:5]} {bill.reference_code[5:]}")
    (found, *_others) = proposals(world, line)

    payment = confirm_receipt(line, actor=world.finance, parts=[(i.pk, part) for i, part in found.parts])

    assert (found.score, found.rest_minor, found.is_exact) == (100, 0, True)
    assert (payment.issuer, payment.payer, payment.amount_minor) == (world.uni, world.firm, 6_900_000)
    assert (balance(bill).open_minor, balance(bill).state) == (0, "PAID")
    told = Notification.objects.filter(template="payments/payment_received")
    assert {row.user for row in told} == {world.payer.user}


def test_two_people_confirm_the_same_line_once(world):
    bill = invoice(world.contract, 100)
    line = bank_line(world, "1.00")
    stale = StatementLine.objects.get(pk=line.pk)
    confirm_receipt(line, actor=world.finance, parts=[(bill.pk, 100)])
    with pytest.raises(TransitionRefused):
        confirm_receipt(stale, actor=world.colleague, parts=[(bill.pk, 100)])
    assert Payment.objects.count() == 1


def test_only_the_licensors_finance_confirms(world):
    bill = invoice(world.contract, 100)
    line = bank_line(world, "1.00")
    for somebody in (world.officer, world.payer, world.other_finance, world.operator):
        with pytest.raises(NotPermitted):
            confirm_receipt(line, actor=somebody, parts=[(bill.pk, 100)])
    with pytest.raises(Refused):
        confirm_receipt(line, actor=world.finance, parts=[(10**9, 100)])
    assert not Payment.objects.exists()


@pytest.mark.parametrize(("part", "words"), [(101, "开"), (0, ""), (-5, ""), (200, "")])
def test_a_part_above_the_invoice_or_not_above_zero_is_refused_whole(world, part, words):
    bill = invoice(world.contract, 100)
    line = bank_line(world, "2.00")
    with pytest.raises(Refused):
        confirm_receipt(line, actor=world.finance, parts=[(bill.pk, part)])
    line.refresh_from_db()
    assert (line.state, Payment.objects.count(), Allocation.objects.count()) == ("OPEN", 0, 0)


def test_parts_above_the_receipt_are_refused(world):
    first, second = invoice(world.contract, 100), invoice(world.contract, 100)
    line = bank_line(world, "1.50")
    with pytest.raises(Refused):
        confirm_receipt(line, actor=world.finance, parts=[(first.pk, 100), (second.pk, 100)])


def test_part_over_and_joint_payments(world):
    old = invoice(world.contract, 3_000, due_on=date(2026, 11, 10))
    new = invoice(world.contract, 5_000)
    part = confirm_receipt(bank_line(world, "10.00"), actor=world.finance, parts=[(old.pk, 1_000)])
    assert (balance(old).open_minor, balance(old).state) == (2_000, "OVERDUE")

    joint = confirm_receipt(bank_line(world, "100.00"), actor=world.finance)
    assert unallocated(joint) == 10_000
    allocate(joint, actor=world.finance, payer=world.firm)

    parts = [(row.invoice, row.amount_minor) for row in joint.allocations.all()]
    assert parts == [(old, 2_000), (new, 5_000)]  # oldest due date first
    assert (unallocated(part), unallocated(joint)) == (0, 3_000)  # the rest waits
    with pytest.raises(Refused):
        allocate(joint, actor=world.finance, payer=world.firm)


def test_a_wrong_allocation_is_undone_by_a_row_of_its_own(world):
    wrong, right = invoice(world.contract, 100), invoice(world.contract, 100)
    payment = confirm_receipt(bank_line(world, "1.00"), actor=world.finance, parts=[(wrong.pk, 100)])
    first = payment.allocations.get()

    with pytest.raises(Refused):
        undo_allocation(first, actor=world.finance, reason=" ")
    undo_allocation(first, actor=world.finance, reason="wrong invoice")
    with pytest.raises(Refused):
        undo_allocation(first, actor=world.finance, reason="again")
    allocate(payment, actor=world.finance, parts=[(right.pk, 100)])

    assert [row.amount_minor for row in payment.allocations.all()] == [100, -100, 100]
    assert (balance(wrong).open_minor, balance(right).open_minor) == (100, 0)


def test_a_refund_takes_the_rest_first_then_the_newest_allocation(world):
    bill = invoice(world.contract, 1_000)
    payment = confirm_receipt(bank_line(world, "15.00"), actor=world.finance, parts=[(bill.pk, 1_000)])

    record_refund(payment, actor=world.finance, amount_minor=700, refunded_on=DAY, reason="paid twice")

    assert (unallocated(payment), balance(bill).paid_minor) == (0, 800)
    with pytest.raises(Refused):
        record_refund(payment, actor=world.finance, amount_minor=801, refunded_on=DAY, reason="more")
    with pytest.raises(Refused):
        record_refund(
            payment, actor=world.finance, amount_minor=1, refunded_on=DAY + timedelta(1), reason="x"
        )


def test_a_credit_note_after_payment_frees_the_excess(world):
    bill = invoice(world.contract, 1_000)
    payment = confirm_receipt(bank_line(world, "10.00"), actor=world.finance, parts=[(bill.pk, 1_000)])
    credit(bill, 300)

    assert balance(bill).open_minor == -300
    assert (release_overpaid(), release_overpaid()) == (1, 0)
    assert (balance(bill).open_minor, unallocated(payment)) == (0, 300)


def test_history_of_money_cannot_be_rewritten(world):
    bill = invoice(world.contract, 100)
    payment = confirm_receipt(bank_line(world, "1.00"), actor=world.finance, parts=[(bill.pk, 100)])
    for change in (
        lambda: Payment.objects.filter(pk=payment.pk).update(amount_minor=1),
        lambda: Payment.objects.filter(pk=payment.pk).delete(),
        lambda: Allocation.objects.update(amount_minor=1),
        lambda: StatementLine.objects.update(amount_minor=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_lines_are_set_aside_with_a_reason_and_taken_up_again(world):
    line = bank_line(world, "1.00")
    with pytest.raises(Refused):
        set_aside(line, actor=world.finance, reason="")
    set_aside(line, actor=world.finance, reason="own transfer")
    with pytest.raises(TransitionRefused):
        confirm_receipt(line, actor=world.finance)
    assert take_up_again(line, actor=world.colleague).state == "OPEN"


def test_the_book_follows_each_fact_once(world):
    bill = invoice(world.contract, 106_00, vat_minor=6_00)
    payment = confirm_receipt(bank_line(world, "150.00"), actor=world.finance, parts=[(bill.pk, 10_600)])
    undo_allocation(payment.allocations.get(), actor=world.finance, reason="wrong")
    allocate(payment, actor=world.finance, parts=[(bill.pk, 10_000)])
    record_refund(payment, actor=world.finance, amount_minor=5_000, refunded_on=DAY, reason="too much")
    credit(bill, 600)

    assert (book_money(), book_money()) == (7, 0)
    accounts = {
        code: book_balance(world.uni, code, "CNY") for code in ("1002", "1122", "2203", "2221", "6051")
    }
    assert accounts == {"1002": 10_000, "1122": 0, "2203": 0, "2221": -600, "6051": -9_400}
    assert sum(row["balance"] for row in trial_balance(world.uni)) == 0
    assert verify_ledger(world.uni).findings == []
    assert Entry.objects.filter(key=f"invoice:{bill.pk}").count() == 1
    assert AccountCode.BANK == "1002"


# --- Statements ---------------------------------------------------------------------------------------


def test_importing_a_statement_again_is_harmless(world):
    bank = account(world)
    rows = [
        ("2026-11-20", "100.00", "", "R1", "长江泵业有限公司", "x"),
        ("2026-11-21", "", "30.00", "R2", "税务局", "fee"),
        ("2026-11-22", "5.00", "", "", "甲", "no reference"),
        ("2026-11-22", "5.00", "", "", "甲", "no reference"),
    ]
    first = statement(world, bank, *rows)
    again = statement(world, bank, *rows)

    assert (first.new_lines, again.new_lines, again.known_lines) == (4, 0, 4)
    lines = StatementLine.objects.order_by("booked_on", "pk")
    assert [(line.amount_minor, line.state) for line in lines] == [
        (10_000, "OPEN"), (-3_000, "OUTGOING"), (500, "OPEN"), (500, "OPEN"),
    ]  # fmt: skip
    with pytest.raises(TransitionRefused):
        import_statement(first, actor=world.finance)


def test_bad_rows_are_told_and_do_not_stop_the_good_ones(world):
    bank = account(world)
    text = HEAD + (
        "2026-13-20,1.00,,A1,甲,6222,\n"
        "2026-11-20,x,,A2,甲,6222,\n"
        "2026-11-20,0.00,,A3,甲,6222,\n"
        "2026-11-20,1.00,2.00,A4,甲,6222,\n"
        "2026-11-20,1.005,,A5,甲,6222,\n"
        '2026年11月20日,"1,234.50",,A6,甲,6222,好\n'
        "2026-11-20,7.00,,A6,甲,6222,\n"
    )
    read = read_file(bank, actor=world.finance, name="s.csv", content=text.encode())
    assert [entry.outcome for entry in report(read)] == ["refused"] * 5 + ["new", "conflict"]
    assert not StatementLine.objects.exists()  # a dry run takes nothing over

    import_statement(read, actor=world.finance)
    assert StatementLine.objects.get().amount_minor == 123_450


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        ("donghu", "记账日,交易金额,借贷标志,凭证号,对手方名称,用途\n20261120,88.00,贷,V1,甲,a\n20261121,9.00,借,V2,乙,b\n",
         [8_800, -900]),
        ("northbridge", "Value date,Amount,Currency,Transaction ID,Counterparty,Details\n2026-11-20,12.30,CNY,T1,A,b\n"
         "2026-11-20,-4,RMB,T2,A,b\n2026-11-20,5,USD,T3,A,b\n", [1_230, -400]),
    ],
)  # fmt: skip
def test_each_banks_layout_is_data(world, layout, text, expected):
    bank = account(world, layout=layout)
    read = read_file(bank, actor=world.finance, name="s.csv", content=text.encode())
    import_statement(read, actor=world.finance)
    assert list(StatementLine.objects.values_list("amount_minor", flat=True).order_by("pk")) == expected


def test_a_generic_layout_names_its_columns_and_a_wrong_one_is_told(world):
    bank = account(world, layout="generic", columns={"booked_on": "Day", "amount": "Sum", "note": "Text"})
    read = read_file(
        bank, actor=world.finance, name="s.csv", content=b"Day;Sum;Text\n2026-11-20;1.00;hello\n"
    )
    assert (read.new_lines, read.refused_lines) == (1, 0)
    for wrong in (b"a,b\n1,2\n", b"", HEAD.encode()):
        with pytest.raises(Refused):
            read_file(bank, actor=world.finance, name="s.csv", content=wrong)


def test_an_account_that_confirms_by_itself_does_so_only_where_all_fits(world):
    bank = account(world, confirm_by_code=True)
    bill, other = invoice(world.contract, 100), invoice(world.contract, 200)
    statement(
        world,
        bank,
        ("2026-11-20", "1.00", "", "S1", "长江泵业有限公司", bill.reference_code),
        ("2026-11-20", "2.00", "", "S2", "别的公司", other.reference_code),
    )
    assert (balance(bill).state, balance(other).open_minor) == ("PAID", 200)
    assert StatementLine.objects.get(bank_reference="S2").state == "OPEN"


def test_proposals_without_a_code_come_from_number_amount_and_payer(world):
    first = invoice(world.contract, 300, due_on=date(2026, 11, 5))
    second = invoice(world.contract, 700)
    by_number = proposals(world, bank_line(world, "3.00", note=f"结 {first.number.lower()}"))
    by_amount = proposals(world, bank_line(world, "7.00", payer="不认识"))
    by_payer = proposals(world, bank_line(world, "10.00", payer="长江泵业（有限公司）"))
    nothing = proposals(world, bank_line(world, "9.99", payer="不认识"))

    assert [(i, part) for i, part in by_number[0].parts] == [(first, 300)]
    assert [(i, part) for i, part in by_amount[0].parts] == [(second, 700)]
    assert [(i, part) for i, part in by_payer[0].parts] == [(first, 300), (second, 700)]
    assert nothing == []
    assert all(proposal.reasons for proposal in (*by_number, *by_amount, *by_payer))


# --- Advice -------------------------------------------------------------------------------------------


def test_an_advice_settles_nothing_and_is_answered_by_the_receipt(world):
    bill = invoice(world.contract, 100)
    advice = advise_payment(bill, actor=world.payer, amount_minor=100, paid_on=DAY)
    assert balance(bill).open_minor == 100
    dismiss_advice(advice, actor=world.finance, answer="not on the account")
    again = advise_payment(bill, actor=world.payer, amount_minor=100, paid_on=DAY)

    confirm_receipt(bank_line(world, "1.00"), actor=world.finance, parts=[(bill.pk, 100)])
    advice.refresh_from_db()
    again.refresh_from_db()
    assert (advice.state, again.state) == ("DISMISSED", "MATCHED")
    for somebody in (world.finance, world.scout, world.stranger):
        with pytest.raises(NotPermitted):
            advise_payment(bill, actor=somebody, amount_minor=1, paid_on=DAY)
    with pytest.raises(Refused):
        advise_payment(bill, actor=world.payer, amount_minor=1, paid_on=DAY + timedelta(1))
