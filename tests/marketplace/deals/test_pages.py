import json
import re
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.documents.models import Document

from cms.models import Attachment
from marketplace.deals.models import CommissionTerm, Deal, Offer, TermSheet
from marketplace.deals.panels import ask
from marketplace.deals.services import (
    accept_offer,
    add_file,
    agree_commission,
    answer_agency,
    invite_agency,
    make_offer,
    open_enquiry,
    propose_commission,
    set_nda,
)
from marketplace.organisations.acting import Acting
from marketplace.organisations.roles import Role
from marketplace.terms import presets
from tests.flows.browser import filled_in
from tests.marketplace.deals.conftest import PASSWORD, listing, mandate, organisation, person

SECRET = "佣金只有双方知道"


@pytest.fixture
def agreed(world, terms):
    """A three-party deal with everything in it: words, file, two versions, term sheet, commission, shares."""
    deal = open_enquiry(world.listing, actor=world.scout, message="能用于海水泵吗？")
    invitation = invite_agency(deal, actor=world.officer, agency=world.agency)
    answer_agency(invitation, actor=world.scout, accepted=True)
    answer_agency(invitation, actor=world.broker, accepted=True)
    add_file(deal, actor=world.officer, file=SimpleUploadedFile("data.csv", b"a,b\n1,2\n"))
    term = propose_commission(
        deal, actor=world.broker, payer_side="LICENSOR", rate=Decimal("0.0437"), note=SECRET
    )
    agree_commission(term, actor=world.officer)
    make_offer(deal, actor=world.officer, terms=presets.preset("royalty"))
    offer = make_offer(deal, actor=world.signatory, terms=terms, note="我们的还价")
    accept_offer(offer, actor=world.officer)
    deal.refresh_from_db()
    return deal


READERS = ("officer", "finance", "scout", "signatory", "broker", "stranger", "operator", "anonymous")
PAGES = {
    # name: (method, status of each reader in that order)
    "deal": ("get", (200, 200, 200, 200, 200, 404, 200, 302)),
    "offer": ("get", (200, 200, 200, 200, 200, 404, 404, 302)),
    "term_sheet": ("get", (200, 200, 200, 200, 200, 404, 404, 302)),
    "term_sheet_json": ("get", (200, 200, 200, 200, 200, 404, 404, 302)),
    "term_sheet_pdf": ("get", (200, 200, 200, 200, 200, 404, 404, 302)),
    "deal_file": ("get", (200, 200, 200, 200, 200, 404, 404, 302)),
    "deal_attachment": ("get", (200, 200, 404, 404, 404, 404, 404, 302)),
    "deal_close": ("get", (200, 200, 200, 200, 404, 404, 404, 302)),
    "offer_new": ("get", (404, 404, 404, 404, 404, 404, 404, 302)),
    "deal_agency": ("get", (404, 404, 404, 404, 404, 404, 404, 302)),
    "deal_commission": ("get", (200, 404, 200, 200, 200, 404, 404, 302)),
    "deal_message": ("post", (200, 403, 200, 200, 200, 404, 404, 302)),
    "deal_file_add": ("post", (200, 403, 200, 200, 200, 404, 404, 302)),
    "deal_nda": ("post", (409, 403, 403, 409, 409, 404, 404, 302)),
    "offer_accept": ("post", (409, 403, 403, 409, 403, 404, 404, 302)),
    "offer_withdraw": ("post", (403, 403, 409, 409, 403, 404, 404, 302)),
    "offer_preview": ("post", (200, 200, 200, 200, 404, 404, 404, 302)),
    "deal_agency_answer": ("post", (404, 404, 404, 404, 404, 404, 404, 302)),
    "deal_agency_withdraw": ("post", (404, 404, 404, 404, 404, 404, 404, 302)),
    "deal_commission_answer": ("post", (409, 403, 404, 404, 403, 404, 404, 302)),
}


@pytest.fixture
def restricted(world, settings):
    document = Document(title="测试数据")
    document.file.save("data.pdf", ContentFile(b"%PDF-1.7\n%%EOF"))
    return Attachment.objects.create(listing=world.listing, document=document, restricted=True)


def address(name, deal, attachment):
    offer = Offer.objects.filter(deal=deal).order_by("-number").first()
    arguments = {
        "offer": [offer.number],
        "offer_accept": [offer.number],
        "offer_withdraw": [offer.number],
        "deal_file": [deal.files.get().pk],
        "deal_attachment": [attachment.pk],
        "deal_commission_answer": [CommissionTerm.objects.get().pk],
    }
    return reverse(name, args=[deal.number, *arguments.get(name, [])])


def test_who_sees_which_page(world, agreed, restricted, client):
    found = {name: (method, []) for name, (method, _expected) in PAGES.items()}
    for reader in READERS:
        client.logout()
        if reader != "anonymous":
            client.force_login(getattr(world, reader).user)
        for name, (method, answers) in found.items():
            answers.append(getattr(client, method)(address(name, agreed, restricted)).status_code)
    assert {name: (method, tuple(answers)) for name, (method, answers) in found.items()} == PAGES


def body_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def test_the_other_side_never_meets_commission_and_shares(world, agreed, client):
    """Page, list, export, JSON, term sheet, version, desk: for the licensee as if there were none."""
    number = agreed.number
    urls = [
        reverse("deal", args=[number]),
        reverse("term_sheet", args=[number]),
        reverse("term_sheet_json", args=[number]),
        reverse("offer", args=[number, 2]),
        reverse("deals"),
        reverse("deals") + "?export=csv",
        reverse("deal_commission", args=[number]),
    ]
    secrets = (SECRET, "4.37", "0.0437", "王芳", "60 %", "0.6", 'id="contributors"')
    for reader in (world.scout, world.signatory):
        client.force_login(reader.user)
        for url in urls:
            text = body_of(client.get(url))
            assert [secret for secret in secrets if secret in text] == [], url
    client.force_login(world.broker.user)
    text = body_of(client.get(urls[0]))
    assert SECRET in text
    assert "王芳" not in text
    client.force_login(world.officer.user)
    text = body_of(client.get(urls[0]))
    assert SECRET in text
    assert "王芳" in text
    client.force_login(world.operator.user)
    text = body_of(client.get(urls[0])) + body_of(client.get(urls[4]))
    for secret in (*secrets, "海水泵", "我们的还价", world.listing.title_zh):
        assert secret not in text


def test_restricted_attachments_open_to_those_who_confirmed(world, agreed, restricted, sign_in):
    url = reverse("deal_attachment", args=[agreed.number, restricted.pk])
    set_nda(agreed, actor=world.signatory)
    assert sign_in(world.scout).get(url).status_code == 404
    set_nda(agreed, actor=world.officer)
    response = sign_in(world.scout).get(url)
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert sign_in(world.broker).get(url).status_code == 404  # has not confirmed itself
    set_nda(agreed, actor=world.broker)
    assert sign_in(world.broker).get(url).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_term_sheet_says_the_terms_and_its_seal(world, agreed, client, language):
    client.force_login(world.finance.user)
    sheet = TermSheet.objects.get()
    page = client.get(f"/{language}/deals/{agreed.number}/terms/").content.decode()
    assert sheet.hash in page
    assert "¥80,000.00" in page
    paper = client.get(f"/{language}/deals/{agreed.number}/terms.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert paper.content == client.get(f"/{language}/deals/{agreed.number}/terms.pdf").content
    document = json.loads(client.get(f"/{language}/deals/{agreed.number}/terms.json").content)
    assert (document["hash"], document["terms_hash"]) == (sheet.hash, sheet.terms_hash)


# --- From the listing to agreed terms, by clicking --------------------------------------------------------


def test_a_visitor_signs_in_and_finds_the_text_again(world, client):
    EmailAddress.objects.create(
        user=world.scout.user, email=world.scout.user.email, verified=True, primary=True
    )
    url = reverse("enquire", args=[world.listing.code])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"purpose": "TRIAL", "message": "能否试用？"})
    assert answer["Location"].startswith(reverse("account_login"))
    signed_in = client.post(
        answer["Location"], {"login": world.scout.user.email, "password": PASSWORD}, follow=False
    )
    assert signed_in["Location"] == url
    page = client.get(url).content.decode()
    assert "能否试用？" in page
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    for _time in range(2):
        done = client.post(url, {"purpose": "TRIAL", "message": "能否试用？", "token": token})
    deal = Deal.objects.get()
    assert done["Location"] == deal.get_absolute_url()
    assert deal.messages.get().purpose == "TRIAL"
    assert (
        "能否试用？"
        not in client.get(reverse("enquire", args=[listing(world.uni, "二").code])).content.decode()
    )


def test_the_panel_of_a_listing_fits_its_reader(world, rf):
    def panel(acting):
        request = rf.get("/")
        request.acting, request.session = acting, {}
        return ask(request, world.listing)

    assert "csrfmiddlewaretoken" not in panel(Acting(None))
    assert reverse("enquire", args=[world.listing.code]) in panel(Acting(None))
    assert panel(world.officer) == ""
    assert "<form" in panel(world.scout)
    assert "<form" not in panel(person(world.firm, Role.REPORTER))
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    assert deal.get_absolute_url() in panel(world.signatory)
    assert "<form" not in panel(world.signatory)


@pytest.mark.parametrize("case", ["pending", "university", "own", "reporter", "nobody", "broker"])
def test_those_who_cannot_ask_are_told_what_to_do(world, client, case):
    pending = organisation("ENTERPRISE", "新公司", state="PENDING", decided_at=None, decision_reason="")
    who = {
        "pending": person(pending, Role.SCOUT),
        "university": person(organisation("UNIVERSITY", "别校"), Role.CONTRACT_OFFICER),
        "own": world.officer,
        "reporter": person(world.firm, Role.REPORTER),
        "nobody": person(None),
        "broker": world.broker,
    }[case]
    client.force_login(who.user)
    url = reverse("enquire", args=[world.listing.code])
    assert client.get(url).status_code == 200
    page = client.post(url, {"purpose": "QUESTION", "message": "能否试用？"})
    assert page.status_code == 200
    assert not Deal.objects.exists()
    if case in ("pending", "nobody"):
        assert "您填写的内容已保留" in page.content.decode()


def test_a_broker_asks_for_a_client(world, sign_in):
    mandate(world.agency, world.firm)
    client = sign_in(world.broker)
    url = reverse("enquire", args=[world.listing.code])
    wrong = client.post(url, {"purpose": "QUESTION", "message": "?", "on_behalf_of": world.uni.pk})
    assert wrong.status_code == 200
    client.post(url, {"purpose": "QUESTION", "message": "?", "on_behalf_of": world.firm.pk})
    assert Deal.objects.get().agency == world.agency


def filled(page, **changes):
    """What a browser would send from the form on a page; a field `trial-months` is given as trial__months."""
    soup = BeautifulSoup(page.content, "lxml")
    data = filled_in(soup.select_one("#terms-form"), soup)
    return {**data, **{name.replace("__", "-"): value for name, value in changes.items()}}


def test_an_offer_is_previewed_in_both_languages_before_it_is_sent(world, sign_in):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    client = sign_in(world.officer)
    url = reverse("offer_new", args=[deal.number])
    page = client.get(f"{url}?start=preset:entry_royalty")
    assert "本平台建议值" in page.content.decode()
    data = filled(page, elements__0__amount="60,000", preview="1")
    preview = client.post(url, data)
    text = preview.content.decode()
    assert "¥60,000.00" in text
    assert "入门费" in text
    assert "entry fee" in text.lower()
    assert not Offer.objects.exists()
    wanted = preview.context["preview"]["hash"]

    unseen = client.post(url, {**data, "elements-0-amount": "70,000", "send": "1", "previewed": wanted})
    assert unseen.status_code == 200
    assert not Offer.objects.exists()
    sent = client.post(url, {**data, "send": "1", "previewed": wanted})
    assert sent["Location"] == deal.get_absolute_url()
    offer = Offer.objects.get()
    assert (offer.number, offer.terms_hash) == (1, wanted)
    twice = client.post(url, {**data, "send": "1", "previewed": wanted})
    assert twice.status_code == 200
    assert Offer.objects.count() == 1

    counter = sign_in(world.signatory).get(url)
    assert counter.context["start"] == "offer:1"
    data = filled(counter, caps__0__amount="40万", preview="1")
    preview = client.post(url, data)
    said = preview.context["preview"]["changes"]
    assert [one["code"] for one in said] == ["zh-Hans", "en"]
    lines = [line.after for group in said[1]["groups"] for line in group.lines]
    assert any("400,000" in line for line in lines)
    client.post(url, {**data, "send": "1", "previewed": preview.context["preview"]["hash"]})
    page = client.get(deal.get_absolute_url())
    assert [row.changed for row in page.context["versions"]] == [1, 0]
    assert client.post(reverse("offer_accept", args=[deal.number, 1])).status_code == 409


def test_every_ready_form_opens_and_comes_back_unchanged(world, sign_in):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    client = sign_in(world.officer)
    url = reverse("offer_new", args=[deal.number])
    for key in presets.PRESETS:
        page = client.get(f"{url}?start=preset:{key}")
        preview = client.post(url, filled(page, preview="1"))
        assert preview.context["form"].errors == {}, key
        made = preview.context["form"].terms
        assert made.elements == presets.preset(key).elements, key


ODD = [
    ("elements-0-amount", "-5"),
    ("elements-0-amount", "一万"),
    ("elements-0-amount", ""),
    ("elements-0-amount", "9" * 40),
    ("elements-1-rate-rate", "300"),
    ("elements-1-rate-rate", "x"),
    ("term_months", "6"),
    ("term_months", ""),
    ("trial-months", "1.5"),
    ("elements-1-kind", "gold"),
    ("elements-1-trigger-of-0-kind", "gold"),
    ("caps-0-amount", "1"),
    ("currency", "XYZ"),
]


def test_odd_input_is_named_and_nothing_is_offered(world, sign_in):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    client = sign_in(world.officer)
    url = reverse("offer_new", args=[deal.number])
    page = client.get(f"{url}?start=preset:entry_royalty")
    for name, value in ODD:
        data = filled(page) | {name: value}
        answer = client.post(url, {**data, "send": "1"})
        assert answer.status_code == 200
        assert answer.context["form"].errors, (name, value)
        assert client.post(reverse("offer_preview", args=[deal.number]), data).status_code == 200
    assert not Offer.objects.exists()


def test_agency_commission_and_closing_by_clicking(world, sign_in):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    agency_url = reverse("deal_agency", args=[deal.number])
    answer_url = reverse("deal_agency_answer", args=[deal.number])
    client = sign_in(world.officer)
    assert client.get(agency_url).status_code == 200
    assert client.post(agency_url, {"agency": world.agency.pk}).status_code == 302
    assert sign_in(world.broker).get(agency_url).status_code == 404  # not before the other side agrees
    client = sign_in(world.scout)
    assert client.get(agency_url).status_code == 200
    client.post(answer_url, {"accepted": "1"})
    client = sign_in(world.broker)
    assert client.get(agency_url).status_code == 200
    assert client.get(deal.get_absolute_url()).status_code == 404
    client.post(answer_url, {"accepted": "1"})
    assert client.get(deal.get_absolute_url()).status_code == 200

    form = {"payer_side": "LICENSOR", "rate": "5", "cap_minor": "50,000", "split": "陈立：60\n周敏: 40"}
    url = reverse("deal_commission", args=[deal.number])
    assert client.post(url, {**form, "split": "陈立"}).context["form"].errors
    assert client.post(url, form).status_code == 302
    term = CommissionTerm.objects.get()
    assert (term.rate, term.cap_minor) == (Decimal("0.05"), 5_000_000)
    assert term.split == [{"name": "陈立", "weight": 60}, {"name": "周敏", "weight": 40}]
    client = sign_in(world.officer)
    client.post(reverse("deal_commission_answer", args=[deal.number, term.pk]), {"accepted": "1"})
    term.refresh_from_db()
    assert term.state == "AGREED"

    close = reverse("deal_close", args=[deal.number])
    assert client.post(close, {"reason": "OTHER"}).context["form"].errors
    assert client.post(close, {"reason": "TERMS", "note": "价格"}).status_code == 302
    page = client.get(deal.get_absolute_url()).content.decode()
    assert "价格" in page
