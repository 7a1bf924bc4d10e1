"""What happened? Every claim, attempt and settled state; the only truth about a run."""
