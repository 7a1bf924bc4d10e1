"""Tests of the audience room."""
