"""The people behind the addresses: who reads, answers, opts out or is not reached, and when.

What somebody does depends on the seed, the vendor, their address and how many messages they had
before from it, and on nothing else; the clock only says how much of it has happened.
"""
