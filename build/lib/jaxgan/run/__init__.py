"""A run, from its experiment to its checkpoints."""
