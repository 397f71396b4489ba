"""Need ↔ listing: what fits, and why. One query from the texts of one side over the other; the same field, region and
readiness make a match likelier, and are named as reasons.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from search.analysis import STOP, fold, runs, stem
from search.engines import Engine, EngineDown, Likeness, answer
from search.facets import Names, region_name
from search.finding import read_query, thesaurus
from search.models import Kind, SearchDocument
from search.params import SearchParams
from search.thesaurus import Thesaurus
from search.viewer import Viewer
from search.words import read, words_of

DETAIL_CHARACTERS = 1_000
NEAR_SECONDS = 1.0  # of each engine, so that a page with both stays below its 2.5 seconds
SHARED = 5
ENOUGH = 3
_MEASURES = """two three four five six seven eight nine ten hundred thousand million second seconds minute minutes hour
    hours day days week weeks month months year years times within"""
MEASURES = frozenset(_MEASURES.split())  # how much of something: no text is about it
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Match:
    document: SearchDocument
    score: float
    reasons: Sequence[str]


@dataclass(frozen=True)
class About:
    """What a document is about, in terms that can be shown: `words` (keywords, and words of its texts) by their stem
    or folded form, its `text` folded, the `concepts` of the editors' sets that it names; and of the two what stands
    at its head, in title, keywords and summary. `name`: title and keywords alone, folded, and the stems in them."""

    words: Mapping[str, str]
    text: str
    concepts: Mapping[int, str]
    head: str
    head_concepts: Mapping[int, str]
    name: str
    name_stems: frozenset[str]


def near(
    document: SearchDocument, viewer: Viewer, kinds: Sequence[Kind], limit: int = 5
) -> list[list[Match]] | None:
    """For each of these kinds what is about the same, with reasons, best first: of the same kind what is similar, of
    the other side what fits. What shares nothing that can be named is no match. None: neither engine answered in
    time; a page that has more to say does not wait for this."""
    questions = [likeness_of(document, (kind,), viewer) for kind in kinds]

    def ask(engine: Engine) -> list[list[tuple[int, float]]]:
        return engine.alike(questions, 3 * limit, seconds=NEAR_SECONDS)

    try:
        found, _is_substitute = answer(ask, NEAR_SECONDS)
    except EngineDown:
        logger.warning("What is near page %s could not be looked up in time", document.pk, exc_info=True)
        return None
    return _matches(document, viewer, found, limit)


def likeness(
    title: str,
    detail: str,
    kinds: Iterable[str],
    *,
    near: Mapping[str, tuple[str, ...]] | None = None,
    without: int | None = None,
    viewer: Viewer | None = None,
) -> Likeness:
    """The question that a text asks of the other side: its title, and its detail, which weighs less."""
    return Likeness(
        title=read_query(title),
        detail=read(detail[:DETAIL_CHARACTERS]),
        kinds=tuple(str(kind) for kind in kinds),
        near=near or {},
        without=without,
        viewer=viewer,
    )


def likeness_of(document: SearchDocument, kinds: Iterable[str], viewer: Viewer | None) -> Likeness:
    """What is asked for a document: its titles and keywords, beside them what it says at length."""
    title = _joined(document.title_zh, document.title_en, *document.keywords_zh, *document.keywords_en)
    detail = _joined(document.summary_zh, document.summary_en, document.body_zh, document.body_en)
    near: dict[str, tuple[str, ...]] = {}
    if document.fields:
        near["field"] = (document.fields[-1],)
    if document.region:
        near["region"] = (document.region,)
    return likeness(title, detail, kinds, near=near, without=document.pk, viewer=viewer)


def _matches(
    document: SearchDocument, viewer: Viewer, found: Sequence[Sequence[tuple[int, float]]], limit: int
) -> list[list[Match]]:
    documents = (
        SearchDocument.objects.visible_to(viewer)
        .defer("words", "characters", "source")
        .in_bulk([pk for part in found for pk, _score in part])
    )
    names = _names_of({code for d in documents.values() for code in d.fields} & set(document.fields))
    return [_named(document, documents, part, names, limit) for part in found]


def _named(
    document: SearchDocument,
    documents: Mapping[int, SearchDocument],
    found: Iterable[tuple[int, float]],
    names: Names,
    limit: int,
) -> list[Match]:
    """Those that share something that can be named."""
    own = about(document)
    result = []
    for pk, score in found:
        other = documents.get(pk)
        reasons = _reasons(document, other, own, names) if other else ()
        if other and reasons:
            result.append(Match(other, score, reasons))
        if len(result) == limit:  # to read what another text is about costs milliseconds
            break
    return result


def reasons(pairs: Sequence[tuple[SearchDocument, SearchDocument]]) -> list[Sequence[str]]:
    """For each pair why the two fit each other, in the reader's language; nothing where there is no reason."""
    codes = {code for one, two in pairs for code in set(one.fields) & set(two.fields)}
    names = _names_of(codes)
    return [_reasons(one, two, about(one), names) for one, two in pairs]


def is_close(document: SearchDocument, other: SearchDocument) -> bool:
    """Whether somebody should be told of this match: both are about two of the same things, or about one in the same
    narrow field. A thing is what both name at their head (a keyword, a term of the editors' sets, but none that says
    little by itself), or a stretch of Han characters of both that stands at one head."""
    own, theirs = about(document), about(other)
    named = (own.head_concepts.keys() & theirs.head_concepts.keys()) - thesaurus().general
    things = {fold(own.head_concepts[number]) for number in named}
    keywords = [{_form(word) for word in (*d.keywords_zh, *d.keywords_en)} for d in (document, other)]
    things |= keywords[0] & keywords[1]
    for stretch in _telling_stretches(own, theirs):
        at_head = stretch in own.head or stretch in theirs.head
        if at_head and not any(stretch in thing or thing in stretch for thing in things):
            things.add(stretch)
    return len(things) > 1 or bool(things and document.fields and document.fields[-1:] == other.fields[-1:])


def _names_of(codes: set[str]) -> Names:
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
    named = readable if written else readable or shared
    named = [term for term in named if not any(term != other and term in other for other in named)][:SHARED]
    named = [term for term in named if len(term) > 1]  # 钟 of 分钟 is no subject
    if not named:
        return []
    reasons = [_spoken(named)]
    fields = [code for code in document.fields if code in other.fields]
    if fields and (
        fields[-1] in (document.fields[-1], other.fields[-1])
    ):  # where both are narrow, the broad one above them says little
        reasons.append(_("same field: %(field)s") % {"field": names.of("field", fields[-1])})
    listing, need = (document, other) if document.kind == Kind.LISTING else (other, document)
    if listing.kind == Kind.LISTING and listing.trl and need.kind == Kind.NEED:
        reasons.append(_("readiness: TRL %(level)s") % {"level": listing.trl})
    if listing.kind == Kind.LISTING and listing.free_months and need.kind == Kind.NEED:
        free = ngettext("free for %(months)s month", "free for %(months)s months", listing.free_months)
        reasons.append(free % {"months": listing.free_months})
    if document.region and document.region == other.region:
        reasons.append(_("same region: %(region)s") % {"region": region_name(document.region)})
    return reasons


def _spoken(terms: list[str]) -> str:
    return _("both speak of %(words)s") % {"words": _(", ").join(terms)}


def about(document: SearchDocument) -> About:
    title = _joined(document.title_zh, document.title_en)
    head = _joined(title, document.summary_zh, document.summary_en)
    text = _joined(head, document.body_zh, document.body_en)[:DETAIL_CHARACTERS]
    return _about((*document.keywords_zh, *document.keywords_en), title, head, text, thesaurus())


@lru_cache(maxsize=1_000)  # some kilobytes each; the same documents are near each other again and again
def _about(keywords: tuple[str, ...], title: str, head: str, text: str, sets: Thesaurus) -> About:
    found = {_form(word): word for word in keywords}
    folded = fold(text)
    for run in runs(folded):
        if (
            not run.is_han
            and len(run.text) > 3
            and run.text not in STOP | MEASURES
            and not run.text.isdigit()
        ):
            found.setdefault(stem(run.text), run.text)
    said = _joined(*keywords)
    whole, begun = sets.named(words_of(f"{said} {text}")), sets.named(words_of(_joined(said, head)))
    name = fold(_joined(title, said))
    stems = frozenset(stem(run.text) for run in runs(name) if not run.is_han)
    return About(found, folded, whole, fold(_joined(said, head)), begun, name, stems)


def _form(word: str) -> str:
    return " ".join(run.text if run.is_han else stem(run.text) for run in runs(fold(word)))


def _shared(document: SearchDocument, own: About, other: SearchDocument) -> list[str]:
    """Terms of both: common keywords, the longest stretches of Han characters, what one says in other words than the
    other ("电解液 (electrolyte)"), English words (long ones first, which say more). Nothing where the two share no
    thing: what stands in the title or the keywords of one of them, of English words, which say little alone, two."""
    theirs = about(other)
    both = [word for form, word in own.words.items() if form in theirs.words]
    keywords = {*document.keywords_zh, *document.keywords_en}
    terms = [word for word in both if word in keywords]
    have_common_language = bool(set(document.languages) & set(other.languages))
    telling, general = _meant(own, theirs, have_common_language=have_common_language)
    stretches = _telling_stretches(own, theirs)
    for term in (*(s for s in stretches if s in own.name or s in theirs.name), *telling):
        if not any(term in fold(known) for known in terms):
            terms.append(term)
    plain = sorted((w for w in both if w not in keywords and w not in terms), key=len, reverse=True)
    named = [w for w in plain if stem(w) in own.name_stems | theirs.name_stems]
    if not terms and len(named) < 2:  # by itself 低温 is no reason
        return []
    terms += [term for term in (*stretches, *general) if not any(term in fold(known) for known in terms)]
    if len([term for term in terms if _is_readable(term)]) < ENOUGH:  # words of no weight say little
        terms += [word for word in named if word not in terms]
    return terms


def _meant(own: About, theirs: About, *, have_common_language: bool) -> tuple[list[str], list[str]]:
    """Terms of the editors' sets that both name, one of them at its head, the more telling (longer) ones first; those
    that say little by themselves apart. Of texts without a common language in the words of both: "电解液
    (electrolyte)"."""
    telling, general = [], []
    weak = thesaurus().general
    for number, term in own.concepts.items():
        meant = theirs.concepts.get(number)
        if not meant or not (number in own.head_concepts or number in theirs.head_concepts):
            continue
        one, two = (term, meant) if _is_readable(term) else (meant, term)
        said = one if one == two or have_common_language else f"{one} ({two})"
        (general if number in weak else telling).append(said)
    return tuple(sorted(dict.fromkeys(said), key=len, reverse=True) for said in (telling, general))


def _is_readable(term: str) -> bool:
    return any(run.is_han for run in runs(term)) == (get_language() != "en")


# Characters that bind words together and begin or end no term.
_BINDING = frozenset(
    "的了和与及在是为对将以可被所其该此并或等中上下有能使用从到由于而且也更较很不无一种个项进行通过实现采用基需要"
)


# What is said of anything that got better: 能耗降低, 成本低, 误差小. No text is about it.
_BETTER = re.compile("降低|提高|减少|缩短|增加|改善|下降|提升|完成|建立|损失|差异|成本|时间|效率|误差")
_WEAK = re.compile(rf".{{0,2}}({_BETTER.pattern}|[大小高低少])+")


def _telling_stretches(own: About, theirs: About) -> list[str]:
    """Stretches that name something: whatever stands in a title or keyword; elsewhere nothing about getting better."""
    return [
        term
        for term in common_stretches(own.text, theirs.text)
        if not (_WEAK.fullmatch(term) if term in own.name or term in theirs.name else _BETTER.search(term))
    ]


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
