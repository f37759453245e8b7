"""Networks, one file a family: `G(z, c, train=) -> x`, `D(x, c, train=) -> (logits, out)`."""
