"""What each command takes and says of itself; what it does is beside this folder."""
