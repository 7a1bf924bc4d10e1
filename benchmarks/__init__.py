"""Speed, measured side by side with the alternatives in one run: ``python -m benchmarks``.

Absolute figures belong to the machine they were measured on; the ratios carry over.
"""
