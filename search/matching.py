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
from search.finding import read_query
from search.models import Kind, SearchDocument
from search.params import SearchParams
from search.viewer import Viewer
from search.words import read

DETAIL_CHARACTERS = 1_000
SHARED = 5
_LIKE = {Kind.LISTING: (Kind.NEED,), Kind.NEED: (Kind.LISTING,), Kind.SERVICE: (Kind.LISTING,)}


@dataclass(frozen=True)
class Match:
    document: SearchDocument
    score: float
    reasons: Sequence[str]


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
    codes = {code for d in documents.values() for code in d.fields} & set(document.fields)
    names = Names.read({"field": dict.fromkeys(codes, 0)}, SearchParams()) if codes else Names()
    own = _weighty(document)
    result = []
    for pk, score in found:
        other = documents.get(pk)
        if other is None:
            continue
        reasons = _reasons(document, other, own, names)
        if reasons:
            result.append(Match(other, score, reasons))
    return result[:limit]


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def _reasons(document: SearchDocument, other: SearchDocument, own: dict[str, str], names: Names) -> list[str]:
    shared = _shared(document, own, other)
    if not shared:
        return []
    chinese = get_language() != "en"
    readable = [term for term in shared if any(run.is_han for run in runs(term)) == chinese]
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


def _weighty(document: SearchDocument) -> dict[str, str]:
    """What a document is about, in terms that can be shown: keywords, and the words of its texts; by their stem or
    folded form."""
    found = {}
    for word in (*document.keywords_zh, *document.keywords_en):
        found[_form(word)] = word
    text = _joined(document.title_zh, document.title_en, document.summary_zh, document.summary_en)
    text = _joined(text, document.body_zh, document.body_en)[:DETAIL_CHARACTERS]
    for run in runs(fold(text)):
        if run.is_han:
            continue
        if len(run.text) > 3 and run.text not in STOP and not run.text.isdigit():
            found.setdefault(stem(run.text), run.text)
    found["\x00han"] = fold(text)
    return found


def _form(word: str) -> str:
    return " ".join(run.text if run.is_han else stem(run.text) for run in runs(fold(word)))


def _shared(document: SearchDocument, own: dict[str, str], other: SearchDocument) -> list[str]:
    """Terms of both: common keywords, the longest stretches of Han characters, English words (long ones first, which
    say more)."""
    theirs = _weighty(other)
    both = [word for form, word in own.items() if form in theirs and form != "\x00han"]
    keywords = {*document.keywords_zh, *document.keywords_en}
    terms = [word for word in both if word in keywords]
    stretches = common_stretches(own["\x00han"], theirs["\x00han"])
    for stretch in stretches:
        if not any(stretch in fold(term) for term in terms):
            terms.append(stretch)
    return terms + sorted((word for word in both if word not in keywords), key=len, reverse=True)


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
