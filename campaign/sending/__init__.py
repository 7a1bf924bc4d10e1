"""How fast, how safe? The engine, the pace and the retries."""
