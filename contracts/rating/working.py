"""The working of a charge: named steps with inputs, formula, exact value and source; as sentences and as JSON.

A step is made in the hot path and so holds only its code, inputs and value; what the code means (names and
kinds of the inputs, formula, source, words) stands once in steps.py.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from marketplace.money import SIGNS, Money, exponent

from .steps import DEDUCTION_NAMES, STEPS

_new = tuple.__new__
EXACT = Context(prec=300)  # wide enough that no value of a working is ever rounded on its way out


class Step(NamedTuple):
    """One line of the working; `parts` are the lines it sums up."""

    code: str
    inputs: tuple
    value: Any
    parts: tuple = ()


class Notes:
    """Takes the steps of one charge as they are made."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __call__(self, code: str, inputs: tuple, value: Any, parts: tuple = ()) -> None:
        self.steps.append(_new(Step, (code, inputs, value, parts)))


def silent(code: str, inputs: tuple, value: Any, parts: tuple = ()) -> None:
    """In place of Notes where no working is asked for."""


class Working(NamedTuple):
    """The steps of one charge, in order. `unit` is empty where quantities are money in minor units."""

    currency: str
    unit: str
    steps: tuple[Step, ...]


def tidy(value: Any) -> Any:
    """An exact number in its plainest form: a whole number, a Decimal, else a Fraction."""
    if isinstance(value, Fraction):
        rest = value.denominator
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        if rest != 1:
            return value
        value = EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def working_json(working: Working) -> dict[str, Any]:
    """The whole working as JSON values; decimals and fractions are strings, exact."""
    return {
        "currency": working.currency,
        "unit": working.unit,
        "steps": [_step_json(step) for step in working.steps],
    }


def read_working(document: dict[str, Any]) -> Working:
    """The working back from its JSON, so that a stored one can be shown in either language."""
    steps = tuple(_step_from(step) for step in document["steps"])
    return Working(document["currency"], document["unit"], steps)


def sentences(working: Working, lang: str = "zh-hans") -> list[str]:
    """The working in plain sentences, one per step, parts indented by a dash."""
    said: list[str] = []
    for step in working.steps:
        said.append(_sentence(step, working, lang))
        said += [f"— {_sentence(part, working, lang)}" for part in step.parts]
    return said


def _step_json(step: Step) -> dict[str, Any]:
    meaning = STEPS[step.code]
    document: dict[str, Any] = {
        "step": step.code,
        "inputs": {name: _plain(value) for (name, _), value in zip(meaning.inputs, step.inputs, strict=True)},
        "formula": meaning.formula,
        "value": _plain(step.value),
    }
    if meaning.rounding:
        document["rounding"] = meaning.rounding
    if meaning.source:
        document["source"] = meaning.source
    if step.parts:
        document["parts"] = [_step_json(part) for part in step.parts]
    return document


def _step_from(document: dict[str, Any]) -> Step:
    meaning = STEPS[document["step"]]
    inputs = tuple(_read(document["inputs"][name], kind) for name, kind in meaning.inputs)
    parts = tuple(_step_from(part) for part in document.get("parts", ()))
    return Step(document["step"], inputs, _read(document["value"], meaning.kind), parts)


def _plain(value: Any) -> Any:
    value = tidy(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Decimal):
        return format(value.normalize(EXACT), "f")
    return value.isoformat() if isinstance(value, date) else value


def _read(value: Any, kind: str) -> Any:
    if kind == "date":
        return date.fromisoformat(value)
    if kind in ("text", "deduction") or isinstance(value, int):
        return value
    return Fraction(value) if "/" in value else Decimal(value)


def _sentence(step: Step, working: Working, lang: str) -> str:
    meaning = STEPS[step.code]
    english = lang.startswith("en")
    shown = {
        name: _shown(value, kind, working, english)
        for (name, kind), value in zip(meaning.inputs, step.inputs, strict=True)
    }
    shown["value"] = _shown(step.value, meaning.kind, working, english)
    return (meaning.en if english else meaning.zh).format(**shown)


def _shown(value: Any, kind: str, working: Working, english: bool) -> str:
    if kind == "quantity":
        kind = "number" if working.unit else "money"
    elif kind == "rate" and working.unit:
        kind = "price"
    if kind == "money":
        return _money(value, working.currency)
    if kind == "rate":
        return f"{(Decimal(value) * 100).normalize():f} %"
    if kind == "price":
        return Money.from_decimal(Decimal(value), working.currency).format() if _two_places(
            value, working.currency
        ) else f"{value} {working.currency}"  # fmt: skip
    if kind == "deduction":
        return DEDUCTION_NAMES.get(value, (value, value))[1 if english else 0]
    if kind == "number":
        value = tidy(value)
        text = f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else f"{value:,}"
        return f"{text} {working.unit}".strip()
    if kind == "percent":
        value = tidy(Fraction(value) * 100)
        return f"{four_places(value)} %"
    return str(value)


def _two_places(price: Decimal, currency: str) -> bool:
    return Decimal(price).normalize().as_tuple().exponent >= -exponent(currency)


def _money(minor: Any, currency: str) -> str:
    """Exact money: more places where the exact value has them, "≈" where no decimal is exact."""
    value = tidy(minor)
    if isinstance(value, int):
        return Money(value, currency).format()
    exact = Fraction(value)
    shown = EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if isinstance(value, Fraction):
        shown = shown.quantize(Decimal("0.0001"), context=EXACT)
    places = exponent(currency)
    digits = f"{shown.copy_abs().normalize(EXACT).scaleb(-places, EXACT):,f}"
    sign = "-" if shown < 0 else ""
    return f"{'≈ ' if isinstance(value, Fraction) else ''}{sign}{SIGNS[currency]}{digits}"


def four_places(value: Any) -> str:
    """A number in at most four decimal places."""
    value = Fraction(value)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.quantize(Decimal('0.0001')).normalize():f}"
