"""What the vendors post by themselves, when something has happened to a message.

Nothing is posted until somebody says so; then everything that is due by the clock and was not yet
taken. One module a vendor says how, from its documents alone.
"""
