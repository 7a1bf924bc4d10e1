"""What do we say? Templates and variables, rendered over whole columns."""
