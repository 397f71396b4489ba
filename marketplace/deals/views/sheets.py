"""The term sheet: page, JSON and PDF. Commission and contributor shares are no part of it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from marketplace.bilingual import stated
from marketplace.deals import reading
from marketplace.deals.models import Deal, TermSheet
from marketplace.deals.views.finding import find
from marketplace.documents import render_pdf
from marketplace.programmes.models import PilotProgramme
from marketplace.terms.words import one_line, plain_words


def _find(request: HttpRequest, number: str) -> tuple[Deal, object, TermSheet]:
    deal, stands = find(request, number)
    sheet = get_object_or_404(TermSheet.objects.select_related("offer", "deal"), deal=deal)
    return deal, stands, sheet


@login_required
def term_sheet(request: HttpRequest, number: str) -> HttpResponse:
    deal, stands, sheet = _find(request, number)
    terms = sheet.agreed_terms
    context = {
        "deal": deal,
        "stands": stands,
        "sheet": sheet,
        "intact": sheet.is_intact(),
        "gist": one_line(terms, reading.lang()),
        "both": _in_both(terms),
        "acceptances": sheet.offer.acceptances.select_related("organisation", "accepted_by"),
        "snapshot": sheet.snapshot,
        "programme": PilotProgramme.objects.filter(code=sheet.snapshot["listing"].get("programme")).first(),
        "parties": _parties(sheet),
        "contributors": reading.contributors(deal, request.acting),
        "commissions": [c for c in reading.commissions(deal, request.acting) if c.state == "AGREED"],
    }
    return render(request, "deals/term_sheet.html", context)


def _in_both(terms) -> list[tuple[str, str, list]]:
    """The plain words in both languages, the reader's own first."""
    both = [
        ("zh-Hans", "中文", plain_words(terms, "zh-hans")),
        ("en", "English", plain_words(terms, "en")),
    ]
    return both[::-1] if reading.lang().startswith("en") else both


def _parties(sheet: TermSheet) -> list[tuple[str, str, dict]]:
    """Label, name in the reader's language, and what the sheet states of each party."""
    labels = {"licensor": _("Licensor"), "licensee": _("Licensee"), "agency": _("Agency")}
    parties = [(label, sheet.snapshot[key]) for key, label in labels.items() if sheet.snapshot.get(key)]
    return [(label, stated(party, "name"), party) for label, party in parties]


def document(deal: Deal, sheet: TermSheet) -> dict:
    """What a term sheet states, as plain JSON."""
    return {
        "deal": deal.number,
        "version": sheet.offer.number,
        "agreed_at": sheet.agreed_at.isoformat(),
        "terms": sheet.terms,
        "terms_hash": sheet.terms_hash,
        "snapshot": sheet.snapshot,
        "hash": sheet.hash,
    }


@login_required
def term_sheet_json(request: HttpRequest, number: str) -> HttpResponse:
    deal, _stands, sheet = _find(request, number)
    response = JsonResponse(document(deal, sheet), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{deal.number}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
def term_sheet_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The term sheet on paper in the reader's language; the same sheet gives the same bytes."""
    deal, _stands, sheet = _find(request, number)
    terms, lang = sheet.agreed_terms, reading.lang()
    data = {
        "lang": "en" if lang.startswith("en") else "zh",
        "number": deal.number,
        "agreed_on": sheet.agreed_at.date(),
        "version": sheet.offer.number,
        "gist": one_line(terms, lang),
        "sections": [{"title": part.title, "lines": list(part.lines)} for part in plain_words(terms, lang)],
        "listing": sheet.snapshot["listing"],
        "parties": [{"label": label, **party} for label, _name, party in _parties(sheet)],
        "terms_hash": sheet.terms_hash,
        "hash": sheet.hash,
        "accepted": [
            {"organisation": a.organisation.name, "person": str(a.accepted_by), "at": a.accepted_at}
            for a in sheet.offer.acceptances.select_related("organisation", "accepted_by")
        ],
    }
    pdf = render_pdf("marketplace/term_sheet", data, moment=sheet.agreed_at)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{deal.number}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )
