"""Numbers of patents, listings and the like, in one spelling whatever way they were written; pure.

"CN 2021 1 0123456.7", "ZL202110123456.7" and "２０２１１０１２３４５６" are one application; "US 10,123,456 B2" is found
with and without its kind code. Nothing here checks that a number exists.
"""

import re
import unicodedata

LONGEST = 40
_OFFICES = r"(?:ZL|CN|US|EP|WO|JP|KR|DE|GB|FR)"
_GAP = r"[\s,./·‐–—-]"
# Chinese applications since 2003 (12 digits) and before (8 digits), with the check digit that many leave out
_NEW = re.compile(rf"(?:ZL|CN)?{_GAP}?((?:19|20)\d{{2}}{_GAP}?\d{_GAP}?\d{{7}})(?:{_GAP}?[\dX])?")
_OLD = re.compile(rf"(?:ZL|CN)?{_GAP}?(\d{{2}}{_GAP}?\d{_GAP}?\d{{5}})[.-][\dX]")
# Software copyrights (2024SR0900002) and plant varieties (CNA20219000201), then patents of any office and our own
_NUMBER = re.compile(
    rf"(?<![0-9A-Z])(?:\d{{4}}{_GAP}?SR{_GAP}?\d{{6,7}}|CNA{_GAP}?\d{{8,11}}(?:[.-]\d)?"
    rf"|(?:PCT{_GAP}?)?(?:[A-Z]{{2}}{_GAP}{{0,2}})?\d(?:{_GAP}?\d){{3,19}}(?:[.-][\dX])?(?:{_GAP}?[A-Z]\d?)?)(?![0-9A-Z])"
)
_CALLED = re.compile(r"(?<![0-9A-Z])NO\b[.:]?")  # "patent no. 10,123,456", "№ 10,123,456"


def _written(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().strip()


def identifier(text: str) -> str:
    """Letters and digits alone, without the office's letters and without a check digit."""
    written = _written(text)
    if application := _NEW.fullmatch(written) or _OLD.fullmatch(written):
        return re.sub(r"\D", "", application[1])
    bare = re.sub(r"[^0-9A-Z]", "", written)
    return re.sub(rf"^{_OFFICES}(?=\d{{5}})", "", bare)


def identifiers_of(text: str) -> list[str]:
    """The spellings under which a number is found: whole, and without the kind code at the end (CN112345678B,
    US 7,777,777 B2)."""
    whole = identifier(text)
    short = re.sub(r"(?<=\d{6})[A-Z]\d?$", "", whole)
    return [spelling for spelling in dict.fromkeys([whole, short]) if 4 <= len(spelling) <= LONGEST]


def is_number(text: str) -> bool:
    """Whether a text is one such number and nothing else; six digits at least. Digits with spaces between them may be
    several (18650 21700), unless they have the shape of an application."""
    written = _written(text)
    shapes = (_NEW, _OLD) if re.fullmatch(r"[\d\s]+", written) else (_NEW, _OLD, _NUMBER)
    return len(re.findall(r"\d", written)) >= 6 and any(shape.fullmatch(written) for shape in shapes)


def identifiers_in(text: str) -> list[str]:
    """The numbers that a query holds: the whole of it, and each part that looks like one. Four digits at least; a
    part among other words six."""
    if len(text) > 200:
        return []
    written = _written(text)
    found = [spelling for spelling in identifiers_of(written) if len(re.findall(r"\d", spelling)) >= 4]
    for part in _NUMBER.findall(_CALLED.sub(" ", written)):
        found += [spelling for spelling in identifiers_of(part) if len(re.findall(r"\d", spelling)) >= 6]
    return list(dict.fromkeys(found))[:12]
