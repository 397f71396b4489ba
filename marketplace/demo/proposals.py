"""Results that research organisations propose for needs: some wait for an answer, one is taken up."""

from datetime import date, timedelta

from marketplace.deals import services as deals
from marketplace.demo.acts import Plot, said
from marketplace.demo.people import People
from marketplace.demo.texts import listings, texts

# the need's Chinese title, the listing, days ago at which it is proposed, whether it is taken up the day after
PROPOSALS: list[tuple[str, str, int, bool]] = [
    ("求齿轮磨削烧伤在线检测", "RUT-004", 16, True),
    ("求水性无铬防锈技术", "EIM-007", 3, False),
    ("求小样本缺陷检测算法授权", "EU-002", 2, False),  # the enterprise is not named
]


def proposals(people: People, pages: dict, needs: list, end: date) -> list[tuple[str, Plot]]:
    """(name, generator) of every told proposal."""
    houses = {row["ref"]: row["org"] for row in listings()}
    posted = {page.title_zh: (page, row["org"]) for page, row in zip(needs, texts("needs"), strict=True)}
    return [
        (f"proposed {ref}", _plot(people, posted[title], (pages[ref], houses[ref]), start, taken_up))
        for title, ref, ago, taken_up in PROPOSALS
        for start in [end - timedelta(days=ago)]
    ]


def _plot(people: People, posted: tuple, offered: tuple, start: date, taken_up: bool) -> Plot:
    (need, enterprise), (listing, house) = posted, offered
    yield start
    made = deals.propose_listing(
        need, listing, actor=people.acting(house, "CONTRACT_OFFICER"), message=said("proposal")
    )
    if taken_up:
        yield start + timedelta(days=1)
        scout = people.acting(enterprise, "SCOUT")
        deals.take_up_proposal(made, actor=scout, message=said("taken_up"), purpose="TRIAL")
