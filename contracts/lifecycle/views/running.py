"""Steps after the signature: deliver, extend, decide, facts, breach, exit, compliance."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from contracts.lifecycle import services
from contracts.lifecycle.forms import (
    AnswerForm,
    BreachForm,
    DecisionForm,
    DeliveryForm,
    ExtensionForm,
    FactForm,
    InvalidForm,
    StopConfirmForm,
    StopForm,
    TrackForm,
    WordsForm,
)
from contracts.lifecycle.models import ContractFact
from contracts.lifecycle.services.advance import binding_elements
from contracts.lifecycle.services.breach import cure_days
from contracts.lifecycle.states import Side
from contracts.lifecycle.views.finding import child, find, opened, step
from contracts.lifecycle.views.signing import proof_of
from contracts.lifecycle.words import event_label, silence_words
from marketplace.fields import row_number
from marketplace.refusals import NotPermitted


@login_required
def deliver(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "deliver")
    form = DeliveryForm(request.POST or None, request.FILES or None)
    return step(
        request,
        contract,
        form,
        lambda given: services.deliver(contract, actor=request.acting, **given),
        title=_("State the delivery"),
        lede=_("List what the licensee received; files laid here are read by the two parties alone."),
        submit=_("State the delivery"),
        done=_("The licensee is asked to accept the delivery."),
    )


@login_required
@require_POST
def delivery_accept(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    services.accept_delivery(contract, actor=request.acting)
    messages.success(request, _("The delivery is accepted."))
    return redirect(contract)


@login_required
def delivery_reject(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "reject")
    form = WordsForm(
        request.POST or None,
        label=_("What is missing"),
        help_text=_("The licensor reads it and delivers again."),
    )
    return step(
        request,
        contract,
        form,
        lambda given: services.reject_delivery(contract, actor=request.acting, reason=given["words"]),
        title=_("Say what is missing"),
        submit=_("Do not accept"),
        done=_("The licensor is told what is missing."),
    )


@login_required
def extension(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "extend")
    form = ExtensionForm(request.POST or None, most=contract.terms.trial.extension_months)
    return step(
        request,
        contract,
        form,
        lambda given: services.ask_extension(contract, actor=request.acting, **given),
        title=_("Ask for an extension"),
        lede=_("The licensor answers. Without an answer the last day of free use stays as it is."),
        submit=_("Ask"),
        done=_("The licensor is asked."),
    )


@login_required
def extension_answer(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "answer_extension")
    asked = child(contract.extensions.all(), pk)
    return step(
        request,
        contract,
        AnswerForm(request.POST or None),
        lambda given: services.answer_extension(asked, actor=request.acting, **given),
        title=_("Answer the request for an extension"),
        lede=ngettext(
            "%(months)s month is asked for: %(reason)s",
            "%(months)s months are asked for: %(reason)s",
            asked.months,
        )
        % {"months": asked.months, "reason": asked.reason},
        submit=_("Send the answer"),
        done=_("Your answer is on record."),
    )


@login_required
@reauthentication_required(allow_get=True)
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Convert or not. Sending the form asks for the password (or second factor) again: it may bind."""
    contract = find(request, number)
    opened(request, contract, "decide")
    return step(
        request,
        contract,
        DecisionForm(request.POST or None),
        lambda given: services.decide(contract, actor=request.acting, proof=proof_of(request), **given),
        title=_("Decide"),
        lede=_("Until the end of %(day)s. You are asked for your password or second factor.")
        % {"day": contract.trial_ends_on},
        submit=_("Put the decision on record"),
        done=_("The decision is on record, and the others are told."),
        template="contracts/lifecycle/decision_form.html",
        binding=bool(binding_elements(contract)),
        silence=silence_words(contract.terms.trial.on_silence) if contract.terms.trial else "",
    )


def _facts_of(contract) -> str:
    return f"{contract.get_absolute_url()}?tab=facts"


@login_required
def fact_new(request: HttpRequest, number: str) -> HttpResponse:
    """Put a fact on record, or, with `replaces`, the right one in the place of a wrong one."""
    contract = find(request, number)
    opened(request, contract, "fact")
    replaces = None
    if number := row_number(request.GET.get("replaces", "")):
        replaces = child(ContractFact.objects.filter(contract=contract), number)
    form = FactForm(
        request.POST or None,
        request.FILES or None,
        contract=contract,
        initial={"event": replaces.name} if replaces else None,
    )

    def run(given):
        services.record_fact(
            contract,
            actor=request.acting,
            name=given["event"],
            on=given["on"],
            words=given["words"],
            evidence=given["evidence"],
            replaces=replaces,
        )

    lede = _("Triggers look at facts: payments may depend on it.")
    if replaces:
        lede = _("Corrects “%(fact)s” of %(day)s; it counts once the other side confirms it.") % {
            "fact": event_label(replaces.name),
            "day": replaces.on,
        }
    return step(
        request,
        contract,
        form,
        run,
        title=_("Record first income or another fact"),
        lede=lede,
        submit=_("Put on record"),
        done=_("The fact is on record. Where it needs the other side, they are asked to confirm it."),
        to=_facts_of(contract),
    )


@login_required
@require_POST
def fact_confirm(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    contract = find(request, number)
    services.confirm_fact(child(contract.facts.all(), pk), actor=request.acting)
    messages.success(request, _("The fact counts now."))
    return redirect(_facts_of(contract))


@login_required
def fact_void(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    contract = find(request, number)
    fact = child(contract.facts.all(), pk)
    form = WordsForm(request.POST or None, label=_("Why"), help_text=_("The other side reads it."))
    return step(
        request,
        contract,
        form,
        lambda given: services.void_fact(fact, actor=request.acting, reason=given["words"]),
        title=_("Declare a fact void"),
        lede=_("“%(fact)s” of %(day)s will not count any more; charges that rested on it are corrected.")
        % {"fact": event_label(fact.name), "day": fact.on},
        submit=_("Declare void"),
        done=_("The fact is void."),
        danger=True,
        to=_facts_of(contract),
    )


@login_required
def breach(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "breach")
    days = [cure_days(contract, kind) for kind in ("PAYMENT", "REPORT", "OTHER")]
    return step(
        request,
        contract,
        BreachForm(request.POST or None),
        lambda given: services.notify_breach(contract, actor=request.acting, **given),
        title=_("Notify a breach"),
        lede=_("Days to cure by the terms: payment %(payment)s, report %(report)s, other %(other)s.")
        % {"payment": days[0], "report": days[1], "other": days[2]},
        submit=_("Notify"),
        done=_("The other side is told what to cure and by when."),
        danger=True,
    )


@login_required
def breach_cure(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "cure")
    found = child(contract.breaches.all(), pk)
    form = WordsForm(request.POST or None, label=_("In words"), required=False)
    return step(
        request,
        contract,
        form,
        lambda given: services.cure_breach(found, actor=request.acting, words=given["words"]),
        title=_("Confirm the cure"),
        lede=found.words,
        submit=_("It is cured"),
        done=_("The breach is settled."),
    )


@login_required
def terminate(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "terminate")
    form = WordsForm(request.POST or None, label=_("Why"), help_text=_("The other side reads it."))
    return step(
        request,
        contract,
        form,
        lambda given: services.terminate(contract, actor=request.acting, reason=given["words"]),
        title=_("Terminate the contract"),
        lede=_(
            "Today becomes the last day of the licence. What is owed stays owed; nothing accrues after today."
        ),
        submit=_("Terminate"),
        done=_("The contract is terminated; it winds down now."),
        danger=True,
    )


@login_required
def invalidate(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "invalidate")

    def run(given):
        services.invalidate(contract, actor=request.acting, on=given["on"], reason=given["words"])

    return step(
        request,
        contract,
        InvalidForm(request.POST or None),
        run,
        title=_("The right is gone"),
        lede=_("A licence holds only while the right lives (Civil Code, art. 865): this ends the contract."),
        submit=_("End the contract"),
        done=_("The contract has ended."),
        danger=True,
    )


@login_required
def dispute(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "dispute")
    form = WordsForm(
        request.POST or None, label=_("What is disputed"), help_text=_("The other side reads it.")
    )
    return step(
        request,
        contract,
        form,
        lambda given: services.raise_dispute(contract, actor=request.acting, reason=given["words"]),
        title=_("Mark the contract as disputed"),
        lede=_("No charges are made until you say that it is settled. The contract's clocks run on."),
        submit=_("Mark as disputed"),
        done=_("The contract is marked as disputed."),
        danger=True,
    )


@login_required
@require_POST
def dispute_settle(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    services.settle_dispute(contract, actor=request.acting)
    messages.success(request, _("The dispute is settled."))
    return redirect(contract)


@login_required
def stop(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "certify")
    return step(
        request,
        contract,
        StopForm(request.POST or None, request.FILES or None),
        lambda given: services.certify_stop(contract, actor=request.acting, **given),
        title=_("Stop-use certificate"),
        lede=_("You certify that your organisation has stopped using the result."),
        submit=_("Send the certificate"),
        done=_("The licensor is asked to confirm the certificate."),
    )


@login_required
def stop_confirm(request: HttpRequest, number: str) -> HttpResponse:
    contract = find(request, number)
    opened(request, contract, "confirm_stop")
    return step(
        request,
        contract,
        StopConfirmForm(request.POST or None),
        lambda given: services.confirm_wind_down(contract, actor=request.acting, **given),
        title=_("Check the stop-use certificate"),
        lede=_("Confirmed, the contract closes once the final report is accepted and everything is paid."),
        submit=_("Send the answer"),
        done=_("Your answer is on record."),
        template="contracts/lifecycle/stop_confirm.html",
        wind_down=contract.wind_down,
    )


@login_required
def track(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Enter number and day of a recordal, registration or filing."""
    contract = find(request, number)
    found = child(contract.compliance.all(), pk)
    if contract.side_of(request.acting.organisation) != Side.LICENSOR or not request.acting.can(
        "registration.record"
    ):
        raise NotPermitted()
    form = TrackForm(request.POST or None, initial={"reference": found.reference, "on": found.done_on})
    return step(
        request,
        contract,
        form,
        lambda given: services.complete_track(found, actor=request.acting, **given),
        title=str(found.get_track_display()),
        lede=_("Enter what the certificate or filing says. The registration decides about VAT."),
        submit=_("Save"),
        done=_("Saved."),
        to=reverse("contract", args=[contract.number]) + "#tracks",
    )
