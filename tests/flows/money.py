"""What people do on the road from the first report on: report, charge, invoice, pay, distribute. All of it on pages.

Sums that a page shows come back in fen. Reports and invoices are named by their addresses.
"""

import csv
import io
import re
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contracts.billing.models import Invoice
from contracts.payments.layouts import layouts
from marketplace.clock import today
from tests.flows.browser import Page, Person
from tests.flows.steps import arguments, paper, pk_of

# --- Reports ---------------------------------------------------------------------------------------------


def reports_due(people, number: str) -> list[str]:
    """Addresses of the reports that wait for the licensee, oldest first."""
    page = people.reporter.open("reports", query=f"?state=due&sort=period_end&contract={number}")
    found = [link for link in page.links() if re.search(r"/reports/\d+/$", urlsplit(link).path)]
    return list(dict.fromkeys(found))


def report_nil(people, address: str) -> None:
    page = people.reporter.open(address)
    page.confirm("report_nil", arguments(page)["pk"])


def report_sales(people, address: str, *net_yuan: int, **more) -> int:
    """Sales with 13 % VAT on top, net sales of `net_yuan` for each part of the period, with evidence; looks at
    the cost first, then submits. What it will cost, in fen."""
    page = people.reporter.open(address)
    names = sorted({n["name"] for n in page.soup.select("input[name$=_invoiced_incl_vat]")})
    assert len(names) == len(net_yuan), names
    filled = dict(more)
    for name, net in zip(names, net_yuan, strict=True):
        vat = net * 13 // 100
        filled |= {name: f"{net + vat}.00", name.replace("_invoiced_incl_vat", "_vat"): f"{vat}.00"}
    page.send(to=reverse("report_evidence_add", args=[arguments(page)["pk"]]), files=paper("sales.pdf"))
    page = people.reporter.open(address).send(filled, press="action=preview")
    cost = fen(page.soup.select_one("main .panel .figure").get_text())
    page.send(press="action=submit")
    return cost


def accept_report(people, address: str) -> None:
    page = people.officer.open(address)
    page.confirm("report_accept", arguments(page)["pk"])


def report_all_nil(people, number: str) -> None:
    """Every report that is due is nil, and accepted."""
    for address in reports_due(people, number):
        report_nil(people, address)
        accept_report(people, address)


# --- Money -----------------------------------------------------------------------------------------------


MONEY = re.compile(r"-?¥[\d,]+\.\d\d")


def fen(text: str) -> int:
    """The first sum in a text: ¥26,000.00 → fen."""
    digits = MONEY.search(text)[0].replace("¥", "").replace(",", "").replace(".", "")
    return int(digits)


def _amount(row) -> int:
    """The sum in a table's row."""
    return fen(row.get_text(" "))


def charges_of(person: Person, number: str) -> list[tuple[str, int]]:
    """(day, fen) of each charge that is shown, oldest first."""
    page = person.open("charges", number)
    rows = [(row, row.select("td")) for row in page.soup.select("main table tbody tr")]
    return sorted((cells[0].get_text(strip=True), _amount(row)) for row, cells in rows)


def bill(people, number: str) -> list[str]:
    """Approve and invoice what has accrued; the addresses of the new invoices, oldest first."""
    before = invoices_of(people.finance, number)
    page = people.finance.open("charges", number)
    page = page.send(to=reverse("charges_approve", args=[number]), press="all=1")
    page.send(to=reverse("charges_invoice", args=[number]))
    return [one for one in invoices_of(people.finance, number) if one not in before]


def invoices_of(person: Person, number: str) -> list[str]:
    page = person.open("invoices", query=f"?contract={number}&sort=number")
    found = [link for link in page.links() if re.search(r"/invoices/\d+/$", urlsplit(link).path)]
    return list(dict.fromkeys(found))


def open_bank_account(people) -> None:
    form = people.finance.open("bank_accounts").follow("bank_account_new")
    form.send(bank_name="江城银行示例支行", number="4200 0100 0000 0000 018", layout="jiangcheng")


def statement_file(*rows: tuple) -> SimpleUploadedFile:
    """A bank's own export; rows of (day, yuan, bank reference, payer, note)."""
    heads = {name: heads[0] for name, heads in layouts()["jiangcheng"].columns.items()}
    out = io.StringIO()
    writer = csv.DictWriter(out, heads.values())
    writer.writeheader()
    for day, yuan, reference, payer, note in rows:
        told = {
            "booked_on": f"{day:%Y-%m-%d}", "credit": yuan, "bank_reference": reference,
            "payer_name": payer, "payer_account": "6222000000000000", "note": note,
        }  # fmt: skip
        writer.writerow({heads[name]: value for name, value in told.items()})
    return SimpleUploadedFile("statement.csv", out.getvalue().encode("gb18030"), content_type="text/csv")


def import_statement(people, *rows: tuple) -> Page:
    """Upload, look at what each row would bring, take over; the queue of receipts."""
    page = people.finance.open("statements").send(file=statement_file(*rows))
    return page.confirm("statement_import", arguments(page)["pk"])


def reference_of(person: Person, invoice: str) -> str:
    """The code that a payer writes into the remittance note, as the invoice's page shows it."""
    code = Invoice.objects.get(pk=pk_of(invoice)).reference_code
    assert code in person.open(invoice).text
    return code


def confirm_receipt(people, reference: str) -> Page:
    """Open the bank's line in the queue and confirm what is proposed; the payment's page."""
    queue = people.finance.open("receipts", query=f"?q={reference}")
    links = [link for link in queue.links() if re.search(r"/receipts/\d+/$", urlsplit(link).path)]
    assert len(set(links)) == 1, links
    return people.finance.open(links[0]).send()


def invoice_sums(person: Person, invoice: str) -> tuple[int, int, int]:
    """Net, VAT and total as the invoice's page says."""
    cells = person.open(invoice).soup.select("main section dl.facts dd.num")
    net, *tax, total = [fen(cell.get_text()) for cell in cells[:3]]
    return net, sum(tax), total


def pay(people, invoice: str, yuan: str, reference: str) -> Page:
    """The enterprise transfers, the bank's statement brings it, finance confirms; the payment's page."""
    note = reference_of(people.payer, invoice)
    import_statement(people, (today(), yuan, reference, people.firm.name_zh, note))
    return confirm_receipt(people, reference)


def open_sum(person: Person, invoice: str) -> int:
    """What is open of an invoice, as its page says at the top; 0 when it is paid."""
    last = person.open(invoice).soup.select_one("main dl.facts").select("dd.num")[-1]
    return fen(last.get_text()) if "¥" in last.get_text() else 0


def advise_payment(people, invoice: str, yuan: str) -> None:
    """The enterprise says that it has paid, with the bank's slip."""
    form = people.payer.open(invoice).follow("payment_advise", pk_of(invoice))
    form.send(amount=yuan, slip=paper("slip.pdf"))


def credit(people, invoice: str, yuan: str, reason: str) -> str:
    """Issue a credit note; its address."""
    page = people.finance.open(invoice)
    return page.send(to=reverse("invoice_credit", args=[pk_of(invoice)]), price=yuan, reason=reason).path


def plan_distribution(people, number: str, **more) -> None:
    page = people.finance.open("contract", number).follow("contract_proceeds", number)
    chosen = {"team_share": "70", "staff_of_retained": "20", "basis": "东湖示例校发〔2025〕1号", **more}
    page.send(chosen)


def enter_cost(people, number: str, text: str, yuan: str) -> None:
    people.finance.open("contract_proceeds", number).send(on=today().isoformat(), text=text, amount=yuan)


def distribute(people, number: str) -> Page:
    """Finance proposes, an approver approves; the distribution's page."""
    proposal = people.finance.open("contract_proceeds", number).confirm("distribution_propose", number)
    pk = arguments(proposal)["pk"]
    page = people.approver.open("distributions").follow("distribution", pk)
    return page.confirm("distribution_approve", pk)


def shares_of(page: Page) -> list[tuple[str, int]]:
    """(name, fen) of a distribution's shares."""
    table = page.soup.select("main table")[-1]
    return [(next(row.td.stripped_strings), _amount(row)) for row in table.select("tbody tr")]


def payouts_due(people) -> list[tuple[str, int]]:
    page = people.finance.open("payouts")
    rows = page.soup.select("main table tbody tr")
    return sorted((next(row.select("td")[1].stripped_strings), _amount(row)) for row in rows)


def commissions_of(person: Person) -> list[int]:
    """The commissions that the person reads, oldest first."""
    rows = person.open("commissions").soup.select("main table tbody tr")
    return [_amount(row) for row in rows][::-1]


def pay_out(people, reference: str = "示例批量代发 1") -> Page:
    """Tick every payout that is due and confirm that it was paid."""
    page = people.finance.open("payouts")
    chosen = [box["value"] for box in page.soup.select("input[name=payout]")]
    assert chosen
    return page.send(
        {"payout": chosen, "reference": reference}, to=reverse("payouts_act"), press="action=confirm"
    )


def balances_of(page: Page) -> dict[str, int]:
    """Account → balance, of the trial balance."""
    rows = page.soup.select("main table tbody tr")
    return {row.td.get_text(strip=True): fen(row.select("td.num")[-1].get_text()) for row in rows}
