import json
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).resolve().parents[1] / "data" / "fields.json"


def load(apps, schema_editor):
    Field = apps.get_model("cms", "Field")
    for place, category in enumerate(json.loads(DATA.read_text("utf-8"))):
        disciplines = category.pop("disciplines")
        parent, _created = Field.objects.update_or_create(
            code=category.pop("code"), defaults={**category, "parent": None, "order": place * 100}
        )
        for inner, discipline in enumerate(disciplines, start=1):
            Field.objects.update_or_create(
                code=discipline.pop("code"),
                defaults={**discipline, "parent": parent, "order": place * 100 + inner},
            )


class Migration(migrations.Migration):
    dependencies = [("cms", "0001_first")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
