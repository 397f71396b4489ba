from django.urls import path

from marketplace.dashboard import operator, views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("demo/letters/", views.demo_letters, name="demo_letters"),
    path("operator/market/", operator.market, name="market"),
    path("operator/market/letters/retry/", operator.letters_retry, name="letters_retry"),
    path("operator/market/<slug:what>/", operator.market_list, name="market_list"),
]
