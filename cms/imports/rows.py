"""What the readers and the writer of an import have in common: rows, and the lines of a report."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

MAX_ROWS = 20_000

CREATED, UPDATED, UNCHANGED, FAILED = "created", "updated", "unchanged", "failed"
OUTCOMES = {
    CREATED: gettext_lazy("created"),
    UPDATED: gettext_lazy("updated"),
    UNCHANGED: gettext_lazy("unchanged"),
    FAILED: gettext_lazy("failed"),
}


class RowError(ValueError):
    """A row that cannot be taken; the message says why, to the person who sent the file."""


@dataclass(frozen=True)
class Row:
    """One row as read: its number in the file (from 1; spreadsheets count their head), values, or an error."""

    number: int
    values: dict
    error: str = ""


@dataclass
class Line:
    """One row of the report."""

    row: int
    reference: str
    outcome: str
    title: str = ""
    reason: str = ""
    code: str = ""


@dataclass
class Report:
    lines: list[Line] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {outcome: sum(line.outcome == outcome for line in self.lines) for outcome in OUTCOMES}
