"""Institutions are found too: their pages write the outbox as those of listings do."""

from django.db import migrations

PAGES = ("cms_listingpage", "cms_needpage", "cms_servicepage")
OF_PAGES = " UNION ALL ".join(f"SELECT page_ptr_id AS id, organisation_id FROM {table}" for table in PAGES)
OF_ALL = f"{OF_PAGES} UNION ALL SELECT page_ptr_id, organisation_id FROM cms_institutionpage"


def functions(pages: str, columns: str) -> str:
    def row(alias):
        return ", ".join(f"{alias}.{column}" for column in columns.split())

    return f"""
CREATE OR REPLACE FUNCTION search_outbox_page() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    INSERT INTO search_outboxrow (page_id)
    SELECT n.id FROM changed n JOIN previous o USING (id)
    WHERE (n.live, n.expired, n.url_path, n.first_published_at)
          IS DISTINCT FROM (o.live, o.expired, o.url_path, o.first_published_at)
      AND EXISTS (SELECT FROM ({pages}) p WHERE p.id = n.id);
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION search_outbox_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    INSERT INTO search_outboxrow (page_id)
    SELECT p.id FROM ({pages}) p
    JOIN changed n ON n.id = p.organisation_id JOIN previous o ON o.id = n.id
    WHERE ({row('n')}) IS DISTINCT FROM ({row('o')});
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM search_outbox_told(written);
    RETURN NULL;
END $$;
"""


def triggers() -> str:
    return "".join(
        f"CREATE TRIGGER search_outbox_rows_{event.lower()} AFTER {event} ON cms_institutionpage"
        f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION search_outbox_rows('page_ptr_id');\n"
        for event, seen in (
            ("INSERT", "NEW TABLE AS changed"),
            ("UPDATE", "OLD TABLE AS previous NEW TABLE AS changed"),
            ("DELETE", "OLD TABLE AS changed"),
        )
    )


DROP = "".join(
    f"DROP TRIGGER search_outbox_rows_{event} ON cms_institutionpage;" for event in ("insert", "update", "delete")
)


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0005_ranking_and_ranges'),
        ('cms', '0001_first'),
    ]

    operations = [
        migrations.RunSQL(
            functions(OF_ALL, "name_zh name_en state region kind") + triggers(),
            DROP + functions(OF_PAGES, "name_zh name_en state"),
        ),
        migrations.RunSQL("INSERT INTO search_outboxrow (page_id) SELECT page_ptr_id FROM cms_institutionpage", migrations.RunSQL.noop),
    ]
