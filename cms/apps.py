from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    label = "cms"
    verbose_name = _("Publishing")

    def ready(self):
        import_module("cms.panels")
        from cms.editing import listing_edit_handler
        from cms.letters import hold_places
        from cms.models import ListingPage

        hold_places()
        ListingPage.edit_handler = listing_edit_handler()
