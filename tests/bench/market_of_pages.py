"""Real pages in large number: the first of them written, submitted and approved by people, with texts of their own, the
others copied in the database with all that belongs to a page of Wagtail. Triggers tell the search of every one."""

from django.db import connection, transaction

from cms.models import ListingPage
from tests.bench import market_of_documents as market_of
from tests.cms.world import University

UNIVERSITIES = 10
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of the paths of treebeard, four to a step
_STEP = "".join(
    f"substr('{_DIGITS}', 1 + (c.place / {36**power})::int %% 36, 1) || " for power in (3, 2, 1, 0)
)[:-4]
_COPIES = f"""
CREATE TEMPORARY TABLE copies ON COMMIT DROP AS
SELECT c.*, 'UF-2026-' || (500000 + c.number) AS code, parent || {_STEP} AS path
FROM (
    SELECT nextval(pg_get_serial_sequence('wagtailcore_page', 'id'))::int AS id, nextval(pg_get_serial_sequence('wagtailcore_revision', 'id'))::int AS revision,
           row_number() OVER () AS number, w.id AS original, w.live_revision_id AS original_revision,
           left(w.path, -4) AS parent,
           (SELECT numchild FROM wagtailcore_page p WHERE p.path = left(w.path, -4))
           + row_number() OVER (PARTITION BY left(w.path, -4)) AS place
    FROM wagtailcore_page w, generate_series(1, %s) AS n WHERE w.id = ANY(%s) LIMIT %s
) c
"""
_NEW = {
    "wagtailcore_revision": {
        "id": "c.revision", "object_id": "c.id::text",
        "content": "o.content || jsonb_build_object('pk', c.id, 'code', c.code, 'slug', lower(c.code), 'path', c.path)",
    },
    "wagtailcore_page": {
        "id": "c.id", "path": "c.path", "slug": "lower(c.code)", "translation_key": "gen_random_uuid()",
        "url_path": "regexp_replace(o.url_path, '[^/]+/$', lower(c.code) || '/')",
        "latest_revision_id": "c.revision", "live_revision_id": "c.revision",
    },
    "cms_listingpage": {"page_ptr_id": "c.id", "code": "c.code"},
    "cms_ipright": {"id": "nextval(pg_get_serial_sequence('cms_ipright', 'id'))", "listing_id": "c.id"},
    "cms_contributor": {"id": "nextval(pg_get_serial_sequence('cms_contributor', 'id'))", "listing_id": "c.id"},
}  # fmt: skip
_OF = {
    "wagtailcore_revision": "o.id = c.original_revision",
    "wagtailcore_page": "o.id = c.original",
    "cms_listingpage": "o.page_ptr_id = c.original",
    "cms_ipright": "o.listing_id = c.original",
    "cms_contributor": "o.listing_id = c.original",
}


def publish(number: int) -> list[int]:
    """Through the services, one after the other; the ids of the pages."""
    texts = market_of.texts()
    universities = [University() for _place in range(min(UNIVERSITIES, number))]
    return [
        universities[place % len(universities)].published(**_words(texts[place * 37 % len(texts)])).pk
        for place in range(number)
    ]


def _words(record: dict) -> dict:
    language = "en" if record.get("lang") == "en" else "zh"
    abstract = record["abstract"] or ""
    return {
        f"title_{language}": (record.get("title") or abstract)[:100],
        f"summary_{language}": abstract[:200],
        f"problem_{language}": abstract,
    }


def copy(originals: list[int], number: int) -> int:
    """So many more pages like these; how many there are of them and of their copies."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COPIES, [-(-number // len(originals)), originals, number])
        for table, changed in _NEW.items():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema AND table_name = %s",
                [table],
            )
            columns = [f'"{name}"' for (name,) in cursor.fetchall()]
            selected = [changed.get(name.strip('"'), f"o.{name}") for name in columns]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(selected)}"
                f" FROM {table} o JOIN copies c ON {_OF[table]}"
            )
        cursor.execute(
            "UPDATE wagtailcore_page p SET numchild = p.numchild + c.more"
            " FROM (SELECT parent, count(*) AS more FROM copies GROUP BY parent) c WHERE p.path = c.parent"
        )
    with connection.cursor() as cursor:
        for table in _NEW:
            cursor.execute(f"ANALYZE {table}")
    return ListingPage.objects.live().count()
