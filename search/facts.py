"""What search knows of one page: plain facts, and how they become a document for both engines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from search.analysis import cut, fold, runs, singles, spaced
from search.identifiers import identifiers_of
from search.models import SearchDocument, Suggestion
from search.offers import free_bucket, price_bucket

SHAPE = 7  # raise it when what documents hold changes: the next reindex makes them anew
PUBLIC, VERIFIED = "public", "verified"
KEYWORD, TITLE = 3, 2  # weights of what is suggested
_KEY, _SUGGESTED_KEYWORDS, _WORD_STARTS = 24, 5, 6


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One published page. `audience`: see search.viewer. `extra_…`: what may be searched for besides the texts:
    field names, names of the team. `numbers`: as their owners write them."""

    page_id: int
    kind: str
    code: str = ""
    path: str = ""
    audience: tuple[str, ...] = (PUBLIC,)
    organisation_id: int | None = None
    institution: str = ""
    published_at: datetime | None = None
    title_zh: str = ""
    title_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    keywords_zh: tuple[str, ...] = ()
    keywords_en: tuple[str, ...] = ()
    body_zh: str = ""
    body_en: str = ""
    organisation_zh: str = ""
    organisation_en: str = ""
    extra: tuple[str, ...] = ()
    offer_zh: str = ""
    offer_en: str = ""
    fields: tuple[str, ...] = ()
    trl: int | None = None
    ip: tuple[str, ...] = ()
    free_months: int | None = None
    triggers: tuple[str, ...] = ()
    payment: str = ""
    exclusivity: str = ""
    region: str = ""
    programme: str = ""
    pilot: str = ""
    price_minor: int | None = None
    completeness: int = 0
    is_available: bool = False
    numbers: tuple[str, ...] = field(default=())

    @property
    def texts(self) -> dict[str, str]:
        """The searchable texts, from the weightiest to the lightest; both languages side by side."""
        parts = {
            "title": (self.title_zh, self.title_en),
            "keywords": (*self.keywords_zh, *self.keywords_en, self.summary_zh, self.summary_en),
            "extra": (self.organisation_zh, self.organisation_en, *self.extra),
            "body": (self.body_zh, self.body_en),
        }
        return {name: " \n".join(text for text in texts if text) for name, texts in parts.items()}

    @property
    def languages(self) -> list[str]:
        return [code for code, title in (("zh", self.title_zh), ("en", self.title_en)) if title]


def document(facts: Facts) -> SearchDocument:
    """The row for the database engine, with what Elasticsearch gets beside it."""
    texts = facts.texts
    row = SearchDocument(page_id=facts.page_id, shape=SHAPE)
    for name in (
        "kind", "code", "path", "organisation_id", "institution", "published_at", "title_zh", "title_en",
        "summary_zh", "summary_en", "body_zh", "body_en", "organisation_zh", "organisation_en", "offer_zh",
        "offer_en", "trl", "free_months", "payment", "exclusivity", "region", "programme",
        "pilot", "price_minor", "completeness", "is_available",
    ):  # fmt: skip
        setattr(row, name, getattr(facts, name))
    for name in ("audience", "keywords_zh", "keywords_en", "fields", "ip", "triggers"):
        setattr(row, name, list(getattr(facts, name)))
    row.languages = facts.languages
    row.free = free_bucket(facts.free_months)
    row.price = price_bucket(facts.price_minor)
    row.identifiers = sorted({i[:60] for number in facts.numbers for i in identifiers_of(number)})
    row.words = [cut(text) for text in texts.values()]
    row.characters = singles(" ".join(texts.values()))
    row.source = _source(row, texts, facts)
    return row


def _source(row: SearchDocument, texts: dict[str, str], facts: Facts) -> str:
    """The body that Elasticsearch gets: texts as their runs, the title twice where it stands over a longer one; facets."""
    folded = {name: spaced(text) for name, text in texts.items()}
    body = {
        "text": [text for text in (folded["title"] if folded["body"] else "", *folded.values()) if text],
        **{name: getattr(row, name) for name in FACET_COLUMNS},
        "audience": row.audience,
        "identifiers": row.identifiers,
        "free_months": row.free_months,
        "price_minor": row.price_minor,
        "pilot": row.pilot,
        "completeness": row.completeness,
        "is_available": row.is_available or None,
        "published_at": row.published_at.isoformat() if row.published_at else None,
    }
    return json.dumps({k: v for k, v in body.items() if v not in ("", None, [])}, ensure_ascii=False)


# The columns that facets filter and count, under their names in SearchParams.
FACET_COLUMNS = (
    "kind", "fields", "trl", "ip", "free", "triggers", "payment", "exclusivity", "institution", "region",
    "languages", "programme", "price",
)  # fmt: skip


def suggestion_rows(facts: Facts) -> list[Suggestion]:
    return [
        Suggestion(document_id=facts.page_id, key=key, text=text, weight=weight)
        for key, text, weight in sorted(set(suggestions(facts)))
    ]


def suggestions(facts: Facts) -> Iterator[tuple[str, str, int]]:
    """(key, text, weight): what may be typed, what is then offered. Only of what everybody may see."""
    if PUBLIC in facts.audience and facts.kind != "INSTITUTION":  # those: search.suggesting
        for text, weight in offered(facts):
            for key in keys(text):
                yield key, text, weight


def offered(document: Facts | SearchDocument) -> list[tuple[str, int]]:
    """The texts that the search box offers of a document, with their weights: its first keywords, its titles."""
    words = [*document.keywords_zh[:_SUGGESTED_KEYWORDS], *document.keywords_en[:_SUGGESTED_KEYWORDS]]
    found = [(word, KEYWORD) for word in words] + [(document.title_zh, TITLE), (document.title_en, TITLE)]
    return [(" ".join(text.split())[:200], weight) for text, weight in found if text.strip()]


@lru_cache(maxsize=10_000)  # institutions and common keywords come again and again
def keys(text: str) -> list[str]:
    """Every spelling under which a text is offered: its own from the start and, of several words, from each of the
    first words on; with Han characters also pinyin in full and its initials (liangzimiyao, lzmy)."""
    folded = fold(text)
    words = [run.text for run in runs(folded)]
    found = ["".join(words[i:])[:_KEY] for i in range(min(len(words), _WORD_STARTS))]
    if any(run.is_han for run in runs(folded)):
        start = "".join(words)[:_KEY]
        syllables = lazy_pinyin(start, style=Style.NORMAL)
        found.append("".join(syllables)[:_KEY])
        found.append("".join(s if s in start else s[0] for s in syllables)[:_KEY])
    return [key for key in dict.fromkeys(found) if key]


def typed_key(text: str) -> str:
    """What a person has typed so far, in the spelling of keys."""
    return "".join(run.text for run in runs(fold(text)))[:_KEY]
