"""Why a hit is one: which of the typed words it holds and where, which other words stand for them, and what else moved
it; told only to who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.analysis import fold, runs, stem
from search.thesaurus import Phrase, Word, words_of
from search.words import Query

MOST_WORDS = 10


@dataclass(frozen=True)
class Reason:
    """`typed` as it was typed; `said`: the other words that the document has for it, "" for the same; `parts`: where."""

    typed: str
    said: str
    parts: Sequence[str]


def reasons(query: Query, texts: Mapping[str, str]) -> list[Reason]:
    """`texts`: the parts of a document by name."""
    read = {name: _Text(text) for name, text in texts.items() if text}
    found, typed = [], {word.text for word in query.words}
    for word in query.words[:MOST_WORDS]:
        if parts := [name for name, text in read.items() if text.holds((word,))]:
            found.append(Reason(word.text, "", parts))
    for concept in query.concepts:
        if parts := [name for name, text in read.items() if text.holds(words_of(concept.typed))]:
            found += [] if concept.typed in typed else [Reason(concept.typed, "", parts)]
            continue
        for phrase in concept.alternatives:
            if parts := [name for name, text in read.items() if text.holds(phrase)]:
                found.append(Reason(concept.typed, " ".join(word.text for word in phrase), parts))
                break
    return found


class _Text:
    def __init__(self, text: str):
        self.folded = fold(text)
        self.stems = f" {' '.join(stem(run.text) for run in runs(self.folded) if not run.is_han)} "

    def holds(self, phrase: Phrase) -> bool:
        """Whether the words stand in it whole, those of Latin letters one after the other."""
        latin = [word for word in phrase if not word.is_han]
        return all(self._has(word) for word in phrase if word.is_han) and (
            not latin or f" {' '.join(stem(word.text) for word in latin)} " in self.stems
        )

    def _has(self, word: Word) -> bool:
        return word.text in self.folded
