from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_outbox_triggers'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='synonymset',
            options={'ordering': ['-id'], 'verbose_name': 'synonyms', 'verbose_name_plural': 'synonyms'},
        ),
        migrations.AddField(
            model_name='synonymset',
            name='topic',
            field=models.CharField(choices=[('fields', 'fields of science'), ('energy', 'energy'), ('properties', 'properties'), ('materials', 'materials'), ('processes', 'processes'), ('devices', 'devices and machines'), ('information', 'information and measurement'), ('environment', 'environment'), ('life', 'medicine, food, farming'), ('market', 'rights and market'), ('other', 'other topics')], default='other', max_length=12, verbose_name='topic'),
        ),
    ]
