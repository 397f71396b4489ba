"""What is said in two languages: which of the two a reader gets."""

import re
from collections.abc import Mapping

from django.utils.translation import get_language

_HAN = re.compile(r"[\u4e00-\u9fff]")


def language() -> str:
    """The reader's language as the ending of a field name: "zh" or "en"."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def written_in(text: str) -> str:
    """The language of a text as the ending of a field name: "zh" where any Han character stands in it."""
    return "zh" if _HAN.search(text) else "en"


def of_pair(zh: str, en: str) -> str:
    """The one in the reader's language, else the other one when only that is filled."""
    return (en or zh) if language() == "en" else (zh or en)


def stated(facts: Mapping[str, str], name: str) -> str:
    """The same of `name_zh` and `name_en` as a paper states them."""
    return of_pair(facts.get(f"{name}_zh") or "", facts.get(f"{name}_en") or "")
