"""What a person typed, read into words; pure. Nothing typed ever becomes query syntax."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from search.analysis import STOP, clean, fold, identifier, pairs, runs, stem

MAX_TERMS = 120
WHOLE_WORDS_UP_TO = 2  # typed words; longer queries are lists and sentences, of which any part may match
WHOLE_WORD_CHARACTERS = 4  # longer runs of Han characters are phrases; asking for them whole costs good hits
_EXPANSIONS = 12


@dataclass(frozen=True)
class Word:
    """One typed word: a run of Han characters with its pairs, or a word of another script with its stem."""

    text: str
    is_han: bool

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pairs(self.text))) if self.is_han else (self.text,)

    @property
    def is_character(self) -> bool:
        return self.is_han and len(self.text) == 1


@dataclass(frozen=True)
class Query:
    """`text` as typed (cleaned), `words` in order without stop words, `synonyms` as phrases of words that mean
    the same as something typed, `identifiers` in their one spelling."""

    text: str = ""
    words: tuple[Word, ...] = ()
    synonyms: tuple[tuple[Word, ...], ...] = ()
    identifiers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def is_searchable(self) -> bool:
        return bool(self.words or self.identifiers)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """All different terms, at most MAX_TERMS."""
        return tuple(dict.fromkeys(t for word in self.words for t in word.terms))[:MAX_TERMS]

    @property
    def wants_whole_words(self) -> bool:
        """Whether a hit must hold at least one typed word whole. So for the few words of a search box: the pairs
        of 固态电池 would else bring everything with 电池. Not for sentences and titles, where they would leave
        nothing."""
        return len(self.words) <= WHOLE_WORDS_UP_TO and all(
            len(w.text) <= WHOLE_WORD_CHARACTERS for w in self.words if w.is_han
        )

    @property
    def phrases(self) -> tuple[tuple[Word, ...], ...]:
        """The typed words as they stand, then what means the same."""
        return ((self.words,) if len(self.words) > 1 or self._is_long else ()) + self.synonyms

    @property
    def _is_long(self) -> bool:
        return len(self.words) == 1 and len(self.words[0].text) > 2


def words_of(text: str) -> tuple[Word, ...]:
    found = (Word(run.text, run.is_han) for run in runs(fold(text)))
    return tuple(word for word in found if word.is_han or word.text not in STOP)


def read(text: str, synonyms: Iterable[Sequence[str]] = ()) -> Query:
    """The query that a text asks. `synonyms`: sets of words that mean the same."""
    text = clean(text)
    words = words_of(text)
    return Query(text, words, _meaning_the_same(text, words, synonyms), _identifiers(text))


def _identifiers(text: str) -> tuple[str, ...]:
    """The whole text, or a part of it, where it looks like a number: four digits or more; in a part six signs."""
    if len(text) > 200:
        return ()
    found = [identifier(text), *(i for part in text.split() if len(i := identifier(part)) >= 6)]
    return tuple(dict.fromkeys(f for f in found if 4 <= len(f) <= 40 and len(re.findall(r"\d", f)) >= 4))


def _meaning_the_same(
    text: str, words: tuple[Word, ...], synonyms: Iterable[Sequence[str]]
) -> tuple[tuple[Word, ...], ...]:
    """The other members of each set of which one is in the query: Han words as part of it, others as whole words
    in their order, by stem."""
    if not words:
        return ()
    folded = fold(text)
    spaced = f" {' '.join(stem(w.text) for w in words)} "
    found: list[tuple[Word, ...]] = []
    for group in synonyms:
        members = [(member, words_of(member)) for member in group]
        hit = [(m, w) for m, w in members if w and _is_in(m, w, folded, spaced)]
        if hit:
            found += [w for m, w in members if w and (m, w) not in hit]
    return tuple(dict.fromkeys(found))[:_EXPANSIONS]


def _is_in(member: str, words: tuple[Word, ...], folded: str, spaced: str) -> bool:
    if any(word.is_han for word in words):
        return fold(member) in folded
    return f" {' '.join(stem(w.text) for w in words)} " in spaced
