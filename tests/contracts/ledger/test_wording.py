import re
from pathlib import Path

import pytest
from django.utils.translation import gettext, override

from contracts.ledger.wording import SENTENCES, in_the_readers_language

BOOKINGS = ("billing", "payments", "proceeds")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_entry_is_told_in_the_readers_language(sentence):
    with override("zh-hans"):
        booked = gettext(sentence) % {"n": "INV-2026-000006"}
        assert in_the_readers_language(booked) == booked
    with override("en"):
        assert in_the_readers_language(booked) == sentence % {"n": "INV-2026-000006"}
        assert in_the_readers_language("手工冲回") == "手工冲回"


def test_every_sentence_of_a_booking_is_known():
    said = set()
    for step in BOOKINGS:
        source = Path("contracts", step, "booking.py").read_text()
        said |= set(re.findall(r'_\("([^"]*%\(n\)s[^"]*)"\)', source))
    assert said == set(SENTENCES)
