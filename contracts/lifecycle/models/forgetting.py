"""Triggers that forget what the periodic tasks remember of a contract (`Look`), as soon as anything changes that they
look at, whoever writes it."""

from collections.abc import Sequence

import pgtrigger

OF_ROW = "COALESCE(NEW.contract_id, OLD.contract_id)"
OF_INVOICE = "(SELECT contract_id FROM contracts_invoice WHERE id = COALESCE(NEW.invoice_id, OLD.invoice_id))"


def forgets_looks(contract: str = OF_ROW, tasks: Sequence[str] = ()) -> pgtrigger.Trigger:
    """For tables that tasks look at; `contract` says in SQL whose looks are forgotten, `tasks` which where only some
    look at the table."""
    return _forgetting(contract, tasks, operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)


def forgets_looks_of_many(contracts: str, tasks: Sequence[str]) -> pgtrigger.Trigger:
    """For settings that count for many contracts; `contracts` selects their ids in SQL."""
    those = f"contract_id IN ({contracts}){_among(tasks)}"
    return pgtrigger.Trigger(
        name="forget_looks",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            PERFORM 1 FROM contracts_look WHERE {those} ORDER BY contract_id, task FOR UPDATE;
            IF FOUND THEN DELETE FROM contracts_look WHERE {those}; END IF;
            RETURN NULL;
        """,
    )


def _among(tasks: Sequence[str]) -> str:
    names = ", ".join(f"'{task}'" for task in tasks)
    return f" AND task IN ({names})" if tasks else ""


def _forgetting(contract: str, tasks: Sequence[str] = (), **when) -> pgtrigger.Trigger:
    """Rows are locked in the order of their key, so that no two who forget wait for each other."""
    only = _among(tasks)
    return pgtrigger.Trigger(
        name="forget_looks",
        when=pgtrigger.After,
        declare=[("looked", "bigint")],
        func=f"""
            looked := {contract};
            PERFORM 1 FROM contracts_look WHERE contract_id = looked{only} ORDER BY task FOR UPDATE;
            IF FOUND THEN DELETE FROM contracts_look WHERE contract_id = looked{only}; END IF;
            RETURN NULL;
        """,
        **when,
    )


FORGET_LOOKS_OF_CONTRACT = _forgetting(
    "NEW.id", operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")
)
