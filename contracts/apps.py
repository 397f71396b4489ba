from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

STEPS = ("lifecycle", "usage", "billing", "payments", "proceeds", "bundle")


class ContractsConfig(AppConfig):
    name = "contracts"
    label = "contracts"
    verbose_name = _("Contracts")

    def ready(self):
        """Each step registers its panels, desk items and menu entries, what makes earlier steps wait,
        and how its facts are booked."""
        for step in STEPS:
            for part in ("guards", "panels", "booking"):
                if find_spec(f"contracts.{step}.{part}") and (step, part) != ("lifecycle", "guards"):
                    import_module(f"contracts.{step}.{part}")
