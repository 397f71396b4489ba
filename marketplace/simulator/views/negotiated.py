"""Negotiated terms: offers and contracts. What is set comes by POST and stands in no address; what is kept has readers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.lifecycle.models import LicenceContract
from marketplace.clock import today
from marketplace.deals.models import Offer
from marketplace.fields import row_number, row_numbers
from marketplace.refusals import Refused
from marketplace.simulator import services
from marketplace.simulator.models import StoredScenario
from marketplace.simulator.page import context_of, download
from marketplace.simulator.playing import Playing
from marketplace.simulator.running import Past, Running
from marketplace.simulator.sources import Source
from marketplace.simulator.views.editing import edit
from marketplace.terms import check_amendment


def _offer(request: HttpRequest, deal: str, number: int) -> Offer:
    offers = Offer.objects.visible_to(request.acting).select_related(
        "deal__licensor", "deal__licensee", "deal__agency", "deal__listing"
    )
    return get_object_or_404(offers, deal__number=deal, number=number)


def _contract(request: HttpRequest, number: str) -> LicenceContract:
    """One of the own contracts; once it is in force, for those of its parties who may read charges."""
    contracts = LicenceContract.objects.visible_to(request.acting).with_parties()
    found = get_object_or_404(contracts.prefetch_related("versions", "facts"), number=number)
    if found.effective_on is not None and not may_see_past(request.acting, found):
        raise Http404
    return found


def may_see_past(acting, contract: LicenceContract) -> bool:
    party = acting.is_for(contract.licensor) or acting.is_for(contract.licensee)
    return party and acting.can("charge.read")


def source_of(subject: Offer | LicenceContract) -> Source:
    if isinstance(subject, Offer):
        title = _("%(deal)s, version %(number)s") % {"deal": subject.deal.number, "number": subject.number}
        url = reverse("offer", args=[subject.deal.number, subject.number])
        return Source("offer", str(subject), title, subject.agreed_terms, None, url)
    title = f"{subject.number} {subject.title}"
    past = Past.of(subject) if subject.effective_on else None
    agreed = past.agreed if past else subject.terms
    url, start = subject.get_absolute_url(), subject.agreed_effective_on
    return Source("contract", subject.number, title, agreed, None, url, past, start)


def _action(subject: Offer | LicenceContract, name: str) -> str:
    if isinstance(subject, Offer):
        return reverse(f"simulator_offer{name}", args=[subject.deal.number, subject.number])
    return reverse(f"simulator_contract{name}", args=[subject.number])


@login_required
def offer(request: HttpRequest, deal: str, number: int) -> HttpResponse:
    """One version; `with` lays another one of the same deal beside it, as the one before."""
    found = _offer(request, deal, number)
    return _show(request, found, before=_version_asked(request, found))


def _version_asked(request: HttpRequest, found: Offer) -> Offer | None:
    """The other version that was asked for, if there is one."""
    number = row_number((request.POST if request.method == "POST" else request.GET).get("with", ""))
    if number is None or number == found.number:
        return None
    return found.deal.offers.filter(number=number).first()


@login_required
def contract(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, _contract(request, number))


@login_required
def offer_terms(request: HttpRequest, deal: str, number: int) -> HttpResponse:
    return _edit(request, _offer(request, deal, number))


@login_required
def contract_terms(request: HttpRequest, number: str) -> HttpResponse:
    return _edit(request, _contract(request, number))


def _edit(request: HttpRequest, subject: Offer | LicenceContract) -> HttpResponse:
    """The terms in the editor; sent, both versions together. A contract in force takes them as an amendment."""
    source = source_of(subject)
    also = partial(check_amendment, source.agreed) if source.past else None
    found = edit(
        request, source, _played, action=_action(subject, "_terms"), back=_action(subject, ""), also=also
    )
    return _show(request, subject, playing=found) if isinstance(found, Playing) else found


@login_required
@require_POST
def offer_keep(request: HttpRequest, deal: str, number: int) -> HttpResponse:
    return _keep(request, _offer(request, deal, number))


@login_required
@require_POST
def contract_keep(request: HttpRequest, number: str) -> HttpResponse:
    return _keep(request, _contract(request, number))


def _played(source: Source, data: dict[str, str]) -> Playing:
    return (Running if source.past else Playing)(source, data, get_language())


def _show(
    request: HttpRequest,
    subject: Offer | LicenceContract,
    *,
    kept: StoredScenario | None = None,
    playing: Playing | None = None,
    before: Offer | None = None,
) -> HttpResponse:
    posted = request.method == "POST"
    if playing is None:
        data = request.POST.dict() if posted else dict(kept.said) if kept else {}
        source = _of_kept(kept, subject) if kept else source_of(subject)
        if before is not None:
            source = replace(source, agreed=before.agreed_terms, beside=source.agreed)
        playing = _played(source, data)
    if (export := request.POST.get("export")) and playing.course is not None:
        return download(request, playing, export, "")
    acting = request.acting
    place = subject.deal if isinstance(subject, Offer) else subject
    mine = acting.can("scenario.keep")
    context = {
        **context_of(playing),
        "address": "",
        "htmx": bool(request.htmx),
        "method": "post",
        "action": kept.get_absolute_url() if kept else _action(subject, ""),
        "reset": _action(subject, ""),
        "edit_url": _action(subject, "_terms"),
        "kept": kept,
        "may_throw": kept is not None and mine and acting.is_for(kept.organisation),
        "keep_url": _action(subject, "_keep") if mine and before is None else "",
        "others": [one for one in services.parties_of(place) if not acting.is_for(one)],
        "kept_before": [] if request.htmx else _kept_before(subject, acting),
        "name": playing.scenario_name,
        "before": before,
        "versions": [] if request.htmx or kept else _other_versions(subject),
        "today": today(),
    }
    template = "simulator/_answer.html" if request.htmx else "simulator/negotiated.html"
    status = 200 if playing.course or request.htmx else 422
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _other_versions(subject: Offer | LicenceContract) -> list[int]:
    if not isinstance(subject, Offer):
        return []
    return list(subject.deal.offers.exclude(number=subject.number).values_list("number", flat=True))


def _kept_before(subject, acting) -> list[StoredScenario]:
    offer = subject if isinstance(subject, Offer) else None
    found = StoredScenario.objects.visible_to(acting).of(offer=offer, contract=None if offer else subject)
    return list(found.select_related("organisation", "made_by")[:50])


def _of_kept(kept: StoredScenario, subject) -> Source:
    """The terms as they were when it was kept; of a contract in force, its record as it is today."""
    source = source_of(subject)
    return source if source.past is not None else replace(source, agreed=kept.agreed_terms)


def _keep(request: HttpRequest, subject) -> HttpResponse:
    data = request.POST.dict()
    playing = _played(source_of(subject), data)
    if playing.course is None:
        return _show(request, subject, playing=playing)
    said = dict(playing.said)
    if playing.sent_terms:
        said["terms"] = playing.sent_terms
    readers = row_numbers(request.POST.getlist("readers"))
    try:
        kept = services.keep_scenario(
            subject,
            actor=request.acting,
            name=data.get("name", ""),
            agreed=playing.agreed,
            said=said,
            readers=readers,
        )
    except Refused as refusal:
        playing.form.add_error(None, refusal.message)
        return _show(request, subject, playing=playing)
    messages.success(request, _("The scenario is kept; this address opens it for its readers."))
    return redirect(kept)


def _find_kept(request: HttpRequest, key) -> StoredScenario:
    rows = StoredScenario.objects.visible_to(request.acting).select_related("organisation", "made_by")
    return get_object_or_404(rows, key=key)


@login_required
def kept(request: HttpRequest, key) -> HttpResponse:
    found = _find_kept(request, key)
    if found.offer_id:
        offer = found.offer
        subject = _offer(request, offer.deal.number, offer.number)
    else:
        subject = _contract(request, found.contract.number)
    return _show(request, subject, kept=found)


@login_required
@require_POST
def throw(request: HttpRequest, key) -> HttpResponse:
    found = _find_kept(request, key)
    subject = found.offer or found.contract
    services.throw_away(found, actor=request.acting)
    messages.success(request, _("The kept scenario is thrown away."))
    return redirect(_action(subject, ""))
