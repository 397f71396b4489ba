from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0017_gateway_rounds")]

    operations = [
        migrations.AddField(
            model_name="distributionshare",
            name="name_en",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="name in English"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="distributionshare",
            name="unit_en",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="unit in English"),
            preserve_default=False,
        ),
    ]
