from django.urls import path

from marketplace.dashboard import operator, statement, views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("demo/letters/", views.demo_letters, name="demo_letters"),
    path("demo/statements/<int:pk>/", statement.demo_statement, name="demo_statement"),
    path("operator/market/", operator.market, name="market"),
    path("operator/market/letters/retry/", operator.letters_retry, name="letters_retry"),
    path("operator/market/webhooks/retry/", operator.webhooks_retry, name="webhooks_retry"),
    path("operator/market/<slug:what>/", operator.market_list, name="market_list"),
]
