"""What people do on the road, one function for each thing done, all of it on pages.

`people` is the market of market.py; contracts and deals are named by their numbers, as people name them.
"""

import csv
import io
import re
from datetime import date
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve, reverse

from contracts.payments.layouts import layouts
from marketplace.clock import today
from marketplace.documents import render_pdf
from search.tasks import drain_outbox
from tests.flows.browser import Page, Person

RIGHT = {
    "kind": "INVENTION",
    "number": "ZL 2023 1 0000001.1",
    "title": "一种低温密封胶及其制备方法",
    "status": "GRANTED",
    "filed_on": "2023-01-01",
    "granted_on": "2024-06-01",
    "expires_on": "2043-01-01",
    "ORDER": "1",
}
TEAM = (("王示例", "0.6"), ("赵示例", "0.4"))


def paper(name: str = "paper.pdf", text: str = "示例文件") -> SimpleUploadedFile:
    """A real PDF, as people upload it."""
    pdf = render_pdf("marketplace/note", {"lang": "zh", "title": name, "text": text})
    return SimpleUploadedFile(name, pdf, content_type="application/pdf")


def arguments(page: Page) -> dict:
    """The arguments in a page's address: number, pk …"""
    return resolve(page.path).kwargs


def pk_of(address: str) -> int:
    return resolve(urlsplit(address).path).kwargs["pk"]


# --- Published, found ------------------------------------------------------------------------------------


def publish_listing(people, **changes) -> str:
    """The editor starts a draft on the desk and writes it in the editor; the approver publishes it. Its code."""
    page = people.editor.open("listings").follow("listing_new")
    started = {
        "title_zh": "低温泵用密封胶",
        "title_en": "Low-temperature sealing compound for pumps",
        "trl": "6",
    }
    editor = page.send(
        started | {"summary_zh": "零下六十度不脆裂的泵用密封胶", "summary_en": "Seals pumps at -60 °C"}
    )
    pk = int(re.search(r"/pages/(\d+)/edit/", editor.path)[1])
    field = next(
        option["value"] for option in editor.soup.select('select[name="field"] option') if option["value"]
    )
    written = {
        "field": field,
        "problem_zh": "低温下密封件脆裂，泵站停机。",
        "problem_en": "Seals crack in the cold and stop pumping stations.",
        "advantage_zh": "寿命 8000 小时，为同类产品的 2 倍。",
        "advantage_en": "8,000 hours, twice the life of known seals.",
        "free_months": "12",
        "trigger_zh": "首次销售收入或满一年",
        "trigger_en": "first income or one year",
        "price_zh": "入门费加净销售额提成",
        "price_en": "entry fee and royalty on net sales",
        "team_consent_on": "2025-12-01",
        **changes,
    }
    rows = {f"ip_rights-0-{name}": value for name, value in RIGHT.items()}
    for place, (name, share) in enumerate(TEAM):
        person = {"name": name, "unit": "材料学院", "share": share, "ORDER": str(place + 1)}
        rows |= {f"contributors-{place}-{key}": value for key, value in person.items()}
    rows |= {"ip_rights-TOTAL_FORMS": "1", "contributors-TOTAL_FORMS": str(len(TEAM))}
    editor.send(written, added=rows)
    reviewed = people.editor.open("listing_review", pk)
    reviewed.confirm("listing_submit", pk)
    page = people.approver.open("listings").follow("listing_review", pk)
    page.confirm("listing_approve", pk)
    drain_outbox()
    return re.search(r"UF-\d{4}-\d{6}", page.text)[0]


def find_listing(person: Person, words: str, code: str) -> Page:
    """Type words into the search box of the front page and open the listing that is found."""
    page = person.open(reverse("search"), query=f"?q={words}")
    wanted = next((link for link in page.links() if code.lower() in link.lower()), None)
    assert wanted, f"{words} did not find {code}: {page.text[:800]}"
    return person.open(wanted)


def link_contributor(people, listing: str, name: str, person: Person) -> None:
    """The editor says which account a contributor has, so that the person reads what comes of the result."""
    page = people.editor.open("listings")
    row = next(tr for tr in page.soup.select("main table tbody tr") if listing in tr.get_text())
    page = people.editor.open(row.a["href"])
    page = page.follow("listing_accounts", arguments(page)["pk"])
    label = next(one for one in page.soup.select("main label") if name in one.get_text())
    field = page.soup.select_one(f"#{label['for']}")
    option = next(one for one in field.select("option") if person.user.name in one.get_text())
    page.send({field["name"]: option["value"]})


# --- Enquired, agreed ------------------------------------------------------------------------------------


def enquire(listing: Page, code: str, message: str = "泵站低温密封，可以先试用吗？", **more) -> str:
    """Ask for a trial from the listing's page; the deal's number."""
    page = listing.send(to=reverse("enquire", args=[code]), message=message, purpose="TRIAL", **more)
    return arguments(page)["number"]


def say(person: Person, deal: str, text: str) -> None:
    person.open("deal", deal).send(to=reverse("deal_message", args=[deal]), text=text)


def make_offer(
    person: Person, deal: str, start: str = "preset:option", note="按试点办法报价", **terms
) -> None:
    """Fill in the offer's form from a starting point, read the preview, send."""
    form = person.open("deal", deal).follow("offer_new", deal)
    form = person.open("offer_new", deal, query=f"?start={start}")
    preview = form.send(press="preview", note=note, **terms)
    page = preview.send(press="send")
    assert page.path == reverse("deal", args=[deal]), page.complaints or page.text[:800]


def accept_offer(person: Person, deal: str, version: int = 1) -> Page:
    return person.open("deal", deal).confirm("offer_accept", deal, version)


def agree(people, code: str, start: str = "preset:option", **terms) -> str:
    """Question, answer, offer, acceptance; the deal's number."""
    deal = enquire(find_listing(people.scout, "密封", code), code)
    say(people.officer, deal, "可以，按先使用后付费试点提供。")
    make_offer(people.officer, deal, start, **terms)
    sheet = accept_offer(people.signatory, deal)
    assert sheet.path == reverse("term_sheet", args=[deal])
    return deal


def told(person: Person, template: str) -> int:
    """How many notifications of a kind the person got."""
    from marketplace.notifications.models import Notification

    return Notification.objects.filter(user=person.user, template=template).count()


# --- Contract: draft to signature ------------------------------------------------------------------------


def draft_contract(people, deal: str) -> str:
    """The officer drafts from the term sheet, both sides declare; the contract's number."""
    page = people.officer.open("deal", deal).confirm("contract_draft", deal)
    number = arguments(page)["number"]
    for person in (people.officer, people.signatory):
        person.open("contract", number).follow("contract_declare", number).send(is_related="no")
    return number


def send_to_review(people, number: str) -> None:
    people.officer.open("contract", number).confirm("contract_submit", number)


def review(people, number: str, decision: str = "notice", words: str = "") -> Page:
    form = people.approver.open("contract", number).follow("contract_review", number)
    return form.send(decision=decision, words=words)


def notice_of(people, number: str) -> str:
    """The number of the newest public notice, from the contract's page."""
    page = people.officer.open("contract", number)
    return next(found[1] for link in page.links() if (found := re.search(r"/notices/([^/]+)/$", link)))


def object_to(people, notice: str, text: str = "价格明显低于同类许可") -> Page:
    """Anybody objects on the public page; the page that says what becomes of it."""
    page = people.visitor.open("notices").follow("notice", notice)
    return page.send(name="异议人", contact="objector@example.com", text=text)


def decide_objection(people, number: str, *, upheld: bool, reason: str) -> None:
    page = people.approver.open("contract", number)
    link = next(one for one in page.links() if "/objections/" in one and number in one)
    people.approver.open(link).send(upheld="yes" if upheld else "no", reason=reason)


def revise_terms(people, number: str, why: str, **terms) -> None:
    """The officer changes terms of the draft, looks at what changes, sends."""
    form = people.officer.open("contract", number).follow("contract_revise", number)
    shown = form.send(press="preview", note=why, **terms)
    page = shown.send()
    assert page.path == reverse("contract", args=[number]), page.complaints or page.text[:800]


def agree_revision(people, number: str) -> None:
    people.signatory.open("contract", number).follow("contract_revision", number).send()


def sign(person: Person, number: str) -> Page:
    """Read the PDF, consent, prove with the password who one is."""
    form = person.open("contract", number).follow("contract_sign", number)
    pdf = next(link for link in form.links() if "/documents/" in link)
    assert person.open(pdf).body.startswith(b"%PDF")
    page = form.send(agreed="on")
    assert page.path == reverse("contract", args=[number]), page.text[:800]
    return page


def deliver(people, number: str) -> None:
    form = people.officer.open("contract", number).follow("contract_deliver", number)
    form.send(items="工艺文件\n配方\n样品", files=paper("process.pdf"))


def accept_delivery(people, number: str) -> None:
    people.signatory.open("contract", number).confirm("contract_delivery_accept", number)


def to_notice(people, code: str, start: str = "preset:option", **terms) -> str:
    """From the search box to the public notice, all on one day; the contract's number."""
    number = draft_contract(people, agree(people, code, start, **terms))
    send_to_review(people, number)
    review(people, number)
    return number


def to_trial(people, calendar, code: str, start: str = "preset:option", **terms) -> str:
    """From the search box to free use; effective and delivered on the day after the notice."""
    number = to_notice(people, code, start, **terms)
    calendar.after(16)
    sign(people.uni_signatory, number)
    sign(people.signatory, number)
    deliver(people, number)
    accept_delivery(people, number)
    return number


# --- Trial: decisions, facts, ends -----------------------------------------------------------------------


def state_of(person: Person, number: str) -> str:
    """The state that the contract's page shows, as the code of its badge's word."""
    from contracts.lifecycle.states import State

    page = person.open("contract", number)
    words = {str(label): value for value, label in State.choices}
    shown = page.soup.select_one("main .badge").get_text(strip=True)
    return words[shown]


def decide(people, number: str, choice: str) -> None:
    form = people.signatory.open("contract", number).follow("contract_decide", number)
    page = form.send(choice=choice, words="试用结论见附件报告")
    assert page.path == reverse("contract", args=[number]), page.text[:800]


def record_first_income(people, number: str, on: date) -> None:
    """The reporter puts the first income on record; the officer confirms where it asks for that."""
    form = people.reporter.open("contract", number).follow("contract_fact_new", number)
    form.send(event="first_income", on=on.isoformat(), words="首笔订单收入到账")
    facts = people.officer.open("contract", number, query="?tab=facts")
    for form in facts.soup.select("form[action$='/confirm/']"):
        facts.send(to=form["action"])


def certify_stop(people, number: str) -> None:
    form = people.signatory.open("contract", number).follow("contract_stop", number)
    form.send(material="DESTROYED", file=paper("certificate.pdf"), words="资料已销毁")


def confirm_stop(people, number: str) -> None:
    form = people.officer.open("contract", number).follow("contract_stop_confirm", number)
    form.send(accepted="yes")


def complete_track(people, number: str, track: str, reference: str) -> None:
    """Enter the number of a registration, recordal or filing."""
    from contracts.lifecycle.models import ComplianceTask

    label = str(ComplianceTask.Track(track).label)
    page = people.officer.open("contract", number)
    row = next(tr for tr in page.soup.select("#tracks tbody tr") if label in tr.get_text())
    people.officer.open(row.a["href"]).send(reference=reference, on=today().isoformat())


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
    cost = money(page.soup.select_one("main .panel .figure").get_text())
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


def money(text: str) -> int:
    """The first sum in a text: ¥26,000.00 → fen."""
    digits = MONEY.search(text)[0].replace("¥", "").replace(",", "").replace(".", "")
    return int(digits)


def _amount(row) -> int:
    """The sum in a table's row."""
    return money(row.get_text(" "))


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
    from contracts.billing.models import Invoice

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
    net, *tax, total = [money(cell.get_text()) for cell in cells[:3]]
    return net, sum(tax), total


def pay(people, invoice: str, yuan: str, reference: str) -> Page:
    """The enterprise transfers, the bank's statement brings it, finance confirms; the payment's page."""
    note = reference_of(people.payer, invoice)
    import_statement(people, (today(), yuan, reference, people.firm.name_zh, note))
    return confirm_receipt(people, reference)


def open_sum(person: Person, invoice: str) -> int:
    """What is open of an invoice, as its page says at the top; 0 when it is paid."""
    last = person.open(invoice).soup.select_one("main dl.facts").select("dd.num")[-1]
    return money(last.get_text()) if "¥" in last.get_text() else 0


def advise_payment(people, invoice: str, yuan: str) -> None:
    """The enterprise says that it has paid, with the bank's slip."""
    form = people.payer.open(invoice).follow("payment_advise", pk_of(invoice))
    form.send(amount=yuan, slip=paper("slip.pdf"))


def credit(people, invoice: str, yuan: str, reason: str) -> str:
    """Issue a credit note; its address."""
    page = people.finance.open(invoice)
    return page.send(to=reverse("invoice_credit", args=[pk_of(invoice)]), price=yuan, reason=reason).path


def facts_of(page: Page) -> dict[str, str]:
    """Terms and descriptions of the page's lists of facts."""
    found = {}
    for term in page.soup.select("dl.facts dt"):
        said = term.find_next_sibling("dd")
        found[term.get_text(" ", strip=True)] = " ".join(said.get_text(" ").split()) if said else ""
    return found


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
    return sorted((row.select("td")[1].get_text(strip=True), _amount(row)) for row in rows)


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
    return {row.td.get_text(strip=True): money(row.select("td.num")[-1].get_text()) for row in rows}
