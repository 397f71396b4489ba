from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_told_for")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="stop_path",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
