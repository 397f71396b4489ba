"""Keeping a simulation of negotiated terms, and throwing it away again."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import LicenceContract
from marketplace.audit.services import record
from marketplace.deals.models import Deal, Offer
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused
from marketplace.terms import Terms, hash_of, write

from .models import StoredScenario

MAX_KEPT = 100  # of one organisation in one deal or contract


def parties_of(place: Deal | LicenceContract) -> list:
    """The organisations that take part, and so may be readers."""
    return [one for one in (place.licensor, place.licensee, place.agency) if one is not None]


@transaction.atomic
def keep_scenario(
    subject: Offer | LicenceContract,
    *,
    actor,
    name: str,
    agreed: Terms,
    said: dict[str, str],
    readers: Collection[int],
) -> StoredScenario:
    """Keep what is assumed about an offer's or a contract's terms. The own organisation always reads it, others that
    take part if they are named.

    Raises NotPermitted for those who do not take part, Refused for readers who do not, and above MAX_KEPT.
    """
    offer = subject if isinstance(subject, Offer) else None
    place = offer.deal if offer else subject
    permit(actor, "scenario.keep", actor.organisation)
    parties = {one.pk for one in parties_of(place)}
    if actor.organisation.pk not in parties or not set(readers) <= parties:
        raise Refused(_("Only organisations that take part may read a kept scenario."))
    contract = None if offer else subject
    kept = StoredScenario.objects.of(offer=offer, contract=contract).filter(organisation=actor.organisation)
    if kept.count() >= MAX_KEPT:
        raise Refused(_("There are too many kept scenarios here. Throw some away first."))
    found = StoredScenario.objects.create(
        offer=offer,
        contract=contract,
        name=name.strip()[:120] or _("Scenario"),
        terms=write(agreed),
        terms_hash=hash_of(agreed),
        said=said,
        readers=sorted({actor.organisation.pk, *readers}),
        made_by=actor.user,
        organisation=actor.organisation,
    )
    record(actor, "scenario.kept", found, terms=found.terms_hash, readers=found.readers)
    return found


@transaction.atomic
def throw_away(found: StoredScenario, *, actor) -> None:
    """Delete a kept scenario: only the organisation that kept it may."""
    permit(actor, "scenario.keep", found.organisation)
    record(actor, "scenario.thrown_away", found, terms=found.terms_hash)
    found.delete()
