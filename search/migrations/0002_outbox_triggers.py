"""Database triggers that write the outbox, so that no way of changing a page escapes it: the admin, an import,
SQL by hand. They work by statement, so that a bulk change costs one insert. And what makes a stored tsvector."""

from django.db import migrations

PAGES = ("cms_listingpage", "cms_needpage", "cms_servicepage")
CHILDREN = {"cms_ipright": "listing_id", "cms_listinginvitation": "listing_id", "cms_contributor": "listing_id"}

WORDS = """
CREATE FUNCTION search_words(texts text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('english'::regconfig, coalesce(texts[1], '')), 'A')
        || setweight(to_tsvector('english'::regconfig, coalesce(texts[2], '')), 'B')
        || setweight(to_tsvector('english'::regconfig, coalesce(texts[3], '')), 'C')
        || setweight(to_tsvector('english'::regconfig, coalesce(texts[4], '')), 'D')
$$;
"""

ALL_PAGES = " UNION ALL ".join(
    f"SELECT page_ptr_id AS id, organisation_id, field_id, {'programme_id' if 'listing' in t else 'NULL::bigint AS programme_id'} FROM {t}"
    for t in PAGES
)

FUNCTIONS = f"""
CREATE FUNCTION search_outbox_told(written bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('search_outbox', '') WHERE written > 0
$$;

-- Rows of a table that names its page in the column given as the trigger's argument.
CREATE FUNCTION search_outbox_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    EXECUTE format('INSERT INTO search_outboxrow (page_id) SELECT DISTINCT %I FROM changed', TG_ARGV[0]);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;

-- Pages that go live or off, move, or change their address.
CREATE FUNCTION search_outbox_page() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    INSERT INTO search_outboxrow (page_id)
    SELECT n.id FROM changed n JOIN previous o USING (id)
    WHERE (n.live, n.expired, n.url_path, n.first_published_at)
          IS DISTINCT FROM (o.live, o.expired, o.url_path, o.first_published_at)
      AND EXISTS (SELECT FROM ({ALL_PAGES}) p WHERE p.id = n.id);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;

CREATE FUNCTION search_outbox_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    INSERT INTO search_outboxrow (page_id)
    SELECT p.id FROM ({ALL_PAGES}) p
    JOIN changed n ON n.id = p.organisation_id JOIN previous o ON o.id = n.id
    WHERE (n.name_zh, n.name_en, n.state) IS DISTINCT FROM (o.name_zh, o.name_en, o.state);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;

CREATE FUNCTION search_outbox_programme() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    EXECUTE format('INSERT INTO search_outboxrow (page_id) SELECT DISTINCT p.page_ptr_id
                    FROM cms_listingpage p JOIN changed n ON n.%I = p.programme_id', TG_ARGV[0]);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;

CREATE FUNCTION search_outbox_field() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    INSERT INTO search_outboxrow (page_id)
    SELECT DISTINCT p.id FROM ({ALL_PAGES}) p
    JOIN cms_field f ON f.id = p.field_id
    JOIN changed n ON n.id IN (f.id, f.parent_id);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;
"""


def trigger(table: str, function: str, events: str = "INSERT UPDATE DELETE", argument: str = "") -> str:
    sql = ""
    for event in events.split():
        seen = {
            "INSERT": "NEW TABLE AS changed",
            "UPDATE": "OLD TABLE AS previous NEW TABLE AS changed",
            "DELETE": "OLD TABLE AS changed",
        }[event]
        sql += (
            f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}({argument!r});\n"
        )
    return sql


TRIGGERS = (
    "".join(trigger(table, "search_outbox_rows", argument="page_ptr_id") for table in PAGES)
    + "".join(trigger(table, "search_outbox_rows", argument=column) for table, column in CHILDREN.items())
    + trigger("wagtailcore_page", "search_outbox_page", "UPDATE")
    + trigger("organisations_organisation", "search_outbox_organisation", "UPDATE")
    + trigger("programmes_pilotprogramme", "search_outbox_programme", "UPDATE", "id")
    + trigger("programmes_programmerule", "search_outbox_programme", argument="programme_id")
    + trigger("cms_field", "search_outbox_field", "UPDATE")
)

DROP = "".join(
    f"DROP FUNCTION {name} CASCADE;"
    for name in (
        "search_outbox_rows()", "search_outbox_page()", "search_outbox_organisation()",
        "search_outbox_programme()", "search_outbox_field()", "search_outbox_told(bigint)", "search_words(text[])",
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_first"),
        ("cms", "0001_first"),
        ("organisations", "0001_first"),
        ("programmes", "0001_first"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        migrations.RunSQL(WORDS + FUNCTIONS + TRIGGERS, DROP),
        # The database engine weighs terms by their rarity, which it reads from PostgreSQL's statistics.
        migrations.RunSQL(
            "ALTER TABLE search_searchdocument ALTER COLUMN words SET STATISTICS 1000",
            "ALTER TABLE search_searchdocument ALTER COLUMN words SET STATISTICS -1",
        ),
    ]
