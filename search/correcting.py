"""What somebody may have meant who typed a word that nothing holds: a slip in English, pinyin in full or by initials,
a homophone. A correction is only offered once it finds something that the reader may see (search.finding), so that
it says nothing of what they may not.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from search.analysis import fold, runs, stem
from search.engines.rarity import lexemes
from search.models import SearchDocument
from search.thesaurus import Thesaurus
from search.words import Query, words_of

SHORTEST, TWO_SLIPS_FROM = 4, 8
MOST = 3
_PINYIN_FROM = 4  # letters; fewer are the beginning of anything


def corrections(
    query: Query,
    doubtful: Iterable[str],
    thesaurus: Thesaurus,
    offered: Callable[[], list[str]],
    *,
    heard: bool,
) -> list[str]:
    """Other texts to try instead, the likeliest first. `doubtful`: English words of which none is held; `offered`:
    what the search box offers for the whole text, which knows pinyin; `heard`: look for homophones too."""
    doubtful = set(doubtful)
    found = []
    if len(query.words) == 1 and query.words[0].text in doubtful and len(query.words[0].text) >= _PINYIN_FROM:
        found += [text for text in offered() if any(word.is_han for word in words_of(text))]
    if (spelled := _spelled(query, doubtful, thesaurus)) != query.text:
        found.append(spelled)
    if heard and (meant := _heard(query, doubtful, thesaurus)) != query.text:
        found.append(meant)
    return list(dict.fromkeys(found))[:MOST]


def as_spelled(text: str, query: Query, documents: Iterable[SearchDocument], thesaurus: Thesaurus) -> str:
    """A correction with its new English words as the documents that it finds spell them; "" without documents, and
    where none of them holds such a word: then only others, whom the reader may not see, do."""
    documents = list(documents)
    typed = {word.text for word in query.words}
    said = " ".join(
        f"{d.title_en} {d.summary_en} {' '.join(d.keywords_en)} {d.body_en} {d.organisation_en} {d.title_zh} {d.body_zh}"
        for d in documents
    )
    surfaces: dict[str, str] = {}
    for run in runs(fold(said)):
        if not run.is_han:
            surfaces.setdefault(stem(run.text), run.text)
            surfaces[run.text] = run.text
    for word in words_of(text):
        if word.is_han or word.text in typed or word.text in thesaurus.latin:
            continue
        surface = surfaces.get(word.text) or surfaces.get(stem(word.text))
        if surface is None:
            return ""
        text = text.replace(word.text, surface)
    return text if documents else ""


def _spelled(query: Query, doubtful: set[str], thesaurus: Thesaurus) -> str:
    """The text with each doubtful English word as the nearest one that is known."""
    parts, changed = [], False
    for word in query.words:
        better = ""
        if not word.is_han and word.text in doubtful and word.text.isalpha() and len(word.text) >= SHORTEST:
            better = _nearest(word.text, thesaurus)
        changed = changed or bool(better)
        parts.append(better or word.text)
    return " ".join(parts) if changed else query.text


def _nearest(word: str, thesaurus: Thesaurus) -> str:
    """The known word that differs by one slip (two in long words): a letter too many, too few, wrong, or two the
    wrong way round; of several the commonest. Known are the words of the thesaurus and the stems of documents."""
    weights = {stem(known): 1.0 for known in thesaurus.latin}
    for lexeme, frequency in lexemes():
        if lexeme.isascii() and lexeme.isalpha() and len(lexeme) >= SHORTEST - 1:
            weights[lexeme] = 2.0 + frequency
    wrong = stem(word)
    most = 2 if len(wrong) >= TWO_SLIPS_FROM else 1  # of the stem: two of "pumpal(ing)" would make it "pump"
    best: tuple[int, float, str] | None = None
    for lexeme, weight in weights.items():
        if lexeme == wrong or abs(len(lexeme) - len(wrong)) > most or lexeme[0] != wrong[0]:
            continue
        slips = distance(wrong, lexeme, most)
        if slips <= most and (best is None or (slips, -weight, lexeme) < best):
            best = (slips, -weight, lexeme)
    if best is None:
        return ""
    spelled = [known for known in thesaurus.latin if stem(known) == best[2]]
    return min(spelled, key=lambda known: (distance(word, known, 9), known), default=best[2])


def distance(one: str, two: str, most: int) -> int:
    """Slips between two words (optimal string alignment); anything above `most` is `most + 1`."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _heard(query: Query, doubtful: set[str], thesaurus: Thesaurus) -> str:
    """The text with homophones of terms as those terms: 电解夜 → 电解液, dianjieye → 电解液."""
    spoken = _spoken_terms(thesaurus)
    text = query.text
    for word in query.words:
        if not word.is_han:
            if word.text in doubtful and len(word.text) >= _PINYIN_FROM and word.text in spoken:
                text = text.replace(word.text, spoken[word.text])
            continue
        for term, said in _slips_of_hearing(word.text, spoken):
            text = text.replace(term, said)
    return text


def _slips_of_hearing(han: str, spoken: dict[str, str]) -> Iterator[tuple[str, str]]:
    syllables = _syllables(han)
    if len(syllables) != len(han):
        return
    at = 0
    while at < len(han):
        for length in range(min(6, len(han) - at), 1, -1):
            term = spoken.get("".join(syllables[at : at + length]), "")
            if term and len(term) == length:
                if term != han[at : at + length]:
                    yield han[at : at + length], term
                at += length - 1
                break
        at += 1


@lru_cache(maxsize=2_000)
def _syllables(han: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(han, style=Style.NORMAL))


@lru_cache(maxsize=2)
def _spoken_terms(thesaurus: Thesaurus) -> dict[str, str]:
    """The Han terms of the thesaurus by their pinyin; those of several spellings stay out."""
    found: dict[str, str] = {}
    several = set()
    for term in thesaurus.han:
        key = "".join(_syllables(term))
        if found.setdefault(key, term) != term:
            several.add(key)
    return {key: term for key, term in found.items() if key not in several}
