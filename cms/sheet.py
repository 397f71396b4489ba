"""What stands on the print sheet of a listing: one page, one language."""

from django.conf import settings
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.models import ListingPage
from marketplace.clock import today

LONG = 420  # characters of a paragraph; the sheet is one page
MANY = 6


def _short(text: str, limit: int = LONG) -> str:
    text = " ".join(strip_tags(text or "").split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _rows(text: str) -> list[str]:
    return [_short(line, 120) for line in (text or "").splitlines() if line.strip()][:MANY]


def sheet_data(listing: ListingPage) -> dict:
    """JSON for cms/typst/listing_sheet.typ, in the active language; the other one where only that is filled."""
    organisation = listing.organisation
    rights = list(listing.ip_rights.all())
    facts = [
        (
            _("Readiness"),
            " · ".join(filter(None, [listing.get_trl_display() or "", listing.get_maturity_display()])),
        ),
        (
            _("Right offered"),
            " · ".join(filter(None, [listing.get_exclusivity_display(), listing.territory])),
        ),
        (
            _("Free for"),
            ngettext("%(months)s month", "%(months)s months", listing.free_months)
            % {"months": listing.free_months}
            if listing.free_months
            else "",
        ),
        (_("Payment is triggered by"), _short(listing.trigger, 160)),
        (_("Price"), _short(listing.price, 160)),
        (_("Pilot programme"), listing.programme.name if listing.programme else ""),
    ]
    return {
        "title": listing.name,
        "subtitle": listing.summary,
        "number": listing.code,
        "issued": today(),
        "organisation": organisation.name,
        "facts": [[term, value] for term, value in facts if value],
        "sections": [
            [heading, text]
            for heading, text in (
                (_("The problem"), _short(listing.problem)),
                (_("What is better"), _short(listing.advantage)),
                (_("Evidence of readiness"), _short(listing.trl_evidence, 240)),
            )
            if text
        ],
        "applications_title": _("Applications"),
        "applications": _rows(listing.applications),
        "rights_title": _("Intellectual property"),
        "rights_head": [_("Kind"), _("Number"), _("Status"), _("Expires")],
        "rights": [
            [
                right.get_kind_display(),
                right.number or "–",
                right.get_status_display(),
                right.expires_on.isoformat() if right.expires_on else "–",
            ]
            for right in rights[:MANY]
        ],
        "more_rights": _("and %(count)s more") % {"count": len(rights) - MANY} if len(rights) > MANY else "",
        "contact_title": _("Where to ask"),
        "address": settings.SITE_URL + listing.get_absolute_url(),
        "lang": "en" if (translation.get_language() or "").startswith("en") else "zh",
    }
