from django.urls import path

from contracts.billing import views

urlpatterns = [
    path("contracts/<str:number>/charges/", views.charges, name="charges"),
    path("contracts/<str:number>/charges/approve/", views.approve, name="charges_approve"),
    path("contracts/<str:number>/charges/invoice/", views.issue, name="charges_invoice"),
    path("charges/<int:pk>/", views.charge, name="charge"),
    path("charges/<int:pk>/release/", views.release, name="charge_release"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("invoices/<int:pk>/pdf/", views.invoice_pdf, name="invoice_pdf"),
    path("invoices/<int:pk>/credit/", views.credit, name="invoice_credit"),
    path("invoices/<int:pk>/tax-invoice/", views.tax_invoice, name="invoice_tax_number"),
    path("credit-notes/<int:pk>/", views.credit_note, name="credit_note"),
    path("credit-notes/<int:pk>/pdf/", views.credit_note_pdf, name="credit_note_pdf"),
    path("billing/settings/", views.settings, name="billing_settings"),
]
