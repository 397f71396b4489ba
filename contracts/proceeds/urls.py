from django.urls import path

from contracts.proceeds import views

urlpatterns = [
    path("distributions/", views.distributions, name="distributions"),
    path("distributions/<int:pk>/", views.distribution, name="distribution"),
    path("distributions/<int:pk>/approve/", views.approve, name="distribution_approve"),
    path("distributions/<int:pk>/return/", views.send_back, name="distribution_return"),
    path("contracts/<str:number>/proceeds/", views.contract_proceeds, name="contract_proceeds"),
    path("contracts/<str:number>/proceeds/propose/", views.propose, name="distribution_propose"),
    path("costs/<int:pk>/remove/", views.cost_remove, name="cost_remove"),
    path("payouts/", views.payouts, name="payouts"),
    path("payouts/act/", views.payouts_act, name="payouts_act"),
    path("payouts/<int:pk>/account/", views.payee_account, name="payee_account"),
    path("payouts/<int:pk>/statement/", views.payout_statement, name="payout_statement"),
    path("my-income/", views.my_income, name="my_income"),
    path("my-income/<int:pk>/statement/", views.my_statement, name="my_statement"),
    path("commissions/", views.commissions, name="commissions"),
]
