"""Results proposed in answer to needs: the proposer's form, both sides' list, and what the enterprise answers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cms.models import NeedPage
from marketplace.deals import services
from marketplace.deals.forms.proposal import DeclineForm, ProposalForm, TakeUpForm
from marketplace.deals.models import Proposal
from marketplace.deals.models.proposal import LISTING_SHOWN, NEED_SHOWN
from marketplace.deals.services.proposals import is_over, proposable
from marketplace.deals.states import ProposalState
from marketplace.organisations.roles import RESEARCH, Kind
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from marketplace.tables import export

PAGE = 20
KINDS = frozenset({*RESEARCH, Kind.ENTERPRISE})
SORTS = {
    "need": "need__code",
    "listing": "listing__code",
    "state": "state",
    "made": "made_at",
    "settled": "settled_at",
}
LAPSED = "LAPSED"
STATES = [
    ProposalState.choices[0],
    (LAPSED, gettext_lazy("lapsed")),
    *ProposalState.choices[1:],
]


def why_not(need: NeedPage, acting) -> str:
    """Why this visitor cannot propose a result: a code for the page, or "" when nothing is in the way."""
    organisation = acting.organisation
    if acting.is_for(need.organisation):
        return "own"
    if organisation is not None and organisation.kind not in RESEARCH:
        return "wrong_kind"
    if is_over(need):
        return "over"
    if acting.user is None:
        return "anonymous"
    if organisation is None:
        return "no_organisation"
    if not organisation.is_verified:
        return "unverified"
    return "" if acting.can("proposal.make") else "role"


@login_required
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Only own listings that were not proposed for this need yet are offered; `?listing=` chooses one, or leads to
    its proposal."""
    acting = request.acting
    needs = NeedPage.objects.visible_to(acting).live().select_related("organisation")
    need = get_object_or_404(needs, code=code.upper())
    why, form = why_not(need, acting), None
    if not why:
        listings, wanted = (
            proposable(acting.organisation).order_by("code"),
            _word(request.GET.get("listing", "")),
        )
        if request.method == "GET":  # a form sent twice names a listing that is proposed by now
            before = Proposal.objects.filter(need=need, licensor=acting.organisation)
            before = before.exclude(state=ProposalState.WITHDRAWN)
            if wanted and (made := before.filter(listing__code=wanted).first()):
                return redirect(made)
            listings = listings.exclude(pk__in=before.values("listing"))
        chosen = listings.filter(code=wanted).first() if wanted else None
        form = ProposalForm(
            request.POST if request.method == "POST" else None,
            listings=listings,
            initial={"listing": chosen},
        )
        if form.is_bound and form.is_valid():
            try:
                made = services.propose_listing(need, actor=acting, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Proposed. The enterprise is told, and its answer comes here."))
                return redirect(made)
        if not form.is_bound and not listings.exists():
            why, form = "nothing", None
    return render(request, "deals/proposal_form.html", {"need": need, "why": why, "form": form})


@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    acting = request.acting
    if not acting.can("proposal.read") or acting.organisation.kind not in KINDS:
        raise NotPermitted
    rows = _sorted(_filtered(Proposal.objects.visible_to(acting), request), request).with_pages()
    if request.GET.get("export"):
        return export(request, "proposals", _columns(acting.organisation), rows)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, row.partner_for(acting.organisation)) for row in page],
        "states": STATES,
        "proposes": acting.organisation.kind in RESEARCH,
        "filtered": any(request.GET.get(key) for key in ("state", "need", "q")),
    }
    return render(request, "deals/proposal_list.html", context)


def _filtered(rows, request: HttpRequest):
    """Odd values in the address are ignored. Never filtered by who posted a need, and by titles only of published
    pages: the count would tell."""
    asked = request.GET
    if asked.get("state") == ProposalState.OPEN:
        rows = rows.waiting()
    elif asked.get("state") == LAPSED:
        rows = rows.lapsed()
    elif asked.get("state") in ProposalState.values:
        rows = rows.filter(state=asked["state"])
    if code := _word(asked.get("need", "")):
        rows = rows.filter(need__code__iexact=code)
    if text := _word(asked.get("q", "")):
        found = Q(message__icontains=text) | Q(licensor__name_zh__icontains=text)
        for side, shown in (("need", NEED_SHOWN), ("listing", LISTING_SHOWN)):
            found |= Q(**{f"{side}__code__icontains": text})
            for title in ("title_zh", "title_en"):
                found |= shown & Q(**{f"{side}__{title}__icontains": text})
        rows = rows.filter(found | Q(licensor__name_en__icontains=text))
    return rows


def _word(text: str) -> str:
    return text.replace("\x00", "").strip()[:100]


def _sorted(rows, request: HttpRequest):
    sort = request.GET.get("sort", "-made")
    column = SORTS.get(sort.removeprefix("-"), "made_at")
    return rows.order_by(f"-{column}" if sort.startswith("-") else column, "-id")


def _columns(organisation) -> list:
    return [
        (_("Need number"), "need.code"),
        (_("Need"), "need_name"),
        (_("Listing number"), "listing.code"),
        (_("Listing"), "listing_name"),
        (_("Other side"), lambda row: row.partner_for(organisation)),
        (_("Why it fits"), "message"),
        (_("State"), "state_words"),
        (_("Proposed on"), "made_at"),
        (_("Settled on"), "settled_at"),
        (_("Reason"), "reason"),
        (_("Deal"), "deal.number"),
    ]


def _find(request: HttpRequest, key) -> Proposal:
    return get_object_or_404(Proposal.objects.visible_to(request.acting).with_pages(), key=key)


@login_required
def proposal(request: HttpRequest, key) -> HttpResponse:
    return _page(request, _find(request, key))


def _page(request: HttpRequest, found: Proposal, **forms) -> HttpResponse:
    acting = request.acting
    is_open = found.state == ProposalState.OPEN
    answers = is_open and acting.is_for(found.licensee) and acting.can("proposal.answer")
    context = {
        "proposal": found,
        "partner": found.partner_for(acting.organisation),
        "proposes": acting.is_for(found.licensor),
        "take_up_form": (forms.get("take_up_form") or TakeUpForm()) if answers and not found.lapsed else None,
        "decline_form": (forms.get("decline_form") or DeclineForm()) if answers else None,
        "may_withdraw": is_open and acting.is_for(found.licensor) and acting.can("proposal.make"),
        "may_enter": found.deal is not None and acting.can("deal.read"),
    }
    return render(request, "deals/proposal_detail.html", context)


def _find_to_answer(request: HttpRequest, key) -> Proposal:
    found = _find(request, key)
    if not request.acting.is_for(found.licensee) or not request.acting.can("proposal.answer"):
        raise NotPermitted
    return found


def _answer(request: HttpRequest, key, service, success: str, **forms) -> HttpResponse:
    """Both answers: `forms` holds one form by the name that the page knows it by; what the service returns is shown
    next. A form that is refused comes back with what was typed."""
    found = _find_to_answer(request, key)
    (form,) = forms.values()
    if form.is_valid():
        try:
            answered = service(found, actor=request.acting, **form.cleaned_data)
        except TransitionRefused as refusal:
            return _settled_already(request, found, refusal)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, success)
            return redirect(answered)
    return _page(request, found, **forms)


@login_required
@require_POST
def take_up(request: HttpRequest, key) -> HttpResponse:
    success = _("Taken up. The institution is told, and its answer comes here.")
    return _answer(request, key, services.take_up_proposal, success, take_up_form=TakeUpForm(request.POST))


@login_required
@require_POST
def decline(request: HttpRequest, key) -> HttpResponse:
    success = _("Declined. The institution is told.")
    return _answer(request, key, services.decline_proposal, success, decline_form=DeclineForm(request.POST))


@login_required
@require_POST
def withdraw(request: HttpRequest, key) -> HttpResponse:
    found = _find(request, key)
    try:
        services.withdraw_proposal(found, actor=request.acting)
    except TransitionRefused as refusal:
        return _settled_already(request, found, refusal)
    messages.success(request, _("The proposal is withdrawn. The enterprise is told."))
    return redirect(found)


def _settled_already(request: HttpRequest, found: Proposal, refusal: TransitionRefused) -> HttpResponse:
    """A second click, or the other side was quicker: the page says how it stands."""
    messages.info(request, refusal.message)
    return redirect(found)
