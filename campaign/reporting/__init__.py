"""Show me: the screen, the log, the results file; computed from the ledger and the plan."""
