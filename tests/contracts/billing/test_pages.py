from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from contracts.billing.documents import make_invoice_document, remittance_qr
from contracts.billing.invoicing import issue_credit_note
from marketplace.clock import at
from marketplace.desk import items_for
from tests.contracts.billing.test_invoicing import APRIL, JANUARY, MARCH, THREE, invoiced
from tests.contracts.rating.samples import sheet
from tests.contracts.usage.world import accepted, amended, running, sales
from tests.factories.ground import signed_in


@pytest.fixture
def contract(world):
    contract = running(world, sheet(THREE), on=JANUARY, three_party=True)
    accepted(world, contract, MARCH, sales("2300000"))
    return contract


def test_approve_and_invoice_through_the_pages(client, world, contract):
    signed_in(client, world.finance)
    charges = reverse("charges", args=[contract.number])
    assert "69,000.00" in client.get(charges).content.decode()
    with at(APRIL):
        client.post(reverse("charges_approve", args=[contract.number]), {"all": "1"})
        page = client.post(reverse("charges_invoice", args=[contract.number]), follow=True)
    assert "INV-2026-000001" in page.content.decode()
    invoice = contract.invoices.get()
    page = client.get(invoice.get_absolute_url()).content.decode()
    assert invoice.reference_code in page
    assert remittance_qr(invoice, is_scalable=True) in page
    assert "73,140.00" in page
    client.post(reverse("invoice_tax_number", args=[invoice.pk]), {"number": "25420000000123456789"})
    credit = reverse("invoice_credit", args=[invoice.pk])
    for price in ("much", "990,000.00"):  # no sum, or more than is left: what was typed is still there, once
        page = client.post(credit, {"price": price, "reason": "议定减免"}, follow=True).content.decode()
        assert 'class="error-summary"' in page
        assert price in page
        assert page.count("议定减免") == 1
        page = client.get(invoice.get_absolute_url()).content.decode()
        assert "error-summary" not in page
        assert "议定减免" not in page
    page = client.post(credit, {"price": "1,000.00", "reason": "议定减免"}, follow=True)
    assert "CN-2026-000001" in page.content.decode() or invoice.credit_notes.exists()
    assert invoice.credit_notes.get().net_minor == 100_000
    invoice.refresh_from_db()
    assert invoice.tax_invoice_number == "25420000000123456789"


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "四舍五入"), ("en", "Rounded")])
def test_a_charge_shows_its_working_in_the_readers_language(client, world, contract, language, words):
    signed_in(client, world.reporter)
    with translation.override(language):
        page = client.get(contract.charges.get().get_absolute_url())
    assert words.lower() in page.content.decode().lower()


def test_who_may_open_what(client, world, contract):
    [invoice] = invoiced(world, contract, on=APRIL)
    note = issue_credit_note(invoice, actor=world.finance, price_minor=100, reason="尾差")
    make_invoice_document(invoice)
    addresses = {
        "charges": reverse("charges", args=[contract.number]),
        "charge": contract.charges.get().get_absolute_url(),
        "invoice": invoice.get_absolute_url(),
        "pdf": reverse("invoice_pdf", args=[invoice.pk]),
        "note": note.get_absolute_url(),
    }
    expected = {
        "officer": 200, "finance": 200, "reporter": 200, "signatory": 200, "scout": 404, "broker": 404,
        "stranger": 404, "neighbour": 404, "operator": 404,
    }  # fmt: skip
    for who, status in expected.items():
        signed_in(client, getattr(world, who))
        answers = {name: client.get(address).status_code for name, address in addresses.items()}
        assert answers == dict.fromkeys(addresses, status), who
    client.logout()
    assert {client.get(address).status_code for address in addresses.values()} == {302}


def test_a_pdf_that_is_not_made_yet_is_said_to_be_on_its_way(client, world, contract):
    [invoice] = invoiced(world, contract, on=APRIL)
    signed_in(client, world.reporter)
    address = reverse("invoice_pdf", args=[invoice.pk])
    assert client.get(address).status_code == 302
    make_invoice_document(invoice)
    page = client.get(address)
    assert page["content-type"] == "application/pdf"
    assert b"".join(page.streaming_content).startswith(b"%PDF")


def test_lists_ask_the_same_of_the_database_for_1_and_3_rows(
    client, world, contract, django_assert_num_queries
):
    signed_in(client, world.finance)
    charges = reverse("charges", args=[contract.number])
    invoiced(world, contract, on=APRIL)
    for extra in ((), ((date(2026, 6, 30), date(2026, 7, 1)), (date(2026, 9, 30), date(2026, 10, 1)))):
        for end, day in extra:
            accepted(world, contract, end, sales("1000"))
            invoiced(world, contract, on=day)
        client.get(charges)
        with django_assert_num_queries(22):
            assert client.get(charges).status_code == 200
        with django_assert_num_queries(7):
            assert client.get(reverse("invoices")).status_code == 200
    assert contract.invoices.count() == 3


def test_invoices_are_filtered_sorted_and_exported(client, world, contract):
    [invoice] = invoiced(world, contract, on=APRIL)
    signed_in(client, world.reporter)
    for state, count in (("open", 1), ("paid", 0), ("", 1)):
        page = client.get(reverse("invoices"), {"state": state, "sort": "due_on"})
        assert len(page.context["page_obj"]) == count
    with at(date(2026, 5, 2)):
        assert "overdue" in client.get(reverse("invoices"), {"state": "overdue"}).content.decode().lower()
    assert invoice.number in client.get(reverse("invoices"), {"export": "csv"}).content.decode("utf-8-sig")


def test_the_desk_of_finance_shows_charges_to_approve_then_to_invoice(client, world, contract):
    address = reverse("charges", args=[contract.number])

    def waiting(who):
        return [str(item.title) for item in items_for(getattr(world, who)) if item.url == address]

    assert len(waiting("finance")) == 1
    assert waiting("reporter") == waiting("officer") == []
    signed_in(client, world.finance)
    assert "69,000.00" in client.get(contract.get_absolute_url()).content.decode()
    invoiced(world, contract, on=APRIL)
    assert waiting("finance") == []


def test_the_issuer_sets_how_it_bills(client, world, contract):
    signed_in(client, world.finance)
    address = reverse("billing_settings")
    client.post(address, {"what": "policy", "approve_automatically": "on"})
    client.post(
        address, {"what": "vat", "rate": "1", "valid_from": "2026-01-01", "source": "小规模纳税人减按1%"}
    )
    assert world.uni.billing_policy.approve_automatically
    assert [str(row.rate) for row in world.uni.vat_rates.all()] == ["0.0100"]
    assert client.get(address).status_code == 200
    signed_in(client, world.reporter)
    assert client.get(address).status_code == 302


def test_what_was_done_and_what_was_not_is_said(client, world, contract):
    """A credit note alone is something issued; without a charge nothing was approved."""
    invoiced(world, contract, on=APRIL)
    amended(world, contract, MARCH, sales("2100000"), on=date(2026, 5, 4))
    signed_in(client, world.finance)
    with at(date(2026, 5, 4)), translation.override("en"):
        approve, issue = (
            reverse(name, args=[contract.number]) for name in ("charges_approve", "charges_invoice")
        )
        said = [
            [str(message) for message in client.post(url, data, follow=True).context["messages"]]
            for url, data in ((approve, {}), (approve, {"all": "1"}), (issue, {}), (issue, {}))
        ]
    assert said == [
        ["No charge waited for approval; nothing was changed."],
        ["The charges were approved; they can be invoiced now."],
        ["Issued: CN-2026-000001"],
        ["There was nothing to invoice."],
    ]
