"""Append-only tables: the application's role loses UPDATE, DELETE and TRUNCATE on them, and triggers refuse
the same to everybody else, the owner included."""

import pgtrigger
from django.conf import settings
from django.db.migrations.operations import RunPython


def append_only_triggers(name: str) -> list[pgtrigger.Trigger]:
    """For Meta.triggers of an append-only model."""
    refuse = "RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME;"
    operations = {"update": pgtrigger.Update, "delete": pgtrigger.Delete, "truncate": pgtrigger.Truncate}
    return [
        pgtrigger.Trigger(
            name=f"{name}_no_{verb}",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=operation,
            func=refuse,
        )
        for verb, operation in operations.items()
    ]


def revoke_rewriting(table: str) -> RunPython:
    """Migration operation: the application's role may only SELECT and INSERT on `table`."""

    def forwards(apps, schema_editor):
        connection = schema_editor.connection
        role = settings.DATABASE_APP_ROLE
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)", [role])
            user, exists = cursor.fetchone()
        if exists and user != role:
            quote = schema_editor.quote_name
            schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {quote(role)}")

    return RunPython(forwards, RunPython.noop, elidable=False)
