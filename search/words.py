"""What a person typed, read into words; pure. Nothing typed ever becomes query syntax."""

from dataclasses import dataclass
from functools import cached_property

from search.analysis import clean
from search.identifiers import identifiers_in, is_number
from search.thesaurus import EMPTY, Concept, Phrase, Thesaurus, Word, words_of

__all__ = ["Concept", "Phrase", "Query", "Thesaurus", "Word", "read", "words_of"]

MAX_TERMS = 120
WHOLE_WORDS_UP_TO = 2  # typed words; longer queries are lists and sentences, of which any part may match
WHOLE_WORD_CHARACTERS = 4  # longer runs of Han characters are phrases; asking for them whole costs good hits


@dataclass(frozen=True)
class Query:
    """`text` as typed (cleaned), `words` in order without stop words, `concepts`: what they name that has other
    words too, `identifiers` in their one spelling."""

    text: str = ""
    words: Phrase = ()
    concepts: tuple[Concept, ...] = ()
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

    @cached_property
    def is_number(self) -> bool:
        """Whether it asks for one number and nothing else: a hit is what has that number, or names it, and not what
        has some part of it, such as the year."""
        return bool(self.identifiers) and is_number(self.text)

    @property
    def synonyms(self) -> tuple[Phrase, ...]:
        """All that means the same as something typed."""
        return tuple(dict.fromkeys(p for concept in self.concepts for p in concept.alternatives))

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """The typed words as they stand, then what means the same."""
        return ((self.words,) if len(self.words) > 1 or self._is_long else ()) + self.synonyms

    @property
    def _is_long(self) -> bool:
        return len(self.words) == 1 and len(self.words[0].text) > 2


def read(text: str, thesaurus: Thesaurus = EMPTY) -> Query:
    """The query that a text asks."""
    text = clean(text)
    words = words_of(text)
    return Query(text, words, thesaurus.concepts(words), tuple(identifiers_in(text)))
