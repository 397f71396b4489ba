"""Contracts that went through the whole product: their bundles recompute, and say to each side what it may know."""

import json
from datetime import date
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from contracts.billing.charging import charge_contract
from contracts.bundle.services import bundle_of
from contracts.lifecycle.models import ContractAnnex
from contracts.lifecycle.states import Side
from contracts.payments.booking import book_money
from contracts.usage.metering.chasing import chase_open_periods
from marketplace import terms
from marketplace.audit.models import AuditEvent
from marketplace.clock import at
from marketplace.refusals import NotPermitted, Refused
from marketplace.terms import presets
from tests.contracts.billing.life import Life
from tests.contracts.billing.made import contract_of
from tests.contracts.billing.test_acceptance import figures_of
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating import generate
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.metering.world import closing, event, metered, replacement, send, void
from tests.contracts.usage.test_audits import sent, settle
from tests.contracts.usage.world import accepted, sales
from tests.factories.ground import signed_in

from .checked import VERIFIER, agrees, every_change_is_named, papers, resealed
from .memory import PROGRAM, members_of


def lived(world, agreed, random: Random) -> Life:
    """A contract that reports, amends, is charged, billed and decided about, as a seed will have it."""
    life = Life(world, agreed)
    steps = {
        "report": lambda: [life.accept(report, figures()) for report in life.open_reports()[: random.randint(1, 3)]],
        "amend": lambda: [life.amend(report, figures()) for report in life.accepted_reports()[-1:]],
        "happen": lambda: life.happen(random.choice(generate.EVENTS[:5]), random.randint(0, 90), confirm=True),
        "decide": lambda: life.decide(random.random() < 0.7),
        "charge": life.charge,
        "approve": lambda: life.approve(0, many=True),
        "issue": lambda: life.issue(0, many=True, with_carried=True),
        "judge": lambda: life.judge(random.choice(["release", "dispute", "withdraw", "waive"]), random.randint(0, 5)),
    }  # fmt: skip

    def figures():
        return figures_of(random.choice([0, 999, 12_345, 400_001]), random.randint(0, 7))

    for _ in range(8):
        life.pass_days(random.randint(10, 120))
        for name in ("report", random.choice(list(steps)), "charge", "approve", "issue"):
            try:
                with transaction.atomic():
                    steps[name]()
            except Refused:
                pass
    book_money()
    return life


def recompute(world, seed: int) -> int:
    random = Random(seed)
    document = generate.document(random)
    document["report"].pop("metered", None)  # metered contracts take events, not reports
    life = lived(world, terms.read(document), random)
    life.fresh()
    for side in (Side.LICENSOR, Side.LICENSEE):
        agrees(bundle_of(life.contract, side))
    return life.contract.charges.count()


def test_contracts_through_the_whole_product_recompute(world):
    assert sum(recompute(world, seed) for seed in (1, 2, 3, 4, 5, 6)) > 5


@pytest.mark.slow
def test_fifty_contracts_through_the_whole_product_recompute(world):
    assert sum(recompute(world, seed) for seed in range(100, 150)) > 200


@pytest.fixture
def billed(world):
    """A royalty with two quarters billed, one of them corrected, all booked; the licensor keeps an annex."""
    life = Life(world, presets.preset("royalty"))
    ContractAnnex.objects.create(
        contract=life.contract, kind="CONTRIBUTORS", owner=world.uni, readers=[world.uni.pk],
        content={"shares": ["张三 60", "李四 40"]}, hash=_seal({"shares": ["张三 60", "李四 40"]}),
    )  # fmt: skip
    life.pass_days(700)
    for report in life.open_reports()[-2:]:  # after free use; those before are none of their business
        life.accept(report, figures_of(400_001, 1))
    for step in (
        life.charge,
        lambda: life.approve(0, many=True),
        lambda: life.issue(0, many=True, with_carried=True),
    ):
        step()
    life.amend(life.accepted_reports()[-1], figures_of(999, 2))
    for step in (
        life.charge,
        lambda: life.approve(0, many=True),
        lambda: life.issue(0, many=True, with_carried=True),
    ):
        step()
    book_money()
    life.fresh()
    return life


def _seal(content):
    from marketplace.deals.models.offer import sealed

    return sealed(content)


def test_a_bundle_holds_what_was_billed_and_is_the_same_bytes_twice(billed):
    content = bundle_of(billed.contract, Side.LICENSOR)
    assert content == bundle_of(billed.contract, Side.LICENSOR)
    said, seen = papers(content), agrees(content)
    assert all(said[name] for name in ("invoices.json", "credit_notes.json", "charges.json"))
    assert any("ledger entries in a chain of" in line for line in seen)
    assert said["manifest.json"]["chain"] == said["ledger.json"]["head"]
    assert said["annexes.json"][0]["content"] == {"shares": ["张三 60", "李四 40"]}
    members = members_of(content)
    assert members[PROGRAM.name] == PROGRAM.read_bytes()
    for language in ("核验方法", "To check it"):
        assert language in members["README.txt"].decode()
    every_change_is_named(content)


def test_the_licensee_has_no_annexes_and_nothing_that_follows_from_them(billed):
    content = bundle_of(billed.contract, Side.LICENSEE)
    agrees(content)
    said = papers(content)
    assert "annexes.json" not in said
    assert "张三" not in content.decode("utf-8", "ignore")
    keys = {json.loads(entry["body"])["key"].split(":")[0] for entry in said["ledger.json"]["entries"]}
    assert keys <= {"invoice", "credit_note", "allocation"}


def test_the_command_writes_the_file_or_says_why_not(billed, tmp_path, capsys):
    path = tmp_path / "bundle.zip"
    call_command("export_bundle", billed.contract.number, "--for", "licensee", "--output", str(path))
    assert path.read_bytes() == bundle_of(billed.contract, Side.LICENSEE)
    with pytest.raises(CommandError, match="no contract"):
        call_command("export_bundle", "C-1999-000001")
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("export_bundle", billed.contract.number, "--output", str(tmp_path / "no" / "x.zip"))
    billed.contract.effective_on = None
    with pytest.raises(Refused):
        bundle_of(billed.contract, Side.LICENSOR)


def test_each_side_downloads_its_own_and_others_find_nothing(client, billed, world):
    address = reverse("contract_bundle", args=[billed.contract.number])
    page = signed_in(client, world.officer).get(billed.contract.get_absolute_url())
    assert address in page.content.decode()
    answer = client.post(address)
    assert answer["Content-Type"] == "application/zip"
    assert "annexes.json" in papers(answer.content)
    agrees(answer.content)
    assert AuditEvent.objects.filter(verb="contract.bundle_exported").count() == 1
    answer = signed_in(client, world.reporter).post(address)
    assert "annexes.json" not in papers(answer.content)
    assert client.get(address).status_code == 405


def test_only_parties_may_export(billed, world):
    from contracts.bundle.services import export_bundle
    from tests.factories.ground import make_acting

    with pytest.raises(NotPermitted):
        export_bundle(billed.contract, actor=make_acting())


def test_a_contract_without_any_charge_has_a_bundle_too(world):
    agrees(bundle_of(contract_of(world, presets.preset("royalty")), Side.LICENSOR))


@pytest.fixture
def counted(world):
    """(contract, events as they were sent) of a metered contract: some voided, replaced and of several products."""
    contract = metered(world)
    events = [
        event(
            contract,
            f"e-{n}",
            f"{n}.50",
            time=f"2026-02-{n % 9 + 1:02}T23:30:00+08:00",
            data={"product": "甲" * (n % 2)},
        )
        for n in range(1, 40)
    ]
    events += [void(contract, "e-3"), replacement(contract, "e-5", "77.25", time="2026-02-20T01:00:00Z")]
    send(world, *events)
    send(
        world,
        closing(contract, "2026-01-31", "2026-01-31", "c-1"),
        closing(contract, "2026-02-01", "2026-02-28", "c-2"),
    )
    with at(date(2026, 3, 12)):
        charge_contract(contract)
    return contract, events


def test_daily_sums_are_held_against_events_that_the_licensee_kept(counted, tmp_path, capsys):
    contract, events = counted
    content = bundle_of(contract, Side.LICENSEE)
    seen = agrees(content)
    assert any("daily sums of 38 events" in line for line in seen)
    bundle, kept = tmp_path / "bundle.zip", tmp_path / "events.json"
    bundle.write_bytes(content)
    kept.write_text(json.dumps(events), "utf-8")
    assert VERIFIER.main([str(bundle), str(kept)]) == 0
    rows = len(papers(content)["rollups.json"]["rows"])
    assert f"{rows} of {rows} daily sums are your events" in capsys.readouterr().out
    # one of another quantity, one that was never counted, one that is missing
    for changed in (
        [*events[:-1], {**events[-1], "data": {**events[-1]["data"], "quantity": "77.26"}}],
        [*events, event(contract, "more", 1, time="2026-02-27T10:00:00+08:00")],
        events[1:],
    ):
        kept.write_text("\n".join(json.dumps(one) for one in changed), "utf-8")
        assert VERIFIER.main([str(bundle), str(kept)]) == 1
        assert "DIFFERS: your events" in capsys.readouterr().out


def test_usage_that_does_not_follow_from_its_daily_sums_is_found(counted):
    contract, _events = counted
    content = bundle_of(contract, Side.LICENSEE)

    def more(paper):
        paper["rows"][0]["quantity"] = "999"

    def less(paper):
        del paper["rows"][-1]

    def hidden(paper):
        paper["deemed"].append({"figure": "calls", "start": "2026-02-01", "end": "2026-02-03"})

    every_change_is_named(content)
    for change in (more, less, hidden):
        wrong = VERIFIER.verify(resealed(content, "rollups.json", change)).wrong
        assert any(line.startswith("usage of calls") for line in wrong), change


def test_deemed_usage_has_no_events_and_agrees(world):
    agreed = sheet(
        royalty(fixed("2"), "units", meter="calls"),
        report={
            "metered": ["calls"],
            "every": "month",
            "deemed": {"days": 5, "basis": "last", "factor": "1.5"},
        },
    )
    contract = metered(world, agreed)
    send(
        world,
        event(contract, "j", 10, time="2026-01-31T12:00:00+08:00"),
        closing(contract, "2026-01-31", "2026-01-31"),
    )
    with at(date(2026, 4, 6)):
        chase_open_periods(contract)
        charge_contract(contract)
    content = bundle_of(contract, Side.LICENSOR)
    agrees(content)
    every_change_is_named(content)
    assert papers(content)["rollups.json"]["deemed"] == [
        {"figure": "calls", "start": "2026-02-01", "end": "2026-02-28"}
    ]


def test_the_cost_of_an_audit_is_held_against_the_terms(world):
    contract = trying(world, sheet(royalty(fixed("0.03"))), on=date(2026, 1, 1))
    accepted(world, contract, date(2026, 3, 31), sales(2_300_000))
    settle(world, sent(world, contract, "2666666.67"))
    content = bundle_of(contract, Side.LICENSOR)
    assert any("costs of audits" in line for line in agrees(content))
    every_change_is_named(content, start="the days that were audited", end="the days that were audited")

    def dearer(paper):
        charge = next(charge for charge in paper if charge["kind"] == "AUDIT")
        charge["minor"] += 1

    assert any(
        line.startswith("audit ") for line in VERIFIER.verify(resealed(content, "charges.json", dearer)).wrong
    )
