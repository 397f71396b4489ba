"""A double click, a second tab, a reload: what is sent twice is done once."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from contracts.usage.models import UsageReport
from marketplace.clock import today
from marketplace.demo import acts
from tests.cheats.trying import twice
from tests.flows import money
from tests.flows.browser import Person


def _enquire(made, who):
    listing = who["other_firm"].open(made.second_listing.get_absolute_url())
    return listing, {"message": "可以试用吗？"}, {"to": reverse("enquire", args=[made.second_listing.code])}


def _accept_offer(made, who):
    number = made.open_deal.number
    return who["firm"].open("deal", number), {}, {"to": reverse("offer_accept", args=[number, 1])}


def _object(made, who):
    page = Person().open("notice", made.notice.number)
    return page, {"name": "异议人", "contact": "a@example.org", "text": "价格过低"}, {}


def _breach(made, who):
    page = who["uni"].open("contract_breach", made.contract.number)
    return page, {"kind": "PAYMENT", "words": "未按期付款", "amount_minor": "1.00"}, {}


def _evidence(made, who):
    page = who["firm"].open("report", made.open_report.pk)
    file = SimpleUploadedFile("发票.csv", b"a,b\n1,2\n", content_type="text/csv")
    return page, {"files": file}, {"to": reverse("report_evidence_add", args=[made.open_report.pk])}


def _report(made, who):
    page = who["firm"].open("report", made.open_report.pk)
    return page, {}, {"to": reverse("report_nil", args=[made.open_report.pk])}


def _approve_charges(made, who):
    _more_sales(made)
    page = who["uni"].open("charges", made.contract.number)
    return page, {}, {"to": reverse("charges_approve", args=[made.contract.number]), "press": "all=1"}


def _issue_invoices(made, who):
    page, values, how = _approve_charges(made, who)
    return page.send(values, **how), {}, {"to": reverse("charges_invoice", args=[made.contract.number])}


def _credit(made, who):
    page = who["uni"].open("invoice", made.invoice.pk)
    values = {"price": "500.00", "reason": "协商减免"}
    return page, values, {"to": reverse("invoice_credit", args=[made.invoice.pk])}


def _advise(made, who):
    return who["firm"].open("payment_advise", made.invoice.pk), {"amount": "123.00"}, {}


def _account(made, who):
    page = who["uni"].open("bank_account_new")
    return page, {"bank_name": "江城银行", "number": "6222 0000 0000 0001", "layout": "jiangcheng"}, {}


def _import_statement(made, who):
    page = who["uni"].open("statements").send(file=_statement())
    return page, {}, {"to": f"{page.path}import/"}


def _confirm_receipt(made, who):
    page, values, how = _import_statement(made, who)
    queue = page.send(values, **how)
    line = next(link for link in queue.links() if "/receipts/" in link and link.rstrip("/")[-1].isdigit())
    return who["uni"].open(line), {}, {}


def _refund(made, who):
    values = {"amount": "10.00", "reason": "多付退回"}
    page = who["uni"].open("payment", made.payment.pk)
    return page, values, {"to": reverse("payment_refund", args=[made.payment.pk])}


def _undo(made, who):
    page = who["uni"].open("payment", made.payment.pk)
    return page, {"reason": "核销错误"}, {"to": reverse("allocation_undo", args=[made.allocation.pk])}


def _cost(made, who):
    page = who["uni"].open("contract_proceeds", made.contract.number)
    return page, {"text": "检测费", "amount": "50.00"}, {}


def _propose(made, who):
    acts.pay(made.cast, made.invoice, 1_000_00)
    page = who["finance"].open("contract_proceeds", made.contract.number)
    return page, {}, {"to": reverse("distribution_propose", args=[made.contract.number])}


def _approve(made, who):
    page, values, how = _propose(made, who)
    pk = int(page.send(values, **how).path.rstrip("/").rsplit("/", 1)[1])
    page = who["approver"].open("distribution", pk)
    return page, {}, {"to": reverse("distribution_approve", args=[pk])}


def _pay_out(made, who):
    page, values, how = _approve(made, who)
    page.send(values, **how)
    made.calendar.after(40)
    page = who["uni"].open("payouts")
    chosen = [box["value"] for box in page.soup.select("input[name=payout]")]
    return page, {"payout": chosen}, {"to": reverse("payouts_act"), "press": "action=confirm"}


TWICE = (
    _enquire, _accept_offer, _object, _breach, _evidence, _report, _approve_charges, _issue_invoices, _credit, _advise, _account, _import_statement, _confirm_receipt, _refund, _undo, _cost, _propose, _approve, _pay_out,
)  # fmt: skip


def _more_sales(made) -> None:
    """A second report, accepted: its charge waits for approval."""
    made.calendar.after(1)  # the month end that the road has begun approves what it finds
    report = UsageReport.objects.get(pk=made.open_report.pk)
    if today() <= report.period_end:
        made.calendar.go_to(report.period_end + timedelta(days=3))
    for _day in acts.report(made.cast, made.contract, lambda one: acts.sales_rows(one, 500_000)):
        pass
    made.calendar.after(1)


def _statement() -> SimpleUploadedFile:
    return money.statement_file((today(), "88.00", "CHEAT-1", "某某公司", "无附言"))


def test_everything_that_moves_money_is_done_once_however_often_it_is_sent(made, who):
    added, failed = {}, {}
    for prepare in TWICE:
        point = transaction.savepoint()
        page, values, how = prepare(made, who)
        _first, second, more = twice(page, values, **how)
        if more:
            added[prepare.__name__] = more
        if second.status >= 500:
            failed[prepare.__name__] = second.status
        transaction.savepoint_rollback(point)
    assert (added, failed) == ({}, {})


def test_a_statement_that_is_sent_twice_brings_its_lines_once(made, who):
    for _time in range(2):
        page = who["uni"].open("statements").send(file=_statement())
        page.send(to=f"{page.path}import/")
    assert made.account.lines.filter(bank_reference="CHEAT-1").count() == 1
