"""Sales paths: nothing is lost when they are spread, whatever the stretches and rows."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.rating import Period
from marketplace.simulator.path import cut, filled, going_on, licence_years, spread

START = date(2026, 1, 15)


def periods(start, lengths):
    """Periods without a gap, so many days each."""
    found = []
    for days in lengths:
        end = start + timedelta(days=days - 1)
        found.append(Period(start, end))
        start = end + timedelta(days=1)
    return found


UNHURRIED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=12)


@UNHURRIED
@given(LENGTHS, st.data())
def test_rows_over_the_whole_course_add_up_exactly(lengths, data):
    stretches = periods(START, lengths)
    amounts = data.draw(
        st.lists(st.integers(-(10**12), 10**15), min_size=len(lengths), max_size=len(lengths))
    )
    total = sum(lengths)
    breaks = sorted(data.draw(st.sets(st.integers(1, total - 1), max_size=20))) if total > 1 else []
    places = [0, *breaks, total]
    rows = periods(START, [b - a for a, b in pairwise(places)])
    assert sum(spread(stretches, amounts, rows)) == sum(amounts)


@UNHURRIED
@given(LENGTHS, st.integers(0, 10**12))
def test_splitting_a_row_changes_no_other(lengths, amount):
    stretches = periods(START, lengths)
    whole = Period(START, stretches[-1].end)
    amounts = [amount] * len(stretches)
    middle = START + (whole.end - START) // 2
    parts = spread(stretches, amounts, [Period(START, middle), Period(middle + timedelta(days=1), whole.end)])
    assert sum(parts) == spread(stretches, amounts, [whole])[0]
    assert min(parts) >= 0


def test_a_year_falls_on_its_quarters_evenly_by_months():
    ends = [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31)]
    quarters = [Period(date(2026, end.month - 2, 1), end) for end in ends]
    year = [Period(date(2026, 1, 1), date(2026, 12, 31))]
    assert spread(year, [1003], quarters) == [250, 251, 251, 251]


def test_nothing_lies_before_the_first_stretch_or_after_the_last():
    year = [Period(date(2026, 1, 1), date(2026, 12, 31))]
    outside = [Period(date(2025, 1, 1), date(2025, 12, 31)), Period(date(2027, 1, 1), date(2027, 3, 31))]
    assert spread(year, [1000], outside) == [0, 0]


def test_licence_years_run_from_the_effective_date():
    assert licence_years(date(2024, 2, 29), date(2026, 8, 31)) == [
        Period(date(2024, 2, 29), date(2025, 2, 27)),
        Period(date(2025, 2, 28), date(2026, 2, 27)),
        Period(date(2026, 2, 28), date(2027, 2, 27)),
    ]


def test_a_path_goes_on_at_the_same_pace_and_a_broken_year_takes_its_part():
    years = licence_years(date(2026, 1, 1), date(2027, 12, 31))
    longer = going_on(years, date(2029, 6, 30))
    assert [year.start.year for year in longer] == [2026, 2027, 2028, 2029]
    assert cut(longer[-1], 1_000_001, date(2029, 6, 30)) == (
        Period(date(2029, 1, 1), date(2029, 6, 30)), 500_000,
    )  # fmt: skip
    assert going_on(years, date(2026, 3, 31)) == years[:1]
    assert cut(years[0], 1200, date(2026, 3, 31))[1] == 300


def test_the_last_amount_goes_on():
    assert [filled([1, 2], 4), filled([1, 2, 3], 2), filled([], 2)] == [[1, 2, 2, 2], [1, 2], [0, 0]]
