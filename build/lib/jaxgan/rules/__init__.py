"""Other rules of the game, for a GAN's fields `order` (who moves when) and `play` (a round)."""
