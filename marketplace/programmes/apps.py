from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgrammesConfig(AppConfig):
    name = "marketplace.programmes"
    label = "programmes"
    verbose_name = _("Programmes")

    def ready(self):
        import_module("marketplace.programmes.panels")
