from django.urls import path

from contracts.bundle import views

urlpatterns = [path("contracts/<str:number>/bundle/", views.download, name="contract_bundle")]
