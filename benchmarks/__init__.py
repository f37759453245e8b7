"""Benchmarks: one command each, never timed tests."""
