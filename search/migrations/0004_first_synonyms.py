"""The sets of words that a market begins with: terms of our own writing, in Chinese and English."""

import csv
from pathlib import Path

from django.db import migrations

SEED = Path(__file__).resolve().parent.parent / "data" / "synonyms.csv"


def sow(apps, schema_editor):
    sets = apps.get_model("search", "SynonymSet")
    known = {frozenset(word.casefold() for word in words) for words in sets.objects.values_list("words", flat=True)}
    with SEED.open(encoding="utf-8", newline="") as lines:
        rows = [(topic, words) for topic, *words in csv.reader(lines)]
    sets.objects.bulk_create(
        sets(topic=topic, words=words)
        for topic, words in reversed(rows)  # the newest is shown first
        if frozenset(word.casefold() for word in words) not in known
    )


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0003_synonym_topics'),
    ]

    operations = [
        migrations.RunPython(sow, migrations.RunPython.noop),
    ]
