"""What a listing still lacks: what must be there before it can be submitted, and what would make it better."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cms.models import ListingPage, MarketPage, NeedPage, ServicePage, Visibility
from marketplace.clock import today

VAGUE_TITLE = 8  # characters; a shorter title says no more than the field


@dataclass(frozen=True)
class Point:
    """One thing looked at. `must`: without it the page cannot be submitted."""

    key: str
    words: str | Promise
    must: bool
    test: Callable[[MarketPage], bool]


def _either(*names: str) -> Callable[[MarketPage], bool]:
    return lambda page: any(getattr(page, f"{name}_{code}") for name in names for code in ("zh", "en"))


def _has_number(page: ListingPage) -> bool:
    return any(sign.isdigit() for sign in page.advantage_zh + page.advantage_en)


def _title_says_something(page: MarketPage) -> bool:
    return len(page.title_zh) >= VAGUE_TITLE or len(page.title_en) >= 2 * VAGUE_TITLE


def _each_right_has_number(page: ListingPage) -> bool:
    return all(right.number or right.kind in ("KNOW_HOW", "OTHER") for right in page.ip_rights.all())


def _rights_in_force(page: ListingPage) -> bool:
    over = {"LAPSED", "EXPIRED", "INVALIDATED"}
    return all(
        right.status not in over and not (right.expires_on and right.expires_on < today())
        for right in page.ip_rights.all()
    )


def _shares_make_one(page: ListingPage) -> bool:
    shares = [person.share for person in page.contributors.all()]
    return bool(shares) and sum(shares) == 1


def _both_languages(page: MarketPage) -> bool:
    return bool(page.title_zh and page.title_en and page.summary_zh and page.summary_en)


_TITLE = Point("title", _("a title in at least one language"), True, _either("title"))
_TITLE_LONG = Point("title_vague", _("a title that says what it does"), False, _title_says_something)
_SUMMARY = Point("summary", _("a one-line summary"), True, _either("summary"))
_FIELD = Point("field", _("the field of science"), True, lambda page: page.field_id is not None)
_BOTH = Point("languages", _("title and summary in both languages"), False, _both_languages)

LISTING = (
    _TITLE,
    _TITLE_LONG,
    _SUMMARY,
    Point("problem", _("the problem it solves"), True, _either("problem")),
    Point("advantage", _("what is better than the state of the art"), True, _either("advantage")),
    Point("numbers", _("a number in what is better"), False, _has_number),
    Point("applications", _("applications"), False, _either("applications")),
    Point("trl", _("the technology readiness level"), True, lambda page: page.trl is not None),
    Point("trl_evidence", _("evidence of the readiness"), False, _either("trl_evidence")),
    Point("maturity", _("the maturity stage"), False, lambda page: bool(page.maturity)),
    _FIELD,
    Point("keywords", _("keywords"), False, lambda page: bool(page.keywords_zh or page.keywords_en)),
    Point(
        "ip_rights",
        _("at least one intellectual property right"),
        True,
        lambda page: bool(page.ip_rights.all()),
    ),
    Point("ip_numbers", _("a number for each right"), False, _each_right_has_number),
    Point("ip_in_force", _("rights that are in force"), False, _rights_in_force),
    Point("contributors", _("contributors whose shares make 100 %"), True, _shares_make_one),
    Point(
        "consent", _("the day on which the team consented"), False, lambda page: bool(page.team_consent_on)
    ),
    Point("free", _("the free period"), True, lambda page: page.free_months is not None),
    Point("trigger", _("what triggers payment"), True, _either("trigger")),
    Point("price", _("the price in one line"), True, _either("price")),
    Point("payment_form", _("the payment form"), False, lambda page: bool(page.payment_form)),
    _BOTH,
    Point(
        "not_secret",
        _("no secrets: a secret result is not put on the market"),
        True,
        lambda page: not page.is_secret,
    ),
    Point(
        "invited",
        _("at least one invited organisation, since only invited ones may see it"),
        True,
        lambda page: page.visibility != Visibility.INVITED or bool(page.invitations.all()),
    ),
)
NEED = (
    _TITLE,
    _SUMMARY,
    Point("problem", _("the problem to be solved"), True, _either("problem")),
    Point("constraints", _("conditions that a solution must keep to"), False, _either("constraints")),
    Point(
        "budget",
        _("a budget range"),
        False,
        lambda page: page.budget_min_minor is not None or page.budget_max_minor is not None,
    ),
    Point(
        "deadline",
        _("a day until which proposals are welcome, not in the past"),
        True,
        lambda page: page.deadline_on is None or page.deadline_on >= today(),
    ),
    _BOTH,
)
SERVICE = (
    _TITLE,
    _SUMMARY,
    Point("what", _("what is done"), True, _either("what")),
    Point("price", _("the price in one line"), True, _either("price")),
    Point(
        "turnaround",
        _("how many working days it takes"),
        False,
        lambda page: page.turnaround_days is not None,
    ),
    _BOTH,
)


@dataclass(frozen=True)
class Quality:
    points: tuple[tuple[Point, bool], ...]

    @property
    def must(self) -> list[str]:
        """What has to be added before the page can be submitted, in words."""
        return [str(point.words) for point, there in self.points if point.must and not there]

    @property
    def better(self) -> list[str]:
        """What would make it better."""
        return [str(point.words) for point, there in self.points if not point.must and not there]

    @property
    def percent(self) -> int:
        """How much of it is there, whole per cent."""
        return sum(there for _point, there in self.points) * 100 // len(self.points)

    @property
    def can_submit(self) -> bool:
        return not self.must


def quality(page: MarketPage) -> Quality:
    """Look at a page (a draft as an object, too). Reads the children once each; prefetch them for lists."""
    points = {ListingPage: LISTING, NeedPage: NEED, ServicePage: SERVICE}[type(page)]
    return Quality(tuple((point, bool(point.test(page))) for point in points))
