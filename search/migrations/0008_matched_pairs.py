import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.clock

KNOWN = "UPDATE search_documentstate SET matched_version = version"  # an update tells nobody of what was there before


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0007_alert_frequency"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="documentstate",
            name="matched_version",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="documentstate",
            index=models.Index(
                condition=models.Q(("matched_version__lt", models.F("version"))),
                fields=["page_id"],
                name="state_to_match",
            ),
        ),
        migrations.CreateModel(
            name="MatchedPair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("found_at", models.DateTimeField(default=marketplace.clock.now)),
                (
                    "listing",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="search.searchdocument",
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="search.searchdocument",
                    ),
                ),
            ],
            options={
                "verbose_name": "match of need and listing",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("need", "listing"), name="matched_pair_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchLetters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stopped_at", models.DateTimeField(default=marketplace.clock.now)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "letters about matches that are not wanted",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "organisation"), name="match_letters_stopped_once")
                ],
            },
        ),
    ]
