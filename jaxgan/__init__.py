"""jaxgan: generative adversarial networks as pure functions, in JAX and Flax linen."""
