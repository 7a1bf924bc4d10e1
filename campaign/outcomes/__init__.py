"""What came back: what a vendor says afterwards about the messages that it was given."""
