"""Numbers of others in hidden fields and addresses."""

from django.urls import reverse

from marketplace.clock import today
from tests.cheats.trying import rows
from tests.flows import money


def test_numbers_of_others_in_fields_are_refused(made, who):
    """Each takes what a page offers and puts in the number of something that is not theirs."""
    theirs = who["other_uni"]
    own_account = theirs.open("bank_accounts").follow("bank_account_new")
    own_account.send(bank_name="邻校银行", number="62220000000000000", layout="jiangcheng")
    mandate = who["other_agency"].open("mandate_new")
    asked = who["other_agency"].open(made.second_listing.get_absolute_url())
    statement = money.statement_file((today(), "88.00", "CHEAT-1", "某某公司", "无附言"))
    tries = {
        "a statement for another's account": lambda: theirs.open("statements").try_to_send(
            account=str(made.account.pk), file=statement
        ),
        "payouts of another": lambda: theirs.post(
            reverse("payouts_act"),
            {"payout": [str(made.payout.pk)], "paid_on": f"{today()}", "action": "confirm", "early": "on"},
        ),
        "the bank's file of another's payouts": lambda: theirs.post(
            reverse("payouts_act"),
            {"payout": [str(made.payout.pk)], "action": "file", "layout": "jiangcheng"},
        ),
        "charges of another": lambda: theirs.post(
            reverse("charges_approve", args=[made.contract.number]), {"charge": [str(made.charge.pk)]}
        ),
        "a receipt against another's invoice": lambda: theirs.post(
            reverse("receipt_confirm", args=[made.line.pk]), {f"part_{made.invoice.pk}": "1.00"}
        ),
        "acting for another": lambda: theirs.post(
            reverse("act_for"), {"organisation": str(made.orgs["uni"].pk)}
        ),
        "asking for a client without a mandate": lambda: asked.person.post(
            reverse("enquire", args=[made.second_listing.code]),
            {"message": "x", "purpose": "QUESTION", "on_behalf_of": str(made.orgs["firm"].pk)},
        ),
        "a mandate of the operator": lambda: mandate.try_to_send(
            client=str(made.orgs["operator"].pk), purpose="x"
        ),
        "a signature on another text": lambda: who["firm"].post(
            reverse("contract_sign", args=[made.noticed.number]), {"document_hash": "0" * 64, "agreed": "on"}
        ),
        "an offer on a version not seen": lambda: who["firm"].post(
            reverse("offer_accept", args=[made.open_deal.number, 7])
        ),
        "evidence of another report": lambda: who["firm"].try_to_open(
            "report_evidence", made.report.pk, made.evidence.pk
        ),
    }
    done = {}
    for what, attempt in tries.items():
        before = rows()
        page = attempt()
        after = rows()
        if page.status >= 500 or before != after:
            done[what] = (
                page.status,
                {name: after[name] - before[name] for name in after if after[name] != before[name]},
            )
    assert done == {}
    made.payout.refresh_from_db()
    assert made.payout.state == "PAID"
    assert theirs.client.session.get("acting_organisation") != made.orgs["uni"].pk


def test_what_the_database_cannot_hold_is_refused_where_no_form_looks(made, who):
    uni, zero, many = who["uni"], "\x00", "9" * 5_000
    contract = made.contract.number
    uni.open("payment", made.payment.pk)
    tries = {
        "a reason": lambda: uni.post(reverse("allocation_undo", args=[made.allocation.pk]), {"reason": zero}),
        "a search": lambda: uni.try_to_open("receipts", query="?q=%00"),
        "charges": lambda: uni.post(reverse("charges_approve", args=[contract]), {"charge": [many]}),
        "payouts": lambda: uni.post(reverse("payouts_act"), {"payout": ["²", many], "action": "file"}),
    }
    before = rows()
    answers = {what: attempt().status for what, attempt in tries.items()}
    assert answers == {"a reason": 400, "a search": 400, "charges": 200, "payouts": 409}
    assert rows() == before
