"""A book that somebody tampered with: as the owner of the database, past rights and triggers."""

from contextlib import contextmanager
from datetime import date
from io import StringIO

import dj_database_url
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import translation

from contracts.billing.decisions import approve_charges
from contracts.billing.documents import make_missing
from contracts.billing.invoicing import issue_credit_note, issue_invoices
from contracts.billing.models import BillingDocument, Charge, Invoice
from contracts.ledger.models import Entry, LedgerCheck, LedgerHead
from contracts.ledger.services import content_hash, linked
from contracts.ledger.verifying import verify_ledger
from contracts.payments.booking import book_money
from contracts.payments.services import confirm_receipt
from marketplace.clock import at
from tests.clones import cloned_database
from tests.contracts.payments import world as made

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def books(django_db_setup, django_db_blocker, tmp_path_factory):
    """Three invoices issued by the service, one credited, one paid; committed, in a database of their own."""
    media = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), cloned_database(), at(DAY):
        world = made.world()
        for number in (1, 2, 3):
            charge = Charge.objects.create(
                contract=world.contract, kind="CHARGE", element_id="fee", part=number, period_start=DAY,
                period_end=DAY, dated_on=DAY, amount_minor=10_000 * number, currency="CNY", exact="1",
                version_number=1, terms_hash="0" * 64, due={"kind": "after_invoice"},
            )  # fmt: skip
            approve_charges(world.contract, actor=world.finance, ids=[charge.pk])
            issue_invoices(world.contract, actor=world.finance)
        world.bills = list(Invoice.objects.order_by("pk"))
        issue_credit_note(world.bills[0], actor=world.finance, price_minor=500, reason="尾差")
        line = made.bank_line(world, "100.00")
        confirm_receipt(line, actor=world.finance, parts=[(world.bills[1].pk, 10_000)])
        book_money()
        make_missing()
        world.media, settings.MEDIA_ROOT = settings.MEDIA_ROOT, media
        yield world


@pytest.fixture(autouse=True)
def _its_papers(books, settings, _quick_and_clean):
    settings.MEDIA_ROOT = books.media
    with translation.override("en"):
        yield


@contextmanager
def tampering(*statements):
    """As the owner, with the triggers off; undone afterwards."""
    place = connection.settings_dict
    application = {key: place[key] for key in ("USER", "PASSWORD")}
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    connection.close()
    place.update({key: owner[key] for key in application})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                if table.startswith("contracts_"):
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount > 0
            yield
            transaction.set_rollback(True)
    finally:
        connection.close()
        place.update(application)


def found(world) -> list[tuple[str, str]]:
    return [(finding.kind, finding.what) for finding in verify_ledger().findings]


def test_a_whole_book_has_no_findings_and_heads_stand_on_papers(books):
    report = verify_ledger(files=True)
    assert (report.findings, report.entries, report.waiting) == ([], 6, 0)
    head = LedgerHead.objects.get(issuer=books.uni)
    assert report.heads[books.uni.pk] == (head.sequence, head.hash) == (6, head.hash)
    stated = [bill.snapshot["ledger_sequence"] for bill in books.bills]
    assert stated == [0, 1, 2]
    assert books.bills[2].snapshot["ledger_head"] == Entry.objects.get(sequence=2).hash
    assert verify_ledger(books.uni, stated=[(6, head.hash)]).findings == []
    assert [row.kind for row in verify_ledger(books.uni, stated=[(6, "f" * 64)]).findings] == ["WITNESS"]


CHANGED, MISSING, ADDED = "CHANGED", "MISSING", "ADDED"
TOTAL = ("TOTAL", "1122 CNY")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # a changed posting, also where the entry still balances
        (["UPDATE contracts_posting SET amount_minor = 2 * amount_minor WHERE entry_id = {entry2}"],
         [("DIFFERS", "entry 2, invoice:{bill2}"), (CHANGED, "entry 2, invoice:{bill2}"), TOTAL]),
        (["UPDATE contracts_entry SET text = 'x' WHERE sequence = 2"], [(CHANGED, "entry 2, invoice:{bill2}")]),
        (["UPDATE contracts_entry SET booked_on = '2026-01-01' WHERE sequence = 4"],
         [(CHANGED, "entry 4, credit_note:{note}")]),
        # a posting that is gone or added
        (["DELETE FROM contracts_posting WHERE entry_id = {entry2} AND amount_minor > 0"],
         [("DIFFERS", "entry 2, invoice:{bill2}"), (CHANGED, "entry 2, invoice:{bill2}"),
          ("UNBALANCED", "entry 2, invoice:{bill2}"), TOTAL]),
        # an entry that is gone, in the middle and at the end
        (["DELETE FROM contracts_posting WHERE entry_id = {entry2}", "DELETE FROM contracts_entry WHERE sequence = 2"],
         [(MISSING, "entry 2"), ("WITNESS", "INV-2026-000003"), ("UNBOOKED", "invoice:{bill2}"), TOTAL]),
        (["DELETE FROM contracts_posting WHERE entry_id = {entry6}", "DELETE FROM contracts_entry WHERE sequence = 6"],
         [("HEAD", "end of the chain")]),
        # an entry that nobody wrote
        (["INSERT INTO contracts_entry (issuer_id, sequence, key, booked_on, created_at, text, previous_hash, hash)"
          " SELECT issuer_id, 7, 'invoice:999999', booked_on, created_at, text, hash, hash"
          " FROM contracts_entry WHERE sequence = 6"],
         [(ADDED, "entry 7, invoice:999999"), (CHANGED, "entry 7, invoice:999999"),
          ("UNBALANCED", "entry 7, invoice:999999"), ("HEAD", "end of the chain")]),
        # the documents behind the book
        (["UPDATE contracts_invoice SET total_minor = 1, net_minor = 1, vat_minor = 0 WHERE sequence = 3"],
         [("DIFFERS", "entry 3, invoice:{bill3}"), ("SUM", "INV-2026-000003"), TOTAL]),
        (["DELETE FROM contracts_invoiceline WHERE invoice_id = {bill3}", "DELETE FROM contracts_invoice WHERE sequence = 3"],
         [(ADDED, "entry 3, invoice:{bill3}"), ("NUMBER", "INV-2026-000003"), TOTAL]),
        (["UPDATE contracts_payment SET amount_minor = 99", "UPDATE contracts_allocation SET amount_minor = 99"],
         [("DIFFERS", "entry 5, payment:{payment}"), ("DIFFERS", "entry 6, allocation:{allocation}"), TOTAL]),
    ],
)  # fmt: skip
def test_what_was_changed_is_found_and_named(books, statements, expected):
    entries = dict(Entry.objects.values_list("sequence", "pk"))
    keys = {entry.sequence: entry.key.partition(":")[2] for entry in Entry.objects.all()}
    names = {f"entry{n}": pk for n, pk in entries.items()} | {f"bill{n}": keys[n] for n in (1, 2, 3)}
    names |= {"note": keys[4], "payment": keys[5], "allocation": keys[6]}
    with tampering(*(statement.format(**names) for statement in statements)):
        assert found(books) == [(kind, what.format(**names)) for kind, what in expected]
    assert found(books) == []


def test_a_chain_that_was_written_anew_shows_on_the_papers_that_state_the_old_one(books):
    """The owner changes an entry with its fact, and recomputes every hash from there on, and the head."""
    bill = books.bills[0]
    changes = [
        f"UPDATE contracts_invoice SET vat_minor = 0, total_minor = net_minor WHERE id = {bill.pk}",
        f"UPDATE contracts_posting SET amount_minor = {bill.net_minor} WHERE amount_minor = {bill.total_minor}"
        " AND entry_id = (SELECT id FROM contracts_entry WHERE sequence = 1)",
        "DELETE FROM contracts_posting WHERE account = '2221'"
        " AND entry_id = (SELECT id FROM contracts_entry WHERE sequence = 1)",
    ]
    previous = "0" * 64
    for entry in Entry.objects.order_by("sequence").prefetch_related("postings"):
        lines = sorted(entry.postings.all(), key=lambda line: line.pk)
        if entry.sequence == 1:
            lines = [line for line in lines if line.account != "2221"]
            lines[0].amount_minor = bill.net_minor
        content = content_hash(
            issuer_id=entry.issuer_id, sequence=entry.sequence, key=entry.key, booked_on=entry.booked_on,
            created_at=entry.created_at, text=entry.text, reverses="", lines=lines,
        )  # fmt: skip
        anew = linked(previous, content)
        changes.append(
            f"UPDATE contracts_entry SET previous_hash = '{previous}', hash = '{anew}' WHERE sequence = {entry.sequence}"
        )
        previous = anew
    changes.append(f"UPDATE contracts_ledgerhead SET hash = '{previous}'")
    with tampering(*changes):
        assert ("WITNESS", "INV-2026-000002") in found(books)
        assert {kind for kind, _what in found(books)} == {"WITNESS"}


def test_a_paper_that_was_replaced_is_found(books):
    paper = BillingDocument.objects.order_by("pk").first()
    with paper.file.open("rb") as file:
        kept = file.read()
    with open(paper.file.path, "ab") as file:
        file.write(b" ")
    assert [(row.kind, row.what) for row in verify_ledger(files=True).findings] == [
        ("PAPER", "INV-2026-000001")
    ]
    with open(paper.file.path, "wb") as file:
        file.write(kept)
    assert verify_ledger(files=True).findings == []


def test_the_command_names_the_finding_fails_and_keeps_the_check(books):
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "6 entries, 0 facts not booked yet, 0 findings" in out.getvalue()
    with tampering("UPDATE contracts_entry SET text = 'x' WHERE sequence = 2"):
        with pytest.raises(CommandError):
            call_command("verify_ledger", stdout=out)
        assert "entry 2, invoice:" in out.getvalue()
        newest = LedgerCheck.objects.first()
        assert (newest.found, newest.findings.get().kind) == (1, "CHANGED")
    for wrong in ({"issuer": "nobody"}, {"head": ["1:x"]}, {"issuer": books.uni.slug, "head": ["1:x"]}):
        with pytest.raises(CommandError):
            call_command("verify_ledger", **wrong)
