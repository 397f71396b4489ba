"""The deal room."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.deals import reading, services
from marketplace.deals.forms.room import CloseForm, FileForm, MessageForm
from marketplace.deals.models import Deal, Proposal
from marketplace.deals.standing import Standing
from marketplace.deals.states import DealState
from marketplace.deals.views.finding import find
from marketplace.editor.words import in_both
from marketplace.refusals import NotPermitted, Refused


@login_required
def deal(request: HttpRequest, number: str) -> HttpResponse:
    watched = Deal.objects.watched_by(request.acting).with_parties().filter(number=number).first()
    if watched is not None:
        return render(request, "deals/deal_watch.html", {"deal": watched})
    found, stands = find(request, number)
    return render(request, "deals/deal_room.html", _room(request, found, stands))


def _room(request: HttpRequest, found: Deal, stands: Standing, **forms) -> dict:
    acting = request.acting
    offers = reading.versions(found)
    table = reading.on_the_table(found, offers)
    said = list(found.messages.select_related("author", "organisation"))
    if said:
        services.mark_seen(found, acting=acting, message_id=said[-1].pk)
    readers = reading.seen_by(found, said, acting.user)
    before = offers[-2] if table and len(offers) > 1 else None
    accepted = {a.side for a in table.acceptances.all()} if table else set()
    may_write = acting.can("deal.write") and found.state != DealState.CLOSED
    who, what = reading.next_words(found, stands, table)
    confidence = reading.confidence(found, acting)
    attachments = list(found.listing.attachments.select_related("document"))
    speaks = stands.speaks_for is not None
    return {
        "deal": found,
        "stands": stands,
        "road": reading.road(found),
        "next_who": who,
        "next_what": what,
        "shut_out": reading.shut_out(found),
        "mine_to_do": reading.waits_for_me(found, stands),
        "versions": reading.version_rows(found, offers),
        "table": table,
        "table_gist": reading.gist(table) if table else "",
        "table_changed": reading.count(reading.changes(before, table)) if table else 0,
        "table_changes": in_both(before.agreed_terms, table.agreed_terms) if table and before else [],
        "before": before,
        "said": [(message, readers.get(message.pk, [])) for message in said],
        "files": list(found.files.select_related("uploaded_by", "organisation")),
        "sheet": reading.sheet_of(found) if found.agreed_at else None,
        "confidence": confidence,
        "proposals": list(Proposal.objects.visible_to(acting).filter(deal=found).select_related("need")),
        "nda_lines": reading.nda_lines(),
        "open_attachments": [a for a in attachments if not a.restricted],
        "restricted_attachments": [a for a in attachments if a.restricted],
        "commissions": reading.commissions(found, acting),
        "invitation": reading.invitation(found) if not found.agency_id else None,
        "contributors": reading.contributors(found, acting) if found.agreed_at else None,
        "may_write": may_write,
        "may_offer": found.is_open and speaks and acting.can("offer.make"),
        "may_accept": bool(
            table
            and found.is_open
            and stands.is_party
            and acting.can("offer.accept")
            and stands.side not in accepted
            and found.listing.live
        ),
        "may_withdraw": bool(
            table
            and found.is_open
            and speaks
            and table.made_for == stands.speaks_for
            and acting.can("offer.make")
            and stands.speaks_for.other not in accepted
        ),
        "may_confirm_nda": may_write and (stands.is_agency or acting.can("offer.accept")),
        "may_close": may_write and speaks,
        "message_form": forms.get("message_form") or MessageForm(),
        "file_form": forms.get("file_form") or FileForm(),
    }


def _find_to_write(request: HttpRequest, number: str) -> tuple[Deal, Standing]:
    found, stands = find(request, number)
    if not request.acting.can("deal.write"):
        raise NotPermitted
    return found, stands


@login_required
@require_POST
def message(request: HttpRequest, number: str) -> HttpResponse:
    found, stands = _find_to_write(request, number)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            services.post_message(
                found,
                actor=request.acting,
                text=form.cleaned_data["text"],
                token=form.cleaned_data["token"],
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect(f"{found.get_absolute_url()}#messages")
    return render(request, "deals/deal_room.html", _room(request, found, stands, message_form=form))


@login_required
@require_POST
def file_add(request: HttpRequest, number: str) -> HttpResponse:
    found, stands = _find_to_write(request, number)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.add_file(
                found,
                actor=request.acting,
                file=form.cleaned_data["file"],
                token=form.cleaned_data["token"],
            )
        except Refused as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect(f"{found.get_absolute_url()}#files")
    return render(request, "deals/deal_room.html", _room(request, found, stands, file_form=form))


def _download(file, name: str, content_type: str) -> FileResponse:
    return FileResponse(
        file,
        as_attachment=True,
        filename=name,
        content_type=content_type,
        headers={"Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox"},
    )


@login_required
def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    found, _stands = find(request, number)
    laid = get_object_or_404(found.files, pk=pk)
    return _download(laid.file.open("rb"), laid.name, laid.content_type)


@login_required
def attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A restricted attachment of the listing, while confidentiality is in force and confirmed by the reader."""
    found, _stands = find(request, number)
    attached = get_object_or_404(found.listing.attachments.select_related("document"), pk=pk)
    own = request.acting.is_for(found.licensor)
    if not own and not reading.confidence(found, request.acting).opens:
        raise Http404
    document = attached.document
    return _download(document.file.open("rb"), document.filename, "application/octet-stream")


@login_required
@require_POST
def nda(request: HttpRequest, number: str) -> HttpResponse:
    found, _stands = find(request, number)
    both = services.set_nda(found, actor=request.acting, confirmed=request.POST.get("confirmed") == "1")
    messages.success(
        request,
        _("Confidentiality is in force now.") if both else _("Noted. The other side is asked as well."),
    )
    return redirect(found)


@login_required
def close(request: HttpRequest, number: str) -> HttpResponse:
    found, stands = find(request, number)
    if stands.speaks_for is None or found.state == DealState.CLOSED:
        raise Http404
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.close_deal(found, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The deal is closed. Everything in it stays readable."))
            return redirect(found)
    return render(request, "deals/deal_close.html", {"deal": found, "form": form})
