"""Mandates (委托): an agency acts for a client in enquiries and offers; the client accepts and signs itself."""

from datetime import date

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, addressed, members, permit
from marketplace.organisations.models import MANDATE_NEXT, Mandate, MandateState, Organisation
from marketplace.organisations.roles import RESEARCH, Kind
from marketplace.refusals import NotPermitted, Refused, check

CLIENTS = frozenset({*RESEARCH, Kind.ENTERPRISE})


@transaction.atomic
def propose_mandate(
    *, actor: Acting, client: Organisation, purpose: str, valid_from: date, valid_to: date | None = None
) -> Mandate:
    """An agency's broker proposes to act for a client; the client accepts or declines.

    A mandate between the two that has run out is ended first. Raises Refused while another one is open, for a
    client that is not verified or of another kind, and for days in the wrong order.
    """
    agency = actor.organisation
    if agency is None or agency.kind != Kind.AGENCY:
        raise NotPermitted(_("Only a technology transfer agency can hold a mandate."))
    permit(actor, "mandate.propose", agency, against=client)
    client = Organisation.objects.get(pk=client.pk)  # the caller's copy may be older than its verification
    if client.kind not in CLIENTS or not client.is_verified:
        raise Refused(_("A mandate is given by a verified enterprise or research organisation."))
    if valid_to and valid_to < valid_from:
        raise Refused(_("The mandate ends before it begins."))
    if valid_to and valid_to < today():
        raise Refused(_("The mandate would have ended already."))
    Mandate.objects.filter(
        agency=agency,
        client=client,
        state__in=[MandateState.PROPOSED, MandateState.ACTIVE],
        valid_to__lt=today(),
    ).update(state=MandateState.ENDED)
    try:
        with transaction.atomic():
            mandate = Mandate.objects.create(
                agency=agency,
                client=client,
                purpose=purpose,
                valid_from=valid_from,
                valid_to=valid_to,
                proposed_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("There is an open mandate between the two already.")) from error
    record(actor, "mandate.proposed", mandate)
    notify(members(client, "mandate.answer"), "mandate_proposed", mandate=mandate, path=reverse("mandates"))
    return mandate


@transaction.atomic
def answer_mandate(mandate: Mandate, *, actor: Acting, accepted: bool) -> Mandate:
    """The client puts a proposed mandate in force or declines it."""
    permit(actor, "mandate.answer", mandate.client, against=mandate.agency)
    mandate = Mandate.objects.select_for_update().get(pk=mandate.pk)
    if accepted and mandate.valid_to and mandate.valid_to < today():
        raise Refused(_("The mandate has run out. The agency can propose a new one."))
    target = MandateState.ACTIVE if accepted else MandateState.DECLINED
    check(mandate.state, target, MANDATE_NEXT)
    mandate.state, mandate.answered_by, mandate.answered_at = target, actor.user, now()
    mandate.save(update_fields=["state", "answered_by", "answered_at"])
    record(actor, "mandate.accepted" if accepted else "mandate.declined", mandate)
    notify(
        [addressed(mandate.proposed_by, mandate.agency)],
        "mandate_answered",
        mandate=mandate,
        accepted=accepted,
        path=reverse("mandates"),
    )
    return mandate


@transaction.atomic
def end_mandate(mandate: Mandate, *, actor: Acting) -> Mandate:
    """Either side ends a mandate, also one that is only proposed; deals that run go on."""
    by_agency = actor.is_for(mandate.agency)
    mine, other = (mandate.agency, mandate.client) if by_agency else (mandate.client, mandate.agency)
    permit(actor, "mandate.propose" if by_agency else "mandate.answer", mine)
    mandate = Mandate.objects.select_for_update().get(pk=mandate.pk)
    check(mandate.state, MandateState.ENDED, MANDATE_NEXT)
    mandate.state = MandateState.ENDED
    if mandate.valid_to is None or mandate.valid_to > today():
        mandate.valid_to = max(today(), mandate.valid_from)
    mandate.save(update_fields=["state", "valid_to"])
    record(actor, "mandate.ended", mandate)
    notify(
        members(other, "mandate.answer" if by_agency else "mandate.propose"),
        "mandate_ended",
        mandate=mandate,
        ended_by=mine,
        path=reverse("mandates"),
    )
    return mandate
