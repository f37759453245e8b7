"""Metrics: pure functions of real and generated examples."""
