"""Why a hit is one: which of the typed words it holds and where, which other words stand for them, and what else moved
it; told only to who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.analysis import stem
from search.highlight import Text
from search.thesaurus import Phrase, words_of
from search.words import Query

MOST_WORDS = 10


@dataclass(frozen=True)
class Reason:
    """`typed` as it was typed; `said`: the other words that the document has for it, "" for the same; `parts`: where."""

    typed: str
    said: str
    parts: Sequence[str]


def reasons(query: Query, texts: Mapping[str, Text]) -> list[Reason]:
    """`texts`: the parts of a document by name."""
    found, typed = [], {word.text for word in query.words}
    for word in query.words[:MOST_WORDS]:
        if parts := [name for name, text in texts.items() if _holds(text, (word,))]:
            found.append(Reason(word.text, "", parts))
    for concept in query.concepts:
        spoken = words_of(concept.typed)
        if parts := [name for name, text in texts.items() if _holds(text, spoken)]:
            found += [] if concept.typed in typed else [Reason(concept.typed, "", parts)]
            continue
        for phrase in concept.alternatives:
            if parts := [name for name, text in texts.items() if _holds(text, phrase)]:
                found.append(Reason(concept.typed, " ".join(word.text for word in phrase), parts))
                break
    return found


def _holds(text: Text, phrase: Phrase) -> bool:
    """Whether the words stand in it whole, those of Latin letters one after the other."""
    latin = [word for word in phrase if not word.is_han]
    return all(word.text in text.folded for word in phrase if word.is_han) and (
        not latin or f" {' '.join(stem(word.text) for word in latin)} " in text.line
    )
