from django.urls import path

from contracts.billing import charge_views, views
from contracts.billing.closing import views as closing

urlpatterns = [
    path("contracts/<str:number>/charges/", charge_views.charges, name="charges"),
    path("contracts/<str:number>/charges/approve/", charge_views.approve, name="charges_approve"),
    path("contracts/<str:number>/charges/invoice/", views.issue, name="charges_invoice"),
    path("charges/<int:pk>/", charge_views.charge, name="charge"),
    path("contracts/<str:number>/charges/carrying/", charge_views.carrying, name="charges_carrying"),
    path("contracts/<str:number>/charges/trial-run/", charge_views.trial_run, name="charges_trial_run"),
    path("charges/<int:pk>/release/", charge_views.release, name="charge_release"),
    path("charges/<int:pk>/refuse/", charge_views.refuse, name="charge_refuse"),
    path("charges/<int:pk>/dispute/", charge_views.dispute, name="charge_dispute"),
    path("charges/<int:pk>/dispute/withdraw/", charge_views.withdraw_dispute, name="charge_dispute_withdraw"),
    path("charges/<int:pk>/uphold/", charge_views.uphold, name="charge_uphold"),
    path("charges/<int:pk>/waive/", charge_views.waive, name="charge_waive"),
    path("rating-runs/<int:pk>/", charge_views.rating_run, name="rating_run"),
    path("contracts/<str:number>/charges/draft/", closing.draft_open, name="invoice_draft_open"),
    path("invoices/drafts/", closing.drafts, name="invoice_drafts"),
    path("invoices/drafts/<int:pk>/", closing.draft, name="invoice_draft"),
    path("invoices/drafts/<int:pk>/issue/", closing.draft_issue, name="invoice_draft_issue"),
    path("invoices/drafts/<int:pk>/drop/", closing.draft_drop, name="invoice_draft_drop"),
    path("month-ends/", closing.month_ends, name="month_ends"),
    path("month-ends/<int:pk>/", closing.month_end, name="month_end"),
    path("month-ends/<int:pk>/again/", closing.month_end_again, name="month_end_again"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("invoices/<int:pk>/pdf/", views.invoice_pdf, name="invoice_pdf"),
    path("invoices/<int:pk>/credit/", views.credit, name="invoice_credit"),
    path("invoices/<int:pk>/tax-invoice/", views.tax_invoice, name="invoice_tax_number"),
    path("credit-notes/<int:pk>/", views.credit_note, name="credit_note"),
    path("credit-notes/<int:pk>/pdf/", views.credit_note_pdf, name="credit_note_pdf"),
    path("credit-notes/<int:pk>/red-letter/", views.red_letter, name="credit_note_red_letter"),
    path("billing/settings/", views.settings, name="billing_settings"),
]
