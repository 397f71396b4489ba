"""Keeping the words that mean the same: one set at a time, or a whole table. A change holds from the next search on."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from marketplace.audit.services import record
from marketplace.fields import row_number
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import Refused
from search.finding import forget_synonyms
from search.models import SynonymSet, Topic
from search.words import words_of

MOST_WORDS, MOST_CHARACTERS, MOST_ROWS = 20, 60, 5_000


def read_words(text: str) -> list[str]:
    """The words of one set as somebody wrote them, separated by commas or semicolons of either script. Raises
    ValidationError that says what to change."""
    for sign in "，、;；\n":
        text = text.replace(sign, ",")
    words = list(dict.fromkeys(" ".join(w.split()) for w in text.split(",") if w.strip()))
    if len(words) < 2:
        raise ValidationError(_("Give at least two words, separated by a comma."))
    if len(words) > MOST_WORDS:
        raise ValidationError(_("Give at most 20 words."))
    for word in words:
        if len(word) > MOST_CHARACTERS:
            raise ValidationError(_("“%(word)s” is too long."), params={"word": word})
        if not words_of(word):
            raise ValidationError(
                _("“%(word)s” holds nothing that can be searched for."), params={"word": word}
            )
    return words


@transaction.atomic
def add_synonyms(words: list[str], *, actor: Acting, topic: str = Topic.OTHER) -> SynonymSet:
    """A new set of words that mean the same. Raises Refused when a set with the same words is there."""
    permit(actor, "search.keep", actor.organisation)
    _refuse_known(words, SynonymSet.objects.all())
    new = SynonymSet.objects.create(words=words, topic=topic, created_by=actor.user)
    record(actor, "synonyms.added", new, words=words)
    transaction.on_commit(forget_synonyms)
    return new


@transaction.atomic
def change_synonyms(synonyms: SynonymSet, words: list[str], *, actor: Acting, topic: str) -> SynonymSet:
    """Other words, or another topic, for a set; refused as in add_synonyms."""
    permit(actor, "search.keep", actor.organisation)
    synonyms = SynonymSet.objects.select_for_update().get(pk=synonyms.pk)
    if (synonyms.words, synonyms.topic) == (words, topic):
        return synonyms
    _refuse_known(words, SynonymSet.objects.exclude(pk=synonyms.pk))
    record(actor, "synonyms.changed", synonyms, words=words, before=synonyms.words)
    synonyms.words, synonyms.topic = words, topic
    synonyms.save(update_fields=["words", "topic"])
    transaction.on_commit(forget_synonyms)
    return synonyms


@transaction.atomic
def remove_synonyms(synonyms: SynonymSet, *, actor: Acting) -> None:
    permit(actor, "search.keep", actor.organisation)
    record(actor, "synonyms.removed", synonyms, words=synonyms.words)
    synonyms.delete()
    transaction.on_commit(forget_synonyms)


def _refuse_known(words: list[str], others: Iterable[SynonymSet]) -> None:
    folded = {word.casefold() for word in words}
    for known in others:
        if folded <= {word.casefold() for word in known.words}:
            raise Refused(_("These words are in a set already: %(words)s") % {"words": str(known)})


@dataclass
class Import:
    """What a table brings: sets to add, sets to change, and lines that cannot be read. With one of those nothing is
    written."""

    added: list[tuple[str, list[str]]] = field(default_factory=list)
    changed: list[tuple[SynonymSet, str, list[str]]] = field(default_factory=list)
    unchanged: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def import_synonyms(content: bytes, *, actor: Acting) -> Import:
    """Take over a csv with the columns of the export: number (empty for a new set), topic, words. A set that the
    table does not name stays as it is. Raises Refused for a file that is no such table."""
    permit(actor, "search.keep", actor.organisation)
    known = {known.pk: known for known in SynonymSet.objects.select_for_update()}
    report = _read(content, known)
    if report.problems:
        return report
    for topic, words in report.added:
        SynonymSet.objects.create(topic=topic, words=words, created_by=actor.user)
    for synonyms, topic, words in report.changed:
        synonyms.topic, synonyms.words = topic, words
        synonyms.save(update_fields=["topic", "words"])
    record(
        actor, "synonyms.imported", actor.organisation, added=len(report.added), changed=len(report.changed)
    )
    transaction.on_commit(forget_synonyms)
    return report


def _read(content: bytes, known: dict[int, SynonymSet]) -> Import:
    spellings = {frozenset(word.casefold() for word in one.words): pk for pk, one in known.items()}
    topics = _topics()
    report = Import()
    for line, row in enumerate(_rows(content), start=1):
        if not any(row) or (line == 1 and not row[0].isdigit() and row[0]):
            continue  # an empty line, or the head of the table
        number, topic_name, *rest = [*row, "", ""][: max(3, len(row))]
        try:
            words = read_words(",".join(rest))
            topic = topics.get(topic_name.casefold())
            if topic is None:
                raise ValidationError(_("“%(word)s” is no topic."), params={"word": topic_name})
            if number and row_number(number) not in known:
                raise ValidationError(_("There is no set with the number %(word)s."), params={"word": number})
        except ValidationError as problem:
            report.problems.append((line, problem.messages[0]))
            continue
        spelling = frozenset(word.casefold() for word in words)
        pk = int(number) if number else spellings.get(spelling)
        if pk is None:
            spellings[spelling] = 0
            report.added.append((topic, words))
        elif pk and (known[pk].topic, known[pk].words) != (topic, words):
            report.changed.append((known[pk], topic, words))
        else:
            report.unchanged += 1
    return report


def _topics() -> dict[str, str]:
    """Topics by their code and by their words in both languages; none is "other topics"."""
    found = {"": Topic.OTHER.value}
    for language in ("zh-hans", "en"):
        with override(language):
            for value, label in Topic.choices:
                found |= {value: value, str(label).casefold(): value}
    return found


def _rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")  # what spreadsheets in China write
    if "\x00" in text:
        raise Refused(_("This is no csv file. Save the table as csv (UTF-8) and send it again."))
    try:
        rows = [
            [cell.strip().removeprefix("'") for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""))
        ]
    except csv.Error as problem:
        raise Refused(_("This is no csv file. Save the table as csv (UTF-8) and send it again.")) from problem
    if not any(any(row) for row in rows):
        raise Refused(_("The file is empty."))
    if len(rows) > MOST_ROWS:
        raise Refused(_("Send at most 5,000 lines at once."))
    return rows
