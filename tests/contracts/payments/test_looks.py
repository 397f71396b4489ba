"""The periodic tasks of money look at what changed and at what a day brings: with the result of looking at everything."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.billing.models import Charge, Invoice
from contracts.ledger.models import Entry, Unbooked
from contracts.ledger.sources import Source, sources
from contracts.lifecycle.models import Look
from contracts.lifecycle.models.looks import OF_MONEY
from contracts.payments import interest, overpaid
from contracts.payments.booking import PAYMENTS, book_money
from contracts.payments.collecting import dunning
from contracts.payments.collecting.models import DunningNotice, WriteOff
from contracts.payments.collecting.write_offs import approve_write_off, propose_write_off, take_back_write_off
from contracts.payments.interest import charge_interest
from contracts.payments.models import Allocation
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import balance
from contracts.payments.services import confirm_receipt
from contracts.proceeds.booking import book_proceeds
from contracts.proceeds.commissions import accrue_commissions
from contracts.proceeds.models import Commission
from marketplace.clock import at, today
from marketplace.notifications.models import Notification
from marketplace.refusals import Refused
from tests.contracts.payments.test_interest import DAYS_EACH_MONTH, agree
from tests.contracts.payments.test_properties import step as of_money
from tests.contracts.payments.world import bank_line, commission_annex, credit, invoice, printed

BEGIN = date(2026, 11, 23)
TASKS = (release_overpaid, charge_interest, book_money, dunning.send_due, accrue_commissions, book_proceeds)


def a_pass() -> None:
    for task in TASKS:
        task()


def everything() -> list:
    """What the tasks bring about; letters by their number."""
    return [
        *(list(model.objects.order_by("pk").values()) for model in (Charge, Allocation, DunningNotice, Commission)),
        list(Entry.objects.order_by("pk").values_list("issuer", "key")), Notification.objects.count(),
    ]  # fmt: skip


def nothing_was_passed_over() -> None:
    """After two passes (one does what is due, one finds nothing) looking at everything finds no more."""
    a_pass()
    a_pass()
    found = everything()
    assert not any(source.unbooked().exists() for source in sources().values())
    with transaction.atomic():
        Look.objects.all().delete()
        a_pass()
        assert everything() == found
        transaction.set_rollback(True)


def print_papers() -> None:
    for bill in Invoice.objects.filter(document=None):
        printed(bill)


def step(world, bills, kind, size, place):
    texts = dict.fromkeys(dunning.FIELDS, "{number} {days}")
    if kind == "print":
        print_papers()
    elif kind == "steps":
        dunning.save_steps(actor=world.finance, steps=[{"days": size * 3, **texts}, {"days": 40, **texts}])
    elif kind == "dispute":
        world.contract.disputed = not world.contract.disputed
        world.contract.save(update_fields=["disputed"])
    elif kind == "pause" and bills:
        until = today() + timedelta(days=5 * size)
        dunning.pause(bills[place % len(bills)], actor=world.finance, until=until, reason="分期付款")
    elif kind == "write off" and bills:
        row = propose_write_off(bills[place % len(bills)], actor=world.finance, reason="注销")
        approve_write_off(row, actor=world.approver)
    elif kind == "take back":
        for row in WriteOff.objects.filter(state="APPROVED")[:1]:
            take_back_write_off(row, actor=world.approver, reason="款项到账")
    else:
        of_money(world, bills, kind, size, place)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["bill", "receive", "allocate", "allocate", "undo", "refund", "credit", "print", "print", "steps", "dispute",
             "pause", "write off", "take back", "day", "day"]
        ),
        st.integers(1, 9),
        st.integers(0, 3),
        st.sampled_from([0, 0, 1, 7, 31]),
    ),
    min_size=6,
    max_size=12,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
@given(STEPS)
def test_whatever_happens_to_money_looking_at_what_changed_is_looking_at_everything(world, steps):
    savepoint, on = transaction.savepoint(), BEGIN
    agree(world.contract, DAYS_EACH_MONTH)
    commission_annex(world.contract)
    bills = [invoice(world.contract, 70_000, on=BEGIN, due_on=BEGIN)]
    for kind, size, place, days in [*steps, ("day", 1, 0, 31)]:
        on += timedelta(days=days)
        with at(on):
            try:
                with transaction.atomic():
                    step(world, bills, kind, size, place)
            except Refused:
                pass
            nothing_was_passed_over()
    transaction.savepoint_rollback(savepoint)


def paid(world, *, on=BEGIN) -> Invoice:
    bill = printed(invoice(world.contract, 10_000, on=on, due_on=on))
    confirm_receipt(bank_line(world, "100.00"), actor=world.finance, parts=[(bill.pk, 10_000)])
    return bill


def test_invoices_of_which_nothing_changed_cost_no_queries_of_their_own(world, django_assert_num_queries):
    agree(world.contract, DAYS_EACH_MONTH)
    commission_annex(world.contract)
    with at(BEGIN):
        for count in (1, 9):
            for _bill in range(count):
                paid(world)
            a_pass()
            a_pass()
            for task in TASKS:
                with django_assert_num_queries(1):
                    task()


def test_contracts_that_are_looked_at_are_read_together(world, django_assert_num_queries):
    agree(world.contract, DAYS_EACH_MONTH)
    commission_annex(world.contract)
    expected = ((charge_interest, 7), (dunning.send_due, 7), (accrue_commissions, 7))
    with at(BEGIN):
        for count in (1, 9):
            for _bill in range(count):
                paid(world)
            a_pass()
            a_pass()
            for task, queries in expected:
                Look.objects.all().delete()
                with django_assert_num_queries(queries):
                    task()


def looked_at(world) -> set[str]:
    rows = Look.objects.filter(contract=world.contract, task__in=OF_MONEY, again_on__gt=today())
    return set(rows.values_list("task", flat=True))


def test_a_change_of_steps_or_a_pause_is_looked_at_by_the_next_run(world):
    invoice(world.contract, 10_000, on=BEGIN, due_on=BEGIN)
    with at(BEGIN):
        a_pass()
        assert looked_at(world) == {"interest"}  # a bill without its paper is asked for at each run
        print_papers()
        a_pass()
        assert looked_at(world) == {"interest", "dunning"}
        dunning.save_steps(actor=world.finance, steps=[])  # the market's own stay
        assert looked_at(world) == {"interest", "dunning"}
        texts = dict.fromkeys(dunning.FIELDS, "{number}")
        dunning.save_steps(actor=world.finance, steps=[{"days": 2, **texts}])
        assert looked_at(world) == {"interest"}
        a_pass()
        assert Look.objects.get(task="dunning").again_on == BEGIN + timedelta(days=2)
        dunning.pause(
            Invoice.objects.get(), actor=world.finance, until=BEGIN + timedelta(days=9), reason="分期付款"
        )
        a_pass()
        assert Look.objects.get(task="dunning").again_on == BEGIN + timedelta(days=9)


def test_what_cannot_be_booked_waits_and_stops_no_other(world, caplog):
    first, _second = (confirm_receipt(bank_line(world, "1.00"), actor=world.finance) for _time in range(2))

    def booking(payment):
        if payment.pk == first.pk:
            raise ValueError("no such account")
        return PAYMENTS.booking(payment)

    broken = Source("payment", PAYMENTS.rows, booking)
    assert [broken.book(), broken.book()] == [1, 0]
    assert "no such account" in caplog.text
    assert list(Unbooked.objects.values_list("kind", "fact")) == [("payment", first.pk)]
    assert book_money() == 1
    assert not Unbooked.objects.exists()


@pytest.mark.parametrize(
    ("module", "step", "task", "done"),
    [
        (interest, "accrue_interest", charge_interest, lambda bill: bill.interest_charges.exists()),
        (
            dunning,
            "_send",
            dunning.send_due,
            lambda bill: DunningNotice.objects.filter(invoice=bill).exists(),
        ),
        (overpaid, "_release", release_overpaid, lambda bill: balance(bill).open_minor == 0),
    ],
)
def test_an_invoice_that_fails_stops_no_other_of_its_contract(world, monkeypatch, module, step, task, done):
    agree(world.contract, DAYS_EACH_MONTH)
    on, due_on = date(2026, 9, 1), date(2026, 10, 1)
    bad, good = (invoice(world.contract, 10_000, on=on, due_on=due_on) for _number in range(2))
    print_papers()
    original = getattr(module, step)

    def breaks(one, *args, **named):
        if bad.pk in (one, getattr(one, "pk", None)):
            raise ZeroDivisionError
        return original(one, *args, **named)

    with at(BEGIN + timedelta(days=1)):
        for bill in (bad, good):
            if module is overpaid:
                parts = [(bill.pk, 10_000)]
                confirm_receipt(bank_line(world, "100.00"), actor=world.finance, parts=parts)
                credit(bill, 4_000)
        monkeypatch.setattr(module, step, breaks)
        task()
        assert [done(bad), done(good)] == [False, True]
        monkeypatch.setattr(module, step, original)
        task()
        assert done(bad)
