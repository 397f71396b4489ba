from django.urls import path

from contracts.usage import views
from contracts.usage.audits import views as audits
from contracts.usage.metering import views as metering

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
    path("contracts/<str:number>/usage/", metering.usage, name="contract_usage"),
    path("contracts/<str:number>/usage/<int:day>/", metering.usage_day, name="contract_usage_day"),
    path("contracts/<str:number>/usage/close/", metering.usage_close, name="contract_usage_close"),
    path("contracts/<str:number>/usage/refused/", metering.usage_refused, name="contract_usage_refused"),
    path("contracts/<str:number>/usage/files/", metering.usage_file_new, name="usage_file_new"),
    path("contracts/<str:number>/usage/files/<int:pk>/", metering.usage_file, name="usage_file"),
    path(
        "contracts/<str:number>/usage/files/<int:pk>/take/", metering.usage_file_take, name="usage_file_take"
    ),
    path("contracts/<str:number>/audits/", audits.audits, name="audits"),
    path("contracts/<str:number>/audits/new/", audits.audit_new, name="audit_new"),
    path("audits/<int:pk>/", audits.audit, name="audit"),
    path("audits/<int:pk>/reports/<int:report_pk>/", audits.audit_finding, name="audit_finding"),
    path("audits/<int:pk>/send/", audits.audit_send, name="audit_send"),
    path("audits/<int:pk>/agree/", audits.audit_agree, name="audit_agree"),
    path("audits/<int:pk>/contest/", audits.audit_contest, name="audit_contest"),
    path("audits/<int:pk>/withdraw/", audits.audit_withdraw, name="audit_withdraw"),
    path("contracts/<str:number>/broker-access/", views.broker_access, name="broker_access"),
]
