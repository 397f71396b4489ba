"""Structured data for search engines (schema.org, JSON-LD), from published pages only."""

import json

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from cms.models import ListingPage, MarketPage, NeedPage
from marketplace.organisations.roles import Kind

_ORGANISATION_TYPES = {
    Kind.UNIVERSITY: "CollegeOrUniversity",
    Kind.INSTITUTE: "ResearchOrganization",
    Kind.LABORATORY: "ResearchOrganization",
    Kind.HOSPITAL: "Hospital",
}
# Inside <script> only these could end the element or begin another one.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def json_ld(page: MarketPage) -> SafeString:
    """The page as JSON-LD, safe inside a <script> element. A need says nothing of who posted it."""
    data = {
        "@context": "https://schema.org",
        "@type": {"ListingPage": "Product", "NeedPage": "Demand", "ServicePage": "Service"}[
            type(page).__name__
        ],
        "name": page.name,
        "description": strip_tags(page.summary),
        "identifier": page.code,
    }
    if page.keywords:
        data["keywords"] = ", ".join(page.keywords)
    if not isinstance(page, NeedPage):
        owner = {
            "@type": _ORGANISATION_TYPES.get(page.organisation.kind, "Organization"),
            "name": page.organisation.name,
        }
        data["brand" if isinstance(page, ListingPage) else "provider"] = owner
        data["offers"] = {"@type": "Offer", "description": page.price, "seller": owner}
    if isinstance(page, ListingPage):
        data["sku"] = page.code
        if page.field:
            data["category"] = page.field.name
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))
