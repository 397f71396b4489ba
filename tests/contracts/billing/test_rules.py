"""VAT on an invoice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing.rules import vat
from marketplace.money import Money


@pytest.mark.parametrize(
    ("mode", "exempt", "expected"),
    [
        ("inclusive", True, (10_000_000, 0, 10_000_000)),
        ("inclusive", False, (9_433_962, 566_038, 10_000_000)),
        ("exclusive", True, (10_000_000, 0, 10_000_000)),
        ("exclusive", False, (10_000_000, 600_000, 10_600_000)),
    ],
)
def test_d32_vat(mode, exempt, expected):
    found = vat(Money(10_000_000), rate=Decimal("0.06"), mode=mode, exempt=exempt)
    assert (found.net.minor, found.tax.minor, found.gross.minor) == expected


@given(st.integers(0, 10**12), st.sampled_from(["0", "0.01", "0.03", "0.06", "0.13"]), st.booleans())
def test_net_and_tax_make_the_gross(minor, rate, inclusive):
    found = vat(Money(minor), rate=Decimal(rate), mode="inclusive" if inclusive else "exclusive")
    assert found.net + found.tax == found.gross


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match="negative"):
        vat(Money(1), rate=Decimal("-0.06"), mode="inclusive")
