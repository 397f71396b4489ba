from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from marketplace.clock import today
from marketplace.organisations.roles import Kind, Role
from marketplace.programmes import services, words
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from marketplace.programmes.presets import PRESETS
from marketplace.programmes.services import ResultFacts, default_for, eligibility
from marketplace.refusals import NotPermitted, Refused
from tests.factories.ground import make_acting, make_organisation, signed_in

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def loaded():
    services.load_presets()
    return {programme.code: programme for programme in PilotProgramme.objects.all()}


def test_presets_load_once_and_keep_what_the_operator_wrote(loaded):
    assert len(loaded) == len(PRESETS) == 9
    assert ProgrammeRule.objects.count() == 9 * len(Key)
    ProgrammeRule.objects.filter(programme=loaded["BJ-ZGC"], key=Key.TRIAL_MONTHS).update(value=18)
    call_command("load_programmes", verbosity=0)
    assert ProgrammeRule.objects.count() == 9 * len(Key)
    assert loaded["BJ-ZGC"].rule(Key.TRIAL_MONTHS, ON).value == 18


def test_every_published_value_has_source_grade_and_words(loaded):
    for rule in ProgrammeRule.objects.exclude(value=None):
        assert rule.source
        assert rule.grade
        for language in ("zh-hans", "en"):
            with translation.override(language):
                said = words.value_words(rule.key, rule.value)
                assert said
                assert not any(sign in said for sign in ("{", "_", "[")), said


def test_hubei_stays_unknown_and_our_proposal_is_marked(loaded):
    hubei = loaded["HB-2025"]
    for key in (Key.TRIAL_MONTHS, Key.TRIGGER, Key.PAYMENT_FORMS, Key.MIN_TRL, Key.NOTICE_DAYS):
        assert hubei.rule(key, ON).value is None
        assert words.rule_words(key, hubei.rule(key, ON)) == "not published"
    proposal = default_for(hubei, Key.TRIAL_MONTHS, ON)
    assert (proposal.value, proposal.is_proposal, "our proposal" in proposal.source) == (12, True, True)
    assert default_for(hubei, Key.MIN_TRL, ON) == services.Proposal(
        None, False, "", "", hubei.rule(Key.MIN_TRL, ON)
    )  # fmt: skip
    assert default_for(None, Key.TRIAL_MONTHS, ON).is_proposal


def test_a_published_value_is_no_proposal(loaded):
    found = default_for(loaded["BJ-ZGC"], Key.TRIAL_MONTHS, ON)
    assert (found.value, found.is_proposal, found.grade) == (12, False, "B")


def verdicts(programme, licensor, licensee, facts, on=ON):
    return {f.rule: f.verdict for f in eligibility(programme, licensor, licensee, facts, on)}


FULL = ResultFacts(trl=5, maturity="PILOT", ip_kinds=("INVENTION", "KNOW_HOW"), team_consent=True)


def test_eligibility_under_published_rules(loaded):
    university, hospital = make_organisation(Kind.UNIVERSITY), make_organisation(Kind.HOSPITAL)
    small = make_organisation(size_class="SMALL", region="330100")
    large = make_organisation(size_class="LARGE", region="420100")

    guangdong = verdicts(loaded["GD-2025"], university, small, FULL)
    assert guangdong == {
        Key.LICENSOR_KINDS: "ok", Key.LICENSEE_SIZES: "unknown", Key.LICENSEE_REGIONS: "unknown",
        Key.MIN_TRL: "unknown", Key.MIN_MATURITY: "ok", Key.IP_KINDS: "ok", Key.TEAM_CONSENT: "ok",
    }  # fmt: skip
    refused = ResultFacts(trl=3, ip_kinds=("UTILITY_MODEL",), team_consent=False)
    worse = verdicts(loaded["GD-2025"], hospital, small, refused)
    assert [worse[key] for key in (Key.LICENSOR_KINDS, Key.MIN_MATURITY, Key.IP_KINDS, Key.TEAM_CONSENT)] == [
        "fails", "unknown", "fails", "fails",
    ]  # fmt: skip
    assert verdicts(loaded["HN-2025"], university, small, refused)[Key.MIN_TRL] == "fails"
    assert verdicts(loaded["BJ-ZGC"], hospital, large, FULL)[Key.LICENSEE_SIZES] == "fails"
    assert [verdicts(loaded["ZJ"], university, who, FULL)[Key.LICENSEE_REGIONS] for who in (small, large)] == [
        "ok", "fails",
    ]  # fmt: skip


def test_unknown_facts_and_unpublished_rules_are_unknown(loaded):
    university = make_organisation(Kind.UNIVERSITY)
    nameless = make_organisation(region="")
    nothing = verdicts(loaded["GD-2025"], university, None, ResultFacts())
    assert {verdict for rule, verdict in nothing.items() if rule != Key.LICENSOR_KINDS} == {"unknown"}
    assert verdicts(loaded["ZJ"], university, nameless, FULL)[Key.LICENSEE_REGIONS] == "unknown"
    hubei = verdicts(loaded["HB-2025"], university, nameless, FULL)
    assert set(hubei.values()) == {"ok", "unknown"}
    assert hubei[Key.MIN_TRL] == "unknown"


def test_our_own_proposal_is_never_failed(loaded):
    ProgrammeRule.objects.create(
        programme=loaded["HB-2025"], key=Key.MIN_TRL, value=6, is_proposal=True, valid_from=ON
    )
    university = make_organisation(Kind.UNIVERSITY)
    assert verdicts(loaded["HB-2025"], university, None, ResultFacts(trl=3))[Key.MIN_TRL] == "unknown"


def test_a_programme_that_has_ended_is_not_eligible(loaded):
    university = make_organisation(Kind.UNIVERSITY)
    assert verdicts(loaded["SC-2026"], university, None, FULL, date(2028, 4, 10))["OPEN"] == "fails"
    assert "OPEN" not in verdicts(loaded["SC-2026"], university, None, FULL, date(2028, 4, 9))


# --- Editing --------------------------------------------------------------------------------------------------


def rule(**changes):
    return {
        "key": Key.TRIAL_MONTHS, "value": 6, "valid_from": ON, "source": "Notice 1", "grade": "A", **changes,
    }  # fmt: skip


def test_a_new_rule_counts_from_its_day_and_the_past_keeps_its_own(loaded):
    officer = make_acting(Kind.OPERATOR, Role.PROGRAMME_OFFICER)
    beijing = loaded["BJ-ZGC"]
    effect = services.preview_rule(beijing, **rule(is_proposal=False))
    assert (effect.before.value, effect.after.value, effect.until) == (12, 6, None)
    services.add_rule(beijing, actor=officer, **rule())
    assert [beijing.rule(Key.TRIAL_MONTHS, day).value for day in (ON - timedelta(days=1), ON)] == [12, 6]
    earlier = services.preview_rule(beijing, **rule(valid_from=date(2024, 1, 1), is_proposal=False))
    assert earlier.until == ON
    with pytest.raises(Refused):
        services.add_rule(beijing, actor=officer, **rule())
    for wrong in (rule(source=""), rule(grade="")):
        with pytest.raises(Refused):
            services.add_rule(beijing, actor=officer, **wrong)
    for actor in (make_acting(Kind.OPERATOR, Role.VERIFIER), make_acting(Kind.UNIVERSITY)):
        with pytest.raises(NotPermitted):
            services.add_rule(beijing, actor=actor, **rule(valid_from=date(2027, 1, 1)))


def test_pages_answer_as_agreed(client, loaded):
    new = reverse("programme_rule_new", args=["HB-2025"])
    for acting, expected in (
        (None, (200, 200, 404, 302, 302)),
        (make_acting(Kind.UNIVERSITY), (200, 200, 404, 404, 404)),
        (make_acting(Kind.OPERATOR, Role.VERIFIER), (200, 200, 404, 403, 403)),
        (make_acting(Kind.OPERATOR), (200, 200, 404, 200, 404)),
    ):
        client.logout()
        if acting:
            signed_in(client, acting)
        answers = [
            client.get(url).status_code
            for url in (
                reverse("programmes"),
                reverse("programme", args=["HB-2025"]),
                reverse("programme", args=["none"]),
                new + "?key=TRIGGER",
                new + "?key=NONSENSE",
            )
        ]
        assert tuple(answers) == expected


def test_public_page_tells_unknown_from_proposal(client, loaded):
    page = client.get(reverse("programme", args=["HB-2025"])).content.decode()
    assert "not published" in page
    assert "our proposal" in page
    assert "Record a rule" not in page
    chinese = client.get("/zh-hans/programmes/HB-2025/").content.decode()
    assert "未公布" in chinese


@pytest.mark.parametrize(
    ("key", "inputs", "value"),
    [
        ("TRIAL_MONTHS", {"value": "6"}, 6),
        ("LICENSEE_SIZES", {"value": ["MICRO", "SMALL"]}, ["MICRO", "SMALL"]),
        ("LICENSEE_REGIONS", {"value": ["420000", "330000"]}, ["42", "33"]),
        ("TEAM_CONSENT", {"value": "no"}, False),
        ("TEAM_SHARE_FLOOR", {"value": "70"}, "0.7"),
        ("INCENTIVE", {"text_en": "An award"}, {"zh": "An award", "en": "An award"}),
        ("MIN_MATURITY", {"value": "PILOT"}, "PILOT"),
        (
            "TRIGGER",
            {"mode": "ANY", "months": "12", "value": ["first_income"]},
            {
                "mode": "ANY",
                "conditions": [
                    {"kind": "after", "months": 12, "anchor": "effect"},
                    {"kind": "event", "name": "first_income"},
                ],
            },
        ),
    ],
)
def test_rule_is_previewed_then_recorded(client, loaded, key, inputs, value):
    signed_in(client, make_acting(Kind.OPERATOR))
    url = reverse("programme_rule_new", args=["HB-2025"]) + f"?key={key}"
    data = {
        "published": "yes",
        "valid_from": today().isoformat(),
        "source": "Notice 1",
        "grade": "A",
        **inputs,
    }
    preview = client.post(url, data)
    assert preview.context["effect"], preview.context["form"].errors
    assert loaded["HB-2025"].rule(key).recorded_by is None
    assert client.post(url, {**data, "record": "1"}).status_code == 302
    assert loaded["HB-2025"].rule(key).value == value


def test_rule_form_says_what_is_missing(client, loaded):
    signed_in(client, make_acting(Kind.OPERATOR))
    url = reverse("programme_rule_new", args=["HB-2025"]) + "?key=TRIAL_MONTHS"
    form = client.post(url, {"published": "yes", "valid_from": "2026-11-24"}).context["form"]
    assert sorted(form.errors) == ["grade", "source", "value"]
    assert "value" in client.post(url, {"published": "ours", "value": "-3"}).context["form"].errors


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_same_number_of_questions(client, django_assert_num_queries, rows):
    for number in range(rows):
        programme = PilotProgramme.objects.create(code=f"P{number}", name_zh="某", name_en="P")
        ProgrammeRule.objects.create(programme=programme, key=Key.MIN_TRL, value=4, source="s", valid_from=ON)
    with django_assert_num_queries(2):
        assert client.get(reverse("programmes")).status_code == 200
