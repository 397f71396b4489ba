from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    name = "contracts"
    label = "contracts"
    verbose_name = _("Contracts")

    def ready(self):
        from contracts.payments import panels as payments
        from contracts.proceeds import panels as proceeds

        self.panels = [payments, proceeds]  # importing them registers menu, desk and panels
