"""What a term sheet copies: the listing and the parties as they were on the day of the agreement."""

from cms.models import ListingPage
from marketplace.deals.models import Deal
from marketplace.organisations.models import Organisation


def party(organisation: Organisation) -> dict:
    """The facts of an organisation that papers state."""
    return {
        "id": organisation.pk,
        "kind": organisation.kind,
        "name_zh": organisation.name_zh,
        "name_en": organisation.name_en,
        "credit_code": organisation.credit_code,
        "address": organisation.address,
        "region": organisation.region,
    }


def snapshot_of(deal: Deal) -> dict:
    """Plain JSON; read from the database now, not from the caller's copies."""
    listing = ListingPage.objects.get(pk=deal.listing_id)
    parties = Organisation.objects.in_bulk([deal.licensor_id, deal.licensee_id, deal.agency_id or 0])
    licensee = parties[deal.licensee_id]
    return {
        "listing": listing.snapshot(),
        "licensor": party(parties[deal.licensor_id]),
        "licensee": {
            **party(licensee),
            "size_class": licensee.size_class,
            "tech_sme_no": licensee.tech_sme_no,
            "wholly_state_owned": licensee.wholly_state_owned,
        },
        "agency": party(parties[deal.agency_id]) if deal.agency_id else None,
    }


def contributors_of(listing: ListingPage) -> list[dict]:
    """Contributors with their shares, in the listing's order; a share that nobody stated stays null, an English name
    or unit that nobody stated is left out."""
    return [
        {
            "name": contributor.name,
            "unit": contributor.unit,
            "user_id": contributor.user_id,
            "share": None if contributor.share is None else f"{contributor.share.normalize():f}",
            **{name: text for name in ("name_en", "unit_en") if (text := getattr(contributor, name))},
        }
        for contributor in listing.contributors.all()
    ]
