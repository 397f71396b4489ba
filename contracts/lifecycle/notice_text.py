"""The text of a public notice. It is sealed: other terms, another price or other parties make another text."""

from contracts.lifecycle.models import Amendment, LicenceContract
from contracts.lifecycle.states import PricingMethod
from marketplace.terms import Terms, words
from marketplace.terms.phrases import SAY

PRICING = {
    PricingMethod.NEGOTIATED: ("协议定价", "negotiated price"),
    PricingMethod.LISTING: ("挂牌交易", "listing on a market"),
    PricingMethod.AUCTION: ("拍卖", "auction"),
}
KINDS = {
    "non_exclusive": ("普通许可", "non-exclusive licence"),
    "sole": ("排他许可", "sole licence"),
    "exclusive": ("独占许可", "exclusive licence"),
}


def frozen_text(contract: LicenceContract, *, amendment: Amendment | None = None) -> dict:
    """What the notice states and its hash seals; plain JSON, the same for the same contract. With an `amendment`
    the terms as it would have them, from when, and why."""
    row = contract.current_terms_row if amendment is None else None
    terms = row.agreed_terms if row else amendment.new_terms
    more = {}
    if amendment is not None:
        more = {
            "amendment": amendment.number,
            "effective_on": amendment.effective_on.isoformat(),
            "reason": amendment.reason,
        }
    listing = contract.subject["listing"]
    pricing, kind = PRICING[PricingMethod(contract.pricing_method)], KINDS[terms.exclusivity.value]
    return {
        "contract": contract.number,
        "title_zh": listing.get("title_zh") or "",
        "title_en": listing.get("title_en") or "",
        "code": listing.get("code") or "",
        "rights": [
            {name: right.get(name) for name in ("kind", "number", "title")} for right in listing["ip_rights"]
        ],
        "licensor": _party(contract.subject["licensor"]),
        "licensee": _party(contract.subject["licensee"]),
        "agency": _party(contract.subject["agency"]) if contract.subject.get("agency") else None,
        "price_zh": words.one_line(terms, "zh-hans"),
        "price_en": words.one_line(terms, "en"),
        "payments_zh": _payments(terms, "zh-hans"),
        "payments_en": _payments(terms, "en"),
        "pricing_zh": pricing[0],
        "pricing_en": pricing[1],
        "kind_zh": kind[0],
        "kind_en": kind[1],
        "territory": list(terms.territory),
        "fields": list(terms.fields),
        "term_months": terms.term_months,
        "terms_hash": row.terms_hash if row else amendment.terms_hash,
        "related": [
            {"side": declaration.side, "details": declaration.details}
            for declaration in sorted(contract.declarations.all(), key=lambda one: one.side)
            if declaration.is_related
        ],
        **more,
    }


def touched(before: Terms, after: Terms) -> list[str]:
    """What an amendment changes, by what a public notice states: price (amounts, rates, when they fall due, limits),
    exclusivity (with field and territory), term, or only other terms. The parties stay the same."""
    found = []
    if any(
        _payments(before, lang) != _payments(after, lang)
        or words.one_line(before, lang) != words.one_line(after, lang)
        for lang in ("zh-hans", "en")
    ):
        found.append("price")
    grant = (before.exclusivity, before.fields, before.territory, before.open_licence)
    if grant != (after.exclusivity, after.fields, after.territory, after.open_licence):
        found.append("exclusivity")
    if before.term_months != after.term_months:
        found.append("term")
    return found or ["other"]


def _party(stated: dict) -> dict:
    return {name: stated.get(name) or "" for name in ("name_zh", "name_en", "credit_code")}


def _payments(terms, lang: str) -> list[str]:
    """The lines that say what is to be paid and when, without the rest of the terms."""
    wanted = {speaker[0 if lang.startswith("zh") else 1] for speaker in (SAY["s_pay"], SAY["s_limits"])}
    return [
        line
        for section in words.plain_words(terms, lang)
        if section.title in wanted
        for line in section.lines
    ]
