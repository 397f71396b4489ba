from django.utils.translation import gettext_lazy as _

from marketplace.menu import MenuItem, register_menu

register_menu(MenuItem("programmes", _("Programmes"), "programmes", group="market", order=80))
