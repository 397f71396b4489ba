"""How a bank writes its statements: data, one entry for each layout (data/layouts.json), and a generic one whose
column heads the account's owner names."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from django.utils.translation import get_language

GENERIC = "generic"
# What a statement can tell. An amount is signed, or stands in two columns, or beside a sign of direction.
FIELDS = (
    "booked_on",
    "amount",
    "credit",
    "debit",
    "direction",
    "currency",
    "bank_reference",
    "payer_name",
    "payer_account",
    "note",
)


@dataclass(frozen=True)
class Layout:
    """`columns`: field → the heads under which a bank writes it, the first that is there counts."""

    code: str
    name_zh: str
    name_en: str
    columns: dict[str, list[str]]
    money_in: list[str] = field(default_factory=lambda: ["贷", "收入", "C", "CR", "CREDIT"])
    money_out: list[str] = field(default_factory=lambda: ["借", "支出", "D", "DR", "DEBIT"])

    @property
    def name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh


@lru_cache(maxsize=1)
def layouts() -> dict[str, Layout]:
    path = Path(__file__).parent / "data" / "layouts.json"
    rows = json.loads(path.read_text("utf-8"))
    return {code: Layout(code=code, **row) for code, row in rows.items()}


def layout_of(code: str, columns: dict[str, str] | None = None) -> Layout:
    """The layout of an account; a generic one takes the account's own column heads."""
    layout = layouts()[code]
    if code != GENERIC:
        return layout
    named = {name: [head] for name, head in (columns or {}).items() if name in FIELDS and head}
    return Layout(code, layout.name_zh, layout.name_en, named)


def layout_choices() -> list[tuple[str, str]]:
    return [(code, layout.name) for code, layout in layouts().items()]
