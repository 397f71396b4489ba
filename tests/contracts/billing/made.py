"""A contract as rows, from nothing but its terms."""

from datetime import date, datetime, timedelta
from itertools import count

from contracts.lifecycle.models import ContractTerms, LicenceContract
from marketplace.clock import ZONE
from marketplace.deals.models import Deal, Offer, TermSheet
from marketplace.terms import Terms, hash_of
from marketplace.terms.codec import write
from marketplace.terms.dates import add_months

DAY = timedelta(days=1)
EFFECT = date(2026, 2, 10)
_numbers = count(900_001)


def contract_of(world, terms: Terms, *, on: date = EFFECT) -> LicenceContract:
    """A contract on free use (or in force), as rows: how it came about is other tests' matter."""
    number, plain, seal = next(_numbers), write(terms), hash_of(terms)
    deal = Deal.objects.create(
        number=f"D-2026-{number:06d}", listing=world.listing,
        title_zh=world.listing.title_zh, licensor=world.uni, licensee=world.firm,
        state="CLOSED", opened_by=world.officer.user, closed_at=datetime(2026, 1, 1, tzinfo=ZONE),
        closed_reason="OTHER", closed_for="LICENSOR",
    )  # fmt: skip
    offer = Offer.objects.create(
        deal=deal, number=1, made_for="LICENSOR", made_by=world.officer.user, organisation=world.uni, terms=plain,
        terms_hash=seal,
    )  # fmt: skip
    subject = {
        "listing": {"code": "L", "title_zh": "密封胶", "title_en": "Sealant", "ip_rights": []},
        "licensor": {"id": world.uni.pk, "name_zh": world.uni.name_zh},
        "licensee": {"id": world.firm.pk, "name_zh": world.firm.name_zh},
        "agency": None,
    }
    sheet = TermSheet.objects.create(
        deal=deal, offer=offer, terms=plain, terms_hash=seal, snapshot=subject, hash=seal
    )
    trial = terms.trial
    ends = add_months(on, trial.months) - DAY if trial else None
    made = LicenceContract.objects.create(
        number=f"C-2026-{number:06d}", term_sheet=sheet, licensor=world.uni, licensee=world.firm, subject=subject,
        state="TRIAL" if trial else "ACTIVE", drafted_by=world.officer.user, drafted_for=world.uni,
        signed_at=datetime(2026, 2, 1, tzinfo=ZONE), effective_on=on, delivered_on=on,
        trial_starts_on=on if trial else None, trial_ends_on=ends,
        decision_due_on=ends if terms.has_option else None,
        term_ends_on=add_months(on, terms.term_months) - DAY, pricing_method="LISTING",
    )  # fmt: skip
    ContractTerms.objects.create(
        contract=made,
        number=1,
        effective_on=on,
        terms=plain,
        terms_hash=seal,
        agreed_at=datetime(2026, 2, 1, tzinfo=ZONE),
    )
    return made
