"""Who is it?  Recipient lists as people really have them, read without changing what they mean.

Invariant: every row of every file is in the frame exactly once and in the order of the files, with
the row number that a person sees; a row that cannot be used carries a reason and is never dropped.
"""
