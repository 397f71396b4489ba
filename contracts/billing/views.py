from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.billing import services
from contracts.billing.charge_views import contract_of_party
from contracts.billing.closing.models import InvoiceDraft
from contracts.billing.documents import remittance_qr, remittance_text
from contracts.billing.forms import CreditNoteForm, PolicyForm, RedLetterForm, TaxInvoiceForm, VatForm
from contracts.billing.invoicing import (
    issue_credit_note,
    issue_papers,
    left_to_credit,
    note_red_letter,
    note_tax_invoice,
)
from contracts.billing.models import BillingDocument, BillingPolicy, CreditNote, Invoice
from contracts.payments.queries import annotate_balances, life_of
from contracts.payments.states import PaidState
from contracts.rating.working import read_working, sentences
from marketplace import tables
from marketplace.clock import today
from marketplace.held import tell_errors, tell_refusal
from marketplace.money import Money
from marketplace.refusals import Refused

PER_PAGE = 20
INVOICE_SORTS = {"number", "issued_on", "due_on", "total_minor"}


@login_required
@require_POST
def issue(request, number):
    contract = contract_of_party(request, number)
    issued = issue_papers(contract, actor=request.acting, with_carried=bool(request.POST.get("with_carried")))
    if issued:
        numbers = ", ".join(paper.number for paper in issued)
        messages.success(request, _("Issued: %(numbers)s") % {"numbers": numbers})
        if len(issued) == 1:
            return redirect(issued[0])
    else:
        messages.info(request, _("There was nothing to invoice."))
    return redirect("charges", number=contract.number)


@login_required
def invoices(request):
    found = annotate_balances(
        Invoice.objects.visible_to(request.acting).select_related("contract", "issuer", "payer", "document")
    )
    wanted = request.GET.get("state", "")
    if wanted == "open":
        found = found.filter(open_minor__gt=0)
    elif wanted == "overdue":
        found = found.filter(open_minor__gt=0, due_on__lt=today())
    elif wanted == "paid":
        found = found.filter(open_minor__lte=0, written_off_minor=0, paid_minor__gt=0)
    elif wanted == "part":
        found = found.filter(open_minor__gt=0, paid_minor__gt=0)
    elif wanted == "credited":
        found = found.filter(open_minor__lte=0, written_off_minor=0, paid_minor=0)
    elif wanted == "written_off":
        found = found.filter(written_off_minor__gt=0)
    elif wanted == "unsent":
        found = found.filter(document=None)
    contract = request.GET.get("contract", "")
    if contract:
        found = found.filter(contract__number=contract)
    sort = request.GET.get("sort", "-issued_on")
    found = found.order_by(sort if sort.lstrip("-") in INVOICE_SORTS else "-issued_on", "-id")
    if request.GET.get("export"):
        columns = [
            (_("Number"), "number"),
            (_("Contract"), "contract.number"),
            (_("Issuer"), "issuer.name"),
            (_("Payer"), "payer.name"),
            (_("Issued on"), "issued_on"),
            (_("Due on"), "due_on"),
            (_("Total"), lambda row: Money(row.total_minor, row.currency)),
            (_("Open amount"), lambda row: Money(row.open_minor, row.currency)),
            (_("State"), lambda row: life_of(row).label),
            (_("Sent"), lambda row: row.document.made_at if hasattr(row, "document") else None),
            (_("Tax invoice"), "tax_invoice_number"),
        ]
        return tables.export(request, "invoices", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.life = life_of(row)
    context = {
        "page_obj": page,
        "state": wanted,
        "drafts": InvoiceDraft.objects.visible_to(request.acting).filter(state="OPEN").count(),
        "states": [
            ("open", _("open")),
            ("overdue", _("overdue")),
            ("part", PaidState.PART_PAID.label),
            ("paid", _("paid")),
            ("credited", PaidState.CREDITED.label),
            ("written_off", PaidState.WRITTEN_OFF.label),
            ("unsent", PaidState.FINALISED.label),
        ],
    }
    return render(request, "contracts/billing/invoice_list.html", context)


@login_required
def invoice(request, pk):
    visible = annotate_balances(
        Invoice.objects.visible_to(request.acting).select_related("contract", "issuer", "payer", "document")
    )
    found = get_object_or_404(visible, pk=pk)
    language = get_language() or "zh-hans"
    lines = [
        {
            "line": line,
            "text": line.text_en if language.startswith("en") else line.text_zh,
            "sentences": sentences(read_working(line.charge.working), language)
            if line.charge.working
            else [],
        }
        for line in found.lines.select_related("charge")
    ]
    issuer = request.acting.is_for(found.issuer) and request.acting.can("invoice.issue")
    context = {
        "invoice": found,
        "lines": lines,
        "credit_notes": found.credit_notes.select_related("document"),
        "remittance": remittance_text(found),
        "qr": mark_safe(remittance_qr(found, is_scalable=True)) if found.open_minor > 0 else "",
        "life": life_of(found),
        "sent_at": found.document.made_at if hasattr(found, "document") else None,
        "credit_form": CreditNoteForm() if issuer and left_to_credit(found) else None,
        "tax_form": TaxInvoiceForm(initial={"number": found.tax_invoice_number}) if issuer else None,
    }
    return render(request, "contracts/billing/invoice_detail.html", context)


def _serve(document: BillingDocument | None, name: str, back):
    if document is None:
        return None
    return FileResponse(
        document.file.open("rb"), as_attachment=False, filename=f"{name}.pdf", content_type="application/pdf"
    )


@login_required
def invoice_pdf(request, pk):
    found = get_object_or_404(Invoice.objects.visible_to(request.acting), pk=pk)
    document = BillingDocument.objects.filter(invoice=found).first()
    response = _serve(document, found.number, found)
    if response is None:
        messages.info(request, _("The PDF is being made; try again in a moment."))
        return redirect(found)
    return response


@login_required
def credit_note(request, pk):
    visible = CreditNote.objects.filter(invoice__in=Invoice.objects.visible_to(request.acting))
    found = get_object_or_404(visible.select_related("invoice", "invoice__contract"), pk=pk)
    red = found.red_letters.first()
    issuer = request.acting.is_for(found.issuer) and request.acting.can("invoice.issue")
    initial = {"reference": red.reference, "tax_invoice_number": red.tax_invoice_number} if red else None
    context = {
        "note": found,
        "lines": found.lines.all(),
        "red": red,
        "red_form": RedLetterForm(initial=initial) if issuer else None,
    }
    return render(request, "contracts/billing/credit_note_detail.html", context)


@login_required
@require_POST
def red_letter(request, pk):
    visible = CreditNote.objects.filter(invoice__in=Invoice.objects.visible_to(request.acting))
    found = get_object_or_404(visible.select_related("issuer"), pk=pk)
    form = RedLetterForm(request.POST)
    if form.is_valid():
        note_red_letter(found, actor=request.acting, **form.cleaned_data)
        messages.success(request, _("The reference was noted."))
    else:
        tell_errors(request, form, _("Enter the reference of the red-letter confirmation."))
    return redirect(found)


@login_required
def credit_note_pdf(request, pk):
    visible = CreditNote.objects.filter(invoice__in=Invoice.objects.visible_to(request.acting))
    found = get_object_or_404(visible, pk=pk)
    response = _serve(BillingDocument.objects.filter(credit_note=found).first(), found.number, found)
    if response is None:
        messages.info(request, _("The PDF is being made; try again in a moment."))
        return redirect(found)
    return response


@login_required
@require_POST
def credit(request, pk):
    found = get_object_or_404(Invoice.objects.visible_to(request.acting), pk=pk)
    form = CreditNoteForm(request.POST)
    if form.is_valid():
        try:
            note = issue_credit_note(
                found,
                actor=request.acting,
                price_minor=form.cleaned_data["price"],
                reason=form.cleaned_data["reason"],
            )
        except Refused as refusal:
            tell_refusal(request, form, refusal.message)
        else:
            messages.success(request, _("Credit note %(number)s was issued.") % {"number": note.number})
            return redirect(note)
    else:
        tell_errors(request, form)
    return redirect(found)


@login_required
@require_POST
def tax_invoice(request, pk):
    found = get_object_or_404(Invoice.objects.visible_to(request.acting), pk=pk)
    form = TaxInvoiceForm(request.POST)
    if form.is_valid():
        note_tax_invoice(found, actor=request.acting, number=form.cleaned_data["number"])
        messages.success(request, _("The number was noted."))
    else:
        tell_errors(request, form, _("Enter the number of the tax invoice."))
    return redirect(found)


@login_required
def settings(request):
    """How the acting organisation bills: automatic approval, VAT rates with their sources."""
    organisation = request.acting.organisation
    if organisation is None or not request.acting.can("invoice.issue") or not organisation.is_research:
        return redirect("desk")
    policy_form = PolicyForm(
        initial=BillingPolicy.objects.filter(organisation=organisation)
        .values("approve_automatically", "carry_below_minor", "grace_days")
        .first()
    )
    vat_form = VatForm(initial={"valid_from": today()})
    if request.method == "POST" and request.POST.get("what") == "policy":
        policy_form = PolicyForm(request.POST)
        if policy_form.is_valid():
            services.set_policy(
                actor=request.acting,
                automatic=policy_form.cleaned_data["approve_automatically"],
                carry_below_minor=policy_form.cleaned_data["carry_below_minor"] or 0,
                grace_days=policy_form.cleaned_data["grace_days"] or 0,
            )
            messages.success(request, _("Saved."))
            return redirect(reverse("billing_settings"))
    elif request.method == "POST":
        vat_form = VatForm(request.POST)
        if vat_form.is_valid():
            services.record_vat_rate(actor=request.acting, **vat_form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(reverse("billing_settings"))
    context = {
        "policy_form": policy_form,
        "vat_form": vat_form,
        "rates": organisation.vat_rates.all(),
    }
    return render(request, "contracts/billing/settings.html", context)
