"""Amendments of a running contract: propose in the form of an offer, compare, answer, notice, sign, withdraw."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.lifecycle import services
from contracts.lifecycle.forms import AmendmentDayForm, SignForm
from contracts.lifecycle.models import Amendment, LicenceContract
from contracts.lifecycle.services.amending import amendment_signatures, newest_terms
from contracts.lifecycle.states import RUNNING, AmendmentState, Side
from contracts.lifecycle.views.contract import lang
from contracts.lifecycle.views.finding import find, opened
from contracts.lifecycle.views.signing import proof_of
from marketplace.deals import drafts
from marketplace.deals.forms.offer import SECTIONS, OfferForm
from marketplace.refusals import Refused, TransitionRefused
from marketplace.terms.difference import difference
from marketplace.terms.words import plain_words

TOUCHED = {
    "price": gettext_lazy("price and payments"),
    "exclusivity": gettext_lazy("exclusivity, field or territory"),
    "term": gettext_lazy("term of the licence"),
    "other": gettext_lazy("other terms"),
}


def _amendment(request: HttpRequest, number: str, place: int) -> tuple[LicenceContract, Amendment]:
    contract = find(request, number)
    amendment = contract.amendments.filter(number=place).select_related("document", "version").first()
    if amendment is None:
        raise Http404
    amendment.contract = contract
    return contract, amendment


@login_required
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """Other terms from a day on: the form of an offer, started with the terms as they stand last."""
    contract = find(request, number)
    opened(request, contract, "amend")
    before = newest_terms(contract).agreed_terms
    draft = drafts.draft_of(before)
    form = OfferForm(request.POST or None, initial=draft.inputs, base=draft.base)
    form.fields["note"].required = True
    form.fields["note"].label = _("Why the terms change")
    form.fields["note"].help_text = _("The other side reads it and has to agree.")
    day = AmendmentDayForm(request.POST or None)
    valid = request.method == "POST" and all([form.is_valid(), day.is_valid()])
    changes = difference(before, form.terms, lang()) if valid else []
    if valid and not request.POST.get("preview"):
        try:
            amendment = services.propose_amendment(
                contract,
                actor=request.acting,
                terms=form.terms,
                effective_on=day.cleaned_data["effective_on"],
                reason=form.cleaned_data["note"],
            )
        except Refused as refusal:
            for line in [refusal.message, *getattr(refusal, "missing", [])]:
                form.add_error(None, line)
        else:
            messages.success(request, _("The amendment is proposed; the other side is asked to answer."))
            return redirect(amendment)
    sections = [
        {
            "title": section.title,
            "hint": section.hint,
            "shown_for": section.shown_for,
            "folded": section.folded,
            "fields": [form[name] for name in section.names],
        }
        for section in SECTIONS
    ]
    context = {
        "contract": contract,
        "form": form,
        "day": day,
        "sections": sections,
        "draft": draft,
        "changes": changes,
        "previewed": bool(request.POST.get("preview")) and valid,
    }
    return render(request, "contracts/lifecycle/amendment_propose.html", context)


@login_required
def amendment(request: HttpRequest, number: str, place: int) -> HttpResponse:
    """What changes, where it stands, and what the reader can do about it."""
    contract, found = _amendment(request, number, place)
    before = contract.versions.filter(terms_hash=found.base_hash).exclude(effective_on=None).last()
    signatures = list(amendment_signatures(found))
    context = {
        "contract": contract,
        "amendment": found,
        "touches": [TOUCHED[name] for name in found.touches],
        "changes": difference(before.agreed_terms, found.new_terms, lang()),
        "sections": plain_words(found.new_terms, lang()),
        "signatures": signatures,
        "notices": found.notices.all(),
        **_may(contract, found, request.acting, signatures),
        "tracks": found.compliance.all(),
    }
    return render(request, "contracts/lifecycle/amendment_detail.html", context)


def _may(contract: LicenceContract, amendment: Amendment, acting, signatures) -> dict[str, bool]:
    side = contract.side_of(acting.organisation)
    alive = amendment.is_open and contract.state in RUNNING
    state = amendment.state
    return {
        "may_answer": alive
        and state == AmendmentState.PROPOSED
        and side == amendment.other_side
        and acting.can("offer.accept"),
        "may_withdraw": alive and side in (Side.LICENSOR, Side.LICENSEE) and acting.can("offer.make"),
        "may_open_notice": alive
        and state == AmendmentState.AGREED
        and side == Side.LICENSOR
        and acting.can("notice.open"),
        "may_sign": alive
        and state == AmendmentState.SIGNING
        and acting.can("contract.sign")
        and all(row.side != side for row in signatures),
    }


def _said(request: HttpRequest, amendment: Amendment, run, done: str) -> HttpResponse:
    """Run a step; a refusal that can be mended is said on the amendment's page."""
    try:
        run()
    except Refused as refusal:
        if refusal.code != "refused":
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(amendment)


@login_required
@require_POST
def answer(request: HttpRequest, number: str, place: int) -> HttpResponse:
    _contract, found = _amendment(request, number, place)
    agreed = request.POST.get("answer") == "agree"
    words = request.POST.get("words", "")
    return _said(
        request,
        found,
        lambda: services.answer_amendment(found, actor=request.acting, agreed=agreed, words=words),
        _("Your answer is on record, and the others are told."),
    )


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str, place: int) -> HttpResponse:
    _contract, found = _amendment(request, number, place)
    return _said(
        request,
        found,
        lambda: services.withdraw_amendment(
            found, actor=request.acting, reason=request.POST.get("words", "")
        ),
        _("The amendment is withdrawn."),
    )


@login_required
@require_POST
def open_notice(request: HttpRequest, number: str, place: int) -> HttpResponse:
    _contract, found = _amendment(request, number, place)
    return _said(
        request,
        found,
        lambda: services.open_amendment_notice(found, actor=request.acting),
        _("The amendment is on public notice."),
    )


@login_required
@reauthentication_required(allow_get=True)
def sign(request: HttpRequest, number: str, place: int) -> HttpResponse:
    """Read the amendment and consent to it; the password or second factor is asked for again."""
    contract, found = _amendment(request, number, place)
    signatures = list(amendment_signatures(found))
    if not _may(contract, found, request.acting, signatures)["may_sign"]:
        raise TransitionRefused()
    form = SignForm(request.POST or None, initial={"document_hash": found.document.sha256})
    if request.method == "POST" and form.is_valid():
        try:
            services.sign_amendment(
                found,
                actor=request.acting,
                document_hash=form.cleaned_data["document_hash"],
                proof=proof_of(request),
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Signed. The others are told."))
            return redirect(found)
    context = {"contract": contract, "amendment": found, "form": form, "signatures": signatures}
    return render(request, "contracts/lifecycle/amendment_sign.html", context)
