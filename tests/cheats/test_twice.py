"""What people try who hurry or cheat: everything twice, numbers of others in hidden fields, forged messages, wrong
files, absurd sums. The answer is a page that says so, and nothing half done."""

import io
import zipfile
import zlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse
from openpyxl import Workbook

from cms.imports.sheet import read_xlsx
from contracts.lifecycle.seal import check_seal
from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.models import WebhookEvent
from contracts.payments.gateways.services import add_account
from contracts.usage.models import UsageReport
from marketplace.clock import today
from marketplace.demo import acts
from marketplace.refusals import Refused
from tests.factories.road import road
from tests.fakes import StripeDouble
from tests.flows import money
from tests.flows.browser import Page, Person

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cheats")]
APPS = ("contracts", "deals", "cms", "organisations")


@pytest.fixture(scope="module")
def market(django_db_setup, django_db_blocker, tmp_path_factory):
    """One road for all tests of this file: made once, in a transaction that is never committed."""
    how = {
        "ELASTICSEARCH_URL": "",
        "MEDIA_ROOT": tmp_path_factory.mktemp("media"),
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
    with django_db_blocker.unblock(), override_settings(**how), transaction.atomic():
        call_command("load_programmes", verbosity=0)
        found = road()
        found.media, found.day = how["MEDIA_ROOT"], today()
        yield found
        found.calendar.end()
        transaction.set_rollback(True)
    connection.close()


@pytest.fixture
def made(market, settings):
    """The market as the road left it, whatever the test before did."""
    settings.ELASTICSEARCH_URL, settings.MEDIA_ROOT = "", market.media
    market.calendar.begin(market.day)
    point = transaction.savepoint()
    yield market
    transaction.savepoint_rollback(point)


@pytest.fixture
def who(made):
    """Browsers by place: uni, firm, other_uni …; `approver` and `finance` are different people of the university."""
    browsers = {place: Person.already_in(acting) for place, acting in made.people.items() if acting}
    for role in ("APPROVER", "FINANCE"):
        browsers[role.lower()] = Person.already_in(made.cast.licensor_as(role))
    return browsers


def rows() -> dict[str, int]:
    """How many rows there are of everything that is money, promise or paper."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return {model.__name__: model.objects.count() for model in models}


def twice(page: Page, values: dict | None = None, **how) -> tuple[Page, Page, dict]:
    """Send a form, and the same form once more from the page that was open: what the second time added."""
    first = page.try_to_send(values, **how)
    assert first.status < 400, (first.status, first.text[:600])
    assert not first.complaints, first.complaints
    before = rows()
    for value in (values or {}).values():
        if hasattr(value, "seek"):
            value.seek(0)
    second = page.try_to_send(values, **how)
    after = rows()
    return first, second, {name: after[name] - before[name] for name in after if after[name] != before[name]}


# --- Twice -----------------------------------------------------------------------------------------------


def _enquire(made, who):
    listing = who["other_firm"].open(made.second_listing.get_absolute_url())
    return listing, {"message": "可以试用吗？"}, {"to": reverse("enquire", args=[made.second_listing.code])}


def _accept_offer(made, who):
    number = made.open_deal.number
    return who["firm"].open("deal", number), {}, {"to": reverse("offer_accept", args=[number, 1])}


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
    _enquire, _accept_offer, _report, _approve_charges, _issue_invoices, _credit, _advise, _import_statement, _confirm_receipt, _refund, _undo, _cost, _propose, _approve, _pay_out,
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


# --- Numbers of others in hidden fields --------------------------------------------------------------------


def test_numbers_of_others_in_fields_are_refused(made, who):
    """Each takes what a page offers and puts in the number of something that is not theirs."""
    theirs = who["other_uni"]
    own_account = theirs.open("bank_accounts").follow("bank_account_new")
    own_account.send(bank_name="邻校银行", number="62220000000000000", layout="jiangcheng")
    mandate = who["other_agency"].open("mandate_new")
    asked = who["other_agency"].open(made.second_listing.get_absolute_url())
    tries = {
        "a statement for another's account": lambda: theirs.open("statements").try_to_send(
            account=str(made.account.pk), file=_statement()
        ),
        "payouts of another": lambda: theirs.post(
            reverse("payouts_act"),
            {"payout": [str(made.payout.pk)], "paid_on": f"{today()}", "action": "confirm", "early": "on"},
        ),
        "the bank's file of another's payouts": lambda: theirs.post(
            reverse("payouts_act"),
            {"payout": [str(made.payout.pk)], "action": "file", "layout": "jiangcheng"},
        ),
        "charges of another": lambda: theirs.post(
            reverse("charges_approve", args=[made.contract.number]), {"charge": [str(made.charge.pk)]}
        ),
        "a receipt against another's invoice": lambda: theirs.post(
            reverse("receipt_confirm", args=[made.line.pk]), {f"part_{made.invoice.pk}": "1.00"}
        ),
        "acting for another": lambda: theirs.post(
            reverse("act_for"), {"organisation": str(made.orgs["uni"].pk)}
        ),
        "asking for a client without a mandate": lambda: asked.person.post(
            reverse("enquire", args=[made.second_listing.code]),
            {"message": "x", "purpose": "QUESTION", "on_behalf_of": str(made.orgs["firm"].pk)},
        ),
        "a mandate of the operator": lambda: mandate.try_to_send(
            client=str(made.orgs["operator"].pk), purpose="x"
        ),
        "a signature on another text": lambda: who["firm"].post(
            reverse("contract_sign", args=[made.noticed.number]), {"document_hash": "0" * 64, "agreed": "on"}
        ),
        "an offer on a version not seen": lambda: who["firm"].post(
            reverse("offer_accept", args=[made.open_deal.number, 7])
        ),
        "evidence of another report": lambda: who["firm"].try_to_open(
            "report_evidence", made.report.pk, made.evidence.pk
        ),
    }
    done = {}
    for what, attempt in tries.items():
        before = rows()
        page = attempt()
        after = rows()
        if page.status >= 500 or before != after:
            done[what] = (
                page.status,
                {name: after[name] - before[name] for name in after if after[name] != before[name]},
            )
    assert done == {}
    made.payout.refresh_from_db()
    assert made.payout.state == "PAID"
    assert theirs.client.session.get("acting_organisation") != made.orgs["uni"].pk


# --- Forged messages -----------------------------------------------------------------------------------------


def test_forged_webhooks_leave_nothing_behind(made, client, monkeypatch):
    double = StripeDouble()
    monkeypatch.setattr(gateway, "http_client_factory", lambda **options: double)
    account = add_account(
        made.orgs["uni"], actor=made.people["uni"], secret_key=double.key, webhook_secret=double.secret
    )
    url = reverse("stripe_webhook", args=[account.token])
    event = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}
    body, signature = double.signed(event)
    forged = [
        (url, body, ""),
        (url, body, "t=1,v1=00"),
        (
            url,
            body.replace(b"in_1", b"in_2") if isinstance(body, bytes) else body.replace("in_1", "in_2"),
            signature,
        ),
        (url, b"not json", signature),
        (reverse("stripe_webhook", args=["x" * 20]), body, signature),
        (url, b"x" * 600_000, signature),
    ]
    answers = [
        client.post(to, said, content_type="application/json", headers={"Stripe-Signature": by}).status_code
        for to, said, by in forged
    ]
    assert answers == [400, 400, 400, 400, 410, 413]
    assert client.get(url).status_code == 405
    assert not WebhookEvent.objects.exists()
    good = client.post(url, body, content_type="application/json", headers={"Stripe-Signature": signature})
    assert (good.status_code, WebhookEvent.objects.count()) == (200, 1)


# --- Files that lie, sums that cannot be ------------------------------------------------------------------


def _lies() -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile("paper.pdf", b"MZ\x90\x00 a program", content_type="application/pdf"),
        SimpleUploadedFile(
            "paper.pdf", b"<html><script>alert(1)</script></html>", content_type="application/pdf"
        ),
        SimpleUploadedFile("sheet.xlsx", b"PK\x03\x04 no workbook", content_type="application/zip"),
        SimpleUploadedFile("picture.png", b"GIF89a", content_type="image/png"),
        SimpleUploadedFile("../../etc/passwd.csv", b"\x00\xff\x00\xff", content_type="text/csv"),
        SimpleUploadedFile("empty.pdf", b"", content_type="application/pdf"),
    ]


def test_files_that_lie_about_their_kind_are_refused_everywhere(made, who):
    places = {
        "room": (who["firm"], "deal", [made.deal.number], "deal_file_add", "file"),
        "evidence": (who["firm"], "report", [made.open_report.pk], "report_evidence_add", "files"),
        "slip": (who["firm"], "payment_advise", [made.invoice.pk], "payment_advise", "slip"),
        "statement": (who["uni"], "statements", [], "statements", "file"),
        "import": (who["uni"], "listing_import", [], "listing_import", "file"),
        "fact": (who["firm"], "contract_fact_new", [made.contract.number], "contract_fact_new", "evidence"),
        "verify": (who["firm"], "contract_verify", [made.contract.number], "contract_verify", "file"),
    }
    taken = {}
    for place, (person, page, arguments, to, field) in places.items():
        form = person.open(page, *arguments)
        files = [{field: lie} for lie in _lies()]
        taken |= _not_refused(place, form, reverse(to, args=arguments), files)
    assert taken == {}


def _not_refused(place: str, form: Page, to: str, tries: list[dict], **how) -> dict:
    """Send a form with each of these values: which were not answered by a complaint, and what any of them left."""
    before, found = rows(), {}
    for values in tries:
        answer = form.try_to_send(values, to=to, **how)
        if answer.status >= 500 or not answer.complaints:
            found[place, str(values)] = (answer.status, answer.complaints)
    if (after := rows()) != before:
        found[place] = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    return found


def _sheet(cells: str) -> SimpleUploadedFile:
    """A workbook that passes for one, with this XML as its only sheet."""
    out = io.BytesIO()
    Workbook().save(out)
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as changed:
        for info in made.infolist():
            body = made.read(info)
            changed.writestr(info, cells.encode() if info.filename.endswith("sheet1.xml") else body)
    return SimpleUploadedFile("sheet.xlsx", packed.getvalue())


def _spreadsheets() -> list[SimpleUploadedFile]:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 25_000))
    return [
        _sheet(head + '<row r="1"><c r="A1"><v>1</v>'),  # torn in the middle
        _sheet(f"{head}{far}</sheetData></worksheet>"),  # 400 million cells, all but a few of them empty
        _sheet(head + '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'),
    ]


def test_spreadsheets_that_blow_up_are_refused_everywhere(made, who):
    places = {
        "statements": (who["uni"], "statements", [], "statements"),
        "report": (who["firm"], "report", [made.open_report.pk], "report_sheet"),
    }
    taken = {}
    for place, (person, page, arguments, to) in places.items():
        form = person.open(page, *arguments)
        files = [{"file": sheet} for sheet in _spreadsheets()]
        taken |= _not_refused(place, form, reverse(to, args=arguments), files)
    assert taken == {}
    for sheet in _spreadsheets():  # an import is read by the worker, which puts the refusal into its report
        with pytest.raises(Refused):
            list(read_xlsx(sheet))


@pytest.mark.parametrize("times", [1, 2])
def test_a_pdf_that_blows_up_is_not_unpacked(times):
    packed = b"0" * 150_000_000
    for _time in range(times):
        packed = zlib.compress(packed, 9)
    found = check_seal(b"%PDF-1.7\n1 0 obj<</Filter/FlateDecode>>stream\r\n" + packed + b"\nendstream %%EOF")
    assert (found.good, found.problem) == (False, "unpacks to too much")


ABSURD = ("-1", "0", "0.001", "1e400", "NaN", "Infinity", "9" * 40, "５²", "1,2,3", "=1+1", "\x00")


def test_negative_and_absurd_sums_are_refused_everywhere(made, who):
    uni, firm = who["uni"], who["firm"]
    number = made.contract.number
    places = (
        (uni, "invoice", made.invoice.pk, "invoice_credit", "price", {"reason": "x"}),
        (uni, "payment", made.payment.pk, "payment_refund", "amount", {"reason": "x"}),
        (firm, "payment_advise", made.invoice.pk, "payment_advise", "amount", {}),
        (uni, "contract_proceeds", number, "contract_proceeds", "amount", {"text": "x"}),
        (uni, "contract_breach", number, "contract_breach", "amount_minor", {"words": "x"}),
    )
    done = {}
    for person, page, argument, to, field, rest in places:
        tries = [{field: absurd, **rest} for absurd in ABSURD]
        done |= _not_refused(page, person.open(page, argument), reverse(to, args=[argument]), tries)
    assert done == {}


def test_absurd_figures_in_a_report_or_an_offer_are_refused(made, who):
    report = who["firm"].open("report", made.open_report.pk)
    figure = report.soup.select_one("input[name$=_invoiced_incl_vat]")["name"]
    vat = figure.replace("_invoiced_incl_vat", "_vat")
    absurd = [one for one in (*ABSURD, "1") if one != "0"]  # nothing sold, said by a figure, is no lie
    done = _not_refused(
        "report",
        report,
        report.path,
        [{figure: one, vat: "1000000"} for one in absurd],
        press="action=submit",
    )
    form = who["uni"].open("offer_new", made.open_deal.number, query="?start=preset:option")
    names = ("elements-0-amount", "trial-months", "term_months", "trial-decision_days")
    tries = [{name: one} for name in names for one in ("-1", "NaN", "9" * 40, "1e400")]
    done |= _not_refused("offer", form, "", tries, press="preview")
    assert done == {}
