"""Papers wait for their printing where the database notes them: none is lost, none is made twice, none stops another."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from contracts.billing import documents
from contracts.billing.documents import PRINTING, make_invoice_document, make_missing
from contracts.billing.models import BillingDocument, CreditNote, Invoice
from contracts.billing.unprinted import AGAIN, Unprinted
from marketplace.alone import alone
from marketplace.clock import at, now
from marketplace.documents import DocumentError
from marketplace.notifications.models import Notification
from tests.clones import at_once, cloned_database
from tests.contracts.payments import world as made
from tests.contracts.payments.world import credit, invoice, printed


@pytest.fixture
def world(db):
    return made.world()


def printed_numbers() -> list[str]:
    rows = BillingDocument.objects.order_by("pk").select_related("invoice", "credit_note")
    return [(row.invoice or row.credit_note).number for row in rows]


def breaks(monkeypatch, number: str, problem: BaseException) -> None:
    """One paper cannot be printed."""
    whole = documents.render_pdf

    def render(name, data):
        if data["number"] == number:
            raise problem
        return whole(name, data)

    monkeypatch.setattr(documents, "render_pdf", render)


def test_every_paper_is_printed_once_and_then_looking_at_everything_finds_none(world):
    bills = [invoice(world.contract, 10_000) for _bill in range(2)]
    note = credit(bills[0], 1_000)
    assert (make_missing(), printed_numbers()) == (False, [*(bill.number for bill in bills), note.number])
    told = Notification.objects.count()
    assert (make_missing(), Notification.objects.count()) == (False, told)
    assert not Unprinted.objects.exists()
    assert not Invoice.objects.filter(document=None).exists()
    assert not CreditNote.objects.filter(document=None).exists()
    first = bills[0].document
    assert make_invoice_document(bills[0]).sha256 == first.sha256


def test_invoices_that_are_printed_cost_no_queries(world, django_assert_num_queries):
    for _bill in range(9):
        printed(invoice(world.contract, 10_000))
        make_missing()
        with django_assert_num_queries(4):  # lock, what waits, lock, what waits
            make_missing()


def test_one_that_cannot_be_printed_stops_no_other_and_is_tried_again(world, monkeypatch, caplog):
    first, second = invoice(world.contract, 10_000), invoice(world.contract, 10_000)
    with monkeypatch.context() as patched:
        breaks(patched, first.number, DocumentError("no such font"))
        assert (make_missing(), printed_numbers()) == (False, [second.number])
        assert "no such font" in caplog.text
    assert (make_missing(), printed_numbers()) == (False, [second.number])
    with at(now() + AGAIN + timedelta(seconds=1)):
        assert (make_missing(), printed_numbers()) == (False, [second.number, first.number])


def test_a_paper_whose_printer_was_killed_is_printed_later_and_is_not_the_first_again(world, monkeypatch):
    first, second = invoice(world.contract, 10_000), invoice(world.contract, 10_000)
    with monkeypatch.context() as patched:
        breaks(patched, first.number, SystemExit())
        with pytest.raises(SystemExit):
            make_missing()
        assert printed_numbers() == []
        assert (make_missing(), printed_numbers()) == (False, [second.number])
    with at(now() + AGAIN + timedelta(seconds=1)):
        assert (make_missing(), printed_numbers()) == (False, [second.number, first.number])


def test_a_run_ends_in_time_and_the_next_goes_on(world):
    bills = [invoice(world.contract, 10_000) for _bill in range(3)]
    assert [make_missing(seconds=0) for _run in bills] == [True, True, False]
    assert printed_numbers() == [bill.number for bill in bills]


def test_papers_from_before_the_triggers_that_lack_a_pdf_wait_after_the_migration(world):
    bills = [invoice(world.contract, 10_000) for _bill in range(3)]
    notes = [credit(bill, 1_000) for bill in bills]
    printed(bills[1])
    BillingDocument.objects.create(credit_note=notes[2], file="x.pdf", sha256="0" * 64)
    Unprinted.objects.all().delete()
    filling = import_module("contracts.migrations.0014_papers_that_wait").Migration.operations[-2:]
    with connection.cursor() as cursor:
        for step in filling:
            cursor.execute(step.sql)
    assert list(Unprinted.objects.order_by("pk").values_list("kind", "paper", "again_at")) == [
        *(("invoice", bill.pk, None) for bill in (bills[0], bills[2])),
        *(("credit_note", note.pk, None) for note in notes[:2]),
    ]


@pytest.mark.slow
def test_one_process_prints_and_the_other_is_free(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        bills = [invoice(world.contract, 10_000) for _bill in range(2)]

        def busy():
            with alone(PRINTING) as mine:
                return mine and at_once(make_missing)

        assert busy() == [False]
        assert printed_numbers() == []
        at_once(*[make_missing] * 2, *[lambda: make_invoice_document(bills[0])] * 2)
        make_missing()
        assert sorted(printed_numbers()) == [bill.number for bill in bills]
