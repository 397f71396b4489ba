"""签署: consent to exactly one document, by people who proved again who they are, or by hand and scanned.

The edge to a provider of reliable electronic signatures would be here. Ours is none: consent is recorded with
who, when and which hash, and the platform's seal proves that the file is unchanged.
"""

import hashlib
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle import rights
from contracts.lifecycle.completeness import SIGNING_DAYS, conflict_words, patents_end_on
from contracts.lifecycle.document import contract_text, make_contract_pdf, store_upload
from contracts.lifecycle.models import ContractDocument, LicenceContract, Signature
from contracts.lifecycle.services.drafting import DRAFTERS, withdraw
from contracts.lifecycle.services.effect import take_effect
from contracts.lifecycle.services.steps import enter, lock, move, tell, words_of
from contracts.lifecycle.states import Side, State
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from marketplace.terms.dates import DAY, add_months

SIGNERS = tuple((side, "contract.sign") for side in Side)
READERS = tuple((side, "contract.read") for side in Side)


def open_signing(contract: LicenceContract, *, actor: Acting | None) -> ContractDocument:
    """Open signing of a locked contract: its text becomes a PDF, once, and 30 days run."""
    document = make_contract_pdf(contract)
    until = today() + timedelta(days=SIGNING_DAYS)
    move(contract, State.SIGNING, actor=actor, act_by=until, document=document.sha256)
    tell(contract, "signing_opened", *SIGNERS, until=until)
    return document


def document_to_sign(contract: LicenceContract) -> ContractDocument | None:
    """The newest contract text: what is or was signed."""
    return contract.documents.filter(kind=ContractDocument.Kind.CONTRACT).order_by("id").last()


def living_signatures(contract: LicenceContract):
    """Those of the contract itself; an amendment has its own."""
    found = contract.signatures.filter(void_at=None, document__kind=ContractDocument.Kind.CONTRACT)
    return found.select_related("organisation", "user", "scan")


def _signing(contract: LicenceContract, actor: Acting, document_hash: str):
    """(contract, side, document), locked and checked: the hash must be that of the stored, unchanged file."""
    contract, side = enter(contract, actor=actor, permission="contract.sign", sides=tuple(Side))
    if contract.state != State.SIGNING:
        raise TransitionRefused(_("Nothing is to be signed any more: it was signed already, or lapsed."))
    if contract.act_by and today() > contract.act_by:
        raise Refused(_("The time for signing ended on %(day)s.") % {"day": contract.act_by})
    document = document_to_sign(contract)
    if document is None or document.sha256 != document_hash:
        raise Refused(_("The text was replaced meanwhile. Read the new one first; you have signed nothing."))
    with document.file.open("rb") as file:
        stored = hashlib.sha256(file.read()).hexdigest()
    if stored != document.sha256 or document.text_hash != sealed(contract_text(contract)):
        raise Refused(_("The stored file is not what was made; nobody can sign it. Tell the operator."))
    if living_signatures(contract).filter(side=side).exists():
        raise TransitionRefused(_("Your side has signed already."))
    return contract, side, document


@transaction.atomic
def sign(contract: LicenceContract, *, actor: Acting, document_hash: str, proof: str) -> Signature:
    """Consent to the document with this SHA-256. `proof` says how the person has just proved who they are (the
    caller has made sure of it: "password", "mfa").

    The last signature makes the contract effective. Raises TransitionRefused for a second signature of a side,
    Refused when the text was replaced, the time is over, or the grant collides with a running contract.
    """
    if not proof:
        raise NotPermitted(_("Prove again who you are before you sign."))
    contract, side, document = _signing(contract, actor, document_hash)
    signature = Signature.objects.create(
        contract=contract,
        document=document,
        document_hash=document.sha256,
        side=side,
        organisation=actor.organisation,
        user=actor.user,
        method=Signature.Method.CONSENT,
        proof=proof[:40],
        at=now(),
        confirmed_at=now(),
        confirmed_by=actor.user,
    )
    record(actor, "contract.signed", contract, side=str(side), document=document.sha256, proof=proof[:40])
    tell(contract, "signed_by", *(to for to in READERS if to[0] != side), who=actor.organisation)
    _finish(contract, document, actor)
    return signature


@transaction.atomic
def upload_signed_scan(
    contract: LicenceContract, *, actor: Acting, document_hash: str, file: UploadedFile
) -> Signature:
    """A scan of the text signed and sealed by hand, for the document with this SHA-256; `file` has passed
    `clean_upload`. It counts once the other side has confirmed it."""
    contract, side, document = _signing(contract, actor, document_hash)
    scan = store_upload(contract, ContractDocument.Kind.SCAN, file, side=side, by=actor.user)
    signature = Signature.objects.create(
        contract=contract,
        document=document,
        document_hash=document.sha256,
        side=side,
        organisation=actor.organisation,
        user=actor.user,
        method=Signature.Method.SCAN,
        scan=scan,
        at=now(),
    )
    record(actor, "contract.scan_uploaded", contract, side=str(side), scan=scan.sha256)
    tell(contract, "scan_uploaded", (_confirmer(side), "contract.sign"), who=actor.organisation)
    return signature


def _confirmer(side: str) -> Side:
    """Who confirms a scan: the licensee the licensor's, the licensor everybody else's."""
    return Side.LICENSEE if side == Side.LICENSOR else Side.LICENSOR


@transaction.atomic
def confirm_scan(signature: Signature, *, actor: Acting, accepted: bool, reason: str = "") -> Signature:
    """The other side confirms that a scan shows the same text, signed; or says why not, and it is void."""
    confirmer = _confirmer(signature.side)
    contract, _side = enter(signature.contract, actor=actor, permission="contract.sign", sides=(confirmer,))
    signature = Signature.objects.select_for_update().get(pk=signature.pk)
    if contract.state != State.SIGNING or signature.confirmed_at or signature.void_at:
        raise TransitionRefused()
    permit(actor, "contract.sign", actor.organisation, against=dict(contract.parties)[Side(signature.side)])
    if not accepted:
        _void(signature, words_of(reason, needed=_("Say what is wrong with the scan.")))
        record(actor, "contract.scan_refused", contract, side=signature.side)
        tell(contract, "scan_refused", (Side(signature.side), "contract.sign"), reason=signature.void_reason)
        return signature
    signature.confirmed_at, signature.confirmed_by = now(), actor.user
    signature.save(update_fields=["confirmed_at", "confirmed_by"])
    record(actor, "contract.scan_confirmed", contract, side=signature.side)
    _finish(contract, signature.document, actor)
    return signature


def _void(signature: Signature, reason: str) -> None:
    signature.void_at, signature.void_reason = now(), reason
    signature.save(update_fields=["void_at", "void_reason"])


def _finish(contract: LicenceContract, document: ContractDocument, actor: Acting) -> None:
    """Take effect once every party's signature counts; the exclusive grants are checked under a lock."""
    signed = {row.side for row in living_signatures(contract) if row.confirmed_at}
    if signed != {side.value for side, _party in contract.parties}:
        return
    starts_on = max(contract.agreed_effective_on or today(), today())
    ends_on = add_months(starts_on, contract.terms.term_months) - DAY
    rights.lock_rights(contract.right_numbers)
    found = rights.conflicts(contract, starts_on=starts_on, ends_on=ends_on)
    if found:
        raise Refused(str(conflict_words(found[0])))
    patent = patents_end_on(contract)
    if patent is not None and ends_on > patent:
        raise Refused(
            _("Signed today, the licence would outlive the patent (%(day)s): return it to the draft.")
            % {"day": patent}
        )
    take_effect(contract, document, actor=actor, starts_on=starts_on, ends_on=ends_on)


@transaction.atomic
def recall_signing(contract: LicenceContract, *, actor: Acting, reason: str) -> LicenceContract:
    """Take a contract back to the draft while it is being signed; signatures given do not count any more.

    A text that was on notice and stays the same needs no new notice, a changed one does.
    """
    contract, _side = enter(contract, actor=actor, permission="contract.draft", sides=DRAFTERS)
    if contract.state != State.SIGNING:
        raise TransitionRefused(current=contract.state, target=State.DRAFT)
    reason = words_of(reason, needed=_("Say why: the other side reads it."))
    for signature in living_signatures(contract):
        _void(signature, reason)
    contract.approved_at, contract.approved_by = None, None
    contract.save(update_fields=["approved_at", "approved_by"])
    move(contract, State.DRAFT, actor=actor)
    tell(contract, "signing_recalled", *READERS, reason=reason)
    return contract


def lapse_due_signings() -> int:
    """Withdraw every contract whose 30 days of signing are over. Returns how many."""
    lapsed = 0
    for pk in LicenceContract.objects.filter(state=State.SIGNING, act_by__lt=today()).values_list(
        "pk", flat=True
    ):
        with transaction.atomic():
            contract = lock(LicenceContract(pk=pk))
            if contract.state != State.SIGNING or contract.act_by >= today():
                continue
            withdraw(contract, actor=None, reason=_("Not everybody signed in time."))
            tell(contract, "signing_lapsed", *READERS)
            lapsed += 1
    return lapsed
