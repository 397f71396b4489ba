from django.urls import path

from marketplace.simulator.views import public

urlpatterns = [
    path("simulator/", public.simulator, name="simulator"),
]
