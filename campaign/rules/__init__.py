"""May we? One module a rule: an expression and a reason code."""
