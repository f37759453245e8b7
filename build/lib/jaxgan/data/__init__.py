"""Data: what a run learns from, and the order it is seen in."""
