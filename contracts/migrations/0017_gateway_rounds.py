from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0016_usage_in_one_call'),
    ]

    operations = [
        migrations.AddField(
            model_name='gatewayinvoice',
            name='round',
            field=models.PositiveSmallIntegerField(default=1),
        ),
    ]
