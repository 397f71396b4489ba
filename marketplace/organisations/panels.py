"""What organisations put on the desk and into the menu."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.clock import today
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MEMBER, MenuItem, register_menu
from marketplace.organisations.mandates import CLIENTS
from marketplace.organisations.models import Mandate, MandateState, Organisation, OrganisationState
from marketplace.organisations.roles import Kind

DESK_LIMIT = 20

register_menu(
    MenuItem("organisation", gettext_lazy("Facts"), "organisation_settings", MEMBER, "organisation", 10)
)
register_menu(MenuItem("members", gettext_lazy("Members"), "members", MEMBER, "organisation", 20))
register_menu(
    MenuItem(
        "mandates", gettext_lazy("Mandates"), "mandates", MEMBER, "organisation", 30,
        kinds=frozenset({*CLIENTS, Kind.AGENCY}),
    )
)  # fmt: skip
register_menu(
    MenuItem("api_keys", gettext_lazy("API keys"), "api_keys", "api_key.manage", "organisation", 40)
)
register_menu(
    MenuItem(
        "verifications",
        gettext_lazy("Organisations"),
        "verifications",
        "organisation.verify",
        "operator",
        10,
        kinds=frozenset({Kind.OPERATOR}),
    )
)


@desk_items
def verifications_due(acting) -> list[DeskItem]:
    if not (acting.is_operator and acting.can("organisation.verify")):
        return []
    waiting = Organisation.objects.filter(state=OrganisationState.PENDING).order_by("created_at")
    return [
        DeskItem(
            _("Verify %(name)s") % {"name": organisation.name},
            reverse("verification", args=[organisation.pk]),
            kind=_("Verification"),
        )
        for organisation in waiting[:DESK_LIMIT]
    ]


@desk_items
def own_verification(acting) -> list[DeskItem]:
    organisation = acting.organisation
    url = reverse("organisation_settings")
    if organisation.state == OrganisationState.REFUSED and acting.can("organisation.manage"):
        title = _("Mend what the operator named and ask again")
        return [DeskItem(title, url, kind=_("Verification"))]
    if organisation.state == OrganisationState.PENDING:
        title = _("The operator verifies your organisation")
        return [DeskItem(title, url, kind=_("Verification"), waits_for="them")]
    return []


@desk_items
def mandates_open(acting) -> list[DeskItem]:
    """A proposed mandate waits for the client; the agency sees that it waits."""
    agency = acting.organisation.kind == Kind.AGENCY
    if not acting.can("mandate.propose" if agency else "mandate.answer"):
        return []
    rows = Mandate.objects.visible_to(acting).filter(state=MandateState.PROPOSED)
    rows = rows.exclude(valid_to__lt=today()).select_related("agency", "client")
    return [
        DeskItem(
            _("Mandate of %(agency)s for %(client)s: answer")
            % {"agency": mandate.agency.name, "client": mandate.client.name},
            reverse("mandates"),
            due_on=mandate.valid_to,
            kind=_("Mandate"),
            waits_for="them" if agency else "me",
        )
        for mandate in rows[:DESK_LIMIT]
    ]
