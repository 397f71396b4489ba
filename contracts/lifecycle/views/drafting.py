"""Steps before the signature: complete, declare, change terms, review, open the notice, decide objections."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.lifecycle import services, working_days
from contracts.lifecycle.completeness import find_missing, notice_days
from contracts.lifecycle.forms import (
    DeclarationForm,
    DraftForm,
    ObjectionDecisionForm,
    ReviewForm,
    RevisionForm,
    WordsForm,
)
from contracts.lifecycle.models import Objection
from contracts.lifecycle.services.review import needs_notice
from contracts.lifecycle.views.contract import lang, reads_objections
from contracts.lifecycle.views.finding import find, opened, step
from contracts.lifecycle.views.proposing import preview_then_send
from marketplace import terms as language
from marketplace.editor.starts import Start
from marketplace.editor.words import in_both, pane
from marketplace.fields import row_number
from marketplace.refusals import Incomplete, TransitionRefused
from marketplace.terms.words import one_line, plain_words


@login_required
def change(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "change")
    offered_under = contract.subject["listing"].get("programme")
    form = DraftForm(
        request.POST or None,
        programme=offered_under,
        initial={
            "pricing_method": contract.pricing_method,
            "text_language": contract.text_language,
            "agreed_effective_on": contract.agreed_effective_on,
            "team_consent_on": contract.team_consent_on or contract.subject["listing"].get("team_consent_on"),
            "outside_programme": contract.programme_id is None,
        },
    )
    return step(
        request,
        contract,
        form,
        lambda given: services.change_draft(contract, actor=request.acting, **given),
        title=_("Complete the draft"),
        lede=_("Parties, subject and terms come from the term sheet; only this is left to say."),
        submit=_("Save"),
        done=_("The draft is saved."),
    )


@login_required
def declare(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "declare")
    return step(
        request,
        contract,
        DeclarationForm(request.POST or None),
        lambda given: services.declare_relation(contract, actor=request.acting, **given),
        title=_("Related-party declaration"),
        lede=_("Each side declares for itself. Related parties may contract, but the notice says so."),
        submit=_("Declare"),
        done=_("Your declaration is on record."),
    )


@login_required
def revise(request: HttpRequest, number: str) -> HttpResponse:
    """Change the terms of the draft in the form of an offer; the licensee must agree."""
    contract = find(request, number)
    opened(request, contract, "revise")
    form = _terms_form(request, contract)
    if (document := form.download()) is not None:
        return document

    def send(terms, given):
        services.revise_terms(contract, actor=request.acting, terms=terms, reason=given["note"])
        return contract

    context, sent = preview_then_send(request, form, contract.terms, send)
    if sent is not None:
        messages.success(request, _("The terms are changed; the licensee is asked to agree."))
        return redirect(sent)
    live = reverse("contract_revise_words", args=[contract.number])
    context |= {"contract": contract, "live": live}
    return render(request, "contracts/lifecycle/terms_revise.html", context)


@login_required
@require_POST
def revise_words(request: HttpRequest, number: str) -> HttpResponse:
    """The plain words and findings alone, while somebody types."""
    contract = find(request, number)
    opened(request, contract, "revise")
    form = _terms_form(request, contract)
    return render(request, "editor/_words.html", {"pane": pane(form), "form": form})


def _terms_form(request: HttpRequest, contract) -> RevisionForm:
    posted = request.method == "POST"
    return RevisionForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        start=Start.of(contract.terms),
        also=partial(language.check_amendment, contract.terms),
    )


@login_required
def revision(request: HttpRequest, number: str) -> HttpResponse:
    """The licensee sees what changed and agrees."""
    contract = find(request, number)
    row = contract.current_terms_row
    if row.agreed_at is not None:
        raise TransitionRefused(_("The changed terms are agreed already."))
    before = next(version for version in contract.versions.all() if version.number == row.number - 1)
    if request.method == "POST":
        version = row_number(request.POST.get("version", "")) or 0
        services.agree_revision(contract, actor=request.acting, version=version)
        messages.success(request, _("The changed terms are agreed."))
        return redirect(contract)
    context = {
        "contract": contract,
        "row": row,
        "changes": in_both(before.agreed_terms, row.agreed_terms),
        "sections": plain_words(row.agreed_terms, lang()),
        "may_agree": request.acting.is_for(contract.licensee) and request.acting.can("offer.accept"),
    }
    return render(request, "contracts/lifecycle/terms_revision.html", context)


@login_required
@require_POST
def submit(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    try:
        services.submit_review(contract, actor=request.acting)
    except Incomplete as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The contract is with the approvers now."))
    return redirect(contract)


@login_required
def review(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "review")
    with_notice = needs_notice(contract)

    def run(given):
        if given["decision"] == "return":
            services.return_draft(contract, actor=request.acting, words=given["words"])
            return
        services.approve(contract, actor=request.acting, words=given["words"])
        if given["decision"] == "notice":
            services.open_notice(contract, actor=request.acting)

    days, source = notice_days(contract)
    return step(
        request,
        contract,
        ReviewForm(request.POST or None, with_notice=with_notice),
        run,
        title=_("Internal review"),
        lede=_("You look at what the drafter sent, and answer for the licensor."),
        submit=_("Send the answer"),
        done=_("Your answer is on record, and the others are told."),
        template="contracts/lifecycle/review_form.html",
        findings=find_missing(contract),
        sections=plain_words(contract.terms, lang()),
        with_notice=with_notice,
        days=days,
        source=source,
        gist=one_line(contract.terms, lang()),
        calendar_note=working_days.note(contract.act_by),
    )


@login_required
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """After the approval, before the notice: back to the drafter after all."""
    contract = find(request, number)
    opened(request, contract, "return")
    form = WordsForm(
        request.POST or None, label=_("What has to change"), help_text=_("The drafter reads it.")
    )
    return step(
        request,
        contract,
        form,
        lambda given: services.return_draft(contract, actor=request.acting, words=given["words"]),
        title=_("Return to the drafter"),
        submit=_("Return to the drafter"),
        done=_("Your answer is on record, and the others are told."),
    )


@login_required
@require_POST
def notice_open(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    notice = services.open_notice(contract, actor=request.acting)
    messages.success(request, _("The notice is public until the end of %(day)s.") % {"day": notice.ends_on})
    return redirect(contract)


@login_required
def objection(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Read an objection with its contact, and decide it; for the licensor's people alone."""
    contract = find(request, number)
    acting = request.acting
    found = Objection.objects.filter(notice__contract=contract, pk=pk).select_related("notice").first()
    if found is None or not reads_objections(contract, acting):
        raise Http404
    decides = (
        acting.can("objection.decide") and found.state == "OPEN" and not contract.was_drafted_by(acting.user)
    )
    form = ObjectionDecisionForm(request.POST or None) if decides else None
    if request.method == "POST" and form is None:
        raise TransitionRefused()
    return step(
        request,
        contract,
        form,
        lambda given: services.decide_objection(found, actor=acting, **given),
        title=_("Objection"),
        lede=_("Decide with a reason; the objector reads it.") if form is not None else "",
        submit=_("Decide"),
        done=_("The decision is on record."),
        template="contracts/lifecycle/objection_decide.html",
        objection=found,
        calendar_note=working_days.note(found.decide_by),
    )


@login_required
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "withdraw")
    form = WordsForm(request.POST or None, label=_("Why"), help_text=_("The other side reads it."))
    return step(
        request,
        contract,
        form,
        lambda given: services.withdraw_contract(contract, actor=request.acting, reason=given["words"]),
        title=_("Withdraw the contract"),
        lede=_(
            "The contract ends before it was signed. The term sheet stays: a new contract can be drafted."
        ),
        submit=_("Withdraw"),
        done=_("The contract is withdrawn."),
        danger=True,
    )
