"""Facts on record, which triggers look at: recorded, confirmed, void, replaced."""

from datetime import date

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.document import store_upload
from contracts.lifecycle.models import ContractDocument, ContractFact, LicenceContract
from contracts.lifecycle.services.advance import advance
from contracts.lifecycle.services.steps import enter, lock, tell, words_of
from contracts.lifecycle.states import RUNNING, FactState, Side, State
from contracts.lifecycle.words import event_label
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from marketplace.terms import Instalments, OnEvent
from marketplace.terms.choices import Attestor
from marketplace.terms.triggers import leaves

PARTIES = (Side.LICENSOR, Side.LICENSEE)
NAMES = {"FIRST_INCOME": "first_income", "WRITTEN_NOTICE": "written_notice"}
ANCHORS = {"effect", "delivery", "conversion"}  # on record as dates of the contract, not as facts


def events_of(contract: LicenceContract) -> dict[str, OnEvent]:
    """The events that the terms' triggers ask for, by name, in the order in which they stand."""
    found: dict[str, OnEvent] = {}
    for element in contract.terms.elements:
        trees = [element.trigger]
        if isinstance(element, Instalments):
            trees += [part.trigger for part in element.parts]
        for tree in trees:
            for leaf in leaves(tree):
                if isinstance(leaf, OnEvent) and leaf.name not in ANCHORS:
                    found.setdefault(leaf.name, leaf)
    return found


def _kind(name: str) -> ContractFact.Kind:
    for kind, known in NAMES.items():
        if name == known:
            return ContractFact.Kind(kind)
    return ContractFact.Kind.MILESTONE if name.startswith("milestone:") else ContractFact.Kind.OTHER


@transaction.atomic
def record_fact(
    contract: LicenceContract,
    *,
    actor: Acting | None,
    name: str,
    on: date,
    words: str = "",
    evidence: UploadedFile | None = None,
    replaces: ContractFact | None = None,
) -> ContractFact:
    """Put an event on record by the name that the terms use (first_income, milestone:…, written_notice …).

    It counts at once where the recording side attests it under the terms, where a third party attests it and its
    evidence is attached, or without an actor (the licensee stated it in a report that the licensor accepted);
    else the other side confirms it. The same event of the same day on record already is returned. `replaces`
    corrects an earlier fact, which is void as soon as the new one counts. Raises Refused for a day outside the
    licence or in the future, TransitionRefused for a fact that was replaced already.
    """
    side = Side.LICENSEE
    if actor is not None:
        contract, side = enter(contract, actor=actor, permission="fact.record", sides=PARTIES)
    else:
        contract = lock(contract)
    if contract.state not in (*RUNNING, State.WIND_DOWN):
        raise TransitionRefused(_("Facts are recorded while the licence runs."))
    name = words_of(name, needed=_("Name the event."))[:120]
    last = min(today(), contract.licence_ended_on or contract.term_ends_on)
    if not contract.effective_on <= on <= last:
        raise Refused(
            _("The day must lie between %(first)s and %(last)s.")
            % {"first": contract.effective_on, "last": last}
        )
    there = contract.facts.filter(name=name, on=on).exclude(state=FactState.VOID).first()
    if there is not None:
        return there
    if replaces is not None:
        _replaceable(contract, replaces)
    document = (
        store_upload(
            contract, ContractDocument.Kind.EVIDENCE, evidence, side=side, by=actor.user if actor else None
        )
        if evidence is not None
        else None
    )
    fact = ContractFact.objects.create(
        contract=contract,
        kind=_kind(name),
        name=name,
        on=on,
        words=words_of(words),
        evidence=document,
        side=side,
        replaces=replaces,
        recorded_at=now(),
        recorded_by=actor.user if actor else None,
    )
    record(actor, "fact.recorded", fact, contract=contract.number, name=name, on=on.isoformat())
    if actor is None or _counts_at_once(contract, fact):
        _count(contract, fact, actor)
    else:
        tell(contract, "fact_recorded", (_other(side), "fact.confirm"), fact=event_label(name), on=on)
    return fact


def _replaceable(contract: LicenceContract, old: ContractFact) -> None:
    old = ContractFact.objects.select_for_update().get(pk=old.pk)
    if old.contract_id != contract.pk:
        raise NotPermitted()
    if old.state == FactState.VOID or ContractFact.objects.filter(replaces=old).exists():
        raise TransitionRefused(_("This fact is void or was corrected already."))


def _other(side: Side) -> Side:
    return Side.LICENSEE if side == Side.LICENSOR else Side.LICENSOR


def _counts_at_once(contract: LicenceContract, fact: ContractFact) -> bool:
    event = events_of(contract).get(fact.name)
    attestor = event.attested_by if event else Attestor.BOTH
    # A correction changes what the other side relies on, so it always has a say.
    if fact.replaces_id is not None:
        return False
    if attestor is Attestor.THIRD_PARTY:
        return fact.evidence_id is not None
    return attestor.value == fact.side.lower()


def _count(contract: LicenceContract, fact: ContractFact, actor: Acting | None) -> None:
    fact.state, fact.confirmed_at = FactState.CONFIRMED, now()
    fact.confirmed_by = actor.user if actor else None
    fact.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    if fact.replaces_id is not None:
        old = ContractFact.objects.select_for_update().get(pk=fact.replaces_id)
        if old.state != FactState.VOID:
            _void(old, actor, _("Replaced by a corrected fact."))
    record(actor, "fact.confirmed", fact, contract=contract.number, name=fact.name, on=fact.on.isoformat())
    tell(
        contract, "fact_counts", (Side.LICENSOR, "contract.read"), (Side.LICENSEE, "contract.read"),
        fact=event_label(fact.name), on=fact.on,
    )  # fmt: skip
    advance(contract)


@transaction.atomic
def confirm_fact(fact: ContractFact, *, actor: Acting) -> ContractFact:
    """The other side confirms a fact; from here on it counts, and triggers may fire."""
    contract, side = enter(fact.contract, actor=actor, permission="fact.confirm", sides=PARTIES)
    fact = ContractFact.objects.select_for_update().get(pk=fact.pk)
    if fact.state != FactState.RECORDED:
        raise TransitionRefused(_("This fact was answered already."))
    if side == fact.side:
        raise NotPermitted(_("The other side confirms what your side has put on record."))
    _count(contract, fact, actor)
    return fact


@transaction.atomic
def void_fact(fact: ContractFact, *, actor: Acting, reason: str) -> ContractFact:
    """Declare a fact void, with a reason. One that does not count yet: either side. One that counts: the licensor
    alone, for whom it stands; the licensee corrects it by a fact that replaces it.

    What a void fact had replaced stays replaced. Charges that rested on it are corrected by the next rating.
    """
    contract, side = enter(fact.contract, actor=actor, permission="fact.record", sides=PARTIES)
    fact = ContractFact.objects.select_for_update().get(pk=fact.pk)
    if fact.state == FactState.VOID:
        raise TransitionRefused(_("This fact is void already."))
    if fact.state == FactState.CONFIRMED and side != Side.LICENSOR:
        raise NotPermitted(_("A fact that counts is corrected by recording the right one in its place."))
    _void(fact, actor, words_of(reason, needed=_("Say why: the other side reads it.")))
    record(actor, "fact.void", fact, contract=contract.number)
    tell(
        contract, "fact_void", (_other(side), "contract.read"), fact=event_label(fact.name), on=fact.on,
        reason=fact.void_reason,
    )  # fmt: skip
    return fact


def _void(fact: ContractFact, actor: Acting | None, reason: str) -> None:
    fact.state, fact.voided_at, fact.void_reason = FactState.VOID, now(), reason
    fact.voided_by = actor.user if actor else None
    fact.save(update_fields=["state", "voided_at", "voided_by", "void_reason"])
