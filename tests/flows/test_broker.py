"""A broker with a mandate: three parties sign; the commission that the licensor pays comes with the money, and
the licensee finds neither its rate nor its sums on any page, paper or export that it can open."""

import io
import re
import subprocess
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from contracts.lifecycle.states import State
from tests.flows import money, steps
from tests.flows.browser import Page, Person

pytestmark = [pytest.mark.flow, pytest.mark.django_db]
RATE = "4.73"  # of a cash receipt of 80,000.00: 3,784.00
TRACES = ("4.73", "0.0473", "3,784", "3784", "378400", "2,270.40", "1,513.60", "陈示例")
MOST_PAGES = 600


def test_three_party_contract_whose_commission_the_licensee_never_sees(people, calendar):
    code = steps.publish_listing(people)
    steps.give_mandate(people)
    deal = steps.enquire(
        steps.find_listing(people.broker, "密封", code), code, on_behalf_of=str(people.firm.pk)
    )
    steps.say(people.officer, deal, "可以，请转告贵方客户。")
    split = "陈示例: 60\n林示例: 40"
    steps.propose_commission(people.broker, deal, payer_side="LICENSOR", rate=RATE, split=split)
    steps.answer_commission(people.officer, deal)
    terms = {
        "trial__months": "3",
        "elements__0__trigger__of__0__months": "3",
        "vat": "inclusive",
        "trial__decision_days": "10",
    }
    steps.make_offer(people.officer, deal, "preset:year_or_income", **terms)
    steps.accept_offer(people.signatory, deal)

    # The broker drafts what it brought together; both parties declare, the university reviews.
    page = people.broker.open("deal", deal).confirm("contract_draft", deal)
    number = steps.arguments(page)["number"]
    for person in (people.officer, people.signatory):
        person.open("contract", number).follow("contract_declare", number).send(is_related="no")
    people.broker.open("contract", number).confirm("contract_submit", number)
    steps.review(people, number)
    calendar.after(16)
    for person in (people.uni_signatory, people.signatory):
        steps.sign(person, number)
    assert steps.state_of(people.officer, number) == State.SIGNING
    steps.sign(people.agency_signatory, number)
    steps.deliver(people, number)
    steps.accept_delivery(people, number)

    # Three months are over: the fee falls due, registered and exempt, and is paid in two parts.
    steps.complete_track(people, number, "REGISTRATION", "2026420100000001")
    steps.complete_track(people, number, "VAT", "鄂税备2026-1")
    money.open_bank_account(people)
    calendar.go_to(date(2026, 4, 22))
    [invoice] = money.bill(people, number)
    assert money.invoice_sums(people.payer, invoice) == (80_000_00, 0, 80_000_00)
    money.pay(people, invoice, "30,000.00", "JC0001")
    calendar.go_to(date(2026, 4, 29))
    assert money.commissions_of(people.broker) == [1_419_00]
    money.pay(people, invoice, "50,000.00", "JC0002")
    calendar.go_to(date(2026, 4, 30))
    assert money.commissions_of(people.agency_finance) == [1_419_00, 2_365_00]
    assert money.payouts_due(people) == [("楚天示例技术转移", 1_419_00), ("楚天示例技术转移", 2_365_00)]
    money.pay_out(people, "JC-OUT-1")

    # The broker sees neither charges nor invoices.
    assert people.broker.try_to_open(invoice).status == 404
    assert people.broker.try_to_open("charges", number).status == 404

    # Somebody at the university does see the rate, so the search below looks for the right thing.
    assert stands(RATE, everything(people.officer))
    for person in (people.scout, people.signatory, people.reporter, people.payer):
        seen = everything(person)
        assert number in seen
        assert [trace for trace in TRACES if stands(trace, seen)] == [], person
    assert people.payer.open("commissions").soup.select("main table") == []


def stands(trace: str, seen: str) -> bool:
    """Whether it stands there by itself: any four digits stand somewhere in a hash."""
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(trace)}(?![0-9A-Za-z])", seen) is not None


def everything(person: Person) -> str:
    """The text of every page, paper and export that the person reaches by links from the desk."""
    waiting = [
        reverse("desk"),
        reverse("contracts"),
        reverse("deals"),
        reverse("invoices"),
        reverse("reports"),
    ]
    seen, texts = set(), []
    while waiting and len(seen) < MOST_PAGES:
        url = waiting.pop(0)
        shape = (
            urlsplit(url).path
            + "?"
            + "&".join(sorted(part.split("=")[0] for part in urlsplit(url).query.split("&")))
        )
        wanted = shape if "sort=" in url or "page=" in url else url
        if wanted in seen or _elsewhere(url):
            continue
        seen.add(wanted)
        page = person.try_to_open(url.split("#")[0])
        texts.append(text_of(page))
        waiting += [link.split("#")[0] for link in page.links()]
    assert len(seen) < MOST_PAGES, "too many pages to have looked at all of them"
    return "\n".join(texts)


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    apart = ("/accounts/", "/cms-admin/", "/i18n/", "/search/", "/en/")
    return bool(parts.netloc) or parts.scheme not in ("", "http") or any(one in parts.path for one in apart)


def text_of(page: Page) -> str:
    if page.body.startswith(b"%PDF"):
        run = subprocess.run(["pdftotext", "-", "-"], input=page.body, capture_output=True, check=True)
        return run.stdout.decode()
    if page.body.startswith(b"PK"):
        return _cells(page.body)
    return page.html


def _cells(content: bytes) -> str:
    book = load_workbook(io.BytesIO(content), read_only=True)
    return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None)
