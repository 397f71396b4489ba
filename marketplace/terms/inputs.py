"""The flat inputs of a form, read by name: text, flags, lists, amounts, per cent; problems keyed by input."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marketplace.money import EXPONENTS, Money, MoneyError

from .codec import DECIMAL_PATTERN
from .problems import Problem

TEXT_DEFAULTS = {
    "currency": "CNY",
    "exclusivity": "non_exclusive",
    "territory": "CN",
    "term_months": "60",
    "trial_months": "12",
    "trial_starts": "effect",
    "extensions": "1",
    "extension_months": "6",
    "decision_days": "60",
    "on_silence": "decline",
    "commitment": "contingent",
    "trigger_join": "any",
    "trigger_anchor": "effect",
    "trigger_meter": "net_sales",
    "instalment_months": "6",
    "royalty_base": "net_sales",
    "tier_mode": "excess",
    "tier_span": "life",
    "unit_meter": "units",
    "minimum_pro_rate": "none",
    "due_rule": "after_invoice",
    "due_days": "30",
    "report_every": "quarter",
    "vat": "exclusive",
}


class Inputs:
    """Reads inputs by name, remembers problems and which path each input went to."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self.inputs = inputs
        self.problems: dict[str, list[Problem]] = {}
        self.paths: list[tuple[str, str]] = []  # (path prefix, input name), most exact last
        self.currency = self.text("currency")
        if self.currency not in EXPONENTS:
            self.refuse("currency", "unknown_currency", value=self.currency)
            self.currency = "CNY"

    def refuse(self, name: str, code: str, **params: Any) -> None:
        self.problems.setdefault(name, []).append(Problem(name, code, params))

    def text(self, name: str) -> str:
        value = self.inputs.get(name)
        text = "" if value is None else str(value).strip()
        return text or TEXT_DEFAULTS.get(name, "")

    def given(self, name: str) -> bool:
        return bool(str(self.inputs.get(name) or "").strip())

    def flag(self, name: str) -> bool:
        value = self.inputs.get(name)
        return value is True or str(value).lower() in ("1", "true", "on", "yes")

    def many(self, name: str) -> list[str]:
        value = self.inputs.get(name) or ()
        parts = value.replace("，", ",").replace("、", ",").split(",") if isinstance(value, str) else value
        return [str(part).strip() for part in parts if str(part).strip()]

    def whole(self, name: str) -> int:
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 6):
            self.refuse(name, "not_a_count" if text else "missing_field")
            return 0
        return int(text)

    def money(self, name: str, path: str = "") -> int:
        self.at(path, name)
        if not self.given(name):
            self.refuse(name, "missing_field")
            return 0
        try:
            return Money.parse(self.text(name), self.currency).minor
        except MoneyError:
            self.refuse(name, "not_an_amount")
            return 0

    def number(self, text: str, name: str) -> Decimal:
        plain = text.replace("%", "").replace("％", "").replace(",", "").strip()
        if len(plain) > 30 or not re.fullmatch(DECIMAL_PATTERN, plain):
            self.refuse(name, "not_a_number" if text else "missing_field")
            return Decimal(0)
        return Decimal(plain)

    def percent(self, name: str, path: str = "") -> str:
        """ "3" per cent → "0.03"."""
        self.at(path, name)
        return share_of(self.number(self.text(name), name))

    def at(self, path: str, name: str) -> None:
        if path:
            self.paths.append((path, name))


def share_of(percent: Decimal) -> str:
    return format(percent / 100, "f")
