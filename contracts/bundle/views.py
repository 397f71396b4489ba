"""The button of a contract's page: the bundle of the reader's own side."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from contracts.bundle import services
from contracts.lifecycle.models import LicenceContract
from marketplace.refusals import Refused


@login_required
@require_POST
def download(request, number):
    contract = get_object_or_404(LicenceContract.objects.visible_to(request.acting), number=number)
    if services.side_for(contract, request.acting) is None:
        raise Http404
    try:
        content = services.export_bundle(contract, actor=request.acting)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(contract)
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{contract.number}-bundle.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer
