"""What stands between an image, real or fake, and the discriminator."""
