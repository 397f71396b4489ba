"""How views find a contract and run a step."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from contracts.lifecycle.actions import Action, actions_for
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.waits import PREFETCH
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused


def find(request: HttpRequest, number: str) -> LicenceContract:
    """A contract that the acting organisation is a party to; else 404."""
    contracts = LicenceContract.objects.visible_to(request.acting).with_parties()
    contracts = contracts.select_related("decision", "wind_down", "term_sheet").prefetch_related(
        *PREFETCH, "notices", "signatures__organisation"
    )
    return get_object_or_404(contracts, number=number)


def opened(request: HttpRequest, contract: LicenceContract, key: str) -> Action:
    """The action that a form's page is for. Raises TransitionRefused when nobody can take it now, and
    NotPermitted when only this person cannot."""
    found = next((action for action in actions_for(contract, request.acting) if action.key == key), None)
    if found is None:
        if request.method == "GET" and not _has_any_right(request.acting):
            raise NotPermitted()
        raise TransitionRefused()
    return found


def _has_any_right(acting) -> bool:
    """Whether somebody acts on contracts at all, rather than only reading them."""
    return any(
        acting.can(permission)
        for permission in (
            "contract.draft",
            "contract.declare",
            "contract.review",
            "fact.record",
            "contract.sign",
        )
    )


def step(
    request: HttpRequest,
    contract: LicenceContract,
    form,
    run: Callable[[dict], object],
    *,
    title: str,
    submit: str,
    done: str,
    lede: str = "",
    danger: bool = False,
    template: str = "contracts/lifecycle/step_form.html",
    to=None,
    **context,
) -> HttpResponse:
    """Show a step's form, or run the step and go back to the contract. A refusal stands above the form."""
    if request.method == "POST" and form.is_valid():
        try:
            run(form.cleaned_data)
        except Incomplete as refusal:
            for line in [refusal.message, *refusal.missing]:
                form.add_error(None, line)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, done)
            return redirect(to or contract)
    page = {
        "contract": contract,
        "form": form,
        "title": title,
        "lede": lede,
        "submit": submit,
        "danger": danger,
        **context,
    }
    return render(request, template, page, status=200)


def child(rows, pk: int):
    """One of a contract's rows; 404 for another contract's."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
