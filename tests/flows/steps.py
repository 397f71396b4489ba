"""What people do on the road up to the trial and its end, one function for each thing done, all of it on pages.

`people` is the market of market.py; contracts and deals are named by their numbers, as people name them.
"""

import re
from datetime import date
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve, reverse

from contracts.lifecycle.models import ComplianceTask
from contracts.lifecycle.states import State
from marketplace.clock import today
from marketplace.documents import render_pdf
from marketplace.notifications.models import Notification
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


def give_mandate(people) -> None:
    """The broker asks the enterprise for a mandate; its signatory agrees."""
    form = people.broker.open("mandates").follow("mandate_new")
    form.send(client=str(people.firm.pk), purpose="寻找并洽谈泵用密封技术")
    page = people.signatory.open("mandates")
    answer = page.soup.select_one("form[action$='/answer/']")["action"]
    page.send(to=answer, press="answer=accept")


def propose_commission(person: Person, deal: str, **terms) -> None:
    person.open("deal", deal).follow("deal_commission", deal).send(terms)


def answer_commission(person: Person, deal: str) -> None:
    page = person.open("deal", deal)
    answer = page.soup.select_one("form[action*='/commission/']")["action"]
    page.send(to=answer, press="accepted=1")


def make_offer(
    person: Person, deal: str, start: str = "preset:option", note="按试点办法报价", acts=(), **terms
) -> None:
    """Fill in the offer's form from a starting point, read the preview, send. A field `trial-months` is given as
    trial__months; `acts` are buttons pressed before."""
    person.open("deal", deal).follow("offer_new", deal)
    form = person.open("offer_new", deal, query=f"?start={start}")
    for act in acts:
        form = form.send(press=f"do={act}")
    preview = form.send(press="preview", note=note, **typed(terms))
    page = preview.send(press="send")
    assert page.path == reverse("deal", args=[deal]), page.complaints or page.text[:800]


def typed(terms: dict) -> dict:
    return {name.replace("__", "-"): value for name, value in terms.items()}


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
    shown = form.send(press="preview", note=why, **typed(terms))
    page = shown.send(press="send")
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
    label = str(ComplianceTask.Track(track).label)
    page = people.officer.open("contract", number)
    row = next(tr for tr in page.soup.select("#tracks tbody tr") if label in tr.get_text())
    people.officer.open(row.a["href"]).send(reference=reference, on=today().isoformat())
