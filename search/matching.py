"""Need ↔ listing: what fits, and why. One query from the texts of one side over the other; the same field, region and
readiness make a match likelier, and are named as reasons.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from search.analysis import STOP, fold, runs, stem
from search.engines import answer
from search.engines.base import Likeness
from search.facets import Names, region_name
from search.finding import read_query, thesaurus
from search.models import Kind, SearchDocument
from search.params import SearchParams
from search.viewer import Viewer
from search.words import read, words_of

DETAIL_CHARACTERS = 1_000
SHARED = 5
_LIKE = {Kind.LISTING: (Kind.NEED,), Kind.NEED: (Kind.LISTING,), Kind.SERVICE: (Kind.LISTING,)}


@dataclass(frozen=True)
class Match:
    document: SearchDocument
    score: float
    reasons: Sequence[str]


@dataclass(frozen=True)
class About:
    """What a document is about, in terms that can be shown: `words` (keywords, and words of its texts) by their stem
    or folded form, its `text` folded, and the `concepts` of the editors' sets that it names."""

    words: Mapping[str, str]
    text: str
    concepts: Mapping[int, str]


def matches(document: SearchDocument, viewer: Viewer, limit: int = 5) -> list[Match]:
    """What the other side has for this: listings for a need, needs for a listing, with reasons; best first. What
    shares nothing that can be named is no match."""
    return _matches(document, viewer, _LIKE[Kind(document.kind)], limit)


def similar(document: SearchDocument, viewer: Viewer, limit: int = 5) -> list[Match]:
    """Others of the same kind that are about the same."""
    return _matches(document, viewer, (Kind(document.kind),), limit)


def likeness(
    title: str,
    detail: str,
    kinds: Iterable[str],
    *,
    near: Mapping[str, tuple[str, ...]] | None = None,
    without: int | None = None,
) -> Likeness:
    """The question that a text asks of the other side: its title, and its detail, which weighs less."""
    return Likeness(
        title=read_query(title),
        detail=read(detail[:DETAIL_CHARACTERS]),
        kinds=tuple(str(kind) for kind in kinds),
        near=near or {},
        without=without,
    )


def likeness_of(document: SearchDocument, kinds: Iterable[str]) -> Likeness:
    """What is asked for a document: its titles and keywords, beside them what it says at length."""
    title = _joined(document.title_zh, document.title_en, *document.keywords_zh, *document.keywords_en)
    detail = _joined(document.summary_zh, document.summary_en, document.body_zh, document.body_en)
    near: dict[str, tuple[str, ...]] = {}
    if document.fields:
        near["field"] = (document.fields[-1],)
    if document.region:
        near["region"] = (document.region,)
    return likeness(title, detail, kinds, near=near, without=document.pk)


def _matches(document: SearchDocument, viewer: Viewer, kinds: Iterable[str], limit: int) -> list[Match]:
    question = likeness_of(document, kinds)
    found, _is_substitute = answer(lambda engine: engine.alike(question, viewer, 3 * limit))
    documents = (
        SearchDocument.objects.visible_to(viewer)
        .defer("words", "characters", "source")
        .in_bulk([pk for pk, _score in found])
    )
    names = _names(document, *documents.values())
    own = about(document)
    result = []
    for pk, score in found:
        other = documents.get(pk)
        if other is None:
            continue
        reasons = _reasons(document, other, own, names)
        if reasons:
            result.append(Match(other, score, reasons))
    return result[:limit]


def reasons(document: SearchDocument, other: SearchDocument) -> Sequence[str]:
    """Why two documents fit each other, in the reader's language; nothing where there is no reason."""
    return _reasons(document, other, about(document), _names(document, other))


def is_close(document: SearchDocument, other: SearchDocument) -> bool:
    """Whether somebody should be told of this match: both name two things or more, or one in the same field. Any
    English word may stand in two texts, so only keywords, terms of the editors' sets and stretches of Han characters
    count."""
    own, theirs = about(document), about(other)
    things = {*map(_form, (*document.keywords_zh, *document.keywords_en))} & set(theirs.words)
    things |= {own.concepts[number] for number in own.concepts.keys() & theirs.concepts.keys()}
    things |= set(common_stretches(own.text, theirs.text))
    return len(things) > 1 or bool(things and set(document.fields) & set(other.fields))


def _names(document: SearchDocument, *others: SearchDocument) -> Names:
    codes = {code for d in others for code in d.fields} & set(document.fields)
    return Names.read({"field": dict.fromkeys(codes, 0)}, SearchParams()) if codes else Names()


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def _reasons(document: SearchDocument, other: SearchDocument, own: About, names: Names) -> list[str]:
    shared = _shared(document, own, other)
    if not shared:
        return []
    chinese = get_language() != "en"
    readable = [term for term in shared if "(" in term or _is_readable(term)]
    written = ("zh" if chinese else "en") in set(document.languages) & set(other.languages)
    # Texts in both languages share words in both; those of the other language say nothing to the reader.
    named = (readable if written else readable or shared)[:SHARED]
    reasons = [_spoken(named)] if named else []
    fields = [code for code in document.fields if code in other.fields]
    if fields:
        reasons.append(_("same field: %(field)s") % {"field": names.of("field", fields[-1])})
    listing, need = (document, other) if document.kind == Kind.LISTING else (other, document)
    if listing.kind == Kind.LISTING and listing.trl and need.kind == Kind.NEED:
        reasons.append(_("readiness: TRL %(level)s") % {"level": listing.trl})
    if listing.kind == Kind.LISTING and listing.free_months and need.kind == Kind.NEED:
        reasons.append(_("free for %(months)s months") % {"months": listing.free_months})
    if document.region and document.region == other.region:
        reasons.append(_("same region: %(region)s") % {"region": region_name(document.region)})
    return reasons or [_spoken(shared[:SHARED])]


def _spoken(terms: list[str]) -> str:
    return _("both speak of %(words)s") % {"words": _(", ").join(terms)}


def about(document: SearchDocument) -> About:
    found = {}
    for word in (*document.keywords_zh, *document.keywords_en):
        found[_form(word)] = word
    text = _joined(document.title_zh, document.title_en, document.summary_zh, document.summary_en)
    text = _joined(text, document.body_zh, document.body_en)[:DETAIL_CHARACTERS]
    folded = fold(text)
    for run in runs(folded):
        if not run.is_han and len(run.text) > 3 and run.text not in STOP and not run.text.isdigit():
            found.setdefault(stem(run.text), run.text)
    keywords = _joined(*document.keywords_zh, *document.keywords_en)
    return About(found, folded, thesaurus().named(words_of(f"{keywords} {text}")))


def _form(word: str) -> str:
    return " ".join(run.text if run.is_han else stem(run.text) for run in runs(fold(word)))


def _shared(document: SearchDocument, own: About, other: SearchDocument) -> list[str]:
    """Terms of both: common keywords, the longest stretches of Han characters, what one says in other words than the
    other ("电解液 (electrolyte)"), English words (long ones first, which say more)."""
    theirs = about(other)
    both = [word for form, word in own.words.items() if form in theirs.words]
    keywords = {*document.keywords_zh, *document.keywords_en}
    terms = [word for word in both if word in keywords]
    for stretch in common_stretches(own.text, theirs.text):
        if not any(stretch in fold(term) for term in terms):
            terms.append(stretch)
    if not set(document.languages) & set(other.languages):
        terms += _in_other_words(own, theirs)
    return terms + sorted((word for word in both if word not in keywords), key=len, reverse=True)


def _in_other_words(own: About, theirs: About) -> list[str]:
    """Terms that stand for one thing, for texts without a language in common, the more telling (longer) ones first."""
    said = {}
    for number, term in own.concepts.items():
        meant = theirs.concepts.get(number)
        if meant and meant != term:
            one, two = (term, meant) if _is_readable(term) else (meant, term)
            said[one] = f"{one} ({two})"
    return sorted(said.values(), key=len, reverse=True)


def _is_readable(term: str) -> bool:
    return any(run.is_han for run in runs(term)) == (get_language() != "en")


# Characters that bind words together and begin or end no term.
_BINDING = frozenset(
    "的了和与及在是为对将以可被所其该此并或等中上下有能使用从到由于而且也更较很不无一种个项进行通过实现采用基需要"
)


def common_stretches(one: str, two: str, shortest: int = 3, most: int = SHARED) -> list[str]:
    """The longest stretches of Han characters that two folded texts share, without binding words at their ends."""
    found: set[str] = set()
    pool = [run.text for run in runs(two) if run.is_han]
    grams: dict[str, list[tuple[str, int]]] = {}
    for text in pool:
        for i in range(len(text) - shortest + 1):
            grams.setdefault(text[i : i + shortest], []).append((text, i))
    for run in runs(one):
        if not run.is_han:
            continue
        i = 0
        while i <= len(run.text) - shortest:
            best = 0
            for text, at in grams.get(run.text[i : i + shortest], ()):
                length = shortest
                while (
                    i + length < len(run.text)
                    and at + length < len(text)
                    and run.text[i + length] == text[at + length]
                ):
                    length += 1
                best = max(best, length)
            if best:
                stretch = run.text[i : i + best].strip("".join(_BINDING))
                if len(stretch) >= shortest:
                    found.add(stretch)
                i += best
            else:
                i += 1
    longest = sorted(found, key=lambda text: (-len(text), text))
    return [t for i, t in enumerate(longest) if not any(t in longer for longer in longest[:i])][:most]
