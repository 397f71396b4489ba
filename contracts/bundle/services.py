"""Export: one file for one side of a contract, the same bytes as long as nothing happens."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.bundle.packing import canonical, pack
from contracts.bundle.reading import papers_of
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import Side
from marketplace.audit.services import record
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused

VERIFIER = "verify_bundle.py"
README = """科技成果先使用后付费 · 账单核验包

本文件包含一份合同的全部计费依据与结果。核验方法（无需联网，Python 3.9 以上）：

    python3 verify_bundle.py --lang zh 本文件.zip

（Windows 上请将 python3 改为 py。）程序重新计算每一笔应收、每一行计算过程和每一张账单，并核对全部散列值；全部一致时
退出码为 0，否则逐项指出差异并给出处理建议。程序也可从另一来源取得：请以您信任的副本核验。

若您自己留存了上报的用量事件，可一并核对每日合计：python3 verify_bundle.py --lang zh 本文件.zip 事件.json

Use first, pay later · bundle of a contract's bills

This file holds everything a contract was billed by, and the bills. To check it (no network, Python 3.9 or newer):

    python3 verify_bundle.py THIS_FILE.zip

(On Windows: py instead of python3.) Every charge, every line of its working and every invoice is computed again, and
every hash is checked; the exit status is 0 where all agrees, else each difference is named with what to do about it.
Take the program from a place that you trust: the copy in here came with the figures that it checks.

If you kept the usage events that you sent, hold the daily sums against them: python3 verify_bundle.py THIS_FILE.zip EVENTS.json
"""


@transaction.atomic
def bundle_of(contract: LicenceContract, side: Side, *, internal: bool | None = None) -> bytes:
    """The bundle as the licensor (with its annexes) or the licensee (without them) may have it.

    `internal` False leaves the annexes out of the licensor's too. The contract's lock keeps charges, papers and usage
    as they are while they are read. Raises Refused before the contract takes effect, ValueError for another side.
    """
    if side not in (Side.LICENSOR, Side.LICENSEE):
        raise ValueError(f"no bundle for {side}")
    if contract.effective_on is None:
        raise Refused(_("The contract has not taken effect yet; there is nothing to recompute."))
    contract = LicenceContract.objects.select_for_update(of=("self",)).with_parties().get(pk=contract.pk)
    internal = side == Side.LICENSOR and internal is not False
    papers = papers_of(contract, side, internal=internal)
    members = {name: canonical(paper) for name, paper in papers.items()}
    members["README.txt"] = README.encode()
    members[VERIFIER] = (settings.BASE_DIR / "docs" / VERIFIER).read_bytes()
    about = {"contract": contract.number, "for": side.value.lower(), "chain": papers["ledger.json"]["head"]}
    return pack(members, about)


def side_for(contract: LicenceContract, acting: Acting) -> Side | None:
    """The side whose bundle somebody may have: people of a party who may read its charges and invoices."""
    if not (acting.can("charge.read") and acting.can("invoice.read")):
        return None
    if acting.is_for(contract.licensor):
        return Side.LICENSOR
    return Side.LICENSEE if acting.is_for(contract.licensee) else None


def export_bundle(contract: LicenceContract, *, actor: Acting) -> bytes:
    """The bundle of the actor's side, with a trace in the audit; with the annexes for those who may read them.

    Raises NotPermitted for everybody but the two parties, Refused before the contract takes effect.
    """
    side = side_for(contract, actor)
    if side is None:
        raise NotPermitted(_("Only the two parties have this bundle."))
    content = bundle_of(contract, side, internal=actor.can("annex.read"))
    record(actor, "contract.bundle_exported", contract, side=side.value, bytes=len(content))
    return content
