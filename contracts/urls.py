from django.urls import include, path

urlpatterns = [
    path("", include("contracts.lifecycle.urls")),
    path("", include("contracts.usage.urls")),
    path("", include("contracts.billing.urls")),
    path("", include("contracts.payments.urls")),
    path("", include("contracts.ledger.urls")),
    path("", include("contracts.proceeds.urls")),
    path("", include("contracts.bundle.urls")),
]
