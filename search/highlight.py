"""Which parts of a text matched: marks that neither split a match nor double it, for any length of query; pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from search.analysis import fold_character, runs, stem
from search.words import Query, Word

_WORD = re.compile(r"[^\W_]+")
SNIPPET = 130


class Piece(NamedTuple):
    text: str
    hit: bool


class Marker:
    """Marks the words of one query, and those that mean the same, in any number of texts."""

    def __init__(self, query: Query):
        words = [*query.words, *(word for phrase in query.synonyms for word in phrase)]
        self.stems = {stem(word.text) for word in words if not word.is_han}
        self.grams = {term for word in words if word.is_han for term in word.terms}
        self.numbers = set(query.identifiers)

    def __bool__(self) -> bool:
        return bool(self.stems or self.grams)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text matches: ordered, apart from each other, touching ones joined."""
        folded, places = _fold_with_places(text)
        found = []
        for gram in self.grams:
            start = folded.find(gram)
            while start >= 0:
                found.append((start, start + len(gram)))
                start = folded.find(gram, start + 1)
        if self.stems:
            for match in _WORD.finditer(folded):
                for run, start in _runs_with_places(match[0], match.start()):
                    if not run.is_han and stem(run.text) in self.stems:
                        found.append((start, start + len(run.text)))
        return _joined(((places[start], places[end - 1] + 1) for start, end in found), text)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text, cut at its marks."""
        return _pieces(text, 0, len(text), self.spans(text))

    def snippet(self, text: str, length: int = SNIPPET) -> list[Piece]:
        """The part of a long text with the most marked characters, or nothing when none is marked."""
        spans = self.spans(text)
        if not spans:
            return []
        best = max(spans, key=lambda span: (self._weight(spans, span[0], span[0] + length), -span[0]))
        start = max(0, min(best[0] - length // 5, len(text) - length))
        start, end = _at_words(text, start, min(len(text), start + length))
        pieces = _pieces(text, start, end, spans)
        return (
            ([Piece("…", False)] if start else []) + pieces + ([Piece("…", False)] if end < len(text) else [])
        )

    @staticmethod
    def _weight(spans: list[tuple[int, int]], start: int, end: int) -> int:
        return sum(to - at for at, to in spans if at >= start and to <= end)

    def found(self, words: Iterable[Word], text: str) -> set[str]:
        """Which of `words` the text holds whole."""
        folded = _fold_with_places(text)[0]
        stems = {stem(run.text) for run in runs(folded) if not run.is_han}
        return {w.text for w in words if (w.text in folded if w.is_han else stem(w.text) in stems)}


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place of the one it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    folded, places = [], []
    for place, character in enumerate(text):
        for part in fold_character(character):
            folded.append(part)
            places.append(place)
    return "".join(folded), places


def _runs_with_places(text: str, start: int):
    place = 0
    for run in runs(text):
        place = text.index(run.text, place)
        yield run, start + place
        place += len(run.text)


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
