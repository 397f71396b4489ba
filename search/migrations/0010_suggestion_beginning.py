# One index answers what a search box offers, in the order of bytes.
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0009_more_synonyms"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="suggestion",
            name="suggestion_key",
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="key",
            field=models.CharField(db_collation="C", max_length=120),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="text",
            field=models.CharField(db_collation="C", max_length=200),
        ),
        migrations.AddIndex(
            model_name="suggestion",
            index=models.Index(fields=["weight", "key", "text"], name="suggestion_beginning"),
        ),
    ]
