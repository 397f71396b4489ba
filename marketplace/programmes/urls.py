from django.urls import path

from marketplace.programmes import views

urlpatterns = [
    path("programmes/", views.programmes, name="programmes"),
    path("programmes/<slug:code>/", views.programme, name="programme"),
    path("operator/programmes/<slug:code>/rules/new/", views.rule_new, name="programme_rule_new"),
]
