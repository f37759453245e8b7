"""Files and the console: nothing here knows of GANs."""
