"""The API, version 1: everything under /api/v1/, described by /api/v1/openapi.json."""

from ninja import NinjaAPI

from contracts.usage.api import router as usage
from marketplace.http_api import answer_problems
from marketplace.simulator.api import router as simulator

api = NinjaAPI(
    title="UseFirst",
    version="1",
    description="Usage of licensed results, and what terms cost. See docs/api.md.",
    docs_url=None,
    urls_namespace="api",
)
answer_problems(api)
api.add_router("", usage)
api.add_router("", simulator)
