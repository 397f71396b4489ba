from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ledger.chart import AccountCode
from contracts.ledger.models import Entry, Posting
from contracts.ledger.queries import balance, trial_balance
from contracts.ledger.services import Fact, Line, Unbalanced, post, post_many, reverse
from contracts.ledger.verifying import verify_ledger
from marketplace.organisations.models import Organisation
from marketplace.organisations.roles import Kind

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)


@pytest.fixture
def issuer():
    return Organisation.objects.create(
        kind=Kind.UNIVERSITY, name_en="Example University", slug="example", credit_code="12420000000000000X"
    )


def invoice_lines(total: int, vat: int = 0) -> list[Line]:
    return [
        Line(AccountCode.RECEIVABLE, total, "CNY"),
        Line(AccountCode.LICENCE_INCOME, vat - total, "CNY"),
        Line(AccountCode.VAT_PAYABLE, -vat, "CNY"),
    ]


def test_post_books_a_fact_once(issuer):
    first = post(issuer, key="invoice:7", booked_on=DAY, text="Invoice 7", lines=invoice_lines(6_900_000))
    again = post(issuer, key="invoice:7", booked_on=DAY, text="other", lines=invoice_lines(1))

    assert again == first
    assert balance(issuer, AccountCode.RECEIVABLE, "CNY") == 6_900_000
    assert Posting.objects.count() == 2  # the zero VAT line is not booked


def test_post_refuses_what_does_not_balance(issuer):
    with pytest.raises(Unbalanced):
        post(
            issuer,
            key="x",
            booked_on=DAY,
            text="",
            lines=[Line(AccountCode.BANK, 1, "CNY"), Line(AccountCode.BANK, -1, "USD")],
        )
    assert not Entry.objects.exists()


def test_database_refuses_a_line_added_behind_the_service(issuer):
    entry = post(issuer, key="invoice:7", booked_on=DAY, text="", lines=invoice_lines(100))

    def add_a_line():
        with transaction.atomic():
            Posting.objects.create(entry=entry, account=AccountCode.BANK, amount_minor=5, currency="CNY")
            connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match="does not balance"):
        add_a_line()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE contracts_entry SET text = 'x'",
        "DELETE FROM contracts_posting",
        "TRUNCATE contracts_entry CASCADE",
    ],
)
def test_history_cannot_be_rewritten(issuer, sql):
    post(issuer, key="invoice:7", booked_on=DAY, text="", lines=invoice_lines(100))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(sql)


def test_reverse_takes_an_entry_back_once(issuer):
    entry = post(issuer, key="invoice:7", booked_on=DAY, text="", lines=invoice_lines(100, vat=6))
    undone = reverse(entry, booked_on=DAY, text="Credit note")

    assert reverse(entry, booked_on=DAY, text="again") == undone
    assert undone.reverses == entry
    assert [row["balance"] for row in trial_balance(issuer)] == [0, 0, 0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 10**12), st.integers(0, 10**6)), min_size=1, max_size=12
    )
)
def test_any_sequence_of_posts_balances_and_chains(issuer, facts):
    with transaction.atomic():
        for number, total, vat in facts:
            lines = invoice_lines(total, min(vat, total - 1))
            post(issuer, key=f"invoice:{number}", booked_on=DAY, text="", lines=lines)
        rows, report = trial_balance(issuer), verify_ledger(issuer)
        transaction.set_rollback(True)

    assert sum(row["balance"] for row in rows) == 0
    assert report.entries == len({number for number, *_rest in facts})
    # these facts have no invoices behind them, and nothing else is wrong
    assert {finding.kind for finding in report.findings} == {"ADDED", "TOTAL"}


def test_many_facts_are_posted_as_one_by_one(issuer):
    facts = [Fact(issuer.pk, f"invoice:{n}", DAY, "", tuple(invoice_lines(n + 1))) for n in (1, 2, 1, 3)]
    first = post(issuer, key="invoice:2", booked_on=DAY, text="", lines=invoice_lines(3))
    entries = post_many(facts)
    assert [entry.key for entry in entries] == ["invoice:1", "invoice:2", "invoice:1", "invoice:3"]
    assert [entry.sequence for entry in entries] == [2, 1, 2, 3]
    assert entries[1] == first
    with pytest.raises(Unbalanced):
        post_many([facts[0], Fact(issuer.pk, "invoice:9", DAY, "", (Line(AccountCode.BANK, 1, "CNY"),))])
    assert Entry.objects.count() == 3
