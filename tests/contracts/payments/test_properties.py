"""Whatever is received, allocated, undone, credited and given back, in any order: no fen is lost or made."""

from datetime import date

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ledger.queries import balance as book_balance
from contracts.ledger.queries import trial_balance
from contracts.ledger.verifying import verify_ledger
from contracts.payments.booking import book_money
from contracts.payments.models import Allocation, Payment
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import annotate_balances
from contracts.payments.services import (
    allocate,
    confirm_receipt,
    record_refund,
    undo_allocation,
)
from marketplace.clock import at
from marketplace.refusals import Refused
from tests.contracts.payments.world import bank_line, credit, invoice

DAY = date(2026, 11, 23)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["bill", "receive", "allocate", "undo", "refund", "credit", "release", "book"]),
        st.integers(1, 9),
        st.integers(0, 3),
    ),
    min_size=4,
    max_size=14,
)


def step(world, bills, kind, size, place):
    payments = list(Payment.objects.order_by("pk"))
    if kind == "bill":
        bills.append(invoice(world.contract, size * 100))
    elif kind == "receive":
        confirm_receipt(bank_line(world, f"{size}.00"), actor=world.finance)
    elif kind == "allocate" and payments:
        allocate(payments[place % len(payments)], actor=world.finance, payer=world.firm)
    elif kind == "undo":
        standing = list(Allocation.objects.filter(amount_minor__gt=0, reversed_by=None).order_by("pk"))
        if standing:
            undo_allocation(standing[place % len(standing)], actor=world.finance, reason="wrong")
    elif kind == "refund" and payments:
        payment = payments[place % len(payments)]
        record_refund(
            payment, actor=world.finance, amount_minor=size * 50, refunded_on=DAY, reason="given back"
        )
    elif kind == "credit" and bills:
        bill = annotate_balances(type(bills[0]).objects.filter(pk=bills[place % len(bills)].pk)).get()
        if bill.total_minor - bill.credited_minor >= size * 10:
            credit(bill, size * 10)
    elif kind == "release":
        release_overpaid()
    elif kind == "book":
        book_money()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_no_fen_is_lost_or_made(world, steps):
    savepoint = transaction.savepoint()
    bills = []
    with at(DAY):
        for kind, size, place in steps:
            try:
                with transaction.atomic():
                    step(world, bills, kind, size, place)
            except Refused:
                continue
        release_overpaid()
        book_money()

    payments = Payment.objects.with_unallocated()
    assert all(row.unallocated_minor >= 0 for row in payments)
    rows = annotate_balances(type(bills[0]).objects.all()) if bills else []
    assert all(0 <= row.open_minor <= row.total_minor for row in rows)
    waiting = sum(row.unallocated_minor for row in payments)
    bank = sum(row.amount_minor - row.refunded_minor for row in payments)
    assert book_balance(world.uni, "1002", "CNY") == bank
    assert book_balance(world.uni, "2203", "CNY") == -waiting
    assert book_balance(world.uni, "1122", "CNY") == sum(row.open_minor for row in rows)
    assert sum(row["balance"] for row in trial_balance(world.uni)) == 0
    assert verify_ledger(world.uni).findings == []
    transaction.savepoint_rollback(savepoint)
