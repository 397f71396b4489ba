from django.urls import path

from marketplace.simulator.views import negotiated, public

urlpatterns = [
    path("simulator/", public.simulator, name="simulator"),
    path("simulator/terms/", public.terms, name="simulator_terms"),
    path("simulator/offers/<slug:deal>/<int:number>/", negotiated.offer, name="simulator_offer"),
    path(
        "simulator/offers/<slug:deal>/<int:number>/keep/", negotiated.offer_keep, name="simulator_offer_keep"
    ),
    path(
        "simulator/offers/<slug:deal>/<int:number>/terms/",
        negotiated.offer_terms,
        name="simulator_offer_terms",
    ),
    path("simulator/contracts/<slug:number>/", negotiated.contract, name="simulator_contract"),
    path("simulator/contracts/<slug:number>/keep/", negotiated.contract_keep, name="simulator_contract_keep"),
    path(
        "simulator/contracts/<slug:number>/terms/", negotiated.contract_terms, name="simulator_contract_terms"
    ),
    path("simulator/kept/<uuid:key>/", negotiated.kept, name="simulator_kept"),
    path("simulator/kept/<uuid:key>/throw-away/", negotiated.throw, name="simulator_throw"),
]
