from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulatorConfig(AppConfig):
    name = "marketplace.simulator"
    label = "simulator"
    verbose_name = _("Simulator")

    def ready(self):
        import_module("marketplace.simulator.panels")
