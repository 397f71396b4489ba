"""Words that mean the same, in any language, and where a query speaks of them; pure. Of several sets whose words lie
in one another the longest one counts: who asks for 固态电池 means solid-state batteries, not batteries.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from search.analysis import STOP, fold, pairs, runs, stem

MOST_CONCEPTS, MOST_ALTERNATIVES = 12, 10


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


Phrase = tuple[Word, ...]


@dataclass(frozen=True)
class Concept:
    """Something that the query names, `typed`, and the other words for it."""

    typed: str
    alternatives: tuple[Phrase, ...]


def words_of(text: str) -> Phrase:
    """The words of a text in order, without those that say nothing."""
    found = (Word(run.text, run.is_han) for run in runs(fold(text)))
    return tuple(word for word in found if word.is_han or word.text not in STOP)


def _tokens(words: Iterable[Word]) -> Iterator[str]:
    """Single Han characters and stems: what is compared, so that words of both kinds may stand in one term."""
    for word in words:
        if word.is_han:
            yield from word.text
        else:
            yield stem(word.text)


class Thesaurus:
    """`general`: numbers of the sets whose words say little about the subject by themselves, such as 低温."""

    def __init__(self, sets: Iterable[Sequence[str]] = (), general: Iterable[int] = ()):
        self.general = frozenset(general)
        self._phrases: list[list[tuple[tuple[str, ...], Phrase]]] = []
        self._sets: dict[tuple[str, ...], list[int]] = {}
        self._longest: dict[str, int] = {}  # by first token
        for number, members in enumerate(sets):
            known = [(tuple(_tokens(words)), words) for words in map(words_of, members) if words]
            self._phrases.append(known)
            for tokens, _words in known:
                self._sets.setdefault(tokens, []).append(number)
                self._longest[tokens[0]] = max(self._longest.get(tokens[0], 0), len(tokens))

    @cached_property
    def latin(self) -> frozenset[str]:
        """The single words that no Han character stands in."""
        return frozenset(
            w.text
            for known in self._phrases
            for _tokens, words in known
            for w in words
            if not w.is_han and w.text.isalpha()
        )

    @cached_property
    def han(self) -> tuple[str, ...]:
        """The terms of Han characters alone, of two at least."""
        terms = (
            words[0].text
            for known in self._phrases
            for _tokens, words in known
            if len(words) == 1 and words[0].is_han
        )
        return tuple(dict.fromkeys(term for term in terms if len(term) > 1))

    def concepts(self, words: Iterable[Word]) -> tuple[Concept, ...]:
        """What the words name, from left to right, the longest term at each place; at most MOST_CONCEPTS."""
        words = list(words)
        tokens = list(_tokens(words))
        typed = [part for word in words for part in (word.text if word.is_han else (word.text,))]
        found: dict[tuple[str, ...], Concept] = {}
        at = 0
        while at < len(tokens) and len(found) < MOST_CONCEPTS:
            key = self._at(tokens, at)
            if key:
                found.setdefault(key, self._concept(key, _spoken(typed[at : at + len(key)])))
            at += max(1, len(key))
        return tuple(concept for concept in found.values() if concept.alternatives)

    def named(self, words: Iterable[Word]) -> dict[int, str]:
        """The sets that a text speaks of, by their number, each with the term as it stands there."""
        words = list(words)
        tokens = list(_tokens(words))
        typed = [part for word in words for part in (word.text if word.is_han else (word.text,))]
        found: dict[int, str] = {}
        at = 0
        while at < len(tokens):
            key = self._at(tokens, at) if tokens[at] in self._longest else ()
            for number in self._sets.get(key, ()):
                found.setdefault(number, _spoken(typed[at : at + len(key)]))
            at += max(1, len(key))
        return found

    def _at(self, tokens: list[str], at: int) -> tuple[str, ...]:
        for length in range(min(self._longest.get(tokens[at], 0), len(tokens) - at), 0, -1):
            key = tuple(tokens[at : at + length])
            if key in self._sets:
                return key
        return ()

    def _concept(self, key: tuple[str, ...], typed: str) -> Concept:
        others = {
            tokens: words
            for number in self._sets[key]
            for tokens, words in self._phrases[number]
            if tokens != key
        }
        return Concept(typed, tuple(others.values())[:MOST_ALTERNATIVES])


def _spoken(tokens: Sequence[str]) -> str:
    """Words and Han characters as they are read: the latter without spaces."""
    return (
        "".join(t if len(t) == 1 and not t.isascii() else f" {t} " for t in tokens).replace("  ", " ").strip()
    )


EMPTY = Thesaurus()
