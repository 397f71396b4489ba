"""What a contract's page offers to its two parties: everything it was billed by, to recompute anywhere."""

from django.template.loader import render_to_string

from contracts.bundle.services import side_for
from marketplace.panels import panel


@panel("contract.aside", order=90)
def bundle_of_contract(request, contract) -> str:
    if contract.effective_on is None or side_for(contract, request.acting) is None:
        return ""
    return render_to_string("contracts/bundle/_contract_bundle.html", {"contract": contract}, request)
