"""Results that a person looks at before they are billed: far above history, too many lines, money back in bulk.

Pure. A reason is a code with its figures, so that it can be said in the reader's language. The limits are ours:
no law or programme prescribes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from contracts.rating import Charge
from contracts.rating.result import Key
from marketplace.money import Money
from marketplace.terms import Royalty, Terms

FACTOR = 10  # a royalty this many times above the highest of at least two amounts before
MANY_LINES = 120  # more charges in one run than ten years of months
BACK_SHARE = 2  # more than one part in this many of everything invoiced is to be given back at once


def far_above(terms: Terms, charge: Charge, earlier: Iterable[int]) -> str:
    """The code for a royalty far above what the element cost before (`earlier`: what its periods came to so far, minor
    units; of a period that is corrected that too)."""
    if charge.minor <= 0 or not isinstance(terms.element(charge.element_id), Royalty):
        return ""
    history = [minor for minor in earlier if minor > 0]
    if len(history) < 2 or charge.minor <= FACTOR * max(history):
        return ""
    return f"far_above {FACTOR} {max(history)}"


def still_far_above(reason: str, key_sum: int) -> bool:
    """Whether a held charge, as corrected since, still is what it was held for."""
    code, *figures = reason.split() or [""]
    if code != "far_above" or len(figures) != 2:
        return True
    factor, highest = map(int, figures)
    return key_sum > factor * highest


def of_run(amounts: Sequence[int], invoiced: int) -> str:
    """The code for a whole run: too many lines, or a negative sum that takes back much of what was invoiced."""
    lines = sum(1 for minor in amounts if minor)
    if lines > MANY_LINES:
        return f"many_lines {lines}"
    total = sum(amounts)
    if total < 0 and -total * BACK_SHARE > invoiced > 0:
        return f"gives_back {-total} {invoiced}"
    return ""


def earlier_of(sums: Mapping[Key, int], element_id: str) -> list[int]:
    return [minor for key, minor in sums.items() if key.element_id == element_id]


def words(reason: str, currency: str) -> str:
    """A reason in the reader's language; text of an older kind as it stands."""
    code, *figures = reason.split(" ")
    if code == "far_above" and len(figures) == 2:
        return _("More than %(factor)s times the highest earlier period (%(highest)s).") % {
            "factor": figures[0],
            "highest": Money(int(figures[1]), currency).format(),
        }
    if code == "many_lines":
        return _("One run made %(lines)s charges at once.") % {"lines": figures[0]}
    if code == "gives_back" and len(figures) == 2:
        return _("The corrections would take back %(back)s of the %(invoiced)s invoiced so far.") % {
            "back": Money(int(figures[0]), currency).format(),
            "invoiced": Money(int(figures[1]), currency).format(),
        }
    return reason
