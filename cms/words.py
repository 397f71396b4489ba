"""Pairs of fields in two languages: which of the two a reader gets."""

from marketplace.bilingual import of_pair


def other(code: str) -> str:
    return "zh" if code == "en" else "en"


def in_reader_language(obj: object, name: str) -> object:
    """`name_zh` or `name_en` of an object: the reader's, else the other one when only that is filled."""
    return of_pair(getattr(obj, f"{name}_zh"), getattr(obj, f"{name}_en"))


class Pair:
    """A read-only attribute that stands for a pair of fields: `summary = Pair()` reads summary_zh or summary_en."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None):
        return self if instance is None else in_reader_language(instance, self.name)
