"""Inbox of gateways: verify the raw body, store it, answer. The task does the work."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from contracts.payments.gateways import stripe
from contracts.payments.gateways.hearing import store_event
from contracts.payments.gateways.models import GatewayAccount

MAX_BODY = 512 * 1024


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest, token: str) -> HttpResponse:
    """410 for an address that is nobody's (any more), 400 for what is not signed with the account's secret, else 200, also for a
    repeat: the sender stops only then."""
    account = GatewayAccount.objects.usable().filter(token=token).first()
    if account is None:
        return HttpResponse(status=410)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return HttpResponse(status=413)
    try:
        event = stripe.read_event(account, request.body, request.headers.get("Stripe-Signature", ""))
    except ValueError:
        return HttpResponse(status=400)
    store_event(account, event)
    return HttpResponse(status=200)
