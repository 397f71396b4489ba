"""Offers: the form with its preview, one version in full, and what can be done with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace import terms as language
from marketplace.deals import drafts, proposals, reading, services
from marketplace.deals.changes import changes_between
from marketplace.deals.forms.offer import OfferForm
from marketplace.deals.models import Deal, Offer
from marketplace.deals.views.finding import find
from marketplace.refusals import Incomplete, Refused
from marketplace.terms.build import TEXT_DEFAULTS
from marketplace.terms.presets import PRESETS
from marketplace.terms.words import one_line, plain_words


def _draft(deal: Deal, offers: list[Offer], start: str) -> tuple[str, drafts.Draft]:
    """The starting point that was asked for, else the last version, else the listing's own words."""
    kind, _sep, key = start.partition(":")
    if kind == "preset" and key in PRESETS:
        return start, drafts.draft_from_preset(key)
    if kind == "offer" and key.isascii() and key.isdigit():
        chosen = next((offer for offer in offers if offer.number == int(key)), None)
        if chosen is not None:
            return start, drafts.draft_of(chosen.agreed_terms)
    if start == "listing" or not offers:
        return "listing", drafts.draft_from_listing(deal.listing)
    return f"offer:{offers[-1].number}", drafts.draft_of(offers[-1].agreed_terms)


def _form(request: HttpRequest, deal: Deal, offers: list[Offer]) -> tuple[OfferForm, drafts.Draft, str]:
    posted = request.method == "POST"
    asked = (request.POST if posted else request.GET).get("start", "")[:40]
    start, draft = _draft(deal, offers, asked)
    inputs, proposed = proposals.fill_in(draft, deal.listing)
    initial = {
        **TEXT_DEFAULTS,
        **inputs,
        "seen": offers[-1].number if offers else 0,
        "start": start,
    }
    form = OfferForm(request.POST if posted else None, initial=initial, base=draft.base, proposals=proposed)
    return form, draft, start


@login_required
def offer_new(request: HttpRequest, number: str) -> HttpResponse:
    deal, stands = find(request, number)
    if not deal.is_open or stands.speaks_for is None or not request.acting.can("offer.make"):
        raise Http404
    offers = reading.versions(deal)
    form, draft, start = _form(request, deal, offers)
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
    context = {
        "deal": deal,
        "stands": stands,
        "form": form,
        "sections": form.sections(),
        "draft": draft,
        "start": start,
        "offers": offers,
        "starts": _starts(offers),
        "preview": preview,
        "binds": stands.is_party and request.acting.can("offer.accept"),
    }
    return render(request, "deals/offer_form.html", context)


def _starts(offers: list[Offer]) -> list[tuple[str, str]]:
    """What a draft may begin from: the newest version first, then the listing, then the ready forms."""
    return [
        *(
            (f"offer:{offer.number}", _("version %(number)s") % {"number": offer.number})
            for offer in reversed(offers)
        ),
        ("listing", _("the listing's own words")),
        *((f"preset:{key}", ready.title(reading.lang())) for key, ready in PRESETS.items()),
    ]


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
        "both": [
            ("zh-Hans", "中文", one_line(form.terms, "zh-hans"), plain_words(form.terms, "zh-hans")),
            ("en", "English", one_line(form.terms, "en"), plain_words(form.terms, "en")),
        ],
        "before": table,
        "changes": changes_between(table.agreed_terms if table else None, form.terms, reading.lang()),
        "same": table is not None and table.terms_hash == language.hash_of(form.terms),
        "warnings": form.warnings,
        "hash": language.hash_of(form.terms),
    }


@login_required
@require_POST
def offer_preview(request: HttpRequest, number: str) -> HttpResponse:
    """The preview alone, for pages that show it while somebody types; says what is missing instead of failing."""
    deal, stands = find(request, number)
    if stands.speaks_for is None:
        raise Http404
    offers = reading.versions(deal)
    form, _draft_used, _start = _form(request, deal, offers)
    preview = _preview(form, offers) if form.is_valid() else None
    return render(request, "deals/_offer_preview.html", {"preview": preview, "form": form, "live": True})


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
    deal, stands, offers, shown = _find_offer(request, number, version)
    asked = request.GET.get("with", "")
    others = [one for one in offers if one.number != shown.number]
    chosen = next((one for one in others if str(one.number) == asked), None)
    if chosen is None:
        chosen = next((one for one in reversed(others) if one.number < shown.number), None)
    context = {
        "deal": deal,
        "stands": stands,
        "offer": shown,
        "gist": reading.gist(shown),
        "sections": reading.words(shown),
        "others": others,
        "compared": chosen,
        "changes": reading.changes(chosen, shown),
        "row": next(row for row in reading.version_rows(deal, offers) if row.offer == shown),
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
