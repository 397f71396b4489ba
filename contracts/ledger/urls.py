from django.urls import path

from contracts.ledger import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/journal/", views.journal, name="journal"),
]
