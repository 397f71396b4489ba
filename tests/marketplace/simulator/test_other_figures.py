"""Other figures in the same shapes: the command, the API and the module give what was worked out by hand."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from . import figures_of_days, figures_of_papers, figures_of_royalties  # noqa: F401  # each adds its cases
from .sheets import CASES
from .test_ways_in import post


def documents(name):
    agreed, scenario, _expected, _also = CASES[name]
    return agreed, scenario


def also_found(answer, what, wanted):
    if what == "due":
        return [charge["due_on"] for charge in answer["charges"]]
    if what == "paid_up":
        return answer["paid_up_on"]
    if what == "section":
        section, figure, _value = wanted
        return section, figure, answer[section][figure]
    if what == "vat":
        return [(line["net"], line["tax"], line["gross"]) for line in answer["vat"]]
    if what == "commission":
        return [line["shares"] for line in answer["commission"]]
    return [line["amount"] for line in answer[what]]


@pytest.mark.parametrize("name", CASES)
def test_figures_worked_out_by_hand(name, client, tmp_path):
    agreed, scenario, expected, also = CASES[name]
    answer = post(client, {"terms": agreed, "scenario": scenario}).json()

    assert [(one["element_id"], one["dated_on"], one["amount"]) for one in answer["charges"]] == expected
    assert {what: also_found(answer, what, wanted) for what, wanted in also.items()} == also

    paths = []
    for part, document in (("terms", agreed), ("scenario", scenario)):
        path = tmp_path / f"{part}.json"
        path.write_text(json.dumps(document))
        paths.append(str(path))
    out = StringIO()
    call_command("simulate_terms", *paths, "--json", stdout=out)
    assert json.loads(out.getvalue()) == answer
