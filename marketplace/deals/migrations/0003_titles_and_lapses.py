from django.db import migrations, models


def copy_titles(apps, schema_editor):
    """Of agreed deals the title of the term sheet; of others the page's, which is all that is kept of it."""
    Deal, TermSheet = apps.get_model("deals", "Deal"), apps.get_model("deals", "TermSheet")
    agreed = dict(TermSheet.objects.values_list("deal", "snapshot__listing"))
    for deal in Deal.objects.select_related("listing").iterator():
        page = deal.listing
        said = agreed.get(deal.pk) or {"title_zh": page.title_zh, "title_en": page.title_en}
        titles = {name: said.get(name) or "" for name in ("title_zh", "title_en")}
        Deal.objects.filter(pk=deal.pk).update(**titles)


class Migration(migrations.Migration):
    dependencies = [("deals", "0002_proposal")]

    operations = [
        migrations.AddField(
            model_name="deal",
            name="title_zh",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="title in Chinese"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="deal",
            name="title_en",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="title in English"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="proposal",
            name="lapse_told",
            field=models.CharField(
                blank=True, choices=[("NEED", "technology need"), ("LISTING", "listing")], default="", max_length=10
            ),
            preserve_default=False,
        ),
        migrations.RunPython(copy_titles, migrations.RunPython.noop),
    ]
