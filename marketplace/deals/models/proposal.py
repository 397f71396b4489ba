import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cms.models.market import Visibility
from marketplace.clock import now
from marketplace.deals.states import Lapse, ProposalState
from marketplace.organisations.models import OrganisationState

# As `need_shown` and `listing_shown` of a row: what both sides may read, and so may be asked for and taken up.
NEED_SHOWN = Q(need__live=True, licensee__state=OrganisationState.VERIFIED)
LISTING_SHOWN = Q(
    listing__live=True,
    listing__is_secret=False,
    listing__visibility__in=[Visibility.PUBLIC, Visibility.VERIFIED],
    licensor__state=OrganisationState.VERIFIED,
)
ON_THE_MARKET = NEED_SHOWN & LISTING_SHOWN


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Those of the acting organisation: what it proposed, and what was proposed to it. Nobody else's."""
        if acting is None or not acting.can("proposal.read"):
            return self.none()
        return self.filter(Q(licensor=acting.organisation) | Q(licensee=acting.organisation))

    def waiting(self):
        return self.filter(ON_THE_MARKET, state=ProposalState.OPEN)

    def lapsed(self):
        return self.filter(~ON_THE_MARKET, state=ProposalState.OPEN)

    def to_be_told(self):
        """Open ones that lapsed, or can be taken up again, and nobody was told yet."""
        lapsed_by_listing = NEED_SHOWN & ~LISTING_SHOWN
        known = (
            Q(ON_THE_MARKET, lapse_told="")
            | Q(lapsed_by_listing, lapse_told=Lapse.LISTING)
            | Q(~NEED_SHOWN, lapse_told=Lapse.NEED)
        )
        return self.filter(~known, state=ProposalState.OPEN)

    def with_pages(self):
        return self.select_related("need", "listing", "licensor", "licensee", "deal")


class Proposal(models.Model):
    """A published result, proposed by its organisation in answer to a need (应征). `token` comes with the form: sent
    twice, it stands once. `key` stands in addresses, so that they do not tell how many there are."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    need = models.ForeignKey(
        "cms.NeedPage", models.PROTECT, related_name="proposals", verbose_name=_("technology need")
    )
    listing = models.ForeignKey(
        "cms.ListingPage", models.PROTECT, related_name="proposals", verbose_name=_("listing")
    )
    licensor = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", verbose_name=_("licensor")
    )
    licensee = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", verbose_name=_("licensee")
    )
    message = models.TextField(_("message"))
    state = models.CharField(
        _("state"), max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN
    )
    token = models.UUIDField(default=uuid.uuid4)
    made_at = models.DateTimeField(default=now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True)
    # The lapse that the other side was told of, so that each is told once; "" while it can be taken up.
    lapse_told = models.CharField(max_length=10, choices=Lapse.choices, blank=True)
    deal = models.ForeignKey("deals.Deal", models.PROTECT, null=True, related_name="proposals")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(fields=["licensor", "state", "-made_at"], name="proposal_of_licensor"),
            models.Index(fields=["licensee", "state", "-made_at"], name="proposal_of_licensee"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "listing"], condition=~Q(state=ProposalState.WITHDRAWN), name="proposal_once"
            ),
            models.UniqueConstraint(fields=["licensor", "token"], name="proposal_form_once"),
            models.CheckConstraint(condition=~Q(licensor=F("licensee")), name="proposal_two_sides"),
            models.CheckConstraint(
                condition=Q(state=ProposalState.OPEN, settled_at=None, settled_by=None)
                | ~Q(state=ProposalState.OPEN) & Q(settled_at__isnull=False, settled_by__isnull=False),
                name="proposal_settling_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.TAKEN_UP, deal__isnull=False)
                | ~Q(state=ProposalState.TAKEN_UP) & Q(deal=None),
                name="proposal_deal_when_taken_up",
            ),
        ]

    def __str__(self):
        return f"{self.need_id} ← {self.listing_id}"

    def get_absolute_url(self):
        return reverse("proposal", args=[self.key])

    @property
    def need_shown(self) -> bool:
        return self.need.live and self.licensee.is_verified

    @property
    def listing_shown(self) -> bool:
        listing = self.listing
        is_closed = listing.is_secret or listing.visibility == Visibility.INVITED
        return listing.live and not is_closed and self.licensor.is_verified

    @property
    def need_name(self) -> str:
        """Of a page that is off the market its number alone: the row may hold a draft that others never read."""
        return self.need.name if self.need_shown else self.need.code

    @property
    def listing_name(self) -> str:
        return self.listing.name if self.listing_shown else self.listing.code

    @property
    def lapse(self) -> str:
        """What of an open proposal is off the market (Lapse); "" while it can be taken up."""
        if self.state != ProposalState.OPEN or (self.need_shown and self.listing_shown):
            return ""
        return Lapse.LISTING if self.need_shown else Lapse.NEED

    @property
    def lapsed(self) -> str:
        """Why an open proposal cannot be taken up at present, in words for both sides; "" while it can."""
        if not self.lapse:
            return ""
        if self.lapse == Lapse.NEED:
            return _t("The need is off the market, so this proposal cannot be taken up.")
        if self.listing.live and self.listing.visibility == Visibility.INVITED:
            return _t("The listing is for invited organisations only now, so it cannot be taken up.")
        return _t("The listing is off the market, so this proposal cannot be taken up.")

    @property
    def shown_state(self) -> str:
        return "LAPSED" if self.lapsed else self.state

    @property
    def state_words(self) -> str:
        return _t("lapsed") if self.lapsed else str(self.get_state_display())

    @property
    def names_licensee(self) -> bool:
        """Whether the proposer may read who posted the need: once it is taken up, or while the market reads it too."""
        return self.state == ProposalState.TAKEN_UP or (self.need_shown and not self.need.is_anonymous)

    def partner_for(self, organisation) -> str:
        """The other side's name, as far as this organisation may read it."""
        if organisation.pk == self.licensee_id:
            return self.licensor.name
        if self.names_licensee:
            return self.licensee.name
        if not self.need_shown:
            return _t("not named while the need is off the market")
        return _t("an enterprise that does not want to be named")
