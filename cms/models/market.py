"""What listings, needs and services have in common."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.models import COMMENTS_RELATION_NAME, Page, PageManager, PagePermissionTester, WorkflowState
from wagtail.query import PageQuerySet

from cms.words import Pair, other
from marketplace.bilingual import language
from marketplace.clock import today
from marketplace.organisations.models import Organisation, OrganisationState


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC", _("everybody")
    VERIFIED = "VERIFIED", _("signed-in members of verified organisations")
    INVITED = "INVITED", _("invited organisations only")


class State(models.TextChoices):
    """Where a page stands, read from Wagtail's own marks; never stored."""

    DRAFT = "DRAFT", _("draft")
    REVIEW = "REVIEW", _("waiting for approval")
    RETURNED = "RETURNED", _("returned")
    LIVE = "LIVE", _("published")
    CHANGED = "CHANGED", _("published, with newer changes")
    UNPUBLISHED = "UNPUBLISHED", _("off the market")


class MarketQuerySet(PageQuerySet):
    def visible_to(self, acting):
        """What a person may read: public live pages; with a verified organisation also those for verified
        members; those the own organisation is invited to; and of the own organisation everything, drafts too.
        Pages of an organisation that is not verified (any more) are seen by itself alone."""
        open_to = Q(visibility=Visibility.PUBLIC)
        if acting is not None and acting.is_verified:
            open_to |= Q(visibility=Visibility.VERIFIED) | self._invited(acting.organisation)
        seen = Q(live=True, organisation__state=OrganisationState.VERIFIED) & open_to
        if acting is not None and acting.organisation is not None:
            seen |= Q(organisation=acting.organisation)
        return self.filter(seen)

    def _invited(self, organisation) -> Q:
        return Q(pk__in=[])

    def of(self, organisation):
        return self.filter(organisation=organisation)

    def with_state(self):
        """Annotates `in_review` and `was_returned`, so that `state` asks the database nothing more."""
        states = WorkflowState.objects.filter(
            base_content_type__app_label="wagtailcore",
            base_content_type__model="page",
            object_id=models.functions.Cast(OuterRef("pk"), models.CharField()),
        )
        return self.annotate(
            in_review=Exists(states.filter(status=WorkflowState.STATUS_IN_PROGRESS)),
            was_returned=Exists(states.filter(status=WorkflowState.STATUS_NEEDS_CHANGES)),
        )


class MarketManager(PageManager.from_queryset(MarketQuerySet)):
    pass


class _StaysWhereItIs(PagePermissionTester):
    """Editors are not offered what their door keeps shut; to superusers the hooks say why they refuse it."""

    def can_copy(self):
        return self.user.is_superuser and super().can_copy()

    def can_move(self):
        return self.user.is_superuser and super().can_move()


class MarketPage(Page):
    """A page of an organisation below its institution page, with its texts as pairs of fields."""

    CODE_PREFIX = ""

    code = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", editable=False, verbose_name=_("organisation")
    )
    title_zh = models.CharField(_("title in Chinese"), max_length=120, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    summary_zh = models.CharField(_("one-line summary in Chinese"), max_length=200, blank=True)
    summary_en = models.CharField(_("one-line summary in English"), max_length=300, blank=True)
    field = models.ForeignKey(
        "cms.Field",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("field of science"),
    )
    keywords_zh = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("keywords in Chinese")
    )
    keywords_en = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("keywords in English")
    )
    region = models.CharField(
        _("region"),
        max_length=6,
        blank=True,
        help_text=_("Six-digit code of GB/T 2260, e.g. 420100 for Wuhan."),
    )
    visibility = models.CharField(
        _("who may see it"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC
    )

    summary = Pair()
    keywords = Pair()
    search_fields = []
    _is_site_root = False  # Wagtail would ask at each save
    objects = MarketManager()

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The title in the reader's language, else the other one (`title` is Wagtail's, derived)."""
        first, second = (
            (self.title_en, self.title_zh) if language() == "en" else (self.title_zh, self.title_en)
        )
        return first or second

    @property
    def languages(self) -> list[str]:
        """The languages in which there is at least a title: "zh", "en"."""
        return [code for code in ("zh", "en") if getattr(self, f"title_{code}")]

    def lacks(self, code: str) -> bool:
        """Whether some text is there in the other language only."""
        pairs = (field.name[:-3] for field in self._meta.local_fields if field.name.endswith("_zh"))
        return any(
            not getattr(self, f"{name}_{code}") and getattr(self, f"{name}_{other(code)}") for name in pairs
        )

    @property
    def state(self) -> str:
        in_review = getattr(self, "in_review", None)
        if in_review is None:
            in_review = self.workflow_in_progress
        if in_review:
            return State.REVIEW
        if self.live:
            return State.CHANGED if self.has_unpublished_changes else State.LIVE
        was_returned = getattr(self, "was_returned", None)
        if was_returned is None:
            was_returned = self.workflow_states.filter(status=WorkflowState.STATUS_NEEDS_CHANGES).exists()
        if was_returned:
            return State.RETURNED
        return State.UNPUBLISHED if self.first_published_at else State.DRAFT

    def get_state_display(self) -> str:
        return State(self.state).label

    @property
    def state_tone(self) -> str:
        """How the state looks, where its word alone does not say (marketplace.badges)."""
        return {State.RETURNED: "bad", State.CHANGED: "good"}.get(self.state, "")

    def get_absolute_url(self) -> str:
        return self.get_url() or ""

    def permissions_for_user(self, user):
        return _StaysWhereItIs(user, self)

    def serve(self, request, *args, **kwargs):
        from cms.views.public import serve_page

        return serve_page(request, self)

    def serve_preview(self, request, mode_name):
        """What Wagtail's editor shows beside the form."""
        from cms.views.public import preview_page

        return preview_page(request, self)

    def clean(self):
        if self.path:
            super().clean()  # looks for the slug among the siblings
        if not self.title_zh and not self.title_en:
            raise ValidationError({"title_zh": _("Give a title in at least one language.")})

    def derive(self) -> None:
        """Wagtail's own title and slug, and our number, follow from what is filled in. A title is one line: it is the
        subject of letters."""
        self.title_zh, self.title_en = (" ".join(text.split()) for text in (self.title_zh, self.title_en))
        self.title = self.title_zh or self.title_en
        if not self.code:
            self.code = self._next_code()
        self.slug = self.code.lower()

    def full_clean(self, *args, **kwargs):
        self.derive()
        super().full_clean(*args, **kwargs)

    def minimal_clean(self):
        """Wagtail's check of a draft."""
        self.derive()
        super().minimal_clean()

    def clean_fields(self, exclude=None):
        """Without a question for the row behind each foreign key: they are set from rows, and the database checks."""
        keys = {field.name for field in self._meta.fields if field.many_to_one or field.one_to_one}
        super().clean_fields(exclude={*(exclude or ()), *keys})

    def validate_unique(self, exclude=None):
        """Without what nobody enters; the database checks it."""
        super().validate_unique(exclude={*(exclude or ()), "path", "code", "translation_key"})

    def clean_values(self) -> None:
        """Check our own fields and those of the children; raises ValidationError by their names. Wagtail checks
        a draft for little more than its title."""
        self.derive()
        own = {field.name for field in self._meta.local_fields}
        self.clean_fields(exclude={field.name for field in self._meta.fields if field.name not in own})
        self.clean()
        for relation in get_all_child_relations(type(self)):
            for child in getattr(self, relation.get_accessor_name()).all():
                child.clean_fields(exclude={relation.field.name})

    @classmethod
    def from_serializable_data(cls, data, check_fks=True, strict_fks=False):
        """A version as an object. By default each row that a version names is looked for, one by one and whole. What a
        page itself names cannot go, or is put in anew from the page; of what its children name, all is asked at once."""
        if check_fks:
            data = {**data}
            for relation in get_all_child_relations(cls):
                name = relation.get_accessor_name()
                if name in data and name != COMMENTS_RELATION_NAME:
                    data[name] = _with_what_is_there(relation.related_model, data[name])
        return super().from_serializable_data(data, check_fks=False, strict_fks=strict_fks)

    def _next_code(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('cms_code')")
            return f"{self.CODE_PREFIX}-{today().year}-{cursor.fetchone()[0]:06d}"


def _with_what_is_there(model, rows: list[dict]) -> list[dict]:
    """Rows of a version without those whose organisation or document is gone; an account that is gone is left out."""
    for field in model._meta.fields:
        if not field.many_to_one or isinstance(field, ParentalKey):
            continue
        named = {row[field.name] for row in rows} - {None}
        if not named:
            continue
        there = set(field.related_model._default_manager.filter(pk__in=named).values_list("pk", flat=True))
        gone = named - there
        if field.null:
            rows = [row | {field.name: None} if row[field.name] in gone else row for row in rows]
        else:
            rows = [row for row in rows if row[field.name] not in gone]
    return rows
