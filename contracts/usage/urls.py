from django.urls import path

from contracts.usage import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/<int:pk>/", views.report, name="report"),
    path("reports/<int:pk>/nil/", views.submit_nil, name="report_nil"),
    path("reports/<int:pk>/accept/", views.accept, name="report_accept"),
    path("reports/<int:pk>/query/", views.query, name="report_query"),
    path("reports/<int:pk>/amend/", views.amend, name="report_amend"),
    path("reports/<int:pk>/discard/", views.discard, name="report_discard"),
    path("reports/<int:pk>/sheet/", views.sheet, name="report_sheet"),
    path("reports/<int:pk>/evidence/", views.add_evidence, name="report_evidence_add"),
    path("reports/<int:pk>/evidence/<int:evidence_pk>/", views.evidence, name="report_evidence"),
    path("contracts/<str:number>/broker-access/", views.broker_access, name="broker_access"),
]
