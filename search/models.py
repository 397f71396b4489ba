"""What search keeps: the outbox, one document for each published page, saved searches, words that mean the same."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cms.words import Pair
from marketplace.clock import now
from marketplace.organisations.models import Mandate, Organisation
from search.fields import CharactersField, WordsField


class OutboxRow(models.Model):
    """A page that changed. Database triggers write it in the transaction that changes the page, the worker takes
    it away in the one that brings the document up to date. A row that fails is tried again later, and after
    some attempts is `dead`: shown to the operator, tried by hand."""

    page_id = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=models.functions.Now())
    error = models.TextField(blank=True, db_default="")
    is_dead = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("waiting change")
        indexes = [models.Index(fields=["id"], name="outbox_waiting", condition=Q(is_dead=False))]

    def __str__(self):
        return f"{self.id}: {self.page_id}"


class Kind(models.TextChoices):
    LISTING = "LISTING", _("listing")
    NEED = "NEED", _("technology need")
    SERVICE = "SERVICE", _("service offer")
    INSTITUTION = "INSTITUTION", _("institution")


class DocumentStateQuerySet(models.QuerySet):
    def to_push(self):
        """Changed since they last reached Elasticsearch, tombstones too."""
        return self.filter(pushed_version__lt=F("version"))

    def to_alert(self):
        return self.filter(alerted_version__lt=F("version"))

    def to_match(self):
        return self.filter(matched_version__lt=F("version"))


class DocumentState(models.Model):
    """How far a document has come: small, because it is written often. `version` is raised under lock at each change;
    a page that is no longer published leaves its row as a tombstone (`is_deleted`), because Elasticsearch forgets
    the versions of deleted documents after a minute."""

    page_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField(default=0, db_default=0)
    is_deleted = models.BooleanField(default=False, db_default=False)
    pushed_version = models.BigIntegerField(default=0, db_default=0)
    push_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    push_error = models.TextField(blank=True, db_default="")
    next_push_at = models.DateTimeField(db_default=models.functions.Now())
    alerted_version = models.BigIntegerField(default=0, db_default=0)
    matched_version = models.BigIntegerField(default=0, db_default=0)

    objects = DocumentStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a search document")
        indexes = [
            models.Index(
                fields=["next_push_at"], name="state_to_push", condition=Q(pushed_version__lt=F("version"))
            ),
            models.Index(
                fields=["page_id"], name="state_to_alert", condition=Q(alerted_version__lt=F("version"))
            ),
            models.Index(
                fields=["page_id"], name="state_to_match", condition=Q(matched_version__lt=F("version"))
            ),
        ]

    def __str__(self):
        return f"{self.page_id} ({self.version})"


class SearchDocumentQuerySet(models.QuerySet):
    def visible_to(self, viewer):
        return self.filter(audience__overlap=viewer.keys)


class SearchDocument(models.Model):
    """What is found of one published page, for both engines."""

    page_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField(default=0)
    shape = models.PositiveSmallIntegerField(default=0)  # of the code that made it; an older one is made anew
    built_at = models.DateTimeField(db_default=models.functions.Now())

    kind = models.CharField(max_length=12, choices=Kind.choices)
    code = models.CharField(max_length=20)
    path = models.TextField()
    audience = ArrayField(models.CharField(max_length=24), default=list)
    organisation_id = models.BigIntegerField(null=True)
    published_at = models.DateTimeField(null=True)

    title_zh = models.TextField(blank=True)
    title_en = models.TextField(blank=True)
    summary_zh = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    keywords_zh = ArrayField(models.TextField(), default=list)
    keywords_en = ArrayField(models.TextField(), default=list)
    body_zh = models.TextField(blank=True)
    body_en = models.TextField(blank=True)
    organisation_zh = models.TextField(blank=True)
    organisation_en = models.TextField(blank=True)
    offer_zh = models.TextField(blank=True)  # the price in one line of words
    offer_en = models.TextField(blank=True)
    title, summary, keywords, body, organisation, offer = (Pair() for _name in range(6))

    # What facets count
    fields = ArrayField(models.CharField(max_length=60), default=list)
    trl = models.PositiveSmallIntegerField(null=True)
    ip = ArrayField(models.CharField(max_length=15), default=list)
    free_months = models.PositiveSmallIntegerField(null=True)
    free = models.CharField(max_length=10, blank=True)
    triggers = ArrayField(models.CharField(max_length=15), default=list)
    payment = models.CharField(max_length=15, blank=True)
    exclusivity = models.CharField(max_length=15, blank=True)
    region = models.CharField(max_length=2, blank=True)
    institution = models.CharField(max_length=20, blank=True)  # "" for a need whose owner stays unnamed
    languages = ArrayField(models.CharField(max_length=2), default=list)
    programme = models.CharField(max_length=20, blank=True)
    pilot = models.CharField(
        max_length=20, blank=True
    )  # the programme, where the result itself fulfils its rules
    price_minor = models.BigIntegerField(null=True)  # fixed sums of the terms, in fen
    price = models.CharField(max_length=10, blank=True)

    # What ranks gently (search.ranking)
    completeness = models.PositiveSmallIntegerField(default=0)  # per cent of what a good page has
    is_available = models.BooleanField(default=False)  # a right in force that may be licensed

    identifiers = ArrayField(models.CharField(max_length=60), default=list)
    words = WordsField()
    characters = CharactersField()
    source = models.TextField(blank=True)  # ready for Elasticsearch, so that a rebuild only copies

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("search document")
        indexes = [
            GinIndex(fields=["words"], name="document_words"),
            GinIndex(fields=["characters"], name="document_characters"),
            GinIndex(fields=["identifiers"], name="document_identifiers"),
            GinIndex(
                fields=["audience", "fields", "ip", "triggers", "languages"],
                name="document_facets",
                fastupdate=False,
            ),
            models.Index(
                F("published_at").desc(nulls_last=True),
                F("page_id").desc(),
                name="document_newest",
            ),
            models.Index(fields=["organisation_id"], name="document_organisation"),
            models.Index(fields=["code"], name="document_code"),
        ]

    def __str__(self):
        return f"{self.code} ({self.version})"

    @property
    def name(self) -> str:
        return self.title

    @property
    def site_languages(self) -> list[str]:
        """The site's languages in which there is at least a title."""
        return [{"zh": "zh-hans"}.get(code, code) for code in self.languages]

    def get_absolute_url(self) -> str:
        """A need's address says nothing of who posted it."""
        if self.kind == Kind.NEED:
            return reverse("need", args=[self.code.lower()])
        return reverse("wagtail_serve", args=[self.path])


class Suggestion(models.Model):
    """What the search box offers: a title or keyword of public pages, under every spelling that may be typed: its
    own, pinyin in full, pinyin initials. Compared byte by byte ("C"), so that one index finds and orders beginnings."""

    document = models.ForeignKey(SearchDocument, models.CASCADE, related_name="suggestions")
    text = models.CharField(max_length=200, db_collation="C")
    key = models.CharField(max_length=120, db_collation="C")
    weight = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("suggestion")
        indexes = [models.Index(fields=["weight", "key", "text"], name="suggestion_beginning")]

    def __str__(self):
        return self.text


class Topic(models.TextChoices):
    """What words that mean the same are about, so that their keepers find their way."""

    FIELDS = "fields", _("fields of science")
    ENERGY = "energy", _("energy")
    PROPERTIES = "properties", _("properties")
    MATERIALS = "materials", _("materials")
    PROCESSES = "processes", _("processes")
    DEVICES = "devices", _("devices and machines")
    INFORMATION = "information", _("information and measurement")
    ENVIRONMENT = "environment", _("environment")
    LIFE = "life", _("medicine, food, farming")
    MARKET = "market", _("rights and market")
    OTHER = "other", _("other topics")


class SynonymSet(models.Model):
    """Words that mean the same, in any language: 机器学习, machine learning, ML. Seeded with terms of our own writing
    (data/synonyms.csv), kept by the operator; a change holds from the next search on, without a rebuild."""

    topic = models.CharField(_("topic"), max_length=12, choices=Topic.choices, default=Topic.OTHER)
    words = ArrayField(models.CharField(max_length=60), verbose_name=_("words that mean the same"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(words__len__gte=2), name="synonyms_two_words"),
        ]

    def __str__(self):
        return ", ".join(self.words)


class Frequency(models.TextChoices):
    """When the owner of a saved search is told: as it is found, or gathered up to eight o'clock of a day or Monday."""

    AT_ONCE = "AT_ONCE", _("at once")
    DAILY = "DAILY", _("once a day")
    WEEKLY = "WEEKLY", _("once a week")
    NEVER = "NEVER", _("not at all")


class SavedSearchQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """A person's own, of the organisation they act for: what it may see decides what the search finds."""
        return self.filter(user=acting.user, organisation=acting.organisation) if acting.user else self.none()


class SavedSearch(models.Model):
    """A search whose new hits are told to its owner."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, related_name="+", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(_("search"))  # the canonical query string of SearchParams
    frequency = models.CharField(
        _("tell me about new hits"), max_length=10, choices=Frequency.choices, default=Frequency.AT_ONCE
    )
    created_at = models.DateTimeField(default=now)
    last_hit_at = models.DateTimeField(null=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "query"], name="saved_search_once", nulls_distinct=False
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('search')}?{self.query}"


class SavedHit(models.Model):
    """A page that a saved search has found: known when it was saved, told since, or waiting to be told with others.
    Each is told once."""

    search = models.ForeignKey(SavedSearch, models.CASCADE, related_name="hits")
    page_id = models.BigIntegerField()
    found_at = models.DateTimeField(default=now)
    is_waiting = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("hit of a saved search")
        indexes = [models.Index(fields=["search"], name="saved_hit_waiting", condition=Q(is_waiting=True))]
        constraints = [models.UniqueConstraint(fields=["search", "page_id"], name="saved_hit_once")]

    def __str__(self):
        return f"{self.search_id}: {self.page_id}"


class SavedPageQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """A person's own, of the organisation they act for."""
        return self.filter(user=acting.user, organisation=acting.organisation) if acting.user else self.none()


class SavedPage(models.Model):
    """收藏: a page that somebody wants to find again. Whether it is still offered, and to them, is asked each time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="+")
    page_id = models.BigIntegerField()
    saved_at = models.DateTimeField(default=now)

    objects = SavedPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved page")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "page_id"], name="saved_page_once", nulls_distinct=False
            )
        ]

    def __str__(self):
        return f"{self.user_id}: {self.page_id}"


class PairQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Pairs with a page of one's own organisation or, for brokers, of a client whose mandate is in force; both
        pages as one may see them. A client that stays unnamed on its need stays so for its agency, too."""
        from search.viewer import viewer_of

        house = acting.organisation if acting is not None else None
        if house is None or not acting.can("match.read"):
            return self.none()
        own = Q(need__organisation_id=house.pk) | Q(listing__organisation_id=house.pk)
        if clients := clients_of(house):
            own |= Q(need__institution__in=clients) | Q(listing__institution__in=clients)
        keys = viewer_of(acting).keys
        return self.filter(own, need__audience__overlap=keys, listing__audience__overlap=keys)


def clients_of(agency: Organisation) -> list[str]:
    """The numbers of those for whom an agency acts today, as documents name their institution."""
    mandates = Mandate.objects.in_force().filter(agency=agency)
    return [str(pk) for pk in mandates.values_list("client_id", flat=True)]


class MatchedPair(models.Model):
    """A listing that fits a need: told once, for ever, to the side that was there before and those who act for it."""

    need = models.ForeignKey(SearchDocument, models.DO_NOTHING, related_name="+", db_constraint=False)
    listing = models.ForeignKey(SearchDocument, models.DO_NOTHING, related_name="+", db_constraint=False)
    found_at = models.DateTimeField(default=now)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = _("match of need and listing")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["need", "listing"], name="matched_pair_once")]

    def __str__(self):
        return f"{self.need_id} ↔ {self.listing_id}"


class MatchLetters(models.Model):
    """Somebody who wants to be told nothing more of matches, as one of this organisation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    stopped_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("letters about matches that are not wanted")
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="match_letters_stopped_once")
        ]

    def __str__(self):
        return f"{self.user_id}: {self.organisation_id}"
