"""What is wrong with terms: where, what, and in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .messages import MESSAGES

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `path` is like "elements[0].rate.tiers[1].up_to"; `code` is stable, the words may improve."""

    path: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    severity: str = ERROR
    source: str = ""  # the law, notice or formula behind the rule, with its date

    def message(self, lang: str = "zh-hans") -> str:
        texts = MESSAGES[self.code]
        return texts[1 if lang.startswith("en") else 0].format(**self.params)


class TermsError(ValueError):
    """Terms that cannot be read. `problems` lists every finding, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.path or '(terms)'}: {p.message('en')}" for p in problems))
