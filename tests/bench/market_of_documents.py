"""A market of any size in the document table, without pages: real texts (or, where the collections are not there, the
demo's listings) with made-up facets, again and again under new numbers."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from search.facts import Facts
from search.indexing import lock, store
from search.models import DocumentState, SavedSearch, SearchDocument
from tests.factories.ground import make_acting
from tests.search.relevance import sets

FIRST, COPIES_AT_ONCE = 1_000_001, 10  # far above the numbers of pages
CODES = [
    ("engineering", "materials"), ("engineering", "environment"), ("engineering", "control-engineering"),
    ("engineering", "mechanical-engineering"), ("medicine", "clinical-medicine"), ("agronomy", "crop-science"),
]  # fmt: skip


def texts() -> list[dict]:
    if sets.available():
        names = ("csl_zh_full", "csl_zh_abstracts", "nasa_en_patents", "techport_en_projects")
        return [record for name in names for record in sets.records(name)]
    return [sets._in_one_language(one, code) for one in sets._listings() for code in ("zh", "en")]


def load_own(number: int) -> int:
    """Store texts of their own, at most so many; how many there are."""
    base = texts()[:number]
    for start in range(0, len(base), 1_000):
        with transaction.atomic():
            facts = list(_facts(base[start : start + 1_000], FIRST + start))
            store(facts, lock([one.page_id for one in facts]))
    return len(base)


def copy(stride: int, number: int) -> int:
    """Copy what was stored until there are so many; the number of all documents."""
    last = FIRST + number - 1
    for first_copy in range(1, -(-number // stride), COPIES_AT_ONCE):
        _copy(stride, first_copy, min(first_copy + COPIES_AT_ONCE, -(-number // stride)) - 1, last)
    known = {"alerted_version": F("version"), "matched_version": F("version")}
    DocumentState.objects.filter(page_id__lt=FIRST + stride).update(**known)  # nobody is to be told of them
    with connection.cursor() as cursor:
        for table in ("search_searchdocument", "search_documentstate", "search_suggestion"):
            cursor.execute(f"ANALYZE {table}")
    return SearchDocument.objects.count()


def _facts(records: list[dict], first: int) -> Iterator[Facts]:
    for number, record in enumerate(records, start=first):
        dice = random.Random(number)
        language = "en" if record.get("lang") == "en" else "zh"
        abstract = record["abstract"] or ""
        title = record.get("title") or abstract[:30]
        keywords = tuple((record.get("keywords") or ())[:6])
        free = dice.choice((None, 6, 12, 18, 24, 36))
        yield Facts(
            page_id=number,
            kind=dice.choices(("LISTING", "NEED", "SERVICE"), (90, 8, 2))[0],
            code=f"UF-2026-{number:07d}",
            path=f"bench/{number}/",
            organisation_id=(house := dice.randint(1, 900)),
            institution=str(house),
            published_at=datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=dice.randint(0, 1500)),
            **{
                f"title_{language}": title[:120],
                f"summary_{language}": abstract[:80],
                f"body_{language}": abstract,
                f"keywords_{language}": keywords,
                f"organisation_{language}": f"示例大学{house}",
                f"offer_{language}": "12 months free, then 3 % of net sales",
            },
            fields=dice.choice(CODES),
            trl=dice.randint(1, 9),
            ip=tuple(dice.sample(("INVENTION", "UTILITY_MODEL", "SOFTWARE"), dice.randint(1, 2))),
            free_months=free,
            triggers=tuple(dice.sample(("INCOME", "TIME", "USE"), dice.randint(1, 2))),
            payment=dice.choice(("ROYALTY", "LUMP_SUM", "MIXED")),
            exclusivity=dice.choice(("NON_EXCLUSIVE", "EXCLUSIVE")),
            region=dice.choice(("11", "31", "32", "33", "42", "44")),
            price_minor=dice.choice((None, 5_000_000, 30_000_000, 150_000_000)),
            completeness=dice.randint(40, 100),
            is_available=dice.random() < 0.7,
            numbers=(f"UF-2026-{number:07d}",),
        )


def _copy(stride: int, first: int, last: int, most: int) -> None:
    """The base documents once more for each of these numbers, in the database alone."""
    changed = {
        "page_id": "page_id + n * %(stride)s",
        "code": "'UF-2026-' || (page_id + n * %(stride)s)",
        "identifiers": "ARRAY['UF2026' || (page_id + n * %(stride)s)]::varchar[]",
        "source": "replace(source, identifiers[1], 'UF2026' || (page_id + n * %(stride)s))",
    }
    columns = [f.column for f in SearchDocument._meta.concrete_fields]
    selected = ", ".join(changed.get(name, name) for name in columns)
    base = (
        "page_id >= %(first)s AND page_id < %(first)s + %(stride)s AND page_id + n * %(stride)s <= %(most)s"
    )
    values = {"stride": stride, "low": first, "high": last, "first": FIRST, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO search_searchdocument ({', '.join(columns)}) SELECT {selected}"
            f" FROM search_searchdocument, generate_series(%(low)s, %(high)s) n WHERE {base}",
            values,
        )
        cursor.execute(
            "INSERT INTO search_documentstate (page_id, version, alerted_version, matched_version)"
            " SELECT d.page_id, d.version, d.version, d.version FROM search_searchdocument d"
            " LEFT JOIN search_documentstate s ON s.page_id = d.page_id"
            " WHERE s.page_id IS NULL AND d.page_id >= %(first)s",
            values,
        )
        cursor.execute(
            "INSERT INTO search_suggestion (document_id, key, text, weight)"
            " SELECT document_id + n * %(stride)s, key, text, weight"
            " FROM search_suggestion, generate_series(%(low)s, %(high)s) n"
            f" WHERE {base.replace('page_id', 'document_id')}",
            values,
        )


def save_searches(number: int, owners: int = 200) -> int:
    """Saved searches of many kinds: keywords, a keyword in a field, sentences, facets alone."""
    people = [make_acting("ENTERPRISE", "SCOUT") for _owner in range(owners)]
    words = sorted({word for record in texts() for word in record.get("keywords") or ()}) or ["电池", "seal"]
    titles = [record["title"] for record in texts() if record.get("title")]
    dice = random.Random(7)
    rows = {}
    while len(rows) < number:
        owner = people[len(rows) % owners]
        query = dice.choices(
            (
                f"q={dice.choice(words)}",
                f"q={dice.choice(words)} {dice.choice(words)}",
                f"q={dice.choice(words)}&field={dice.choice(CODES)[1]}",
                f"q={dice.choice(titles)}",
                f"kind=LISTING&field={dice.choice(CODES)[1]}&trl={dice.randint(1, 9)}&region={dice.choice((11, 31, 42))}",
            ),
            (30, 30, 20, 10, 10),
        )[0]
        rows.setdefault((owner.user.pk, query), SavedSearch(
            user=owner.user, organisation=owner.organisation, name=query[:100], query=query, frequency="DAILY"
        ))  # fmt: skip
    SavedSearch.objects.bulk_create(rows.values(), batch_size=1_000)
    return len(rows)
