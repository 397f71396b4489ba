import django.contrib.postgres.fields
import django.db.models.deletion
import marketplace.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contracts', '0001_lifecycle'),
        ('deals', '0001_first'),
        ('organisations', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredScenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('terms', models.JSONField(verbose_name='terms')),
                ('terms_hash', models.CharField(max_length=64)),
                ('said', models.JSONField(default=dict)),
                ('readers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('made_at', models.DateTimeField(default=marketplace.clock.now)),
                ('contract', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.licencecontract')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('offer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deals.offer')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'verbose_name': 'kept scenario',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('contract__isnull', False), ('offer__isnull', True)), models.Q(('contract__isnull', True), ('offer__isnull', False)), _connector='OR'), name='stored_scenario_of_an_offer_or_a_contract')],
            },
        ),
    ]
