"""What would a run do?  All that `campaign check` says, from a plan that is thrown away."""
