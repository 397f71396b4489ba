"""Any terms that the language can say, made from its own types: every kind, every choice, nested conditions."""

from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import get_args, get_origin

from hypothesis import strategies as st

from marketplace.money import EXPONENTS
from marketplace.terms.codec import EXACT, alternatives, shape
from marketplace.terms.contract import Terms

WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and len(text.splitlines()) == 1)
DECIMALS = st.decimals(-(10**9), 10**9, places=6, allow_nan=False, allow_infinity=False).map(
    lambda number: number.normalize(EXACT) if number else Decimal(0)
)
SCALARS = {
    bool: st.booleans(),
    int: st.integers(-(10**12), 10**12),
    Decimal: DECIMALS,
    date: st.dates(date(1950, 1, 1), date(2150, 12, 31)),
    str: st.one_of(st.just(""), WORDS),
}


@cache
def of_type(kind_of, depth=3):
    """Values of a field's type; conditions nest at most `depth` deep."""
    members = alternatives(kind_of)
    if len(members) > 1 or is_dataclass(members[0]):
        flat = [one for one in members if "of" not in shape(one)]
        made = st.one_of([objects(one, depth) for one in (flat if depth <= 0 else members)])
    elif get_origin(members[0]) is tuple:
        inner = get_args(members[0])[0]
        made = st.lists(WORDS if inner is str else of_type(inner, depth), max_size=2).map(tuple)
    elif isinstance(members[0], type) and issubclass(members[0], StrEnum):
        made = st.sampled_from(list(members[0]))
    else:
        made = SCALARS.get(members[0], SCALARS[Decimal])
    return st.one_of(st.none(), made) if type(None) in get_args(kind_of) else made


@cache
def objects(cls, depth=3):
    values = {
        name: of_type(kind_of, depth - 1 if name == "of" else depth)
        for name, (kind_of, _required) in shape(cls).items()
        if name not in ("format", "currency")
    }
    if "currency" in shape(cls):
        values["currency"] = st.sampled_from(list(EXPONENTS))
    return st.builds(cls, **values)


any_terms = objects(Terms)
