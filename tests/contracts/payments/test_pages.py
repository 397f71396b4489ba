"""Pages of payments, proceeds and the ledger: who sees what, fixed numbers of queries, the way by clicking."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.payments.advices import advise_payment
from contracts.payments.booking import book_money
from contracts.payments.gateways.services import add_account
from contracts.payments.models import Payment, Statement, StatementLine
from contracts.payments.services import confirm_receipt
from contracts.proceeds.booking import book_proceeds
from contracts.proceeds.commissions import accrue_commissions
from contracts.proceeds.models import Distribution, Payout
from contracts.proceeds.services import approve_distribution, propose_distribution
from marketplace.clock import at
from tests.contracts.payments.world import (
    HEAD,
    account,
    bank_line,
    commission_annex,
    contributors,
    credit,
    invoice,
)
from tests.contracts.proceeds.test_distribution import plan, team

DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today():
    with at(DAY):
        yield


def paid(world, minor=10_000):
    bill = invoice(world.contract, minor)
    line = bank_line(world, f"{minor // 100}.00")
    return confirm_receipt(line, actor=world.finance, parts=[(bill.pk, minor)])


def status(client, acting, url):
    client.force_login(acting.user)
    return client.get(url).status_code


def test_lists_open_for_those_who_work_with_them(world, client):
    world.uni.bank_accounts.all()
    for name, allowed in (
        ("bank_accounts", "finance payer other_finance"),
        ("bank_account_new", "finance payer other_finance"),
        ("gateway", "finance payer other_finance"),
        ("statements", "finance payer other_finance"),
        ("receipts", "finance payer other_finance"),
        ("payments", "finance payer other_finance officer broker inventor operator"),
        ("ledger", "finance payer other_finance"),
        ("journal", "finance payer other_finance"),
        ("distributions", "finance payer other_finance approver"),
        ("payouts", "finance payer other_finance"),
        ("my_income", "finance payer other_finance officer broker inventor operator approver scout"),
        ("commissions", "finance payer other_finance broker"),
    ):
        for who in [
            "finance",
            "payer",
            "other_finance",
            "officer",
            "broker",
            "inventor",
            "operator",
            "approver",
            "scout",
        ]:
            expected = 200 if who in allowed.split() or name == "payments" else 403
            assert (name, who, status(client, getattr(world, who), reverse(name))) == (name, who, expected)
        client.logout()
        assert client.get(reverse(name)).status_code == 302


def test_objects_are_found_by_their_own_people_only(world, client):
    team(world)
    commission_annex(world.contract)
    plan(world)
    line = bank_line(world, "3.00")
    payment = paid(world)
    accrue_commissions()
    made = approve_distribution(
        propose_distribution(world.contract, actor=world.finance), actor=world.approver
    )
    share = made.shares.get(user=world.inventor.user)
    bank, read = world.uni.bank_accounts.get(), Statement.objects.first()
    people = [
        "finance",
        "payer",
        "other_finance",
        "officer",
        "approver",
        "broker",
        "inventor",
        "operator",
        "stranger",
    ]
    payout = Payout.objects.filter(share__isnull=False).first()
    for url, allowed in (
        (reverse("bank_account_edit", args=[bank.pk]), "finance"),
        (reverse("statement", args=[read.pk]), "finance"),
        (reverse("receipt_confirm", args=[line.pk]), "finance"),
        (reverse("payment", args=[payment.pk]), "finance payer"),
        (reverse("contract_proceeds", args=[world.contract.number]), "finance approver"),
        (reverse("distribution", args=[made.pk]), "finance approver"),
        (reverse("payout_statement", args=[payout.pk]), "finance"),
        (reverse("my_statement", args=[share.pk]), "inventor"),
    ):
        for who in people:
            expected = 200 if who in allowed.split() else 404
            assert (url, who, status(client, getattr(world, who), url)) == (url, who, expected)


def test_what_one_side_agreed_never_reaches_the_other(world, client):
    commission_annex(world.contract)
    paid(world)
    accrue_commissions()
    client.force_login(world.payer.user)
    page = client.get(reverse("commissions")).content.decode()
    assert world.contract.number not in page
    client.force_login(world.broker.user)
    page = client.get(reverse("commissions")).content.decode()
    assert world.contract.number in page
    assert "¥5.00" in page


def test_the_payer_sees_the_whole_account_number_others_the_masked_one(world, client):
    account(world)
    bill = invoice(world.contract, 100)
    client.force_login(world.payer.user)
    assert "4200123456789012" in client.get(bill.get_absolute_url()).content.decode()
    client.force_login(world.finance.user)
    assert "4200123456789012" not in client.get(bill.get_absolute_url()).content.decode()
    assert "4200123456789012" not in client.get(reverse("bank_accounts")).content.decode()


def rows_of(world, count):
    for _row in range(count):
        paid(world)
        bank_line(world, "7.00")
        bill = invoice(world.contract, 700)
        advise_payment(bill, actor=world.payer, amount_minor=700, paid_on=DAY)


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("finance", "receipts"),
        ("finance", "payments"),
        ("payer", "payments"),
        ("finance", "statements"),
        ("finance", "distributions"),
        ("finance", "payouts"),
        ("finance", "journal"),
        ("finance", "ledger"),
        ("broker", "commissions"),
        ("inventor", "my_income"),
    ],
)
def test_lists_ask_the_same_number_of_questions(world, client, who, name):
    team(world)
    commission_annex(world.contract)
    plan(world)
    client.force_login(getattr(world, who).user)

    def grow(count):
        rows_of(world, count)
        accrue_commissions()
        approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
        book_money(), book_proceeds()

    def questions():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse(name)).status_code == 200
        return len(queries)

    grow(1)
    questions()
    first = questions()
    grow(2)
    assert questions() == first


def test_from_statement_to_payout_by_clicking(world, client):
    team(world)
    bill = invoice(world.contract, 10_000_000)
    client.force_login(world.finance.user)
    answer = client.post(
        reverse("bank_account_new"),
        {
            "holder": "东湖大学", "bank_name": "江城银行", "number": "4200 1234 5678", "currency": "CNY",
            "layout": "jiangcheng",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    text = HEAD + f"2026-11-20,100000.00,,B1,长江泵业有限公司,6222,{bill.reference_code}\n"
    file = SimpleUploadedFile("s.csv", text.encode("gb18030"))
    bank = world.uni.bank_accounts.get()
    answer = client.post(reverse("statements"), {"account": bank.pk, "file": file}, follow=True)
    assert "B1" in answer.content.decode()
    read = Statement.objects.get()
    client.post(reverse("statement_import", args=[read.pk]))
    line = StatementLine.objects.get()
    assert bill.number in client.get(reverse("receipts")).content.decode()
    page = client.get(line.get_absolute_url())
    assert "100,000.00" in page.content.decode()
    too_much = client.post(line.get_absolute_url(), {f"part_{bill.pk}": "100000.01"})
    assert too_much.status_code == 422
    client.post(line.get_absolute_url(), {f"part_{bill.pk}": "100,000"})
    assert client.post(line.get_absolute_url(), {f"part_{bill.pk}": "100,000"}).status_code == 409
    assert Payment.objects.get().allocations.get().invoice == bill

    url = reverse("contract_proceeds", args=[world.contract.number])
    low = client.post(url, {"what": "plan", "team_share": "40", "staff_of_retained": "20", "basis": "x"})
    assert low.status_code == 422
    assert "四十五" in low.content.decode()
    client.post(url, {"what": "plan", "team_share": "70", "staff_of_retained": "20", "basis": "校规"})
    client.post(url, {"what": "cost", "on": "2026-11-20", "text": "年费", "amount": "8000"})
    assert "64,400" not in client.get(url).content.decode()
    assert "¥32,200.00" in client.get(url).content.decode()
    client.post(reverse("distribution_propose", args=[world.contract.number]))
    made = Distribution.objects.get()

    client.force_login(world.approver.user)
    assert client.get(made.get_absolute_url()).status_code == 200
    client.post(reverse("distribution_approve", args=[made.pk]))
    client.force_login(world.finance.user)
    ids = list(Payout.objects.values_list("pk", flat=True))
    answer = client.post(
        reverse("payouts_act"), {"payout": ids, "action": "confirm", "paid_on": "2026-11-23"}
    )
    assert answer.status_code == 409
    client.post(
        reverse("payouts_act"),
        {"payout": ids, "action": "confirm", "paid_on": "2026-11-23", "early": "on", "reference": "P1"},
    )
    made.refresh_from_db()
    assert made.state == "PAID"
    client.force_login(world.inventor.user)
    assert "¥32,200.00" in client.get(reverse("my_income")).content.decode()


@pytest.mark.parametrize("part", ["40.00", "100.00"])  # the invoice stays open, or is settled
def test_a_confirmation_sent_twice_is_told_so(world, client, part):
    bill = invoice(world.contract, 10_000)
    line = bank_line(world, "100.00")
    client.force_login(world.finance.user)
    answers = [
        client.post(reverse("receipt_confirm", args=[line.pk]), {f"part_{bill.pk}": part}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [302, 409]
    assert "可能已经办理过" in answers[1].content.decode()
    assert Payment.objects.count() == 1


def test_an_allocation_sent_twice_is_told_so(world, client):
    bill = invoice(world.contract, 10_000)
    payment = confirm_receipt(bank_line(world, "100.00"), actor=world.finance)
    client.force_login(world.finance.user)
    for expected in (302, 409):
        answer = client.post(payment.get_absolute_url(), {f"part_{bill.pk}": "100.00"})
        assert answer.status_code == expected
    assert payment.allocations.count() == 1


@pytest.mark.parametrize("name", ["receipts", "payments", "ledger", "journal", "distributions", "payouts",
                                  "commissions", "my_income"])  # fmt: skip
@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_every_list_can_be_taken_home(world, client, name, format):
    team(world)
    commission_annex(world.contract)
    plan(world)
    paid(world)
    credit(invoice(world.contract, 100), 50)
    accrue_commissions()
    approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
    book_money(), book_proceeds()
    client.force_login((world.inventor if name == "my_income" else world.finance).user)
    answer = client.get(reverse(name), {"export": format})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]


def test_the_stripe_page_says_what_was_checked_and_hides_the_key(world, client, monkeypatch):
    client.force_login(world.finance.user)
    assert client.post(reverse("gateway"), {"secret_key": "nonsense"}).status_code == 200
    add_account(world.uni, actor=world.finance, secret_key="sk_test_abcdWXYZ")
    page = client.get(reverse("gateway")).content.decode()
    assert "WXYZ" in page
    assert "sk_test_abcd" not in page
    assert "/webhooks/stripe/" in page
    client.post(reverse("gateway_remove"))
    assert "WXYZ" not in client.get(reverse("gateway")).content.decode()


def test_a_licensee_advises_with_a_slip_and_only_the_two_sides_open_it(world, client):
    bill = invoice(world.contract, 10_000)
    client.force_login(world.payer.user)
    url = reverse("payment_advise", args=[bill.pk])
    lie = SimpleUploadedFile("slip.pdf", b"MZ not a pdf")
    assert client.post(url, {"amount": "100", "paid_on": "2026-11-20", "slip": lie}).status_code == 422
    slip = SimpleUploadedFile("slip.pdf", b"%PDF-1.4\n1 0 obj\n%%EOF\n")
    assert client.post(url, {"amount": "100", "paid_on": "2026-11-20", "slip": slip}).status_code == 302
    advice = bill.advices.get()
    assert len(advice.slip_sha256) == 64
    for who, expected in (("payer", 200), ("finance", 200), ("stranger", 404), ("operator", 404)):
        assert status(client, getattr(world, who), reverse("advice_slip", args=[advice.pk])) == expected
    assert status(client, world.finance, url) == 404
    assert status(client, world.scout, url) in (403, 404)


def test_contributors_without_an_account_of_their_own_are_fine(world):
    contributors(world.contract, ("甲", "1", None))
    plan(world)
    paid(world)
    made = propose_distribution(world.contract, actor=world.finance)
    approve_distribution(made, actor=world.approver)
    assert Payout.objects.filter(share__user__isnull=True).exists()


@pytest.mark.parametrize("layout", ["jiangcheng", "donghu", "northbridge"])
def test_the_demos_statement_is_read_in_every_layout(world, client, settings, layout):
    """The demo has no bank: its file pays what is open, and the import takes it. Outside the demo there is none."""
    bill = invoice(world.contract, 10_000)
    row = account(world)
    row.layout = layout
    row.save()
    client.force_login(world.finance.user)
    address = reverse("demo_statement", args=[row.pk])
    assert client.get(address).status_code == 404
    settings.DEMO = True
    assert address in client.get(reverse("statements")).content.decode()
    file = SimpleUploadedFile("statement.csv", client.get(address).content)
    read = client.post(reverse("statements"), {"account": row.pk, "file": file})
    client.post(f"{read.url}import/")
    line = StatementLine.objects.get(account=row)
    assert (line.amount_minor, bill.reference_code in line.note) == (bill.total_minor, True)
    assert status(client, world.other_finance, address) == 404
