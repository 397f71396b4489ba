"""The sets that joined the seed later, for markets that were begun without them; none that names a word which an
editor has in a set already."""

import csv
from pathlib import Path

from django.db import migrations

SEED = Path(__file__).resolve().parent.parent / "data" / "synonyms.csv"


def sow(apps, schema_editor):
    sets = apps.get_model("search", "SynonymSet")
    known = {word.casefold() for words in sets.objects.values_list("words", flat=True) for word in words}
    with SEED.open(encoding="utf-8", newline="") as lines:
        rows = [(topic, words) for topic, *words in csv.reader(lines)]
    sets.objects.bulk_create(
        sets(topic=topic, words=words)
        for topic, words in reversed(rows)
        if known.isdisjoint(word.casefold() for word in words)
    )


class Migration(migrations.Migration):
    dependencies = [("search", "0008_matched_pairs")]

    operations = [migrations.RunPython(sow, migrations.RunPython.noop)]
