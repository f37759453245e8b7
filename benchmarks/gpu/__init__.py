"""On a GPU: is it right, exact, fast? `python -m benchmarks.gpu` asks all of it."""
