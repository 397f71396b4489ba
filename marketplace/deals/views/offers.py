"""Offers: the form with its preview, one version in full, and what can be done with it."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace import terms as language
from marketplace.deals import reading, services, starts
from marketplace.deals.forms.offer import OfferForm
from marketplace.deals.models import Deal, Offer
from marketplace.deals.views.finding import find
from marketplace.editor.chooser import title_of
from marketplace.editor.words import in_both, pane, shown
from marketplace.refusals import Incomplete, Refused


def _form(request: HttpRequest, deal: Deal, offers: list[Offer]) -> tuple[OfferForm, str]:
    posted = request.method == "POST"
    asked = (request.POST if posted else request.GET).get("start", "")[:60]
    key, start = starts.start(deal, offers, asked)
    form = OfferForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        start=start,
        also=partial(starts.beyond_the_rights, deal.listing),
        initial={"seen": offers[-1].number if offers else 0, "start": key},
    )
    return form, key


@login_required
def offer_new(request: HttpRequest, number: str) -> HttpResponse:
    deal, stands = find(request, number)
    if not deal.is_open or stands.speaks_for is None or not request.acting.can("offer.make"):
        raise Http404
    offers = reading.versions(deal)
    form, start = _form(request, deal, offers)
    if (document := form.download()) is not None:
        return document
    preview = None
    if request.method == "POST" and form.is_valid():
        wanted = language.hash_of(form.terms)
        sure = "send" in request.POST and form.cleaned_data["previewed"] == wanted
        if sure and (made := _send(request, deal, form)) is not None:
            return redirect(made)
        preview = _preview(form, offers)
        if "send" in request.POST and not sure:
            messages.info(
                request, _("Something changed since you last looked. Read it once more, then send.")
            )
    groups = starts.choices(deal, offers)
    context = {
        "deal": deal,
        "stands": stands,
        "offers": offers,
        "start": start,
        "starts": groups,
        "begun": title_of(groups, start),
        "choosing": request.method == "GET" and not offers and "start" not in request.GET,
        "preview": preview,
        "live": reverse("offer_preview", args=[deal.number]),
        "binds": stands.is_party and request.acting.can("offer.accept"),
        **shown(form),
    }
    return render(request, "deals/offer_form.html", context)


def _send(request: HttpRequest, deal: Deal, form: OfferForm) -> Deal | None:
    try:
        offer = services.make_offer(
            deal,
            actor=request.acting,
            terms=form.terms,
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        for line in refusal.missing if isinstance(refusal, Incomplete) else ():
            form.add_error(None, line)
        return None
    messages.success(
        request, _("Version %(number)s is on the table; the other side is told.") % {"number": offer.number}
    )
    return deal


def _preview(form: OfferForm, offers: list[Offer]) -> dict:
    table = offers[-1] if offers and not offers[-1].is_withdrawn else None
    return {
        "before": table,
        "changes": in_both(table.agreed_terms, form.terms) if table else [],
        "same": table is not None and table.terms_hash == language.hash_of(form.terms),
        "warnings": form.warnings,
        "hash": language.hash_of(form.terms),
    }


@login_required
@require_POST
def offer_preview(request: HttpRequest, number: str) -> HttpResponse:
    """The words and findings alone, while somebody types; says what is missing instead of failing."""
    deal, stands = find(request, number)
    if stands.speaks_for is None:
        raise Http404
    form, _start = _form(request, deal, reading.versions(deal))
    return render(request, "editor/_words.html", {"pane": pane(form), "form": form})


def _find_offer(request: HttpRequest, number: str, version: int) -> tuple[Deal, object, list[Offer], Offer]:
    deal, stands = find(request, number)
    offers = reading.versions(deal)
    offer = next((one for one in offers if one.number == version), None)
    if offer is None:
        raise Http404
    return deal, stands, offers, offer


@login_required
def offer(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """One version in plain words, beside another one that can be chosen."""
    deal, stands, offers, seen = _find_offer(request, number, version)
    asked = request.GET.get("with", "")
    others = [one for one in offers if one.number != seen.number]
    chosen = next((one for one in others if str(one.number) == asked), None)
    if chosen is None:
        chosen = next((one for one in reversed(others) if one.number < seen.number), None)
    context = {
        "deal": deal,
        "stands": stands,
        "offer": seen,
        "gist": reading.gist(seen),
        "sections": reading.words(seen),
        "others": others,
        "compared": chosen,
        "changes": in_both(chosen.agreed_terms, seen.agreed_terms) if chosen else [],
        "row": next(row for row in reading.version_rows(deal, offers) if row.offer == seen),
    }
    return render(request, "deals/offer_detail.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, number: str, version: int) -> HttpResponse:
    deal, _stands, _offers, chosen = _find_offer(request, number, version)
    sheet = services.accept_offer(chosen, actor=request.acting)
    if sheet is None:
        messages.success(request, _("Accepted for your side. The other side has still to confirm its offer."))
        return redirect(deal)
    messages.success(request, _("Both sides have accepted: here is the term sheet."))
    return redirect(sheet)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str, version: int) -> HttpResponse:
    deal, _stands, _offers, chosen = _find_offer(request, number, version)
    services.withdraw_offer(chosen, actor=request.acting)
    messages.success(request, _("The offer is withdrawn."))
    return redirect(deal)
