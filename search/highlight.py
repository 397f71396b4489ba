"""Which parts of a text matched: marks that neither split a match nor double it, for any length of query; pure."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from search.analysis import fold_character, runs_with_places, stem
from search.words import Query, Word

SNIPPET = 130


class Piece(NamedTuple):
    text: str
    hit: bool


class Text:
    """A text as it is searched in: read once, whatever is asked of it then. `places`: for each character of the folded
    text the place of the one it came from."""

    def __init__(self, text: str):
        self.text = text
        folded = text.lower() if text.isascii() else "".join(map(fold_character, text))
        self.folded = folded
        if len(folded) == len(text):  # no character becomes none, so each is still one
            self.places: range | list[int] = range(len(text))
        else:
            self.places = [at for at, c in enumerate(text) for _part in fold_character(c)]

    @cached_property
    def latin(self) -> list[tuple[str, int, int]]:
        """The words without Han characters: the stem of each, where it begins and ends."""
        found = runs_with_places(self.folded)
        return [(stem(run.text), at, at + len(run.text)) for run, at in found if not run.is_han]

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word for word, _start, _end in self.latin)

    @cached_property
    def line(self) -> str:
        """The stems one after the other, each between spaces."""
        return f" {' '.join(word for word, _start, _end in self.latin)} "


class Marker:
    """Marks the words of one query, and those that mean the same, in any number of texts."""

    def __init__(self, query: Query):
        words = [*query.words, *(word for phrase in query.synonyms for word in phrase)]
        self.stems = {stem(word.text) for word in words if not word.is_han}
        self.grams = {term for word in words if word.is_han for term in word.terms}
        self.numbers = set(query.identifiers)

    def __bool__(self) -> bool:
        return bool(self.stems or self.grams)

    def touches(self, text: Text) -> bool:
        """Whether there is anything to mark."""
        return not self.stems.isdisjoint(text.stems) or any(gram in text.folded for gram in self.grams)

    def spans(self, text: Text) -> list[tuple[int, int]]:
        """Where the text matches: ordered, apart from each other, touching ones joined."""
        found = []
        for gram in self.grams:
            start = text.folded.find(gram)
            while start >= 0:
                found.append((start, start + len(gram)))
                start = text.folded.find(gram, start + 1)
        if self.stems:
            found += [(start, end) for word, start, end in text.latin if word in self.stems]
        places = text.places
        return _joined(((places[start], places[end - 1] + 1) for start, end in found), text.text)

    def pieces(self, text: Text) -> list[Piece]:
        """The whole text, cut at its marks."""
        return _pieces(text.text, 0, len(text.text), self.spans(text))

    def snippet(self, read: Text, length: int = SNIPPET) -> list[Piece]:
        """The part of a long text with the most marked characters, or nothing when none is marked."""
        spans, text = self.spans(read), read.text
        if not spans:
            return []
        start = max(0, min(_richest(spans, length) - length // 5, len(text) - length))
        start, end = _at_words(text, start, min(len(text), start + length))
        pieces = _pieces(text, start, end, spans)
        return (
            ([Piece("…", False)] if start else []) + pieces + ([Piece("…", False)] if end < len(text) else [])
        )

    @staticmethod
    def found(words: Iterable[Word], text: Text) -> set[str]:
        """Which of `words` the text holds whole."""
        return {w.text for w in words if (w.text in text.folded if w.is_han else stem(w.text) in text.stems)}


def _richest(spans: list[tuple[int, int]], length: int) -> int:
    """Where the first stretch of this length begins that no other outdoes in marked characters."""
    ends = [end for _start, end in spans]
    marked = [0, *accumulate(end - start for start, end in spans)]
    weights = [
        marked[bisect_right(ends, start + length)] - marked[i] for i, (start, _end) in enumerate(spans)
    ]
    return spans[weights.index(max(weights))][0]


def _joined(spans: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """In order, those that touch as one; "low-temperature" is one, too."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start] == "-"):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _pieces(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> list[Piece]:
    pieces, at = [], start
    for begin, stop in spans:
        begin, stop = max(begin, start), min(stop, end)
        if begin >= stop:
            continue
        if begin > at:
            pieces.append(Piece(text[at:begin], False))
        pieces.append(Piece(text[begin:stop], True))
        at = stop
    if at < end:
        pieces.append(Piece(text[at:end], False))
    return pieces


def _at_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Ends moved to a space nearby, so that no word of a spaced script is cut in two."""
    if start and (space := text.find(" ", start, start + 15)) > 0:
        start = space + 1
    if end < len(text) and (space := text.rfind(" ", end - 15, end)) > 0:
        end = space
    return start, end
