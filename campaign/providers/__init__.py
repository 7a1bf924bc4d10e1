"""Through whom? One module a vendor: request out, outcome in."""
