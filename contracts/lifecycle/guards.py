"""Where a later step says why something must wait. Steps register here, so that lifecycle needs not know them."""

from collections.abc import Callable

from contracts.lifecycle.models import LicenceContract

Guard = Callable[[LicenceContract], str]
_closing: dict[str, Guard] = {}
_extension: dict[str, Guard] = {}


def closing_guard(function: Guard) -> Guard:
    """Register `function(contract) -> words`: why a contract cannot be closed yet (an unpaid invoice, the final
    report), or ""."""
    _closing[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def extension_guard(function: Guard) -> Guard:
    """Register `function(contract) -> words`: why free use cannot be extended now (a report is missing), or ""."""
    _extension[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def open_ends(contract: LicenceContract) -> list[str]:
    """Everything that still keeps a contract from being closed, in words."""
    return [words for guard in _closing.values() if (words := guard(contract))]


def extension_hindrances(contract: LicenceContract) -> list[str]:
    return [words for guard in _extension.values() if (words := guard(contract))]
