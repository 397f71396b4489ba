
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField()),
                ('to_on', models.DateField()),
                ('reached_on', models.DateField()),
                ('state', models.CharField(choices=[('RUNNING', 'running'), ('DONE', 'done'), ('FAILED', 'stopped by an error')], default='RUNNING', max_length=10)),
                ('task', models.CharField(blank=True, max_length=120)),
                ('error', models.TextField(blank=True)),
                ('beat_at', models.DateTimeField()),
                ('started_by_id', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('to_on__gt', models.F('from_on')), ('reached_on__gte', models.F('from_on')), ('reached_on__lte', models.F('to_on'))), name='clock_run_forward'), models.UniqueConstraint(models.Value(1), condition=models.Q(('state', 'RUNNING')), name='clock_run_one_at_a_time')],
            },
        ),
    ]
