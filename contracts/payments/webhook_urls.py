"""Addresses without a language: what machines call."""

from django.urls import path

from contracts.payments.views.webhooks import stripe_webhook

urlpatterns = [path("webhooks/stripe/<str:token>/", stripe_webhook, name="stripe_webhook")]
