import subprocess
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import ContractAnnex, ContractDocument
from contracts.lifecycle.seal import check_seal
from contracts.lifecycle.states import State
from contracts.lifecycle.views.signing import verdict_on
from marketplace.clock import at
from marketplace.deals.services import agree_commission, propose_commission
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.clones import at_once, cloned_database
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import fresh, pdf, terms
from tests.factories.ground import signed_in
from tests.marketplace.deals.conftest import PASSWORD

OPEN = date(2026, 1, 21)


def _bytes(document) -> bytes:
    with document.file.open("rb") as file:
        return file.read()


@pytest.mark.django_db
def test_text_is_a_pdf_with_chinese_the_terms_and_its_hash_on_each_page(world, tmp_path):
    contract = made.signing(world, terms("entry_royalty"))
    document = services.document_to_sign(contract)
    path = tmp_path / "c.pdf"
    path.write_bytes(_bytes(document))
    run = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    pages = run.stdout.rstrip("\f").split("\f")
    assert len(pages) > 1
    assert all(document.text_hash in page.replace("\n", "").replace(" ", "") for page in pages)
    text = "".join(run.stdout.split())
    for words in (
        "科技成果许可合同",
        "东湖大学",
        "长江泵业有限公司",
        "ZL202310000001.1",
        "免费使用",
        "计算示例",
    ):
        assert words in text
    assert "Licence" in text
    assert "可靠电子签名" in text
    assert "赵强" not in text
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout
    assert all(line.split()[-5] == "yes" for line in fonts.splitlines()[2:])  # embedded


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "there", "missing"), [("en", "Licence contract", "第一条"), ("zh-hans", "第一条", "Licence contract")])  # fmt: skip
def test_text_in_the_chosen_language_alone(world, tmp_path, language, there, missing):
    contract = made.drafted(world)
    with at(made.START):
        services.change_draft(contract, actor=world.officer, pricing_method="LISTING", text_language=language)
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
    path = tmp_path / "c.pdf"
    path.write_bytes(_bytes(services.document_to_sign(fresh(contract))))
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
    assert there in text
    assert missing not in text


@pytest.mark.django_db
def test_all_sign_one_hash_and_the_last_signature_sets_it_in_force(world):
    contract = made.signing(world, three_party=True)
    document = services.document_to_sign(contract)
    with at(OPEN):
        for actor in (world.officer, world.finance, world.scout, world.stranger, world.operator):
            with pytest.raises(NotPermitted):
                services.sign(contract, actor=actor, document_hash=document.sha256, proof="password")
        with pytest.raises(NotPermitted):
            services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="")
        with pytest.raises(Refused):
            services.sign(contract, actor=world.signatory, document_hash="0" * 64, proof="password")
        services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")
        with pytest.raises(TransitionRefused):
            services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")
        services.sign(contract, actor=world.uni_signatory, document_hash=document.sha256, proof="mfa")
        assert fresh(contract).state == State.SIGNING
    with at(OPEN + timedelta(days=3)):
        services.sign(contract, actor=world.agency_signatory, document_hash=document.sha256, proof="password")
    contract = fresh(contract)
    assert (contract.state, contract.effective_on) == (State.DELIVERY, date(2026, 1, 24))
    assert contract.versions.get().effective_on == date(2026, 1, 24)
    assert {task.track: task.due_on for task in contract.compliance.all()} == {
        "RECORDAL": date(2026, 4, 24), "REGISTRATION": None, "VAT": None, "REWARD": None,
    }  # fmt: skip
    sealed = contract.documents.get(kind="SEALED")
    assert _bytes(sealed).startswith(_bytes(document))
    assert check_seal(_bytes(sealed)).good


@pytest.mark.django_db
def test_effect_is_never_before_the_last_signature(world):
    contract = made.drafted(world)
    with at(made.START):
        services.change_draft(
            contract, actor=world.officer, pricing_method="LISTING", text_language="both",
            agreed_effective_on=date(2026, 2, 1),
        )  # fmt: skip
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
    later = fresh(made.sign_all(world, contract, on=date(2026, 1, 10)))
    assert (later.effective_on, later.trial_starts_on) == (date(2026, 2, 1), date(2026, 2, 1))
    other = made.drafted(world, page=made.listing(world.uni, title_zh="另一项"))
    with at(made.START):
        services.change_draft(
            other, actor=world.officer, pricing_method="LISTING", text_language="both",
            agreed_effective_on=date(2026, 1, 6),
        )  # fmt: skip
        services.submit_review(other, actor=world.officer)
        services.approve(other, actor=world.approver)
    assert made.sign_all(world, other, on=date(2026, 1, 10)).effective_on == date(2026, 1, 10)


@pytest.mark.django_db
def test_signing_lapses_after_thirty_days(world):
    contract = made.signing(world)
    document = services.document_to_sign(contract)
    last = OPEN + timedelta(days=30)
    assert contract.act_by == last
    run_due(last)
    assert fresh(contract).state == State.SIGNING
    with at(last + timedelta(days=1)), pytest.raises(Refused):
        services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")
    run_due(last + timedelta(days=1))
    assert fresh(contract).state == State.WITHDRAWN


@pytest.mark.django_db
def test_a_scan_counts_once_the_other_side_confirms_it(world):
    contract = made.signing(world)
    document = services.document_to_sign(contract)
    with at(OPEN):
        services.sign(contract, actor=world.uni_signatory, document_hash=document.sha256, proof="password")
        with pytest.raises(Refused):
            services.upload_signed_scan(
                contract, actor=world.signatory, document_hash="f" * 64, file=pdf("s.pdf")
            )
        scan = services.upload_signed_scan(
            contract, actor=world.signatory, document_hash=document.sha256, file=pdf("s.pdf")
        )
        assert fresh(contract).state == State.SIGNING
        with pytest.raises(NotPermitted):
            services.confirm_scan(scan, actor=world.signatory, accepted=True)
        services.confirm_scan(scan, actor=world.uni_signatory, accepted=False, reason="缺第 3 页")
        scan = services.upload_signed_scan(
            contract, actor=world.signatory, document_hash=document.sha256, file=pdf("t.pdf")
        )
        services.confirm_scan(scan, actor=world.uni_signatory, accepted=True)
    assert fresh(contract).state == State.DELIVERY


@pytest.mark.django_db
def test_recalled_signatures_do_not_count(world):
    contract = made.signing(world)
    document = services.document_to_sign(contract)
    with at(OPEN):
        services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")
        services.recall_signing(contract, actor=world.officer, reason="笔误")
        assert fresh(contract).state == State.DRAFT
        services.revise_terms(
            contract, actor=world.officer, terms=terms("option", amount="90,000"), reason="x"
        )
        services.agree_revision(contract, actor=world.signatory, version=2)
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
        services.open_notice(contract, actor=world.approver)
    run_due(date(2026, 2, 6))
    contract = fresh(contract)
    assert contract.state == State.SIGNING
    with at(date(2026, 2, 6)), pytest.raises(Refused):
        services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")
    assert services.document_to_sign(contract).sha256 != document.sha256


@pytest.mark.django_db
def test_a_tampered_file_can_be_signed_by_nobody(world):
    contract = made.signing(world)
    document = services.document_to_sign(contract)
    with open(document.file.path, "r+b") as file:
        file.seek(500)
        file.write(b"x")
    with at(OPEN), pytest.raises(Refused):
        services.sign(contract, actor=world.signatory, document_hash=document.sha256, proof="password")


@pytest.mark.django_db
def test_flipped_bytes_and_appended_junk_are_found(world, client):
    contract = made.signed(world)
    sealed = contract.documents.get(kind="SEALED")
    content = _bytes(sealed)
    verdict = verdict_on(contract, content, "LICENSEE")
    assert verdict["paper"] == sealed
    assert verdict["seal"].good
    for place in range(0, len(content), len(content) // 40):
        flipped = bytearray(content)
        flipped[place] ^= 1
        assert verdict_on(contract, bytes(flipped), "LICENSEE")["paper"] is None
    junk = verdict_on(contract, content + b"\n% more", "LICENSEE")
    assert (junk["paper"], junk["starts_like"], junk["appended"]) == (None, sealed, 7)
    assert junk["seal"].intact
    assert not junk["seal"].good
    signed_in(client, world.signatory)
    url = reverse("contract_verify", args=[contract.number])
    good = client.post(url, {"file": SimpleUploadedFile("c.pdf", content, "application/pdf")})
    assert "这正是" in good.content.decode()
    bad = client.post(url, {"file": SimpleUploadedFile("c.pdf", content + b"\n%%EOF", "application/pdf")})
    assert "追加" in bad.content.decode()
    wrong = client.post(url, {"file": SimpleUploadedFile("c.pdf", b"hello", "application/pdf")})
    assert wrong.status_code == 200
    assert "这正是" not in wrong.content.decode()


@pytest.mark.django_db
def test_signing_over_the_page_asks_for_the_password_again(world, client):
    contract = made.signing(world)
    document = services.document_to_sign(contract)
    signed_in(client, world.signatory)
    url = reverse("contract_sign", args=[contract.number])
    with at(OPEN):
        page = client.get(url)
        assert document.sha256 in page.content.decode()
        assert "可靠电子签名" in page.content.decode()
        asked = client.post(url, {"document_hash": document.sha256, "agreed": "on"})
        assert asked.status_code == 302
        assert "reauthenticate" in asked.url
        assert contract.signatures.count() == 0
        wrong = client.post(asked.url, {"password": "wrong"})
        assert wrong.status_code == 200
        assert contract.signatures.count() == 0
        done = client.post(asked.url, {"password": PASSWORD})
        assert done.status_code == 302
        signature = contract.signatures.get()
        assert (signature.user, signature.proof, signature.document_hash) == (
            world.signatory.user, "password", document.sha256,
        )  # fmt: skip
        twice = client.post(url, {"document_hash": document.sha256, "agreed": "on"})
        assert twice.status_code == 409


@pytest.mark.django_db
def test_agreed_commission_becomes_an_annex_that_the_other_side_never_sees(world):
    from decimal import Decimal

    sheet = made.agreed(world, three_party=True)
    with at(made.START):
        commission = propose_commission(
            sheet.deal, actor=world.broker, payer_side="LICENSOR", rate=Decimal("0.05")
        )
        agree_commission(commission, actor=world.officer)
        contract = services.draft_contract(sheet, actor=world.broker)
        services.declare_relation(contract, actor=world.officer, is_related=False)
        services.declare_relation(contract, actor=world.signatory, is_related=False)
        services.submit_review(contract, actor=world.broker)
        services.approve(contract, actor=world.approver)
        services.open_notice(contract, actor=world.approver)
    run_due(OPEN)
    contract = made.sign_all(world, fresh(contract), on=OPEN)
    seen = {
        name: list(
            ContractAnnex.objects.visible_to(getattr(world, name))
            .filter(contract=contract)
            .values_list("kind", flat=True)
        )
        for name in ("officer", "finance", "broker", "signatory", "scout", "stranger", "operator")
    }
    assert seen == {
        "officer": ["COMMISSION", "CONTRIBUTORS"], "finance": ["COMMISSION", "CONTRIBUTORS"],
        "broker": ["COMMISSION"], "signatory": [], "scout": [], "stranger": [], "operator": [],
    }  # fmt: skip


@pytest.mark.django_db
def test_papers_are_append_only(world):
    from django.db import ProgrammingError, transaction

    contract = made.signing(world)
    document = ContractDocument.objects.get(contract=contract)
    for change in (lambda: ContractDocument.objects.update(name="x"), document.delete):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        yield made.world()


@pytest.mark.slow
def test_two_signatures_at_the_same_moment_make_one_effect(committed):
    world = committed
    contract = made.signing(world)
    document = services.document_to_sign(contract)

    def sign(actor):
        def run():
            with at(OPEN):
                return services.sign(contract, actor=actor, document_hash=document.sha256, proof="password")

        return run

    results = at_once(
        sign(world.signatory), sign(world.uni_signatory), sign(world.signatory), sign(world.uni_signatory)
    )
    assert sum(isinstance(result, Refused) for result in results) == 2
    contract = fresh(contract)
    assert contract.state == State.DELIVERY
    assert contract.signatures.count() == 2
    assert contract.documents.filter(kind="SEALED").count() == 1
    drafts = at_once(*[lambda: services.withdraw_contract(contract, actor=world.officer, reason="x")] * 2)
    assert all(isinstance(result, Refused) for result in drafts)


@pytest.mark.slow
def test_two_exclusive_grants_of_one_right_cannot_pass_each_other(committed):
    world = committed
    exclusive = terms("option", exclusivity="exclusive")
    one = made.signing(world, exclusive)
    other = made.signing(world, exclusive, page=made.listing(world.uni, title_zh="同一专利另挂"))
    for contract in (one, other):
        with at(OPEN):
            services.sign(
                contract, actor=world.signatory, proof="password",
                document_hash=services.document_to_sign(contract).sha256,
            )  # fmt: skip

    def last(contract):
        def run():
            with at(OPEN):
                return services.sign(
                    contract, actor=world.uni_signatory, proof="password",
                    document_hash=services.document_to_sign(contract).sha256,
                )  # fmt: skip

        return run

    results = at_once(last(one), last(other))
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert sorted([fresh(one).state, fresh(other).state]) == ["DELIVERY", "SIGNING"]
