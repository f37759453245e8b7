"""Losses: pairs of pure functions of a round of the game. They add."""
