"""账单核验包: everything a contract was billed by, in one file that anybody can recompute (docs/bundle.md)."""
