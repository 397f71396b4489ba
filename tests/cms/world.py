"""People, organisations and pages for the tests of publishing."""

from datetime import date
from decimal import Decimal

from cms import services
from cms.models import Field
from cms.rights import sync_rights
from marketplace.organisations.acting import Acting, acting_for
from marketplace.organisations.models import Organisation
from tests.factories.ground import make_member, make_organisation, make_user


def organisation(kind: str = "UNIVERSITY", **fields) -> Organisation:
    return make_organisation(kind, **fields)


def person(home: Organisation | None, *roles: str) -> Acting:
    """Somebody who acts for an organisation with these roles; without one, a visitor who is signed in."""
    if home is None:
        return Acting(make_user())
    membership = make_member(home, *roles)
    return acting_for(membership.user, home)


FULL = {
    "title_zh": "低温快充硅碳负极材料",
    "title_en": "Silicon-carbon anode for charging in the cold",
    "summary_zh": "零下二十度十五分钟充电八成。",
    "summary_en": "Charges to 80 % in 15 minutes at -20 °C.",
    "problem_zh": "低温下快充析锂。",
    "problem_en": "Lithium plates when batteries are charged in the cold.",
    "advantage_zh": "首效 91%，循环 1500 次。",
    "advantage_en": "First efficiency 91 %, 1,500 cycles.",
    "trl": 5,
    "free_months": 12,
    "trigger_zh": "首次销售收入",
    "trigger_en": "first sales income",
    "price_zh": "净销售额的 3%，封顶",
    "price_en": "3 % of net sales, capped",
    "field": "materials",
}
RIGHTS = [
    {
        "kind": "INVENTION",
        "number": "CN202310000001.X",
        "title": "一种负极材料",
        "status": "GRANTED",
        "filed_on": date(2023, 3, 1),
        "expires_on": date(2043, 3, 1),
    }
]
TEAM = [
    {"name": "张示例", "unit": "材料学院", "share": Decimal("0.6")},
    {"name": "李示例", "unit": "材料学院", "share": Decimal("0.4")},
]


class University:
    """A verified university with an editor and an approver, its rights in step."""

    def __init__(self, kind: str = "UNIVERSITY", **fields):
        self.organisation = make_organisation(kind, **fields)
        self.editor = person(self.organisation, "EDITOR")
        self.approver = person(self.organisation, "APPROVER")
        services.ensure_institution_page(self.organisation)
        sync_rights(self.organisation)

    def draft(self, **changes):
        fields = {**FULL, **changes}
        fields.setdefault("ip_rights", RIGHTS)
        fields.setdefault("contributors", TEAM)
        return services.create_listing(self.organisation, actor=self.editor, **fields)

    def submitted(self, **changes):
        return services.submit_listing(self.draft(**changes), actor=self.editor)

    def published(self, **changes):
        return services.approve_listing(self.submitted(**changes), actor=self.approver)


def field(code: str = "materials") -> Field:
    return Field.objects.get(code=code)
