from django.urls import path

from contracts.lifecycle.views import amending, contract, drafting, notices, running, signing

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/<str:number>/", notices.notice, name="notice"),
    path("objections/<str:token>/", notices.objection_receipt, name="objection_receipt"),
    path("contracts/", contract.contracts, name="contracts"),
    path("contracts/draft/<str:deal>/", contract.draft, name="contract_draft"),
    path("contracts/<str:number>/", contract.contract, name="contract"),
    path("contracts/<str:number>/documents/<int:pk>/", contract.document, name="contract_document"),
    path("contracts/<str:number>/change/", drafting.change, name="contract_change"),
    path("contracts/<str:number>/declare/", drafting.declare, name="contract_declare"),
    path("contracts/<str:number>/terms/change/", drafting.revise, name="contract_revise"),
    path("contracts/<str:number>/terms/changed/", drafting.revision, name="contract_revision"),
    path("contracts/<str:number>/submit/", drafting.submit, name="contract_submit"),
    path("contracts/<str:number>/review/", drafting.review, name="contract_review"),
    path("contracts/<str:number>/return/", drafting.send_back, name="contract_return"),
    path("contracts/<str:number>/notice/", drafting.notice_open, name="contract_notice_open"),
    path("contracts/<str:number>/objections/<int:pk>/", drafting.objection, name="contract_objection"),
    path("contracts/<str:number>/withdraw/", drafting.withdraw, name="contract_withdraw"),
    path("contracts/<str:number>/sign/", signing.sign, name="contract_sign"),
    path("contracts/<str:number>/scan/", signing.scan, name="contract_scan"),
    path("contracts/<str:number>/scan/<int:pk>/", signing.scan_confirm, name="contract_scan_confirm"),
    path("contracts/<str:number>/recall/", signing.recall, name="contract_recall"),
    path("contracts/<str:number>/verify/", signing.verify, name="contract_verify"),
    path("contracts/<str:number>/amendments/new/", amending.propose, name="amendment_propose"),
    path("contracts/<str:number>/amendments/<int:place>/", amending.amendment, name="amendment"),
    path("contracts/<str:number>/amendments/<int:place>/answer/", amending.answer, name="amendment_answer"),
    path(
        "contracts/<str:number>/amendments/<int:place>/withdraw/",
        amending.withdraw,
        name="amendment_withdraw",
    ),
    path(
        "contracts/<str:number>/amendments/<int:place>/notice/", amending.open_notice, name="amendment_notice"
    ),
    path("contracts/<str:number>/amendments/<int:place>/sign/", amending.sign, name="amendment_sign"),
    path("contracts/<str:number>/deliver/", running.deliver, name="contract_deliver"),
    path("contracts/<str:number>/delivery/accept/", running.delivery_accept, name="contract_delivery_accept"),
    path("contracts/<str:number>/delivery/reject/", running.delivery_reject, name="contract_delivery_reject"),
    path("contracts/<str:number>/extension/", running.extension, name="contract_extension"),
    path(
        "contracts/<str:number>/extension/<int:pk>/",
        running.extension_answer,
        name="contract_extension_answer",
    ),
    path("contracts/<str:number>/decide/", running.decide, name="contract_decide"),
    path("contracts/<str:number>/facts/new/", running.fact_new, name="contract_fact_new"),
    path(
        "contracts/<str:number>/facts/<int:pk>/confirm/", running.fact_confirm, name="contract_fact_confirm"
    ),
    path("contracts/<str:number>/facts/<int:pk>/void/", running.fact_void, name="contract_fact_void"),
    path("contracts/<str:number>/breach/", running.breach, name="contract_breach"),
    path("contracts/<str:number>/breach/<int:pk>/cure/", running.breach_cure, name="contract_breach_cure"),
    path("contracts/<str:number>/terminate/", running.terminate, name="contract_terminate"),
    path("contracts/<str:number>/right-gone/", running.invalidate, name="contract_invalidate"),
    path("contracts/<str:number>/dispute/", running.dispute, name="contract_dispute"),
    path("contracts/<str:number>/dispute/settled/", running.dispute_settle, name="contract_dispute_settle"),
    path("contracts/<str:number>/stop/", running.stop, name="contract_stop"),
    path("contracts/<str:number>/stop/confirm/", running.stop_confirm, name="contract_stop_confirm"),
    path("contracts/<str:number>/tracks/<int:pk>/", running.track, name="contract_track"),
]
