"""A run that is sent by several processes of this machine."""
