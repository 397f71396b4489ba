from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.billing.unprinted import to_print
from contracts.ledger.models import to_book
from contracts.lifecycle.models import ContractAnnex, LicenceContract
from contracts.payments.models import Allocation
from contracts.proceeds.states import DistributionState, PayoutState, ShareKind
from marketplace.appendonly import append_only_triggers
from marketplace.bilingual import of_pair
from marketplace.clock import now
from marketplace.encrypted import EncryptedTextField
from marketplace.money import Money
from marketplace.organisations.models import Organisation


class CommissionQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """The agency and the side that pays; the other party never, not even a count."""
        if acting is None or acting.organisation is None or not acting.can("commission.read"):
            return self.none()
        return self.filter(Q(agency=acting.organisation) | Q(payer=acting.organisation))


class Commission(models.Model):
    """佣金: what an agency earns by one allocation, after the annex of the contract; negative when it is undone."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="commissions")
    annex = models.ForeignKey(ContractAnnex, models.PROTECT, related_name="commissions")
    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="commissions")
    agency = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("agency"))
    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("payer"))
    base_minor = models.BigIntegerField(_("receipt without VAT"))
    cumulative_base_minor = models.BigIntegerField(_("receipts so far without VAT"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    parts = models.JSONField()  # [{"name", "weight", "minor"}]
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=6)
    arose_on = models.DateField(_("date"))
    created_at = models.DateTimeField(default=now)

    objects = CommissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("commission")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["annex", "allocation"], name="commission_once")]
        triggers = [*append_only_triggers("commission"), to_book("commission")]

    def __str__(self):
        return f"{self.contract_id}: {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class _OfLicensorQuerySet(models.QuerySet):
    """Rows of a contract, for the licensor's people who may read them; the other side sees nothing of it."""

    path = "contract__licensor"

    def visible_to(self, acting):
        if acting is None or not acting.can("distribution.read"):
            return self.none()
        return self.filter(**{self.path: acting.organisation})


class DistributionPlan(models.Model):
    """收益分配方案: how the net income of a contract is shared. It stands once something was approved by it."""

    contract = models.OneToOneField(LicenceContract, models.PROTECT, related_name="distribution_plan")
    team_share = models.DecimalField(_("share of the team"), max_digits=7, decimal_places=6)
    staff_of_retained = models.DecimalField(
        _("transfer staff's share of the retained part"), max_digits=7, decimal_places=6, default=0
    )
    commission_is_cost = models.BooleanField(
        _("a commission that we pay is a direct cost (only if agreed with the team)"), default=False
    )
    basis = models.CharField(_("internal rule or agreement"), max_length=200)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = _OfLicensorQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan of distribution")
        constraints = [
            models.CheckConstraint(
                condition=Q(team_share__gte=0, team_share__lte=1)
                & Q(staff_of_retained__gte=0, staff_of_retained__lte=1),
                name="distribution_plan_shares",
            )
        ]

    def __str__(self):
        return f"{self.contract_id}: {self.team_share}"


class DistributionQuerySet(_OfLicensorQuerySet):
    def standing(self):
        return self.exclude(state=DistributionState.RETURNED)


class Distribution(models.Model):
    """收益分配 of the receipts of one contract since the last one: proposed by finance, approved by an approver."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="distributions")
    state = models.CharField(
        _("state"), max_length=10, choices=DistributionState.choices, default=DistributionState.PROPOSED
    )
    receipt_minor = models.BigIntegerField(_("receipts without VAT"))
    cost_minor = models.BigIntegerField(_("direct costs"))
    net_minor = models.BigIntegerField(
        _("net income to distribute")
    )  # the change of the cumulative net income
    cumulative_net_minor = models.BigIntegerField(_("net income so far"))
    floor_minor = models.BigIntegerField(_("lawful floor of the team's share so far"))
    currency = models.CharField(max_length=3)
    working = models.JSONField()
    proposed_at = models.DateTimeField(default=now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    words = models.CharField(_("remarks"), max_length=300, blank=True)
    notice_from = models.DateField(_("made known from"), null=True)
    notice_until = models.DateField(_("made known until"), null=True)

    objects = DistributionQuerySet.as_manager()

    class Meta:
        verbose_name = _("distribution")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="PROPOSED"), name="distribution_proposed_once"
            ),
            models.CheckConstraint(
                condition=Q(state="PROPOSED", decided_at__isnull=True)
                | ~Q(state="PROPOSED") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="distribution_decided_by_somebody",
            ),
        ]
        triggers = [to_book("distribution", changes=True)]

    def __str__(self):
        return f"{self.contract_id} {self.net_minor}"

    def get_absolute_url(self):
        return reverse("distribution", args=[self.pk])


class DistributedAllocation(models.Model):
    """Which allocation went into which distribution; free again when the distribution is returned."""

    distribution = models.ForeignKey(Distribution, models.PROTECT, related_name="movements")
    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="distributed_in")
    base_minor = models.BigIntegerField()  # without VAT
    released = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["allocation"], condition=Q(released=False), name="allocation_distributed_once"
            )
        ]

    def __str__(self):
        return f"{self.distribution_id} {self.allocation_id}"


class DirectCost(models.Model):
    """直接成本 of a contract (patent fees, appraisal, broker), taken off the next distribution."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="direct_costs")
    on = models.DateField(_("date"))
    text = models.CharField(_("what for"), max_length=200)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3, default="CNY")
    commission = models.OneToOneField(Commission, models.PROTECT, null=True, related_name="as_cost")
    distribution = models.ForeignKey(Distribution, models.PROTECT, null=True, related_name="costs")
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = _OfLicensorQuerySet.as_manager()

    class Meta:
        verbose_name = _("direct cost")
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) | Q(commission__isnull=False) & ~Q(amount_minor=0),
                name="direct_cost_amount",
            )
        ]

    def __str__(self):
        return f"{self.text} {self.amount_minor}"


class ShareQuerySet(models.QuerySet):
    def of_person(self, user):
        """A person's own shares, whatever organisation they act for; only what an approver has approved."""
        return self.filter(
            user=user, distribution__state__in=[DistributionState.APPROVED, DistributionState.PAID]
        )


class DistributionShare(models.Model):
    """Who gets what of one distribution; negative where money went back."""

    distribution = models.ForeignKey(Distribution, models.PROTECT, related_name="shares")
    kind = models.CharField(_("kind"), max_length=8, choices=ShareKind.choices)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=160, blank=True)
    unit_en = models.CharField(_("unit in English"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="income_shares"
    )
    share = models.DecimalField(_("share"), max_digits=9, decimal_places=6)  # of the team's or retained part
    amount_minor = models.BigIntegerField(_("amount"))

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share")
        ordering = ["distribution", "id"]
        triggers = append_only_triggers("distributionshare")

    def __str__(self):
        return f"{self.name} {self.amount_minor}"


class PayoutQuerySet(models.QuerySet):
    def visible_to(self, acting):
        if acting is None or acting.organisation is None or not acting.can("payout.confirm"):
            return self.none()
        return self.filter(payer=acting.organisation)


class Payout(models.Model):
    """One sum to one payee: a contributor, the transfer staff or a broker's agency. Negative: to be set off."""

    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="payouts")
    share = models.OneToOneField(DistributionShare, models.PROTECT, null=True, related_name="payout")
    commission = models.OneToOneField(Commission, models.PROTECT, null=True, related_name="payout")
    payee_name = models.CharField(_("payee"), max_length=160)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    state = models.CharField(_("state"), max_length=6, choices=PayoutState.choices, default=PayoutState.DUE)
    due_from = models.DateField(_("not before"), null=True)  # end of the internal notice
    paid_on = models.DateField(_("paid on"), null=True)
    reference = models.CharField(_("bank reference"), max_length=120, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paid_early = models.BooleanField(default=False)
    statement = models.FileField(upload_to="payouts/", blank=True)
    statement_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=now)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__isnull=False, commission__isnull=True)
                | Q(share__isnull=True, commission__isnull=False),
                name="payout_of_one_cause",
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payout_not_zero"),
            models.CheckConstraint(
                condition=Q(state="DUE", paid_on__isnull=True)
                | Q(state="PAID", paid_on__isnull=False, confirmed_at__isnull=False),
                name="payout_paid_has_day",
            ),
        ]
        triggers = [to_book("payout", changes=True), to_print("payout")]

    def __str__(self):
        return f"{self.payee_name} {self.amount_minor}"

    @property
    def payee(self) -> str:
        """The payee in the reader's language; papers and the bank's file carry the name as it was stored."""
        if self.commission_id:
            return self.commission.agency.name
        if self.share.kind == ShareKind.STAFF:
            return str(_("Transfer staff"))
        return of_pair(self.payee_name, self.share.name_en)

    @property
    def payee_unit(self) -> str:
        """Tells contributors of one name apart."""
        return of_pair(self.share.unit, self.share.unit_en) if self.share_id else ""

    @property
    def payee_in_full(self) -> str:
        return " · ".join(filter(None, (self.payee, self.payee_unit)))

    @property
    def payee_key(self) -> str:
        """Whose account the money goes to, within the payer: two people of one name are two payees, and who has a user
        account is the same payee in every unit. The transfer staff are one, who share among themselves."""
        if self.commission_id:
            return f"organisation:{self.commission.agency_id}"
        if self.share.kind == ShareKind.STAFF:
            return "staff"
        if self.share.user_id:
            return f"user:{self.share.user_id}"
        return f"person:{self.payee_name}|{self.share.unit}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class PayeeAccountQuerySet(models.QuerySet):
    def visible_to(self, acting):
        if acting is None or acting.organisation is None or not acting.can("payout.confirm"):
            return self.none()
        return self.filter(organisation=acting.organisation)


class PayeeAccount(models.Model):
    """Where a payee's money goes: kept by the paying organisation, encrypted, shown masked. `key` is a Payout's
    `payee_key`; the name is the one of the day on which it was recorded."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="payee_accounts")
    key = models.CharField(max_length=330)
    name = models.CharField(_("payee"), max_length=160)
    bank_name = models.CharField(_("bank and branch"), max_length=120)
    number = EncryptedTextField(_("account number"))
    tail = models.CharField(max_length=4)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = PayeeAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("payee's account")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="payee_account_once")]

    def __str__(self):
        return f"{self.name} **** {self.tail}"
