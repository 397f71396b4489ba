from django.urls import path

from marketplace.dashboard import views

urlpatterns = [path("desk/", views.desk, name="desk")]
