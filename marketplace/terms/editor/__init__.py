"""Terms as people type them: the whole language as named text fields, and back. Pure, made from the types.

A draft is a tree of what was typed, in the shape of the document: texts, lists of texts, rows. It may be
incomplete or wrong, and nothing in it is lost. A field is named by its path in the document with "-" between
the parts: `elements[0].rate.tiers[1].up_to` is `elements-0-rate-tiers-1-up_to`, so that every finding of
`check` has its field.

    draft_of(terms)            the draft from which `understand` makes exactly these terms again
    from_fields(posted)        a draft from the fields of a form; what is no field of the terms is ignored
    fields(draft)              every field that a form has to show, with its text, in order
    understand(draft)          → Understood(terms, problems by field, partial)
    act(draft, "add elements royalty")   a row more, less, moved, copied; a condition joined to another
    each_field(draft)          → Field(name, of, attribute, typed, …) for those who draw the form

Amounts are typed in major units ("100,000", "10万"), rates as per cent ("3" or "3%"), a price per unit in
major units, days as 2027-01-15. A field that is absent takes its default; one that is empty says nothing.
"""

from .acts import ACTS, act, without_other_rate
from .draft import Field, draft_of, each_field, fields, from_fields, is_empty, name_of
from .typed import Typed
from .understand import Understood, understand

__all__ = [
    "ACTS",
    "Field",
    "Typed",
    "Understood",
    "act",
    "draft_of",
    "each_field",
    "fields",
    "from_fields",
    "is_empty",
    "name_of",
    "understand",
    "without_other_rate",
]
