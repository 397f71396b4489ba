"""Triggers that forget what the periodic tasks remember of a contract (`Look`), as soon as anything changes that they
look at, whoever writes it."""

import pgtrigger

OF_ROW = "COALESCE(NEW.contract_id, OLD.contract_id)"


def forgets_looks(contract: str = OF_ROW) -> pgtrigger.Trigger:
    """For tables that tasks look at; `contract` says in SQL whose looks are forgotten."""
    return _forgetting(contract, operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)


def _forgetting(contract: str, **when) -> pgtrigger.Trigger:
    """Rows are locked in the order of their key, so that no two who forget wait for each other."""
    return pgtrigger.Trigger(
        name="forget_looks",
        when=pgtrigger.After,
        declare=[("looked", "bigint")],
        func=f"""
            looked := {contract};
            PERFORM 1 FROM contracts_look WHERE contract_id = looked ORDER BY task FOR UPDATE;
            IF FOUND THEN DELETE FROM contracts_look WHERE contract_id = looked; END IF;
            RETURN NULL;
        """,
        **when,
    )


FORGET_LOOKS_OF_CONTRACT = _forgetting(
    "NEW.id", operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")
)
