from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    name = "marketplace.dashboard"
    label = "dashboard"
    verbose_name = _("Dashboard")

    def ready(self):
        import_module("marketplace.dashboard.panels")
