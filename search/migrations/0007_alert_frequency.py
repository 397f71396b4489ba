from django.db import migrations, models

CHOICES = [("AT_ONCE", "at once"), ("DAILY", "once a day"), ("WEEKLY", "once a week"), ("NEVER", "not at all")]


class Migration(migrations.Migration):
    dependencies = [("search", "0006_institution_triggers")]

    operations = [
        migrations.AddField(
            model_name="savedsearch",
            name="frequency",
            field=models.CharField(
                choices=CHOICES, default="AT_ONCE", max_length=10, verbose_name="tell me about new hits"
            ),
        ),
        migrations.RunSQL(
            "UPDATE search_savedsearch SET frequency = 'NEVER' WHERE NOT alert",
            "UPDATE search_savedsearch SET alert = frequency <> 'NEVER'",
        ),
        migrations.RemoveField(model_name="savedsearch", name="alert"),
        migrations.AddField(
            model_name="savedhit",
            name="is_waiting",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="savedhit",
            index=models.Index(
                condition=models.Q(("is_waiting", True)), fields=["search"], name="saved_hit_waiting"
            ),
        ),
    ]
