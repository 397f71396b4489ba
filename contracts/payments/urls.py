from django.urls import path

from contracts.payments.views import accounts, receipts

urlpatterns = [
    path("bank-accounts/", accounts.bank_accounts, name="bank_accounts"),
    path("bank-accounts/new/", accounts.bank_account_new, name="bank_account_new"),
    path("bank-accounts/<int:pk>/", accounts.bank_account_edit, name="bank_account_edit"),
    path("bank-accounts/<int:pk>/close/", accounts.bank_account_close, name="bank_account_close"),
    path("stripe/", accounts.gateway, name="gateway"),
    path("stripe/test/", accounts.gateway_test, name="gateway_test"),
    path("stripe/webhook/", accounts.gateway_webhook, name="gateway_webhook"),
    path("stripe/remove/", accounts.gateway_remove, name="gateway_remove"),
    path("invoices/<int:pk>/stripe/", accounts.gateway_send, name="gateway_send"),
    path("statements/", receipts.statements, name="statements"),
    path("statements/<int:pk>/", receipts.statement, name="statement"),
    path("statements/<int:pk>/import/", receipts.statement_import, name="statement_import"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/<int:pk>/", receipts.receipt_confirm, name="receipt_confirm"),
    path("receipts/<int:pk>/aside/", receipts.line_aside, name="line_aside"),
    path("receipts/<int:pk>/back/", receipts.line_back, name="line_back"),
    path("payments/", receipts.payments, name="payments"),
    path("payments/<int:pk>/", receipts.payment, name="payment"),
    path("payments/<int:pk>/refund/", receipts.refund, name="payment_refund"),
    path("allocations/<int:pk>/undo/", receipts.allocation_undo, name="allocation_undo"),
    path("invoices/<int:pk>/advise/", receipts.advise, name="payment_advise"),
    path("advices/<int:pk>/dismiss/", receipts.advice_dismiss, name="advice_dismiss"),
    path("advices/<int:pk>/slip/", receipts.advice_slip, name="advice_slip"),
]
