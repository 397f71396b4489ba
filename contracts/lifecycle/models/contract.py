import json
from functools import lru_cache

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.forgetting import FORGET_LOOKS_OF_CONTRACT, forgets_looks
from contracts.lifecycle.models.known import KEEP_DATES, known_trigger
from contracts.lifecycle.states import ExitKind, PricingMethod, Side, State
from marketplace import terms as language
from marketplace.appendonly import append_only_triggers
from marketplace.bilingual import stated
from marketplace.clock import now, today
from marketplace.organisations.models import Organisation


class ContractSeries(models.Model):
    """The last number given in a year; its row is locked while a number is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.year}: {self.last}"


class LicenceContractQuerySet(models.QuerySet):
    def of(self, organisation):
        """Contracts to which an organisation is a party."""
        return self.filter(Q(licensor=organisation) | Q(licensee=organisation) | Q(agency=organisation))

    def visible_to(self, acting):
        """The contracts that the acting organisation is a party to, for people who may read contracts."""
        if acting is None or not acting.can("contract.read"):
            return self.none()
        return self.of(acting.organisation)

    def watched_by(self, acting):
        """The operator sees that a contract exists and where it stands, never what it says."""
        if acting is None or not acting.is_operator or not acting.can("market.watch"):
            return self.none()
        return self.all()

    def with_parties(self):
        return self.select_related("licensor", "licensee", "agency", "programme")


class LicenceContract(models.Model):
    """许可合同: from the agreed term sheet to its end. Papers state what `subject` copied, not what changed since.

    Dates: `trial_ends_on` is the last free day and the last day of the decision; `term_ends_on` the last day of
    the licence as agreed; `licence_ended_on` its last day where it ended otherwise. Charges follow from rating.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    term_sheet = models.ForeignKey(
        "deals.TermSheet", models.PROTECT, related_name="contracts", verbose_name=_("term sheet")
    )
    licensor = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="contracts_as_licensor",
        verbose_name=_("licensor"),
    )
    licensee = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="contracts_as_licensee",
        verbose_name=_("licensee"),
    )
    agency = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contracts_as_agency",
        verbose_name=_("agency"),
    )
    programme = models.ForeignKey(
        "programmes.PilotProgramme",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contracts",
        verbose_name=_("programme"),
    )
    pricing_method = models.CharField(
        _("pricing method"), max_length=12, choices=PricingMethod.choices, default=PricingMethod.NEGOTIATED
    )
    subject = models.JSONField(_("subject and parties"))
    right_numbers = ArrayField(models.CharField(max_length=80), default=list)  # normalised, for conflicts
    text_language = models.CharField(
        _("language of the contract text"),
        max_length=8,
        choices=[("both", _("Chinese and English")), ("zh-hans", _("Chinese")), ("en", _("English"))],
        default="both",
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.DRAFT)
    state_since = models.DateTimeField(_("in this state since"), default=now)
    resume_state = models.CharField(max_length=16, choices=State.choices, blank=True)  # under a breach
    disputed = models.BooleanField(_("in dispute"), default=False)
    dispute_side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    dispute_words = models.TextField(_("what is disputed"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=now)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    team_consent_on = models.DateField(_("team consent recorded on"), null=True, blank=True)
    agreed_effective_on = models.DateField(_("agreed effective date"), null=True, blank=True)
    act_by = models.DateField(_("to be done by"), null=True, blank=True)  # deadline of the present state
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(_("signed"), null=True)
    effective_on = models.DateField(_("effective from"), null=True, blank=True)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    trial_starts_on = models.DateField(_("free use from"), null=True, blank=True)
    trial_ends_on = models.DateField(_("last day of free use"), null=True, blank=True)
    extension_months = models.PositiveSmallIntegerField(_("months of extension"), default=0)
    decision_due_on = models.DateField(_("decision by"), null=True, blank=True)
    converted_on = models.DateField(_("converted on"), null=True, blank=True)
    declined_on = models.DateField(_("declined on"), null=True, blank=True)
    activated_on = models.DateField(_("in force from"), null=True, blank=True)
    term_ends_on = models.DateField(_("last day of the licence"), null=True, blank=True)
    licence_ended_on = models.DateField(_("ended on"), null=True, blank=True)
    exit_kind = models.CharField(_("reason of the end"), max_length=12, choices=ExitKind.choices, blank=True)
    paid_up_on = models.DateField(_("paid up since"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_words = models.TextField(_("why it ended"), blank=True)
    registration_number = models.CharField(_("registration number"), max_length=30, blank=True)
    registered_on = models.DateField(_("registered on"), null=True, blank=True)

    objects = LicenceContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["licensor", "state"], name="contract_of_licensor"),
            models.Index(fields=["licensee", "state"], name="contract_of_licensee"),
            models.Index(fields=["agency", "state"], name="contract_of_agency"),
            models.Index(fields=["state", "act_by"], name="contract_deadline"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["term_sheet"], condition=~Q(state="WITHDRAWN"), name="contract_once_a_term_sheet"
            ),
            models.CheckConstraint(condition=~Q(licensor=F("licensee")), name="contract_two_sides"),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "INTERNAL_REVIEW", "PUBLIC_NOTICE", "OBJECTION", "SIGNING"])
                | Q(state="WITHDRAWN")
                | Q(effective_on__isnull=False, signed_at__isnull=False, term_ends_on__isnull=False),
                name="contract_signed_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(trial_starts_on__isnull=True, trial_ends_on__isnull=True)
                | Q(trial_ends_on__gte=F("trial_starts_on")),
                name="contract_trial_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(converted_on__isnull=True) | Q(declined_on__isnull=True),
                name="contract_decided_once",
            ),
            models.CheckConstraint(
                condition=Q(registered_on__isnull=True, registration_number="")
                | Q(registered_on__isnull=False) & ~Q(registration_number=""),
                name="contract_registration_is_whole",
            ),
        ]
        triggers = [KEEP_DATES, FORGET_LOOKS_OF_CONTRACT]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("contract", args=[self.number])

    @property
    def title(self) -> str:
        """The result's title in the reader's language, else in the other one."""
        return stated(self.subject["listing"], "title")

    @property
    def licensee_facts(self) -> dict:
        return self.subject["licensee"]

    @cached_property
    def current_terms_row(self) -> "ContractTerms":
        """The version in force today; before the contract takes effect the newest, agreed or not."""
        in_force = [row for row in self.versions.all() if row.effective_on and row.effective_on <= today()]
        if in_force:
            return max(in_force, key=lambda version: version.effective_on)
        return max(self.versions.all(), key=lambda version: version.number)

    @property
    def terms(self) -> language.Terms:
        return self.current_terms_row.agreed_terms

    def side_of(self, organisation) -> Side | None:
        """Where an organisation stands; None for one that is no party."""
        return self._sides.get(organisation.pk) if organisation is not None else None

    @property
    def drafter_side(self) -> Side:
        """The side that drafted: the licensor or the agency."""
        return self._sides[self.drafted_for_id]

    @property
    def _sides(self) -> dict[int, Side]:
        return {
            self.licensor_id: Side.LICENSOR,
            self.licensee_id: Side.LICENSEE,
            self.agency_id: Side.AGENCY,
        }

    @property
    def parties(self) -> list[tuple[Side, Organisation]]:
        """(side, organisation) of everybody who signs."""
        found = [(Side.LICENSOR, self.licensor), (Side.LICENSEE, self.licensee)]
        return [*found, (Side.AGENCY, self.agency)] if self.agency_id else found

    def was_drafted_by(self, user) -> bool:
        """Whether a person drafted this text or sent it to review, and so must not review it."""
        return user is not None and user.pk in (self.drafted_by_id, self.submitted_by_id)

    @property
    def option_is_open(self) -> bool:
        """Whether the licensee may still decide: an option, nothing decided, the last free day not over."""
        if self.effective_on is None or self.licence_ended_on is not None or not self.terms.has_option:
            return False
        if self.converted_on or self.declined_on:
            return False
        return self.trial_ends_on is None or today() <= self.trial_ends_on


class _OfContractQuerySet(models.QuerySet):
    def visible_to(self, acting):
        return self.filter(contract__in=LicenceContract.objects.visible_to(acting))


@lru_cache(maxsize=1024)
def _read(text: str) -> language.Terms:
    """Terms are values: contracts with the same wording share what was read."""
    return language.read(json.loads(text))


class ContractTerms(models.Model):
    """A version of the terms. `effective_on` is empty until the contract takes effect; a version that was
    replaced while drafting never takes effect."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    effective_on = models.DateField(_("effective from"), null=True, blank=True)
    terms = models.JSONField(_("terms"))
    terms_hash = models.CharField(_("hash of the terms"), max_length=64)
    reason = models.TextField(_("reason of the change"), blank=True)
    made_for = models.CharField(max_length=10, choices=Side.choices, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    agreed_at = models.DateTimeField(_("agreed by both sides"), null=True)
    known_at = models.DateTimeField(null=True, editable=False)  # when it was known that it takes effect

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the terms")
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contract_terms_number_once"),
            models.UniqueConstraint(
                fields=["contract", "effective_on"],
                condition=Q(effective_on__isnull=False),
                name="contract_terms_day_once",
            ),
        ]
        triggers = [known_trigger("terms_known", known_at="NEW.effective_on IS NOT NULL"), forgets_looks()]

    def __str__(self):
        return f"{self.contract_id} v{self.number}"

    @cached_property
    def agreed_terms(self) -> language.Terms:
        return _read(json.dumps(self.terms, sort_keys=True))


class ContractAnnexQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Only its readers, and among them only people who may read annexes (for the agency: its brokers)."""
        if acting is None or acting.organisation is None:
            return self.none()
        if not (acting.can("annex.read") or acting.can("commission.read")):
            return self.none()
        return self.filter(readers__contains=[acting.organisation.pk])


class ContractAnnex(models.Model):
    """附件 with readers of its own: contributor shares (licensor alone), a commission (agency and payer alone)."""

    class Kind(models.TextChoices):
        CONTRIBUTORS = "CONTRIBUTORS", _("shares of the contributors")
        COMMISSION = "COMMISSION", _("commission")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="annexes")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    readers = ArrayField(models.BigIntegerField())  # ids of organisations
    content = models.JSONField()
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)

    objects = ContractAnnexQuerySet.as_manager()

    class Meta:
        verbose_name = _("annex")
        ordering = ["kind", "id"]
        triggers = [*append_only_triggers("contractannex"), forgets_looks()]

    def __str__(self):
        return f"{self.contract_id} {self.kind}"


class Declaration(models.Model):
    """利害关系声明: whether a side is related to the other one, and how; each side states it before review."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="declarations")
    side = models.CharField(max_length=10, choices=Side.choices)
    is_related = models.BooleanField(_("the parties are related"))
    details = models.TextField(_("in what way"), blank=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("related-party declaration")
        constraints = [
            models.UniqueConstraint(fields=["contract", "side"], name="declaration_once_a_side"),
            models.CheckConstraint(
                condition=Q(is_related=False) | ~Q(details=""), name="declaration_says_in_what_way"
            ),
        ]

    def __str__(self):
        return f"{self.contract_id} {self.side}"


class Review(models.Model):
    """A reviewer's answer: approved or returned with words. Read by the licensor and the drafter."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="reviews")
    approved = models.BooleanField()
    words = models.TextField(_("in words"), blank=True)
    terms_hash = models.CharField(max_length=64)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("review")
        ordering = ["-id"]
        triggers = append_only_triggers("review")

    def __str__(self):
        return f"{self.contract_id}: {self.approved}"
