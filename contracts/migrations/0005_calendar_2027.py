from django.db import migrations

from contracts.lifecycle.calendar_days import rows


def add_days(apps, schema_editor):
    """Days of a later year; what somebody entered in the meantime stays."""
    model = apps.get_model("contracts", "CalendarDay")
    model.objects.bulk_create([model(**row) for row in rows()], ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [("contracts", "0004_lifecycle_submitted_by")]

    operations = [migrations.RunPython(add_days, migrations.RunPython.noop)]
