from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketplace.bilingual import of_pair
from marketplace.clock import now
from marketplace.deals.states import (
    PARTIES,
    CloseReason,
    DealState,
    InvitationState,
    Side,
    Step,
    WaitsFor,
)


class DealSeries(models.Model):
    """The last number given in a year; its row is locked while a number is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.year}: {self.last}"


class DealQuerySet(models.QuerySet):
    def of(self, organisation):
        """Deals in which an organisation takes part."""
        return self.filter(Q(licensor=organisation) | Q(licensee=organisation) | Q(agency=organisation))

    def visible_to(self, acting):
        """The deals whose room the acting organisation may enter: it takes part, and the person may read."""
        if acting is None or not acting.can("deal.read"):
            return self.none()
        return self.of(acting.organisation)

    def watched_by(self, acting):
        """The operator sees that a deal exists and its state; never what is said or offered in it."""
        if acting is None or not acting.is_operator or not acting.can("market.watch"):
            return self.none()
        return self.all()

    def waiting_for(self, organisation):
        """Open deals in which this organisation has to act next (or, for an agency, its client)."""
        mine = [WaitsFor.BOTH]
        return self.filter(state=DealState.OPEN).filter(
            Q(licensor=organisation, waits_for__in=[*mine, WaitsFor.LICENSOR])
            | Q(licensee=organisation, waits_for__in=[*mine, WaitsFor.LICENSEE])
            | Q(
                agency=organisation,
                mandate__client=F("licensor"),
                waits_for__in=[*mine, WaitsFor.LICENSOR],
            )
            | Q(
                agency=organisation,
                mandate__client=F("licensee"),
                waits_for__in=[*mine, WaitsFor.LICENSEE],
            )
        )

    def with_parties(self):
        return self.select_related("listing", "licensor", "licensee", "agency", "mandate")


class Deal(models.Model):
    """A negotiation about one listing between licensor and licensee, perhaps with an agency (洽谈). The title is the
    one that was published when it was opened: the row of a page that is off the market holds drafts."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    listing = models.ForeignKey(
        "cms.ListingPage", models.PROTECT, related_name="deals", verbose_name=_("listing")
    )
    title_zh = models.CharField(_("title in Chinese"), max_length=120, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    licensor = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="deals_as_licensor",
        verbose_name=_("licensor"),
    )
    licensee = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="deals_as_licensee",
        verbose_name=_("licensee"),
    )
    agency = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals_as_agency",
        verbose_name=_("agency"),
    )
    # Set where the agency speaks for one side; without it the agency stands between both.
    mandate = models.ForeignKey(
        "organisations.Mandate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("mandate"),
    )
    state = models.CharField(_("state"), max_length=10, choices=DealState.choices, default=DealState.OPEN)
    waits_for = models.CharField(
        _("waits for"), max_length=10, choices=WaitsFor.choices, default=WaitsFor.LICENSOR
    )
    next_step = models.CharField(_("next step"), max_length=10, choices=Step.choices, default=Step.ANSWER)
    waiting_since = models.DateTimeField(_("waiting since"), default=now)
    trial_requested_at = models.DateTimeField(_("trial requested"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), default=now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    last_activity_at = models.DateTimeField(_("last activity"), default=now)
    agreed_at = models.DateTimeField(_("agreed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_for = models.CharField(_("closed by"), max_length=10, choices=Side.choices, blank=True)
    closed_reason = models.CharField(_("reason"), max_length=20, choices=CloseReason.choices, blank=True)
    closed_note = models.TextField(_("in words"), blank=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        ordering = ["-last_activity_at", "-id"]
        indexes = [
            models.Index(fields=["licensor", "state", "-last_activity_at"], name="deal_of_licensor"),
            models.Index(fields=["licensee", "state", "-last_activity_at"], name="deal_of_licensee"),
            models.Index(fields=["agency", "state", "-last_activity_at"], name="deal_of_agency"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(licensor=F("licensee")), name="deal_two_sides"),
            models.CheckConstraint(
                condition=Q(agency__isnull=True) | (~Q(agency=F("licensor")) & ~Q(agency=F("licensee"))),
                name="deal_agency_is_third",
            ),
            models.CheckConstraint(
                condition=Q(mandate__isnull=True) | Q(agency__isnull=False), name="deal_mandate_has_agency"
            ),
            models.CheckConstraint(
                condition=Q(state=DealState.CLOSED, closed_at__isnull=False)
                & ~Q(closed_reason="")
                & ~Q(closed_for="")
                | ~Q(state=DealState.CLOSED) & Q(closed_at__isnull=True, closed_reason=""),
                name="deal_closing_is_whole",
            ),
            models.UniqueConstraint(
                fields=["listing", "licensor", "licensee"],
                condition=Q(state=DealState.OPEN),
                name="deal_open_once",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("deal", args=[self.number])

    def agency_url(self) -> str:
        return reverse("deal_agency", args=[self.number])

    def party(self, side: str):
        """The organisation that stands on a side; None where there is no agency."""
        return {Side.LICENSOR: self.licensor, Side.LICENSEE: self.licensee, Side.AGENCY: self.agency}[
            Side(side)
        ]

    def side_of(self, organisation) -> Side | None:
        """Where an organisation stands, or None for one that takes no part."""
        ids = {
            self.licensor_id: Side.LICENSOR,
            self.licensee_id: Side.LICENSEE,
            self.agency_id: Side.AGENCY,
        }
        return ids.get(organisation.pk) if organisation is not None else None

    def client_side(self) -> Side | None:
        """The side for which the agency speaks under its mandate; None without one."""
        if self.mandate is None:
            return None
        return {self.licensor_id: Side.LICENSOR, self.licensee_id: Side.LICENSEE}.get(self.mandate.client_id)

    @property
    def name(self) -> str:
        return of_pair(self.title_zh, self.title_en)

    @property
    def is_open(self) -> bool:
        return self.state == DealState.OPEN

    @property
    def sides(self) -> list[tuple[Side, object]]:
        """(side, organisation) of everybody who takes part."""
        parties = [(side, self.party(side)) for side in PARTIES]
        return [*parties, (Side.AGENCY, self.agency)] if self.agency_id else parties


class AgencyInvitation(models.Model):
    """An agency is asked in as third party (三方): one side proposes, the other agrees, the agency joins."""

    OPEN = (InvitationState.PROPOSED, InvitationState.AGREED)

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="agency_invitations")
    agency = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", verbose_name=_("agency")
    )
    proposed_for = models.CharField(_("proposed by"), max_length=10, choices=Side.choices)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=now)
    state = models.CharField(
        _("state"), max_length=10, choices=InvitationState.choices, default=InvitationState.PROPOSED
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("invitation of an agency")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(state__in=["PROPOSED", "AGREED"]),
                name="agency_invitation_open_once",
            )
        ]

    def __str__(self):
        return f"{self.deal_id}: {self.agency}"
