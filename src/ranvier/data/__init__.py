"""From a source to batches: tables, schema, ledger, split, preparation."""
