from django.db import migrations, models


def give_keys(apps, schema_editor):
    """An account was kept by the payee's name. Where all payouts of that name go to one payee it is that payee's (of two
    the newest); where they do not, or there are none, nobody knows whose it is: it is kept, no payout finds it, and
    finance is asked for the account again."""
    PayeeAccount, Payout = apps.get_model("contracts", "PayeeAccount"), apps.get_model("contracts", "Payout")
    taken = set()
    for account in PayeeAccount.objects.order_by("-changed_at", "-pk"):
        payouts = Payout.objects.filter(payer=account.organisation_id, payee_name=account.name)
        keys = {_key(payout) for payout in payouts.select_related("share", "commission")}
        found = (account.organisation_id, keys.pop() if len(keys) == 1 else "")
        is_known = found[1] and found not in taken
        account.key = found[1] if is_known else f"name:{account.name}"
        taken.add(found)
        account.save(update_fields=["key"])


def _key(payout):
    if payout.commission_id:
        return f"organisation:{payout.commission.agency_id}"
    if payout.share.kind == "STAFF":
        return "staff"
    if payout.share.user_id:
        return f"user:{payout.share.user_id}"
    return f"person:{payout.payee_name}|{payout.share.unit}"


class Migration(migrations.Migration):
    dependencies = [("contracts", "0019_withdrawn_since")]

    operations = [
        migrations.RemoveConstraint("payeeaccount", "payee_account_once"),
        migrations.AddField(
            model_name="payeeaccount",
            name="key",
            field=models.CharField(default="", max_length=330),
            preserve_default=False,
        ),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="payeeaccount",
            constraint=models.UniqueConstraint(fields=["organisation", "key"], name="payee_account_once"),
        ),
    ]
