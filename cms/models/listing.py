from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable

from cms.models.market import MarketManager, MarketPage, MarketQuerySet, Visibility
from cms.models.taxonomy import TRL, Industry
from cms.words import Pair
from marketplace.clock import today
from marketplace.organisations.models import Organisation
from marketplace.programmes.models import PilotProgramme

BODY_FEATURES = ["h3", "bold", "italic", "ol", "ul", "superscript", "subscript"]


class Maturity(models.TextChoices):
    BENCH = "BENCH", _("bench scale")
    PILOT = "PILOT", _("pilot scale")
    COMMERCIAL = "COMMERCIAL", _("commercial scale")


class Exclusivity(models.TextChoices):
    NON_EXCLUSIVE = "NON_EXCLUSIVE", _("non-exclusive licence")
    SOLE = "SOLE", _("sole licence")
    EXCLUSIVE = "EXCLUSIVE", _("exclusive licence")


class PaymentForm(models.TextChoices):
    LUMP_SUM = "LUMP_SUM", _("lump sum")
    INSTALMENTS = "INSTALMENTS", _("instalments")
    DEFERRED = "DEFERRED", _("deferred payment")
    STAGED = "STAGED", _("staged payment")
    CONDITIONAL = "CONDITIONAL", _("conditional payment")
    MILESTONES = "MILESTONES", _("milestone payments")
    ROYALTY = "ROYALTY", _("running royalty")
    ENTRY_ROYALTY = "ENTRY_ROYALTY", _("entry fee and royalty")
    PER_UNIT = "PER_UNIT", _("fee per unit")
    YEARLY_FEE = "YEARLY_FEE", _("yearly fee")
    FREE = "FREE", _("free of charge")
    OPEN = "OPEN", _("to be negotiated")


class IPKind(models.TextChoices):
    INVENTION = "INVENTION", _("invention patent")
    UTILITY_MODEL = "UTILITY_MODEL", _("utility model")
    DESIGN = "DESIGN", _("design patent")
    SOFTWARE = "SOFTWARE", _("software copyright")
    IC_LAYOUT = "IC_LAYOUT", _("layout design of integrated circuits")
    PLANT_VARIETY = "PLANT_VARIETY", _("plant variety")
    KNOW_HOW = "KNOW_HOW", _("technical know-how")
    OTHER = "OTHER", _("other right")


class IPStatus(models.TextChoices):
    APPLIED = "APPLIED", _("applied for")
    GRANTED = "GRANTED", _("granted, in force")
    REGISTERED = "REGISTERED", _("registered")
    LAPSED = "LAPSED", _("lapsed")
    EXPIRED = "EXPIRED", _("expired")
    INVALIDATED = "INVALIDATED", _("declared invalid")
    SECRET = "SECRET", _("kept as know-how")


class ListingQuerySet(MarketQuerySet):
    def _invited(self, organisation) -> Q:
        invited = ListingInvitation.objects.filter(organisation=organisation).values("listing")
        return Q(visibility=Visibility.INVITED, pk__in=invited)


class ListingPage(MarketPage):
    """成果挂牌: a research result on the market."""

    CODE_PREFIX = "UF"

    institution_ref = models.CharField(
        _("the institution's own number"),
        max_length=60,
        blank=True,
        help_text=_("Unique within the institution; an import finds the listing again by it."),
    )
    problem_zh = models.TextField(_("problem, in Chinese"), blank=True)
    problem_en = models.TextField(_("problem, in English"), blank=True)
    advantage_zh = models.TextField(
        _("what is better, in Chinese"), blank=True, help_text=_("With numbers against the state of the art.")
    )
    advantage_en = models.TextField(_("what is better, in English"), blank=True)
    applications_zh = models.TextField(
        _("applications, in Chinese"), blank=True, help_text=_("One to a line.")
    )
    applications_en = models.TextField(
        _("applications, in English"), blank=True, help_text=_("One to a line.")
    )
    body_zh = RichTextField(_("description in Chinese"), blank=True, features=BODY_FEATURES)
    body_en = RichTextField(_("description in English"), blank=True, features=BODY_FEATURES)
    publications = models.TextField(_("publications"), blank=True, help_text=_("One to a line."))
    source_zh = models.CharField(_("source of the text, in Chinese"), max_length=200, blank=True)
    source_en = models.CharField(_("source of the text, in English"), max_length=200, blank=True)

    trl = models.PositiveSmallIntegerField(
        _("technology readiness level"), choices=TRL.choices, null=True, blank=True
    )
    trl_evidence_zh = models.TextField(_("evidence of readiness, in Chinese"), blank=True)
    trl_evidence_en = models.TextField(_("evidence of readiness, in English"), blank=True)
    maturity = models.CharField(_("maturity stage"), max_length=10, choices=Maturity.choices, blank=True)
    industry = models.CharField(
        _("industry"),
        max_length=1,
        choices=Industry.choices,
        blank=True,
        help_text=_("Section of GB/T 4754."),
    )

    exclusivity = models.CharField(
        _("kind of licence"),
        max_length=15,
        choices=Exclusivity.choices,
        default=Exclusivity.NON_EXCLUSIVE,
    )
    territory_zh = models.CharField(_("territory, in Chinese"), max_length=120, blank=True)
    territory_en = models.CharField(_("territory, in English"), max_length=160, blank=True)
    fields_of_use_zh = models.CharField(_("fields of use, in Chinese"), max_length=300, blank=True)
    fields_of_use_en = models.CharField(_("fields of use, in English"), max_length=400, blank=True)
    programme = models.ForeignKey(
        PilotProgramme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("pilot programme"),
    )
    free_months = models.PositiveSmallIntegerField(
        _("free period in months"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(120)],
    )
    trigger_zh = models.CharField(_("payment trigger, in Chinese"), max_length=300, blank=True)
    trigger_en = models.CharField(_("payment trigger, in English"), max_length=400, blank=True)
    payment_form = models.CharField(_("payment form"), max_length=15, choices=PaymentForm.choices, blank=True)
    price_zh = models.CharField(_("price in one line, in Chinese"), max_length=200, blank=True)
    price_en = models.CharField(_("price in one line, in English"), max_length=300, blank=True)
    indicative_terms = models.JSONField(_("indicative terms"), null=True, blank=True)

    is_secret = models.BooleanField(
        _("contains secrets"),
        default=False,
        help_text=_("A result that contains state secrets is never shown to others."),
    )
    team_consent_on = models.DateField(_("the team consented on"), null=True, blank=True)
    separately_managed = models.BooleanField(
        _("managed separately"),
        default=False,
        help_text=_("Kept off the ledger of state assets (单列管理)."),
    )

    problem = Pair()
    advantage = Pair()
    applications = Pair()
    body = Pair()
    source = Pair()
    trl_evidence = Pair()
    territory = Pair()
    fields_of_use = Pair()
    trigger = Pair()
    price = Pair()

    parent_page_types = ["cms.InstitutionPage"]
    subpage_types = []
    objects = MarketManager.from_queryset(ListingQuerySet)()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "institution_ref"],
                condition=~Q(institution_ref=""),
                name="listing_institution_ref_once",
            ),
            models.CheckConstraint(
                condition=Q(trl__isnull=True) | Q(trl__gte=1, trl__lte=9), name="listing_trl_1_to_9"
            ),
        ]

    def validate_constraints(self, exclude=None):
        """The choices of the readiness level say what its constraint says; a number is asked for where there is one."""
        known = {"trl"} if self.institution_ref else {"trl", "institution_ref"}
        super().validate_constraints(exclude={*(exclude or ()), *known})

    def snapshot(self) -> dict:
        """What papers state of this listing, as JSON (dates as ISO text)."""
        return {
            "code": self.code,
            "title_zh": self.title_zh,
            "title_en": self.title_en,
            "programme": self.programme.code if self.programme else None,
            "trl": self.trl,
            "maturity": self.maturity or None,
            "region": self.region,
            "is_secret": self.is_secret,
            "team_consent_on": _iso(self.team_consent_on),
            "ip_rights": [right.snapshot() for right in self.ip_rights.all()],
        }


def _iso(day) -> str | None:
    return day.isoformat() if day else None


class IPRight(Orderable):
    """知识产权: one right that the listing rests on."""

    listing = ParentalKey(ListingPage, on_delete=models.CASCADE, related_name="ip_rights")
    kind = models.CharField(_("kind"), max_length=15, choices=IPKind.choices)
    number = models.CharField(_("number"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=IPStatus.choices)
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    granted_on = models.DateField(_("granted on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    annuity_paid_until = models.DateField(_("annuity paid until"), null=True, blank=True)

    class Meta(Orderable.Meta):
        ordering = ["sort_order", "pk"]  # written by a service they have no place of their own yet
        verbose_name = _("intellectual property right")
        verbose_name_plural = _("intellectual property rights")
        constraints = [
            models.CheckConstraint(
                condition=Q(filed_on__isnull=True)
                | Q(expires_on__isnull=True)
                | Q(expires_on__gte=models.F("filed_on")),
                name="ip_right_dates_in_order",
            ),
        ]

    def __str__(self):
        return self.number or self.title or self.get_kind_display()

    @property
    def tone(self) -> str:
        """How its status looks (marketplace.badges); what has run out by the clock looks it, too."""
        if self.status in (IPStatus.LAPSED, IPStatus.EXPIRED, IPStatus.INVALIDATED):
            return "bad"
        if self.expires_on and self.expires_on < today():
            return "bad"
        return "warn" if self.status == IPStatus.APPLIED else "good"

    def snapshot(self) -> dict:
        return {
            "kind": self.kind,
            "number": self.number,
            "title": self.title,
            "status": self.status,
            "filed_on": _iso(self.filed_on),
            "granted_on": _iso(self.granted_on),
            "expires_on": _iso(self.expires_on),
        }


class Contributor(Orderable):
    """成果完成人. Name and unit are public, in English too where given; the share is read by the institution and the
    person alone."""

    listing = ParentalKey(ListingPage, on_delete=models.CASCADE, related_name="contributors")
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=160, blank=True)
    unit_en = models.CharField(_("unit in English"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    share = models.DecimalField(
        _("share"),
        max_digits=7,
        decimal_places=6,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text=_("As a fraction: 0.4 for 40 %. All shares together make 1."),
    )

    class Meta(Orderable.Meta):
        ordering = ["sort_order", "pk"]  # written by a service they have no place of their own yet
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        constraints = [
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="contributor_share_0_to_1"),
        ]

    def __str__(self):
        return self.name


class Attachment(Orderable):
    """A file beside the listing. Who may have it follows from the collection its document lies in."""

    listing = ParentalKey(ListingPage, on_delete=models.CASCADE, related_name="attachments")
    document = models.ForeignKey(
        "wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name=_("document")
    )
    restricted = models.BooleanField(
        _("restricted"),
        default=False,
        help_text=_("Only for partners who have agreed to keep it confidential."),
    )

    class Meta(Orderable.Meta):
        ordering = ["sort_order", "pk"]  # written by a service they have no place of their own yet
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self):
        return self.document.title


class ListingInvitation(Orderable):
    """An organisation that may see a listing of the kind "invited organisations only"."""

    listing = ParentalKey(ListingPage, on_delete=models.CASCADE, related_name="invitations")
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", verbose_name=_("organisation")
    )

    class Meta(Orderable.Meta):
        ordering = ["sort_order", "pk"]  # written by a service they have no place of their own yet
        verbose_name = _("invited organisation")
        verbose_name_plural = _("invited organisations")
        constraints = [
            models.UniqueConstraint(fields=["listing", "organisation"], name="listing_invitation_once"),
        ]

    def __str__(self):
        return str(self.organisation)
