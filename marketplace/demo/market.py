"""Publishing the demo's listings, needs and services: editors write and submit, others approve."""

from datetime import date, timedelta
from decimal import Decimal

from pypinyin import lazy_pinyin

from cms import moderation
from cms import services as cms
from marketplace import terms as language
from marketplace.accounts.models import User
from marketplace.clock import at
from marketplace.demo.people import People
from marketplace.demo.terms import PAYMENT_FORM, WORDS, terms_of
from marketplace.demo.texts import listings, texts
from marketplace.money import Money
from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Role
from marketplace.programmes.models import PilotProgramme
from marketplace.terms.words import one_line

LANGUAGES = {"zh": ("zh",), "en": ("en",), None: ("zh", "en")}
KINDS = {
    "example-testing-centre": "TESTING",
    "sample-pilot-plant": "PILOT_SCALE",
    "demo-incubator": "PROOF_OF_CONCEPT",
}


def publish_listings(people: People, start: date) -> dict[str, object]:
    """All listings, a few each week from `start` on; returns them by the institution's own number."""
    found = {}
    for place, row in enumerate(listings()):
        with at(start + timedelta(days=place)):
            found[row["ref"]] = publish_listing(people, row)
    for place, row in enumerate(texts("nasa")):
        with at(start + timedelta(days=70 + place // 3)):
            found[row["ref"]] = _publish_nasa(people, row)
    return found


def publish_listing(people: People, row: dict):
    organisation = people.org(row["org"])
    editor = people.acting(row["org"], "EDITOR")
    terms = terms_of(row)
    languages = LANGUAGES[row.get("only")]
    fields: dict = {
        "institution_ref": row["ref"],
        "field": row["field"],
        "industry": row["industry"],
        "trl": row["trl"],
        "maturity": row["maturity"],
        "region": organisation.region,
        "exclusivity": row["exclusivity"],
        "programme": _programme(row["programme"]),
        "free_months": row["free_months"],
        "payment_form": PAYMENT_FORM[row["form"]],
        "indicative_terms": language.write(terms),
        "visibility": row.get("visibility", "PUBLIC"),
        "team_consent_on": date(2025, 1, 10),
        "territory_zh": "中国大陆",
        "territory_en": "Mainland China",
    }
    for code in languages:
        for name in ("title", "summary", "problem", "advantage", "applications", "trl_evidence"):
            fields[f"{name}_{code}"] = row[f"{name}_{code}"]
        fields[f"body_{code}"] = row[f"body_{code}"]
        fields[f"keywords_{code}"] = row[f"keywords_{code}"]
        fields[f"trigger_{code}"] = WORDS[row["trigger"]][code == "en"]
        fields[f"price_{code}"] = one_line(terms, "en" if code == "en" else "zh-hans")[:200]
    inventors = _inventors(organisation)
    page = cms.create_listing(
        organisation,
        actor=editor,
        ip_rights=[_right(right) for right in row["ip"]],
        contributors=[
            {
                "name": name,
                "name_en": romanised(name),
                "unit": organisation.name_zh,
                "share": Decimal(share),
                "user": inventors.get(name),
            }
            for name, share in row["team"]
        ],
        invitations=[people.org(slug) for slug in row.get("invited", ())],
        **fields,
    )
    stage = row.get("stage")  # a few wait at the steps before publication, so that desks have something to do
    if stage == "draft":
        return page
    if stage in ("review", "returned"):
        page = moderation.submit(page, actor=editor)
    if stage == "returned":
        approver = people.acting(row["org"], "APPROVER")
        return moderation.return_(page, actor=approver, words=texts("messages")["returned"]["zh"])
    return page if stage else _approve(people, row["org"], page, editor)


def romanised(name: str) -> str:
    """An invented name in letters, the family name first: 李示例 is Li Shili."""
    family, *given = lazy_pinyin(name)
    return f"{family} {''.join(given)}".title()


def _inventors(organisation) -> dict[str, User]:
    """Inventors who have an account, by their names without the office that the demo writes before them: they read
    their own shares."""
    rows = Membership.objects.filter(organisation=organisation, roles__contains=[Role.INVENTOR])
    return {row.user.name.split()[-1]: row.user for row in rows.select_related("user")}


def _approve(people: People, slug: str, page, editor, role: str = "APPROVER"):
    page = moderation.submit(page, actor=editor)
    return moderation.approve(page, actor=people.acting(slug, role))


def _programme(code: str) -> PilotProgramme | None:
    return PilotProgramme.objects.get(code__iexact=code) if code else None


def _right(right: list) -> dict:
    kind, number, status, filed, granted = right
    filed_on = date.fromisoformat(filed) if filed else None
    years = {"INVENTION": 20, "UTILITY_MODEL": 10, "PLANT_VARIETY": 15, "IC_LAYOUT": 10}.get(kind)
    return {
        "kind": kind,
        "number": number,
        "status": status,
        "filed_on": filed_on,
        "granted_on": date.fromisoformat(granted) if granted else None,
        "expires_on": filed_on.replace(year=filed_on.year + years) if filed_on and years else None,
    }


def _publish_nasa(people: People, row: dict):
    slug = "example-space-laboratory"
    editor = people.acting(slug, "EDITOR")
    page = cms.create_listing(
        people.org(slug),
        actor=editor,
        institution_ref=row["ref"],
        title_en=row["title_en"][:200],
        summary_en=row["abstract_en"].split(". ")[0][:300],
        problem_en=row["abstract_en"],
        advantage_en="See the patent text.",
        body_en=row["abstract_en"],
        field="航空宇航科学与技术",
        trl=4,
        trl_evidence_en="Stated in the patent.",
        maturity="BENCH",
        keywords_en=[row["category"][:60]],
        payment_form="OPEN",
        price_en="To be negotiated",
        free_months=12,
        trigger_en="To be negotiated",
        team_consent_on=date(2025, 1, 10),
        region=people.org(slug).region,
        source_zh="文本：NASA 专利目录（公有领域），到期日为示例值",
        source_en="Text: NASA patent portfolio, public domain; dates are sample values",
        ip_rights=[
            {
                "kind": "INVENTION",
                "number": row["patent_no"],
                "status": "GRANTED",
                "expires_on": date.fromisoformat(row["expires"]).replace(year=2035),
            }
        ],
        contributors=[{"name": "Example Team", "unit": "Example Space Laboratory", "share": Decimal(1)}],
    )
    return _approve(people, slug, page, editor)


def publish_needs(people: People, start: date) -> list:
    found = []
    for place, row in enumerate(texts("needs")):
        with at(start + timedelta(days=2 * place)):
            low, high = (Money.parse(text, "CNY").minor for text in row["budget"])
            scout = people.acting(row["org"], "SCOUT")
            page = cms.create_need(
                people.org(row["org"]),
                actor=scout,
                title_zh=row["title_zh"],
                title_en=row["title_en"],
                summary_zh=row["summary_zh"],
                summary_en=row["summary_en"],
                problem_zh=row["problem_zh"],
                problem_en=row["problem_en"],
                constraints_zh=row["constraints_zh"],
                constraints_en=row["constraints_en"],
                budget_min_minor=low,
                budget_max_minor=high,
                deadline_on=start + timedelta(days=640 + 10 * place),
                is_anonymous=row.get("anonymous", False),
                field=row["field"],
                keywords_zh=row["keywords_zh"],
                keywords_en=row["keywords_en"],
            )
            role = "SIGNATORY"
            found.append(_approve(people, row["org"], page, scout, role))
    return found


def _price(row: dict) -> str:
    return Money.parse(row["price"], "CNY").format()


def publish_services(people: People, start: date) -> list:
    found = []
    for place, row in enumerate(texts("services")):
        with at(start + timedelta(days=3 * place)):
            editor = people.acting(row["org"], "EDITOR")
            page = cms.create_service(
                people.org(row["org"]),
                actor=editor,
                title_zh=row["title_zh"],
                title_en=row["title_en"],
                summary_zh=row["summary_zh"],
                summary_en=row["summary_en"],
                what_zh=row["body_zh"],
                what_en=row["body_en"],
                kind=KINDS[row["org"]],
                price_zh=f"{_price(row)} 起",
                price_en=f"from {_price(row)}",
                turnaround_days=15,
            )
            found.append(_approve(people, row["org"], page, editor))
    return found
