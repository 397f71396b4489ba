from django.urls import path

from marketplace.organisations.views import api_keys, mandates, own, people, verification

urlpatterns = [
    path("organisation/", own.edit, name="organisation_settings"),
    path("organisation/register/", own.register, name="organisation_register"),
    path("organisation/ask-again/", own.resubmit, name="organisation_resubmit"),
    path("organisation/members/", people.members, name="members"),
    path("organisation/members/invite/", people.invite, name="invitation_new"),
    path("organisation/members/<int:pk>/", people.change_roles, name="member_roles"),
    path("organisation/members/<int:pk>/remove/", people.remove, name="member_remove"),
    path("organisation/invitations/<int:pk>/withdraw/", people.withdraw, name="invitation_withdraw"),
    path("organisation/keys/", api_keys.keys, name="api_keys"),
    path("organisation/keys/new/", api_keys.create, name="api_key_new"),
    path("organisation/keys/<int:pk>/revoke/", api_keys.revoke, name="api_key_revoke"),
    path("organisation/mandates/", mandates.mandates, name="mandates"),
    path("organisation/mandates/new/", mandates.propose, name="mandate_new"),
    path("organisation/mandates/<int:pk>/answer/", mandates.answer, name="mandate_answer"),
    path("organisation/mandates/<int:pk>/end/", mandates.end, name="mandate_end"),
    path("organisations/<slug:slug>/", own.detail, name="organisation"),
    path("invitations/<str:token>/", people.invitation, name="invitation"),
    path("act-for/", own.act_for, name="act_for"),
    path("operator/organisations/", verification.verifications, name="verifications"),
    path("operator/organisations/<int:pk>/", verification.verification, name="verification"),
]
