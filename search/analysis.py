"""How text becomes words, the same for both engines: folded, Chinese cut into pairs of characters, English into
stems. Pairs do as well as a dictionary for retrieval (Kwok, SIGIR 1997) and need none.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import snowballstemmer

# Han with its extensions, kana and hangul: scripts written without spaces between words.
_HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"([{_HAN}]+)|([0-9]+(?:\\.[0-9]+)+|[^\\W_{_HAN}]+)")  # "1.2" is one word
_TROUBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufffe\uffff]+"
)
MAX_QUERY = 1_000

# Words that say nothing about the subject; the list of PostgreSQL's English dictionary, so that the engines agree.
_STOP_WORDS = """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves what which who whom this that these those am is are
    was were be been being have has had having do does did doing a an the and but if or because as until while of
    at by for with about against between into through during before after above below to from up down in out on
    off over under again further then once here there when where why how all any both each few more most other
    some such no nor not only own same so than too very s t can will just don should now"""
STOP = frozenset(_STOP_WORDS.split())


class Run(NamedTuple):
    """A stretch of text between spaces and signs: Han characters, or one word of another script."""

    text: str
    is_han: bool


def _simplified() -> dict[int, int]:
    """Traditional characters and the one simplified character that stands for them first (OpenCC's table)."""
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return {ord(old): ord(new.split()[0]) for old, new in pairs if len(old) == 1 and len(new.split()[0]) == 1}


_SIMPLIFIED = _simplified()
_own = threading.local()  # a stemmer keeps the word that it works on: one for each thread


def clean(text: str) -> str:
    """What a person typed, without control characters, lone surrogates and direction marks, at most MAX_QUERY
    characters long."""
    return " ".join(_TROUBLE.sub(" ", text[: 20 * MAX_QUERY]).split())[:MAX_QUERY].strip()


def readable(text: str) -> str:
    """Without what no text has and a database refuses: control characters, lone surrogates, direction marks."""
    return _TROUBLE.sub(" ", text)


def fold(text: str) -> str:
    """Full width to half width, upper to lower case, traditional to simplified. May change the length."""
    folded = unicodedata.normalize("NFKC", _TROUBLE.sub(" ", text)).lower()
    return folded if folded.isascii() else folded.translate(_SIMPLIFIED)


@lru_cache(maxsize=20_000)
def fold_character(character: str) -> str:
    return fold(character)


def runs(folded: str) -> Iterator[Run]:
    return (run for run, _place in runs_with_places(folded))


def runs_with_places(folded: str) -> Iterator[tuple[Run, int]]:
    for match in _RUNS.finditer(folded):
        yield Run(match[0], match[1] is not None), match.start()


def pairs(han: str) -> list[str]:
    """Overlapping pairs of characters; a single one stays by itself."""
    return [han[i : i + 2] for i in range(len(han) - 1)] if len(han) > 1 else [han]


def cut(text: str) -> str:
    """Folded text with Han runs cut into pairs, all separated by spaces: what PostgreSQL's parser can read."""
    parts = []
    for run in runs(fold(text)):
        parts += pairs(run.text) if run.is_han else [run.text]
    return " ".join(parts)


def spaced(text: str) -> str:
    """Folded text as its runs with spaces between them: each engine's own parser would cut signs in its own way (one
    takes "1.2", "kW·h" and "it's" for a word, the other does not), and none of them cuts this otherwise."""
    return " ".join(run.text for run in runs(fold(text)))


def singles(text: str) -> str:
    """The different Han characters of a text, separated by spaces, for queries of one character."""
    return " ".join(sorted({c for run in runs(fold(text)) if run.is_han for c in run.text}))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a folded English word; what the dictionaries of both engines make of it (Porter 2)."""
    if not (word.isascii() and word.isalpha()):
        return word
    stemmer = getattr(_own, "stemmer", None)
    if stemmer is None:
        stemmer = _own.stemmer = snowballstemmer.stemmer("english")
    return stemmer.stemWord(word)
