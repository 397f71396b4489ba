from django.urls import path

from marketplace.deals.views import agencies, enquiry, lists, offers, proposals, room, sheets

urlpatterns = [
    path("ask/<str:code>/", enquiry.enquire, name="enquire"),
    path("propose/<str:code>/", proposals.propose, name="propose"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<uuid:key>/", proposals.proposal, name="proposal"),
    path("proposals/<uuid:key>/take-up/", proposals.take_up, name="proposal_take_up"),
    path("proposals/<uuid:key>/decline/", proposals.decline, name="proposal_decline"),
    path("proposals/<uuid:key>/withdraw/", proposals.withdraw, name="proposal_withdraw"),
    path("pipeline/", lists.pipeline, name="pipeline"),
    path("deals/", lists.deals, name="deals"),
    path("deals/<str:number>/", room.deal, name="deal"),
    path("deals/<str:number>/messages/", room.message, name="deal_message"),
    path("deals/<str:number>/files/", room.file_add, name="deal_file_add"),
    path("deals/<str:number>/files/<int:pk>/", room.file, name="deal_file"),
    path("deals/<str:number>/attachments/<int:pk>/", room.attachment, name="deal_attachment"),
    path("deals/<str:number>/confidentiality/", room.nda, name="deal_nda"),
    path("deals/<str:number>/close/", room.close, name="deal_close"),
    path("deals/<str:number>/offers/new/", offers.offer_new, name="offer_new"),
    path("deals/<str:number>/offers/preview/", offers.offer_preview, name="offer_preview"),
    path("deals/<str:number>/offers/<int:version>/", offers.offer, name="offer"),
    path("deals/<str:number>/offers/<int:version>/accept/", offers.accept, name="offer_accept"),
    path("deals/<str:number>/offers/<int:version>/withdraw/", offers.withdraw, name="offer_withdraw"),
    path("deals/<str:number>/terms/", sheets.term_sheet, name="term_sheet"),
    path("deals/<str:number>/terms.pdf", sheets.term_sheet_pdf, name="term_sheet_pdf"),
    path("deals/<str:number>/terms.json", sheets.term_sheet_json, name="term_sheet_json"),
    path("deals/<str:number>/agency/", agencies.agency, name="deal_agency"),
    path("deals/<str:number>/agency/answer/", agencies.agency_answer, name="deal_agency_answer"),
    path("deals/<str:number>/agency/withdraw/", agencies.agency_withdraw, name="deal_agency_withdraw"),
    path("deals/<str:number>/commission/", agencies.commission, name="deal_commission"),
    path(
        "deals/<str:number>/commission/<int:pk>/answer/",
        agencies.commission_answer,
        name="deal_commission_answer",
    ),
]
