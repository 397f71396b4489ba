from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    label = "marketplace"
    verbose_name = _("Marketplace")

    def ready(self):
        import_module("marketplace.celery")  # binds shared tasks to the project's Celery app
        import_module("marketplace.demo_clock")  # its entry in the menu
