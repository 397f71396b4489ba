"""Days that depart from Monday to Friday: as published for the year, or before that as the law fixes them, without the
working days that the yearly notice moves. A later year is added by a migration or in the admin; for a year that is
not here only weekends are free. Pages with a deadline in a year that was not published say so (`working_days.note`)."""

from datetime import date, timedelta

SOURCE_2026 = "国务院办公厅关于2026年部分节假日安排的通知 (to be verified)"
HOLIDAYS_2026 = [
    ("元旦", date(2026, 1, 1), date(2026, 1, 3)),
    ("春节", date(2026, 2, 15), date(2026, 2, 23)),
    ("清明节", date(2026, 4, 4), date(2026, 4, 6)),
    ("劳动节", date(2026, 5, 1), date(2026, 5, 5)),
    ("端午节", date(2026, 6, 19), date(2026, 6, 21)),
    ("中秋节", date(2026, 9, 25), date(2026, 9, 27)),
    ("国庆节", date(2026, 10, 1), date(2026, 10, 7)),
]
WORKED_2026 = [
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
]

# Until the notice for the year is out: the thirteen days of the decree alone (lunar dates by the almanac).
SOURCE_2027 = "全国年节及纪念日放假办法（国务院令第795号）第二条 (notice for 2027 not known: to be verified)"
STATUTORY_2027 = [
    ("元旦", date(2027, 1, 1), date(2027, 1, 1)),
    ("春节", date(2027, 2, 5), date(2027, 2, 8)),
    ("清明节", date(2027, 4, 5), date(2027, 4, 5)),
    ("劳动节", date(2027, 5, 1), date(2027, 5, 2)),
    ("端午节", date(2027, 6, 9), date(2027, 6, 9)),
    ("中秋节", date(2027, 9, 15), date(2027, 9, 15)),
    ("国庆节", date(2027, 10, 1), date(2027, 10, 3)),
]


def rows() -> list[dict]:
    """The content of CalendarDay as of this release."""
    found = []
    for source, holidays in ((SOURCE_2026, HOLIDAYS_2026), (SOURCE_2027, STATUTORY_2027)):
        for name, first, last in holidays:
            for number in range((last - first).days + 1):
                day = first + timedelta(days=number)
                found.append({"day": day, "is_working": False, "name": name, "source": source})
    found += [
        {"day": day, "is_working": True, "name": "调休上班", "source": SOURCE_2026} for day in WORKED_2026
    ]
    return found
