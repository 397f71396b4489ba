"""What is not paid: ageing, statements of account, reminders, write-offs."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from contracts.ledger.queries import balance as book_balance
from contracts.ledger.verifying import verify_ledger
from contracts.payments import overpaid
from contracts.payments.booking import book_money
from contracts.payments.collecting import dunning
from contracts.payments.collecting.accounts import statement, statement_pdf
from contracts.payments.collecting.ageing import ageing, bucket_of
from contracts.payments.collecting.models import DunningNotice
from contracts.payments.collecting.write_offs import (
    approve_write_off,
    propose_write_off,
    return_write_off,
    take_back_write_off,
)
from contracts.payments.interest import written_off_on
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import balance
from contracts.payments.services import allocate, confirm_receipt
from marketplace.clock import at
from marketplace.notifications.models import Notification
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.payments import world as made
from tests.contracts.payments.world import bank_line, credit, invoice

DUE = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("late", "bucket"), [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_the_edges_of_the_buckets(late, bucket):
    assert bucket_of(late) == bucket


def test_ageing_shows_what_was_open_on_a_day(world):
    first = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    invoice(world.contract, 5_000, on=date(2026, 8, 1), due_on=date(2026, 8, 20))
    with at(date(2026, 11, 25)):
        confirm_receipt(bank_line(world, "40.00"), actor=world.finance, parts=[(first.pk, 4_000)])
    before, after = ageing(world.uni, date(2026, 11, 24)), ageing(world.uni, date(2026, 11, 25))
    assert [row.buckets for row in before] == [[0, 10_000, 0, 0, 5_000]]
    assert [row.buckets for row in after] == [[0, 6_000, 0, 0, 5_000]]
    assert (after[0].invoices, after[0].oldest, after[0].late) == (2, date(2026, 8, 20), 11_000)
    assert [row.total for row in ageing(world.firm, date(2026, 11, 25), as_payer=True)] == [11_000]


def test_a_statement_of_account_adds_up_and_prints(world):
    with at(date(2026, 11, 20)):
        old = invoice(world.contract, 7_000, on=date(2025, 12, 1))
        bill = invoice(world.contract, 10_000)
        credit(bill, 1_000)
        confirm_receipt(bank_line(world, "60.00"), actor=world.finance, parts=[(bill.pk, 5_000)])
    found = statement(world.uni, world.firm, since=date(2026, 1, 1), until=date(2026, 11, 30))
    assert (found.opening, found.closing, found.unallocated) == (7_000, 11_000, 1_000)
    assert [(row.amount_minor, row.balance_minor) for row in found.rows] == [
        (10_000, 17_000), (-1_000, 16_000), (-5_000, 11_000),
    ]  # fmt: skip
    assert found.closing == balance(old).open_minor + balance(bill).open_minor
    assert statement_pdf(found).startswith(b"%PDF")
    other = made.contract(world)
    one = statement(world.uni, world.firm, since=date(2026, 1, 1), until=date(2026, 11, 30), contract=other)
    assert (one.closing, one.rows) == (0, [])


def sent(bill) -> list[int]:
    return [row.days for row in bill.dunning_notices.all()]


def test_reminders_are_sent_once_each_and_stop_when_it_is_paid(world):
    bill = invoice(world.contract, 10_000, due_on=DUE)
    make_missing_paper(bill)
    for day, expected in (
        (date(2026, 11, 23), []),
        (date(2026, 11, 24), [-7]),
        (date(2026, 12, 3), [-7]),
        (date(2026, 12, 4), [-7, 3]),
        (date(2026, 12, 31), [-7, 3, 30]),  # the worker was away: the step between is not sent any more
    ):
        with at(day):
            dunning.send_due()
            assert dunning.send_due() == 0
        assert sent(bill) == expected
    letters = Notification.objects.filter(template="payments/dunning", user=world.payer.user).order_by("pk")
    assert [row.subject_en for row in letters][
        -1
    ] == f"Last reminder: invoice {bill.number} is 30 days overdue"
    assert bill.reference_code in letters[0].body_zh
    assert letters[0].mail_wanted
    with at(date(2026, 12, 31)):
        confirm_receipt(bank_line(world, "100.00"), actor=world.finance, parts=[(bill.pk, 10_000)])
    with at(date(2027, 6, 1)):
        assert dunning.send_due() == 0


def make_missing_paper(bill):
    """A paper, so that the invoice was sent; what it looks like is others' matter."""
    from contracts.billing.models import BillingDocument

    return BillingDocument.objects.create(invoice=bill, file="x.pdf", sha256="0" * 64)


def test_reminders_stop_in_a_dispute_and_in_a_pause_and_speak_the_issuers_words(world):
    bill = invoice(world.contract, 10_000, due_on=DUE)
    make_missing_paper(bill)
    texts = dict.fromkeys(dunning.FIELDS, "{number} {days}")
    with pytest.raises(Refused):
        dunning.save_steps(actor=world.finance, steps=[{"days": 1, **dict.fromkeys(dunning.FIELDS, "{x}")}])
    with pytest.raises(NotPermitted):
        dunning.save_steps(actor=world.officer, steps=[])
    dunning.save_steps(actor=world.finance, steps=[{"days": 1, **texts}, {"days": 5, **texts}])
    world.contract.disputed = True
    world.contract.save(update_fields=["disputed"])
    with at(DUE + timedelta(days=1)):
        assert dunning.send_due() == 0
    world.contract.disputed = False
    world.contract.save(update_fields=["disputed"])
    with at(DUE + timedelta(days=1)):
        dunning.pause(bill, actor=world.finance, until=DUE + timedelta(days=3), reason="分期付款")
        assert dunning.send_due() == 0
    with at(DUE + timedelta(days=3)):
        assert dunning.send_due() == 1
    assert DunningNotice.objects.get().subject_zh == f"{bill.number} 3"


def test_a_write_off_needs_two_people_is_booked_and_can_be_taken_back(world):
    bill = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    with at(date(2026, 11, 5)), pytest.raises(Refused):
        propose_write_off(bill, actor=world.finance, reason="注销")
    with at(date(2026, 11, 25)):
        for wrong in (world.approver, world.payer, world.other_finance):
            with pytest.raises(NotPermitted):
                propose_write_off(bill, actor=wrong, reason="注销")
        row = propose_write_off(bill, actor=world.finance, reason="对方已注销，多次催收无果")
        with pytest.raises(Refused):
            propose_write_off(bill, actor=world.colleague, reason="again")
        with pytest.raises(NotPermitted):
            approve_write_off(row, actor=world.finance)
        return_write_off(row, actor=world.approver, words="请补充材料")
        row = propose_write_off(bill, actor=world.finance, reason="已补充")
        approve_write_off(row, actor=world.approver)
        book_money()
        assert balance(bill).state == "WRITTEN_OFF"
        assert book_balance(world.uni, "6702", "CNY") == 10_000
        assert book_balance(world.uni, "1122", "CNY") == 0
        receipt = confirm_receipt(bank_line(world, "100.00"), actor=world.finance)
        with pytest.raises(Refused):
            allocate(receipt, actor=world.finance, parts=[(bill.pk, 10_000)])
        take_back_write_off(row, actor=world.approver, reason="款项到账")
        with pytest.raises(TransitionRefused):
            take_back_write_off(row, actor=world.approver, reason="again")
        allocate(receipt, actor=world.finance, parts=[(bill.pk, 10_000)])
        book_money()
    assert balance(bill).state == "PAID"
    assert book_balance(world.uni, "6702", "CNY") == 0
    assert verify_ledger(world.uni).findings == []


def test_a_credit_note_makes_what_was_written_off_smaller(world):
    bill = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    with at(date(2026, 11, 25)):
        confirm_receipt(bank_line(world, "40.00"), actor=world.finance, parts=[(bill.pk, 4_000)])
        approve_write_off(propose_write_off(bill, actor=world.finance, reason="注销"), actor=world.approver)
    for day, credited, left, released in (
        (date(2026, 12, 1), 5_000, 1_000, 1),
        (date(2026, 12, 5), 2_000, 0, 2),
    ):
        with at(day):
            credit(bill, credited)
            assert [release_overpaid(), release_overpaid()] == [released, 0]
            book_money()
        found = balance(bill)
        assert (found.open_minor, found.written_off_minor) == (0, left)
        assert (book_balance(world.uni, "6702", "CNY"), book_balance(world.uni, "1122", "CNY")) == (left, 0)
        assert written_off_on(bill) == (date(2026, 11, 25) if left else None)  # interest stays stopped
    assert balance(bill).paid_minor == 3_000
    assert verify_ledger(world.uni).findings == []


def test_what_is_released_is_counted_where_it_was_kept(world, monkeypatch):
    bill = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    with at(date(2026, 11, 25)):
        confirm_receipt(bank_line(world, "40.00"), actor=world.finance, parts=[(bill.pk, 4_000)])
        approve_write_off(propose_write_off(bill, actor=world.finance, reason="注销"), actor=world.approver)
        credit(bill, 7_000)

        def broken(*_args, **_options):
            raise RuntimeError("no space left")

        with monkeypatch.context() as patched:
            patched.setattr(overpaid, "undo", broken)  # after the write-off was taken back
            assert release_overpaid() == 0
        assert balance(bill).written_off_minor == 6_000
        assert release_overpaid() == 2


def test_less_than_proposed_is_not_written_off(world):
    bill = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    with at(date(2026, 11, 25)):
        row = propose_write_off(bill, actor=world.finance, reason="注销")
        confirm_receipt(bank_line(world, "40.00"), actor=world.finance, parts=[(bill.pk, 4_000)])
        with pytest.raises(Refused):
            approve_write_off(row, actor=world.approver)


def test_pages_answer_their_own_and_export(world, client):
    bill = invoice(world.contract, 10_000, due_on=date(2026, 11, 10))
    with at(date(2026, 11, 25)):
        client.force_login(world.finance.user)
        propose = reverse("write_off_propose", args=[bill.pk])
        assert propose in client.get(bill.get_absolute_url()).content.decode()
        propose_write_off(bill, actor=world.finance, reason="注销")
        assert propose not in client.get(bill.get_absolute_url()).content.decode()  # one waits already
        account = reverse("account_statement", args=[world.firm.pk])
        for url, words in (
            (reverse("ageing"), "长江泵业有限公司"),
            (reverse("ageing") + "?by=contract&late=1&sort=party", world.contract.number),
            (account, bill.number),
            (account + f"?contract={world.contract.number}", bill.number),
            (reverse("write_offs"), "注销"),
            (reverse("dunning_steps"), "{number}"),
            (bill.get_absolute_url(), "注销"),
        ):
            answer = client.get(url)
            assert (answer.status_code, words in answer.content.decode()) == (200, True), url
        for url in (reverse("ageing"), account, reverse("write_offs")):
            for kind in ("xlsx", "csv"):
                assert client.get(f"{url}?export={kind}").status_code == 200
        assert client.get(reverse("account_statement_pdf", args=[world.firm.pk])).content[:4] == b"%PDF"
        client.force_login(world.payer.user)
        assert client.get(reverse("account_statement", args=[world.uni.pk])).status_code == 200
        assert "注销" not in client.get(reverse("write_offs")).content.decode()
        assert "注销" not in client.get(bill.get_absolute_url()).content.decode()
        client.force_login(world.other_finance.user)
        assert client.get(account).status_code == 404


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("账单 {number}：{open}，{due}，{days}，{code}，{interest} {{}}", ""),
        ("{amount}", "Nothing fills {amount}"),
        ("{}", "Nothing fills {}"),
        ("{number.__class__}", "Nothing fills {number.__class__}"),
        ("{days:>99999999}", "Nothing fills {days:>99999999}"),
        ("{code!r}", "Nothing fills {code!r}"),
        ("{number", "stands alone"),
        ("5 } 3", "stands alone"),
        ("｛number｝", "Write the braces as"),
    ],
)
def test_a_text_with_a_place_that_nothing_fills_is_refused_at_its_field(world, client, text, says):
    client.force_login(world.finance.user)
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-days": "9"}
    form |= {f"form-0-{name}": "{number}" for name in dunning.FIELDS} | {"form-0-body_zh": text}
    with translation.override("en"):
        answer = client.post(reverse("dunning_steps"), form)
    assert answer.status_code == (422 if says else 302)
    if says:
        assert says in answer.context["formset"][0].errors["body_zh"][0]
        assert not world.uni.dunning_steps.exists()


def test_the_steps_are_edited_on_their_page(world, client):
    client.force_login(world.finance.user)
    assert "选填" not in client.get(reverse("dunning_steps")).content.decode()
    form = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-days": "9"}
    form |= {f"form-0-{name}": "{number}" for name in dunning.FIELDS}
    assert client.post(reverse("dunning_steps"), form | {"form-0-body_en": ""}).status_code == 422
    assert client.post(reverse("dunning_steps"), form).status_code == 302
    assert [step.days for step in dunning.steps_of(world.uni)] == [9]
    assert client.post(reverse("dunning_steps"), {"defaults": "1"}).status_code == 302
    assert [step.days for step in dunning.steps_of(world.uni)] == [-7, 3, 15, 30]
