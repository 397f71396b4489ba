from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

STEPS = ("lifecycle", "usage", "billing", "payments", "proceeds", "bundle")


class ContractsConfig(AppConfig):
    name = "contracts"
    label = "contracts"
    verbose_name = _("Contracts")

    def ready(self):
        """Each step registers its panels, desk items and menu entries, what makes earlier steps wait,
        and how its facts are booked."""
        post_migrate.connect(_look_at_everything, sender=self)
        for step in STEPS:
            for part in ("guards", "panels", "booking"):
                if find_spec(f"contracts.{step}.{part}") and (step, part) != ("lifecycle", "guards"):
                    import_module(f"contracts.{step}.{part}")


def _look_at_everything(using: str, **_more) -> None:
    """A new version may come to other results: after a deployment the periodic tasks look at every contract once."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('contracts_look') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("DELETE FROM contracts_look")
