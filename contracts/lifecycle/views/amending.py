"""Amendments of a running contract: propose in the editor of terms, compare, answer, notice, sign, withdraw."""

from functools import partial

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.lifecycle import services
from contracts.lifecycle.forms import AmendmentForm, SignForm
from contracts.lifecycle.models import Amendment, LicenceContract
from contracts.lifecycle.services.amending import amendment_signatures, newest_terms
from contracts.lifecycle.states import RUNNING, AmendmentState, Side
from contracts.lifecycle.views.contract import lang
from contracts.lifecycle.views.finding import find, opened
from contracts.lifecycle.views.proposing import preview_then_send
from contracts.lifecycle.views.signing import proof_of
from marketplace import terms as language
from marketplace.editor.starts import Start
from marketplace.editor.words import in_both, pane
from marketplace.refusals import Refused, TransitionRefused
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
    """Other terms from a day on: the editor of terms, started with the terms as they stand last."""
    contract = find(request, number)
    opened(request, contract, "amend")
    before = newest_terms(contract).agreed_terms
    form = _terms_form(request, before)
    if (document := form.download()) is not None:
        return document

    def send(terms, given):
        return services.propose_amendment(
            contract,
            actor=request.acting,
            terms=terms,
            effective_on=given["effective_on"],
            reason=given["note"],
        )

    context, sent = preview_then_send(request, form, before, send)
    if sent is not None:
        messages.success(request, _("The amendment is proposed; the other side is asked to answer."))
        return redirect(sent)
    live = reverse("amendment_words", args=[contract.number])
    context |= {"contract": contract, "live": live}
    return render(request, "contracts/lifecycle/amendment_propose.html", context)


@login_required
@require_POST
def propose_words(request: HttpRequest, number: str) -> HttpResponse:
    """The plain words and findings alone, while somebody types."""
    contract = find(request, number)
    opened(request, contract, "amend")
    form = _terms_form(request, newest_terms(contract).agreed_terms)
    return render(request, "editor/_words.html", {"pane": pane(form), "form": form})


def _terms_form(request: HttpRequest, before: language.Terms) -> AmendmentForm:
    posted = request.method == "POST"
    return AmendmentForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        start=Start.of(before),
        also=partial(language.check_amendment, before),
    )


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
        "changes": in_both(before.agreed_terms, found.new_terms),
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
        "may_withdraw": alive
        and side in (Side.LICENSOR, Side.LICENSEE)
        and acting.can(amendment.withdrawing_asks(side)),
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
