import subprocess
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from contracts.billing.charging import charge_contract
from contracts.billing.decisions import approve_charges, release_charge
from contracts.billing.documents import make_credit_note_document, make_invoice_document
from contracts.billing.invoicing import issue_credit_note, issue_invoices, left_to_credit
from contracts.billing.models import CreditNote, Invoice, NumberSeries
from contracts.billing.numbering import ALPHABET, new_reference, next_number, valid_reference
from contracts.billing.preview import dry_run, preview_report
from contracts.billing.services import record_vat_rate, set_policy
from contracts.lifecycle.services import complete_track, raise_dispute, record_registration, settle_dispute
from contracts.usage.meters import check_rows
from contracts.usage.services import Draft
from marketplace.clock import at
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.clones import at_once, cloned_database
from tests.contracts.lifecycle import world as made
from tests.contracts.rating.samples import after, fixed, lump, royalty, sheet
from tests.contracts.usage.world import accepted, amended, charged, pass_day, report_for, running, sales

JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 31), date(2026, 6, 30)
APRIL = date(2026, 4, 1)
THREE = royalty(fixed("0.03"))


def words_of_pdf(document) -> str:
    done = subprocess.run(["pdftotext", document.file.path, "-"], capture_output=True, check=True, text=True)
    return done.stdout


def approve_all(world, contract):
    ids = list(contract.charges.filter(state="ACCRUED").values_list("pk", flat=True))
    return approve_charges(contract, actor=world.finance, ids=ids)


def invoiced(world, contract, *, on):
    with at(on):
        approve_all(world, contract)
        return issue_invoices(contract, actor=world.finance)


@pytest.fixture
def reported(world):
    """69,000.00 for the first quarter, accepted on 1 April."""
    world.contract = running(world, sheet(THREE), on=JANUARY)
    accepted(world, world.contract, MARCH, sales("2300000"))
    return world


def test_an_invoice_states_the_charge_its_due_day_and_the_general_vat(reported):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    assert (invoice.number, invoice.due_on) == ("INV-2026-000001", date(2026, 5, 1))
    assert (invoice.net_minor, invoice.vat_minor, invoice.total_minor) == (6_900_000, 414_000, 7_314_000)
    line = invoice.lines.get()
    assert (line.text_zh, line.text_en) == (
        "提成，2026-01-01 至 2026-03-31", "Royalty, 2026-01-01 – 2026-03-31",
    )  # fmt: skip
    assert invoice.snapshot["issuer"]["name_zh"] == "东湖大学"
    assert valid_reference(invoice.reference_code)
    assert issue_invoices(reported.contract, actor=reported.finance) == []


def test_d32_vat_follows_the_registration_and_the_issuers_own_rate(world):
    contract = running(world, sheet(lump("100000", trigger=after(0)), vat="inclusive"), on=JANUARY)
    pass_day(JANUARY)
    with at(date(2026, 1, 10)), transaction.atomic():
        approve_all(world, contract)
        record_vat_rate(actor=world.finance, rate=Decimal("0.06"), valid_from=JANUARY, source="测试依据")
        [invoice] = issue_invoices(contract, actor=world.finance)
        assert (invoice.net_minor, invoice.vat_minor, invoice.vat_basis) == (9_433_962, 566_038, "测试依据")
        transaction.set_rollback(True)
    with at(date(2026, 1, 12)):
        record_registration(contract, actor=world.finance, number="2026420100000001", on=date(2026, 1, 10))
        filing = contract.compliance.get(track="VAT")
        complete_track(filing, actor=world.finance, reference="B-1", on=date(2026, 1, 11))
        approve_all(world, contract)
        [invoice] = issue_invoices(contract, actor=world.finance)
    assert (invoice.net_minor, invoice.vat_minor, invoice.total_minor) == (10_000_000, 0, 10_000_000)


def test_d33_an_amended_report_becomes_a_credit_note_on_the_invoice(reported):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    amended(reported, reported.contract, MARCH, sales("2100000"), on=date(2026, 5, 4))
    assert invoiced(reported, reported.contract, on=date(2026, 5, 4)) == []
    note = invoice.credit_notes.get()
    assert (note.number, note.net_minor, note.vat_minor) == ("CN-2026-000001", 600_000, 36_000)
    assert note.lines.get().charge.amount_minor == -600_000
    assert left_to_credit(invoice) == 7_314_000 - 636_000


def test_corrections_of_what_is_not_invoiced_yet_go_onto_the_same_invoice(reported):
    amended(reported, reported.contract, MARCH, sales("2100000"), on=date(2026, 5, 4))
    [invoice] = invoiced(reported, reported.contract, on=date(2026, 5, 4))
    assert invoice.net_minor == 6_300_000
    assert [line.price_minor for line in invoice.lines.all()] == [6_900_000, -600_000]


def test_a_charge_that_is_corrected_to_nothing_leaves_nothing_open(reported):
    amended(reported, reported.contract, MARCH, sales("0"), on=date(2026, 5, 4))
    with at(date(2026, 5, 4)):
        tried = dry_run(reported.contract, date(2026, 5, 4), "en")
    assert [line.amount.minor for line in tried.offset] == [6_900_000, -6_900_000]
    assert invoiced(reported, reported.contract, on=date(2026, 5, 4)) == []
    assert set(reported.contract.charges.values_list("state", flat=True)) == {"INVOICED"}


def test_what_was_given_back_by_hand_is_not_given_back_twice(reported):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    with at(date(2026, 4, 20)):
        issue_credit_note(invoice, actor=reported.finance, price_minor=6_500_000, reason="议定减免")
    amended(reported, reported.contract, MARCH, sales("2100000"), on=date(2026, 5, 4))
    invoiced(reported, reported.contract, on=date(2026, 5, 4))
    assert [note.net_minor for note in invoice.credit_notes.order_by("pk")] == [6_500_000, 400_000]
    assert left_to_credit(invoice) == 0


def test_a_later_rise_asks_for_no_more_than_the_rating_less_what_was_given_back_by_hand(reported):
    """69,000 billed, 65,000 given back by hand; −6,000 (of which 4,000 can be credited), then +6,000 again."""
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    with at(date(2026, 4, 20)):
        issue_credit_note(invoice, actor=reported.finance, price_minor=6_500_000, reason="议定减免")
    amended(reported, reported.contract, MARCH, sales("2100000"), on=date(2026, 5, 4))
    invoiced(reported, reported.contract, on=date(2026, 5, 4))
    amended(reported, reported.contract, MARCH, sales("2300000"), on=date(2026, 5, 8))
    with at(date(2026, 5, 8)):  # the trial run says so before
        tried = dry_run(reported.contract, date(2026, 5, 8), "en")
    assert [invoice.vat.net.minor for invoice in tried.invoices] == [600_000]
    assert [line.amount.minor for line in tried.credits] == [-200_000]
    [second] = invoiced(reported, reported.contract, on=date(2026, 5, 8))
    assert second.net_minor == 600_000
    assert [note.net_minor for note in second.credit_notes.all()] == [200_000]
    left = sum(bill.net_minor for bill in (invoice, second)) - 6_500_000 - 400_000 - 200_000
    assert left == 6_900_000 - 6_500_000
    # a further rise finds nothing that is still to be given back
    amended(reported, reported.contract, MARCH, sales("2400000"), on=date(2026, 5, 12))
    [third] = invoiced(reported, reported.contract, on=date(2026, 5, 12))
    assert (third.net_minor, third.credit_notes.count()) == (300_000, 0)


@pytest.mark.parametrize(("minor", "reason"), [(0, "x"), (6_900_001, "x"), (100, " ")])
def test_a_credit_note_is_refused_above_what_is_left_and_without_a_reason(reported, minor, reason):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    with pytest.raises(Refused):
        issue_credit_note(invoice, actor=reported.finance, price_minor=minor, reason=reason)
    assert not CreditNote.objects.exists()


def test_credit_notes_use_up_an_invoice_to_the_fen(world):
    contract = running(world, sheet(lump("0.10", trigger=after(0)), vat="inclusive"), on=JANUARY)
    pass_day(JANUARY)
    [invoice] = invoiced(world, contract, on=JANUARY)
    for place, minor in enumerate((3, 3, 4), 1):
        issue_credit_note(invoice, actor=world.finance, price_minor=minor, reason=f"分次红冲（{place}）")
    notes = invoice.credit_notes.all()
    assert sum(note.total_minor for note in notes) == invoice.total_minor == 10
    assert sum(note.vat_minor for note in notes) == invoice.vat_minor


def test_what_left_the_house_cannot_be_edited(reported):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    charge = reported.contract.charges.get()
    for change in (
        lambda: Invoice.objects.filter(pk=invoice.pk).update(total_minor=1, net_minor=1, vat_minor=0),
        lambda: Invoice.objects.filter(pk=invoice.pk).delete(),
        lambda: invoice.lines.update(price_minor=1),
        lambda: reported.contract.charges.update(amount_minor=1),
        lambda: charge.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    invoice.refresh_from_db()
    assert invoice.total_minor == 7_314_000


def test_each_side_and_role_does_its_own_part_only(reported):
    contract = reported.contract
    ids = list(contract.charges.values_list("pk", flat=True))
    for actor in (reported.officer, reported.reporter, reported.broker, reported.stranger, reported.operator):
        with pytest.raises(NotPermitted):
            approve_charges(contract, actor=actor, ids=ids)
        with pytest.raises(NotPermitted):
            issue_invoices(contract, actor=actor)
    approve_charges(contract, actor=reported.finance, ids=ids)
    with pytest.raises(TransitionRefused):
        approve_charges(contract, actor=reported.finance, ids=ids)


def test_an_issuer_may_let_charges_be_approved_and_invoiced_by_the_timer(world):
    set_policy(actor=world.finance, automatic=True)
    contract = running(world, sheet(THREE), on=JANUARY)
    accepted(world, contract, MARCH, sales("2300000"))
    pass_day(date(2026, 4, 2))
    assert [invoice.total_minor for invoice in contract.invoices.all()] == [7_314_000]


def test_a_royalty_far_above_earlier_ones_waits_for_a_person(world):
    set_policy(actor=world.finance, automatic=True)
    contract = running(world, sheet(THREE), on=JANUARY)
    for end, yuan in ((MARCH, "1000"), (JUNE, "2000"), (date(2026, 9, 30), "20001")):
        accepted(world, contract, end, sales(yuan))
    assert list(contract.charges.order_by("pk").values_list("state", flat=True)) == [
        "INVOICED", "INVOICED", "HELD",
    ]  # fmt: skip
    held = release_charge(contract.charges.get(state="HELD"), actor=world.finance)
    assert (held.state, held.amount_minor) == ("APPROVED", 60_003)
    pass_day(date(2026, 10, 3))
    assert contract.invoices.count() == 3


def test_nothing_is_charged_in_a_dispute_and_what_came_before_is_charged_after(reported):
    contract = reported.contract
    with at(date(2026, 4, 2)):
        raise_dispute(contract, actor=reported.signatory, reason="数字有争议")
    accepted(reported, contract, JUNE, sales("100000"))
    assert charged(contract) == [("2026-03-31", "69000.00")]
    with at(date(2026, 7, 10)):
        settle_dispute(contract, actor=reported.signatory)
    pass_day(date(2026, 7, 10))
    assert charged(contract) == [("2026-03-31", "69000.00"), ("2026-06-30", "3000.00")]


def test_the_preview_is_the_figure_of_the_later_charge(reported):
    pass_day(date(2026, 7, 1))
    report = report_for(reported.contract, JUNE)
    with at(date(2026, 7, 1)):
        rows = check_rows(report, Draft(rows=[sales("123456.78")]))
        preview = preview_report(report, rows, "zh-hans")
    accepted(reported, reported.contract, JUNE, sales("123456.78"), on=date(2026, 7, 1))
    assert str(preview.total.decimal) == charged(reported.contract)[-1][1] == "3703.70"


def test_the_preview_of_an_amended_report_is_the_difference_with_both_sides(reported):
    report = report_for(reported.contract, MARCH)
    with at(date(2026, 4, 5)):
        rows = check_rows(report, Draft(rows=[sales("2100000")]))
        [part] = preview_report(report, rows, "en").parts
    assert [str(money.decimal) for money in (part.before, part.charge.amount, part.amount)] == [
        "69000.00",
        "63000.00",
        "-6000.00",
    ]
    assert "63,000.00" in part.sentences("en")[-1]


def test_charging_again_adds_nothing(reported):
    with at(date(2026, 4, 5)):
        assert charge_contract(reported.contract) == []
    assert reported.contract.rating_runs.count() == 1


def test_papers_are_made_once_and_say_it_in_chinese(reported):
    [invoice] = invoiced(reported, reported.contract, on=APRIL)
    document = make_invoice_document(invoice)
    assert make_invoice_document(invoice).pk == document.pk
    text = words_of_pdf(document)
    for words in (invoice.number, invoice.reference_code, "东湖大学", "账单", "¥73,140.00", "对公转账"):
        assert words in text
    note = issue_credit_note(invoice, actor=reported.finance, price_minor=100, reason="尾差调整")
    text = words_of_pdf(make_credit_note_document(note))
    for words in (note.number, invoice.number, "红字账单", "尾差调整"):
        assert words in text


@pytest.mark.django_db
def test_a_reference_code_finds_wrong_signs_and_swaps():
    code = new_reference()
    assert valid_reference(code)
    for place in range(2, 9):
        wrong = ALPHABET[(ALPHABET.index(code[place]) + 1) % len(ALPHABET)]
        assert not valid_reference(code[:place] + wrong + code[place + 1 :])
        if place < 8 and code[place] != code[place + 1]:
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert not valid_reference(swapped)


def test_numbers_have_no_gaps_when_many_issue_at_once_and_some_fail(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        uni = made.world().uni

        def take(number):
            def step():
                with transaction.atomic():
                    given = next_number(uni, "INV", 2026)
                    if number % 4 == 3:
                        raise ValueError("the invoice could not be written")
                    return given

            return step

        results = at_once(*[take(number) for number in range(8)])
        given = sorted(result for result in results if isinstance(result, int))
        assert given == [1, 2, 3, 4, 5, 6]
        assert NumberSeries.objects.get(issuer=uni).last == 6


def test_two_people_issue_the_same_charges_once(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        contract = running(world, sheet(THREE), on=JANUARY)
        accepted(world, contract, MARCH, sales("2300000"))
        with at(APRIL):
            approve_all(world, contract)
        at_once(*[lambda: issue_invoices(contract, actor=world.finance) for _ in range(8)])
        assert [invoice.sequence for invoice in Invoice.objects.all()] == [1]


def test_a_credit_takes_nothing_of_what_other_lines_of_its_invoice_ask_for(reported):
    """The rise of the first quarter and the second quarter share an invoice: all of the first taken back leaves the
    second to be taken back from it, too."""
    contract = reported.contract
    invoiced(reported, contract, on=APRIL)
    amended(reported, contract, MARCH, sales("3300000"), on=date(2026, 5, 4))
    accepted(reported, contract, JUNE, sales("2000000"))
    first, second = invoiced(reported, contract, on=date(2026, 7, 6)) and contract.invoices.order_by("pk")
    assert [line.price_minor for line in second.lines.order_by("pk")] == [6_000_000, 3_000_000]
    for end, day in ((MARCH, date(2026, 7, 7)), (JUNE, date(2026, 7, 8))):
        amended(reported, contract, end, sales("0"), on=day)
        for held in contract.charges.filter(state="HELD"):
            release_charge(held, actor=reported.finance)
        invoiced(reported, contract, on=day)
    assert [sum(note.net_minor for note in row.credit_notes.all()) for row in (first, second)] == [
        6_900_000, 9_000_000,
    ]  # fmt: skip
