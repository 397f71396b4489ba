"""What the verifier tells whoever runs it: in their language, part by part, and never that all is well when nothing was
checked."""

import ast
import json
import re

import pytest

from .memory import PROGRAM, as_read, load_verifier, packed, papers_of

VERIFIER = load_verifier()
PLACES = {"say": 0, "under": 1, "must": 2, "equal": 1, "same_sum": 1, "differs": 1, "tell": 0}
SPOKEN = {"words"}  # names that hold words until they are said
SOLD = 3


def said() -> set[str]:
    """Every literal that the program says."""
    found = set()

    def take(node):
        if isinstance(node, ast.IfExp):
            take(node.body)
            take(node.orelse)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            found.add(node.value)

    for node in ast.walk(ast.parse(PROGRAM.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in PLACES and len(node.args) > PLACES[name]:
                take(node.args[PLACES[name]])
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in SPOKEN:
            take(node.value)
    for title, _checks, advice in (*VERIFIER.PARTS, (VERIFIER.YOURS[0], (), VERIFIER.YOURS[1])):
        found |= {title, advice}
    return found


def test_every_word_stands_in_chinese_too_with_the_same_figures():
    figures = re.compile(r"%[.0-9]*[a-z]")
    assert said() <= VERIFIER.CHINESE.keys()
    for words, chinese in VERIFIER.CHINESE.items():
        assert figures.findall(words) == figures.findall(chinese), words


@pytest.fixture
def files(tmp_path):
    """(a bundle that agrees, one with a fen more)"""
    papers = papers_of(SOLD, working=True)
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(packed(papers))
    papers = as_read(papers)
    papers["charges.json"][0]["minor"] += 1
    bad.write_bytes(packed(papers))
    return good, bad


@pytest.fixture(autouse=True)
def in_english():
    yield
    VERIFIER.speak("en")


def test_an_accountant_reads_it_in_chinese_with_what_to_do(files, capsys):
    good, bad = files
    assert VERIFIER.main(["--lang", "zh", str(good)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "全部一致"
    assert [line for line in lines if not line.startswith(" ")][:2] == [
        "1  文件与当事人：一致",
        "2  合同条款：一致",
    ]
    assert VERIFIER.main(["--lang", "zh", str(bad)]) == 1
    out = capsys.readouterr().out
    amount = papers_of(SOLD)["charges.json"][0]["minor"]
    told = f"文件载 {(amount + 1) / 100:,.2f} CNY，应为 {amount / 100:,.2f} CNY"
    assert told in out
    assert "处理建议：请暂勿确认或支付所列应收" in out
    assert not re.search("checked|DIFFERS|computed|what to do", out)


def test_it_says_in_english_which_part_differs_and_what_to_do(files, capsys):
    _good, bad = files
    assert VERIFIER.main([str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("Charges and their workings: " in line and "differences" in line for line in lines) == 1
    assert sum(line.endswith(": agrees") for line in lines) == len(VERIFIER.PARTS) - 1
    assert sum(line.strip().startswith("what to do: Do not approve or pay") for line in lines) == 1


def test_help_and_what_is_no_file(capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        VERIFIER.main(["--help"])
    assert stopped.value.code == 0
    assert "核验" in capsys.readouterr().out
    for arguments in ([], ["--lang", "fr", "x.zip"]):
        with pytest.raises(SystemExit) as stopped:
            VERIFIER.main(arguments)
        assert stopped.value.code == 2
    assert VERIFIER.main([str(tmp_path)]) == 2


def test_events_that_say_nothing_about_the_contract_are_no_agreement(files, tmp_path, capsys):
    """A file of another contract, an empty one, one that cannot be read: each was "everything agrees" or broke off."""
    good, _bad = files
    kept = tmp_path / "events.json"
    for text, status, told in (
        ("", 2, "there are no events"),
        ("[]", 2, "there are no events"),
        (json.dumps([{"subject": "C-other", "data": {}}]), 1, "none of 1 is about contract"),
        ("[1, null]", 1, "none of 2 is about contract"),
        (json.dumps([{"subject": f"C-{SOLD}", "id": "e-1", "data": {"quantity": "1"}}]), 1, "your event e-1: cannot be read"),
        (json.dumps([{"subject": f"C-{SOLD}", "id": "e-1", "source": "s", "time": "soon", "data": {"meter": "calls", "quantity": "1"}}]),
         1, "your event e-1: cannot be read"),
    ):  # fmt: skip
        kept.write_text(text, "utf-8")
        assert VERIFIER.main([str(good), str(kept)]) == status, text
        assert told in capsys.readouterr().out, text
