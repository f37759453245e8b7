"""Looking at a trained game."""
