"""Reading and signing, scans signed by hand, and whether a file is the contract's own."""

import hashlib

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from contracts.lifecycle import services
from contracts.lifecycle.forms import ScanConfirmForm, ScanForm, SignForm, VerifyForm, WordsForm
from contracts.lifecycle.models import ContractDocument
from contracts.lifecycle.seal import check_seal, fingerprint
from contracts.lifecycle.services.signing import living_signatures
from contracts.lifecycle.views.contract import lang, visible_documents
from contracts.lifecycle.views.finding import child, find, opened, step
from marketplace.terms.words import plain_words


def proof_of(request: HttpRequest) -> str:
    """How this person last proved again who they are in this session: password, mfa …, or "" if they have not."""
    again = [one for one in get_authentication_records(request, request.user) if one.get("reauthenticated")]
    return again[-1]["method"] if again else ""


@login_required
@reauthentication_required(allow_get=True)
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """Read the text and consent to it. Sending the form asks for the password (or second factor) again."""
    contract = find(request, number)
    opened(request, contract, "sign")
    document = services.document_to_sign(contract)
    form = SignForm(request.POST or None, initial={"document_hash": document.sha256})
    return step(
        request,
        contract,
        form,
        lambda given: services.sign(
            contract, actor=request.acting, document_hash=given["document_hash"], proof=proof_of(request)
        ),
        title=_("Read and sign"),
        lede=_("Your consent binds your organisation. You are asked for your password or second factor."),
        submit=_("Sign"),
        done=_("Signed. The others are told."),
        template="contracts/lifecycle/sign_form.html",
        document=document,
        sections=plain_words(contract.terms, lang()),
        signatures=living_signatures(contract),
    )


@login_required
def scan(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "scan")
    document = services.document_to_sign(contract)
    form = ScanForm(request.POST or None, request.FILES or None, initial={"document_hash": document.sha256})
    return step(
        request,
        contract,
        form,
        lambda given: services.upload_signed_scan(contract, actor=request.acting, **given),
        title=_("Upload a scan signed by hand"),
        lede=_("Print the text, sign and seal it, scan all pages. The other side compares and confirms it."),
        submit=_("Upload"),
        done=_("The scan is uploaded; the other side is asked to confirm it."),
        template="contracts/lifecycle/scan_form.html",
        document=document,
    )


@login_required
def scan_confirm(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "confirm_scan")
    signature = child(living_signatures(contract), pk)
    return step(
        request,
        contract,
        ScanConfirmForm(request.POST or None),
        lambda given: services.confirm_scan(signature, actor=request.acting, **given),
        title=_("Confirm a scan signed by hand"),
        lede=_("Compare the hash at the foot of the pages with the text that is to be signed."),
        submit=_("Send the answer"),
        done=_("Your answer is on record."),
        template="contracts/lifecycle/scan_confirm.html",
        signature=signature,
        document=services.document_to_sign(contract),
    )


@login_required
def recall(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "recall")
    form = WordsForm(request.POST or None, label=_("Why"), help_text=_("The other side reads it."))
    return step(
        request,
        contract,
        form,
        lambda given: services.recall_signing(contract, actor=request.acting, reason=given["words"]),
        title=_("Take the contract back to the draft"),
        lede=_("Signatures given so far do not count any more. Changed terms need a new public notice."),
        submit=_("Take back"),
        done=_("The contract is a draft again."),
        danger=True,
    )


@login_required
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Whether a PDF that somebody holds is a paper of this contract, unchanged and with nothing appended."""
    contract = find(request, number)
    form = VerifyForm(request.POST or None, request.FILES or None)
    verdict = None
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        verdict = verdict_on(contract, content, contract.side_of(request.acting.organisation))
    context = {
        "contract": contract,
        "form": form,
        "verdict": verdict,
        "fingerprint": fingerprint(),
        "document": services.document_to_sign(contract),
    }
    return render(request, "contracts/lifecycle/verify.html", context)


def verdict_on(contract, content: bytes, side) -> dict:
    """`paper`: the stored document with exactly these bytes; `starts_like`: one that these bytes begin with, so
    that something was appended to it; `seal`: what the seal inside says."""
    digest = hashlib.sha256(content).hexdigest()
    papers = visible_documents(contract, side)
    paper = papers.filter(sha256=digest).first()
    starts_like = None
    if paper is None:
        kind = ContractDocument.Kind
        kinds = [kind.SEALED, kind.CONTRACT, kind.SEALED_AMENDMENT, kind.AMENDMENT]
        for known in papers.filter(kind__in=kinds, size__lt=len(content)).order_by("-size"):
            if hashlib.sha256(content[: known.size]).hexdigest() == known.sha256:
                starts_like = known
                break
    return {
        "digest": digest,
        "size": len(content),
        "paper": paper,
        "starts_like": starts_like,
        "appended": len(content) - starts_like.size if starts_like else 0,
        "seal": check_seal(content),
    }
