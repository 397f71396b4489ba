"""The list of contracts, and one contract with its road, its tabs and what can be done."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.lifecycle import services, working_days
from contracts.lifecycle.actions import actions_for, fact_actions, open_breaches
from contracts.lifecycle.completeness import Finding, find_missing, notice_days
from contracts.lifecycle.forms import ListFilter, scope_words
from contracts.lifecycle.history import history_of
from contracts.lifecycle.models import ContractAnnex, ContractDocument, LicenceContract, Objection
from contracts.lifecycle.road import road
from contracts.lifecycle.services.signing import living_signatures
from contracts.lifecycle.states import BEFORE_SIGNATURE, Side, State
from contracts.lifecycle.views.finding import find
from contracts.lifecycle.waits import EXPLAINED, PREFETCH, waits_of
from contracts.lifecycle.words import event_label, silence_words
from marketplace.clock import ZONE, today
from marketplace.deals.models import Deal, TermSheet
from marketplace.tables import export
from marketplace.terms.words import one_line, plain_words

PER_PAGE = 20
SORTS = {
    "number": "number",
    "state": "state",
    "due": "act_by",
    "effective": "effective_on",
    "end": "term_ends_on",
    "trial": "trial_ends_on",
}
TABS = ("overview", "terms", "documents", "facts", "history")
IN_WORKING_DAYS = (State.INTERNAL_REVIEW, State.OBJECTION)  # states whose deadline is counted in working days
PRIVATE_TO_PARTIES = (ContractDocument.Kind.DELIVERY, ContractDocument.Kind.EVIDENCE)


def lang() -> str:
    return get_language() or "zh-hans"


def _filtered(request: HttpRequest, contracts):
    given = ListFilter(request.GET)
    given.is_valid()
    wanted = given.cleaned_data
    if q := (wanted.get("q") or "").strip():
        contracts = contracts.filter(
            Q(number__icontains=q)
            | Q(subject__listing__title_zh__icontains=q)
            | Q(subject__listing__title_en__icontains=q)
            | Q(licensor__name_zh__icontains=q)
            | Q(licensor__name_en__icontains=q)
            | Q(licensee__name_zh__icontains=q)
            | Q(licensee__name_en__icontains=q)
        )
    if wanted.get("state"):
        contracts = contracts.filter(state=wanted["state"])
    if side := wanted.get("side"):
        contracts = contracts.filter(**{side.lower(): request.acting.organisation})
    sort = request.GET.get("sort", "")
    field = SORTS.get(sort.lstrip("-"))
    if field:
        contracts = contracts.order_by(f"-{field}" if sort.startswith("-") else field, "-id")
    return contracts, wanted.get("next")


@login_required
def contracts(request: HttpRequest) -> HttpResponse:
    acting = request.acting
    if acting.is_operator:
        return _watched(request)
    found = LicenceContract.objects.visible_to(acting).with_parties()
    found = found.select_related("wind_down").prefetch_related(*PREFETCH)
    found, who = _filtered(request, found)
    if who:
        # Whose turn it is follows from several tables, so it is decided on the rows themselves.
        found = [row for row in found if _waits_for(row, acting) == who]
    if request.GET.get("export"):
        columns = [
            (_("Number"), "number"),
            (_("Result"), "title"),
            (_("Licensor"), "licensor.name"),
            (_("Licensee"), "licensee.name"),
            (_("State"), "get_state_display"),
            (_("Effective from"), "effective_on"),
            (_("Last day of free use"), "trial_ends_on"),
            (_("Last day of the licence"), "term_ends_on"),
            (_("Next step"), lambda row: _next_words(row)),
            (_("Due on"), lambda row: _next_day(row)),
        ]
        return export(request, "contracts", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, next(iter(waits_of(row)), None), _waits_for(row, acting)) for row in page],
        "states": State.choices,
        "filtered": any(request.GET.get(name) for name in ("q", "state", "side", "next")),
        "today": today(),
    }
    return render(request, "contracts/lifecycle/contract_list.html", context)


def _waits_for(contract: LicenceContract, acting) -> str:
    """me, them or nobody."""
    sides = {side for wait in waits_of(contract) for side in wait.sides}
    if contract.side_of(acting.organisation) in sides:
        return "me"
    return "them" if sides else ""


def _next_words(contract: LicenceContract) -> str:
    wait = next(iter(waits_of(contract)), None)
    if wait is None:
        return ""
    return " · ".join([*(str(side.label) for side in wait.sides), str(wait.what)])


def _next_day(contract: LicenceContract):
    wait = next(iter(waits_of(contract)), None)
    return wait.due_on if wait else None


def _watched(request: HttpRequest) -> HttpResponse:
    """The operator sees states only."""
    found = LicenceContract.objects.watched_by(request.acting).with_parties()
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.filter(state=state)
    sort = request.GET.get("sort", "")
    field = SORTS.get(sort.lstrip("-"))
    if field:
        found = found.order_by(f"-{field}" if sort.startswith("-") else field, "-id")
    if request.GET.get("export"):
        columns = [
            (_("Number"), "number"),
            (_("Licensor"), "licensor.name"),
            (_("Licensee"), "licensee.name"),
            (_("Programme"), lambda row: row.programme.name if row.programme else ""),
            (_("State"), "get_state_display"),
            (_("Since"), lambda row: row.state_since.astimezone(ZONE).date()),
        ]
        return export(request, "contracts", columns, found)
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "states": State.choices,
    }
    return render(request, "contracts/lifecycle/contract_watch_list.html", context)


@login_required
def contract(request: HttpRequest, number: str) -> HttpResponse:
    if request.acting.is_operator:
        watched = LicenceContract.objects.watched_by(request.acting).with_parties()
        found = get_object_or_404(watched, number=number)
        return render(request, "contracts/lifecycle/contract_watch.html", {"contract": found})
    found = find(request, number)
    tab = request.GET.get("tab", "overview")
    if tab not in TABS:
        tab = "overview"
    acting = request.acting
    side = found.side_of(acting.organisation)
    context = {
        "contract": found,
        "side": side,
        "tab": tab,
        "tabs": [(key, label) for key, label in _tab_labels()],
        "road": road(found),
        "explained": EXPLAINED[State(found.state)],
        "waits": [(wait, side in wait.sides) for wait in waits_of(found)],
        "calendar_note": working_days.note(found.act_by) if found.state in IN_WORKING_DAYS else "",
        "actions": actions_for(found, acting),
        "gist": one_line(found.terms, lang()),
        # Once it is in effect, reports and money come before papers: on a phone the second column comes last.
        "money_first": found.effective_on is not None and tab == "overview",
        "today": today(),
        "breaches": open_breaches(found),
        "disputed_by_us": found.disputed and found.dispute_side == side,
        **_TABS[tab](found, acting, side),
    }
    return render(request, f"contracts/lifecycle/contract_{tab}.html", context)


def _tab_labels():
    return (
        ("overview", _("Overview")),
        ("terms", _("Terms")),
        ("documents", _("Documents")),
        ("facts", _("Facts and breaches")),
        ("history", _("History")),
    )


def _overview(contract: LicenceContract, acting, side) -> dict:
    before = contract.state in BEFORE_SIGNATURE
    drafting = contract.state == State.DRAFT
    days, source = notice_days(contract)
    trial = contract.terms.trial
    reads_reviews = side == Side.LICENSOR or acting.is_for(contract.drafted_for)
    return {
        "findings": _to_mend(contract, acting) if drafting else [],
        "declarations": contract.declarations.all() if before else [],
        "notices": contract.notices.select_related("amendment"),
        "objections": _objections(contract, acting),
        "notice_days": days,
        "notice_source": source,
        "reviews": contract.reviews.select_related("reviewed_by")[:5] if before and reads_reviews else [],
        "signatures": living_signatures(contract),
        "document": services.document_to_sign(contract),
        "scope": scope_words(trial.permitted) if trial else [],
        "silence": silence_words(trial.on_silence) if trial and contract.terms.has_option else "",
        "extensions": contract.extensions.all(),
        "delivery": contract.deliveries.prefetch_related("documents").last(),
        "may_read_delivery": side != Side.AGENCY,
        "tracks": contract.compliance.all(),
        "may_record": side == Side.LICENSOR and acting.can("registration.record"),
        "wind_down": getattr(contract, "wind_down", None),
        "decision": getattr(contract, "decision", None),
    }


def reads_objections(contract: LicenceContract, acting) -> bool:
    """The licensor's people who decide about objections, or open notices."""
    return acting.is_for(contract.licensor) and (acting.can("objection.decide") or acting.can("notice.open"))


def _objections(contract: LicenceContract, acting) -> QuerySet[Objection]:
    if not reads_objections(contract, acting):
        return Objection.objects.none()
    return Objection.objects.filter(notice__contract=contract).select_related("notice").order_by("-pk")


def _to_mend(contract: LicenceContract, acting) -> list[tuple[Finding, str]]:
    """What keeps the draft from review, each with the page on which this person can mend it, or ""."""
    pages = {
        f"contract_{action.key}": action.url for action in actions_for(contract, acting) if not action.effect
    }
    declares = f"declaration_{str(contract.side_of(acting.organisation)).lower()}"
    found = []
    for finding in find_missing(contract):
        theirs = finding.where == "contract_declare" and finding.code != declares
        found.append((finding, "" if theirs else pages.get(finding.where, "")))
    return found


def _terms(contract: LicenceContract, acting, side) -> dict:
    row = contract.current_terms_row
    other = "en" if not lang().startswith("en") else "zh-hans"
    return {
        "row": row,
        "sections": plain_words(row.agreed_terms, lang()),
        "other_sections": plain_words(row.agreed_terms, other),
        "other_lang": other,
        "versions": contract.versions.all(),
        "amendments": contract.amendments.all(),
        "annexes": ContractAnnex.objects.visible_to(acting).filter(contract=contract),
    }


def _documents(contract: LicenceContract, acting, side) -> dict:
    return {"documents": visible_documents(contract, side)}


def visible_documents(contract: LicenceContract, side):
    """Technical material and evidence are for the two parties; everything else for all who sign."""
    rows = contract.documents.order_by("-id")
    return rows.exclude(kind__in=PRIVATE_TO_PARTIES) if side == Side.AGENCY else rows


def _facts(contract: LicenceContract, acting, side) -> dict:
    rows = contract.facts.select_related("evidence", "replaced_by", "replaces").order_by("-on", "-id")
    return {
        "facts": [
            {"row": row, "label": event_label(row.name), "may": fact_actions(row, contract, acting)}
            for row in rows
        ],
        "may_read_evidence": side != Side.AGENCY,
        "all_breaches": contract.breaches.all(),
    }


def _history(contract: LicenceContract, acting, side) -> dict:
    return {"entries": history_of(contract, acting)}


_TABS = {
    "overview": _overview,
    "terms": _terms,
    "documents": _documents,
    "facts": _facts,
    "history": _history,
}


@login_required
def document(request: HttpRequest, number: str, pk: int) -> FileResponse:
    found = find(request, number)
    paper = visible_documents(found, found.side_of(request.acting.organisation)).filter(pk=pk).first()
    if paper is None:
        raise Http404
    inline = paper.name.lower().endswith(".pdf") and "download" not in request.GET
    response = FileResponse(paper.file.open("rb"), as_attachment=not inline, filename=paper.name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-SHA256"] = paper.sha256
    return response


@login_required
@require_POST
def draft(request: HttpRequest, deal: str) -> HttpResponse:
    """Make the contract of a deal's term sheet, or go to the one that is there. Who says with it that the parties
    are related comes to the page that asks in what way."""
    visible = Deal.objects.visible_to(request.acting)
    sheet = get_object_or_404(TermSheet.objects.filter(deal__in=visible), deal__number=deal)
    there = sheet.contracts.exclude(state=State.WITHDRAWN).first()
    if there is not None:
        return redirect(there)
    answer = request.POST.get("is_related", "")
    made = services.draft_contract(sheet, actor=request.acting, unrelated=answer == "no")
    return redirect("contract_declare", made.number) if answer == "yes" else redirect(made)
