from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketplace.bilingual import of_pair
from marketplace.clock import now, today
from marketplace.organisations.roles import RESEARCH, Kind, Role


class OrganisationState(models.TextChoices):
    PENDING = "PENDING", _("waiting for verification")
    VERIFIED = "VERIFIED", _("verified")
    REFUSED = "REFUSED", _("refused")


NEXT = {
    OrganisationState.PENDING: {OrganisationState.VERIFIED, OrganisationState.REFUSED},
    OrganisationState.REFUSED: {OrganisationState.PENDING},
    OrganisationState.VERIFIED: {OrganisationState.REFUSED},
}


class SizeClass(models.TextChoices):
    MICRO = "MICRO", _("micro enterprise")
    SMALL = "SMALL", _("small enterprise")
    MEDIUM = "MEDIUM", _("medium-sized enterprise")
    LARGE = "LARGE", _("large enterprise")


class OrganisationQuerySet(models.QuerySet):
    def verified(self):
        return self.filter(state=OrganisationState.VERIFIED)

    def research(self):
        return self.filter(kind__in=RESEARCH)

    def visible_to(self, acting):
        """Verified ones are public; the others show themselves to their members and to the operator."""
        if acting.is_operator:
            return self
        shown = models.Q(state=OrganisationState.VERIFIED)
        if acting.user is not None:
            shown |= models.Q(pk__in=Membership.objects.filter(user=acting.user).values("organisation"))
        return self.filter(shown)


class Organisation(models.Model):
    """A university, enterprise, agency … 单位. Facts that papers state (names, code, address) are copied there."""

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    name_zh = models.CharField(_("name in Chinese"), max_length=120, blank=True)
    name_en = models.CharField(_("name in English"), max_length=160, blank=True)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    credit_code = models.CharField(
        _("unified social credit code"),
        max_length=18,
        unique=True,
        validators=[
            RegexValidator(
                r"^[0-9A-HJ-NPQRTUWXY]{18}$",
                _("Eighteen digits and capital letters, without I, O, S, V and Z."),
            )
        ],
    )
    region = models.CharField(
        _("region"),
        max_length=6,
        blank=True,
        help_text=_("Six-digit code of GB/T 2260, e.g. 420100 for Wuhan."),
    )
    address = models.CharField(_("address for letters"), max_length=200, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=80, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact telephone"), max_length=30, blank=True)
    size_class = models.CharField(_("size class"), max_length=10, choices=SizeClass.choices, blank=True)
    tech_sme_no = models.CharField(_("technology-based SME number"), max_length=30, blank=True)
    wholly_state_owned = models.BooleanField(_("wholly state-owned"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=OrganisationState.choices, default=OrganisationState.PENDING
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision_reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(default=now)
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="organisations"
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name_zh="") | ~models.Q(name_en=""), name="organisation_has_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(state=OrganisationState.PENDING)
                | (models.Q(decided_at__isnull=False) & ~models.Q(decision_reason="")),
                name="organisation_decision_has_reason",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language, else the other one."""
        return of_pair(self.name_zh, self.name_en)

    @property
    def is_verified(self) -> bool:
        return self.state == OrganisationState.VERIFIED

    @property
    def is_research(self) -> bool:
        return self.kind in RESEARCH

    def get_absolute_url(self):
        return reverse("organisation", args=[self.slug])


class OwnedQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Rows of the organisation the person acts for."""
        return self.filter(organisation=acting.organisation) if acting.organisation else self.none()


class Membership(models.Model):
    """A person in an organisation, with roles (see roles.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    since = models.DateTimeField(default=now)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="membership_once")]

    def __str__(self):
        return f"{self.user} @ {self.organisation}"

    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


class InvitationQuerySet(OwnedQuerySet):
    def open(self):
        """Neither used nor withdrawn nor expired."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now())


class Invitation(models.Model):
    """An invitation by e-mail; the secret in the link is stored only as its SHA-256."""

    VALID_FOR = timedelta(days=14)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
            )
        ]

    def __str__(self):
        return f"{self.email} → {self.organisation}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= now()

    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


class MandateState(models.TextChoices):
    PROPOSED = "PROPOSED", _("proposed")
    ACTIVE = "ACTIVE", _("in force")
    DECLINED = "DECLINED", _("declined")
    ENDED = "ENDED", _("ended")


MANDATE_NEXT = {
    MandateState.PROPOSED: {MandateState.ACTIVE, MandateState.DECLINED, MandateState.ENDED},
    MandateState.ACTIVE: {MandateState.ENDED},
}


class MandateQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Both sides of a mandate see it."""
        mine = acting.organisation
        return self.filter(models.Q(agency=mine) | models.Q(client=mine)) if mine else self.none()

    def in_force(self, on=None):
        on = on or today()
        return self.filter(state=MandateState.ACTIVE, valid_from__lte=on).filter(
            models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
        )


class Mandate(models.Model):
    """An agency may act for a client in enquiries and offers (委托). The client still accepts and signs itself."""

    agency = models.ForeignKey(Organisation, models.PROTECT, related_name="mandates_held")
    client = models.ForeignKey(Organisation, models.PROTECT, related_name="mandates_given")
    state = models.CharField(
        _("state"), max_length=10, choices=MandateState.choices, default=MandateState.PROPOSED
    )
    purpose = models.TextField(_("purpose"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("mandate")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(agency=models.F("client")), name="mandate_two_sides"),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="mandate_dates_in_order",
            ),
            models.UniqueConstraint(
                fields=["agency", "client"],
                condition=models.Q(state__in=["PROPOSED", "ACTIVE"]),
                name="mandate_open_once",
            ),
        ]

    def __str__(self):
        return f"{self.agency} → {self.client}"


class Scope(models.TextChoices):
    USAGE_WRITE = "usage.write", _("send usage events")
    USAGE_READ = "usage.read", _("read usage")


class ApiKeyQuerySet(OwnedQuerySet):
    def in_force(self):
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """接口密钥: a program's key to the API, acting for one organisation within its scopes. The key is shown once
    and stored only as its SHA-256; `hint`, its first characters, tells people which one is which."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="api_keys")
    name = models.CharField(
        _("name"), max_length=80, help_text=_("What uses it, e.g. “ERP, plant in Wuhan”.")
    )
    scopes = ArrayField(
        models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("what it may do")
    )
    hint = models.CharField(_("begins with"), max_length=12)
    token = models.UUIDField(null=True)  # of the form that asked for it: sent twice, it makes one key
    key_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("made on"), default=now)
    last_used_at = models.DateTimeField(_("last used"), null=True)  # to the minute
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "token"], name="api_key_once"),
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="api_key_may_do_something"),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="api_key_revoked_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.hint}… {self.name}"

    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
