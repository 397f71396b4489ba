"""Statements of payouts wait like other papers: each is made once, and one that fails stops no other."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from contracts.billing.documents import make_missing
from contracts.billing.unprinted import AGAIN, Unprinted
from contracts.payments.services import confirm_receipt
from contracts.proceeds import documents
from contracts.proceeds.commissions import accrue_commissions
from contracts.proceeds.documents import make_missing_statements, make_statement
from contracts.proceeds.models import Payout
from marketplace.clock import at, now
from marketplace.documents import DocumentError
from tests.contracts.payments.world import bank_line, commission_annex, invoice


@pytest.fixture
def payouts(world):
    """Three commissions to be paid."""
    commission_annex(world.contract)
    for _receipt in range(3):
        bill = invoice(world.contract, 10_000)
        confirm_receipt(bank_line(world, "100.00"), actor=world.finance, parts=[(bill.pk, 10_000)])
    accrue_commissions()
    return list(Payout.objects.order_by("pk"))


def stated() -> list[int]:
    return list(Payout.objects.exclude(statement="").order_by("pk").values_list("pk", flat=True))


def test_each_is_made_once_and_kept_with_its_hash(payouts):
    first = make_statement(payouts[0])
    assert [make_missing_statements(seconds=0) for _run in range(2)] == [True, False]
    assert stated() == [row.pk for row in payouts]
    assert make_statement(payouts[0]).statement_sha256 == first.statement_sha256 != ""
    assert not Unprinted.objects.filter(kind="payout").exists()


def test_invoices_and_statements_are_printed_apart(payouts):
    make_missing()
    assert (stated(), set(Unprinted.objects.values_list("kind", flat=True))) == ([], {"payout"})


def test_one_that_fails_comes_after_the_others_and_after_a_pause(payouts, monkeypatch, caplog):
    whole, first = documents.render_pdf, payouts[0]

    def render(name, data):
        if data["number"].endswith(f"-{first.pk}"):
            raise DocumentError("no such font")
        return whole(name, data)

    with monkeypatch.context() as patched:
        patched.setattr(documents, "render_pdf", render)
        assert [make_missing_statements(seconds=0) for _run in range(3)] == [True, True, False]
        assert "no such font" in caplog.text
    others = [row.pk for row in payouts[1:]]
    assert (make_missing_statements(), stated()) == (False, others)
    with at(now() + AGAIN + timedelta(seconds=1)):
        assert (make_missing_statements(), stated()) == (False, [first.pk, *others])


def test_payouts_from_before_the_trigger_wait_after_the_migration(payouts):
    make_statement(payouts[1])
    Unprinted.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("contracts.migrations.0015_statements_that_wait").WAITING)
    assert list(Unprinted.objects.order_by("pk").values_list("kind", "paper")) == [
        ("payout", payouts[0].pk),
        ("payout", payouts[2].pk),
    ]
