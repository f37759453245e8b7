"""What the parameters that many experiments share are: their flags' help.

An experiment says of its own, or where it means another thing, by HELP = dict(gp='..') in its
file.
"""

COMMON = {
    'lr': 'Learning rate of both players.',
    'g_lr': "The generator's learning rate.",
    'd_lr': "The discriminator's learning rate.",
    'b1': "Adam's decay of the mean of gradients.",
    'b2': "Adam's decay of the mean of their squares.",
    'ema': 'Decay of the averaged generator, which is sampled; 0: the last weights.',
    'width': 'Channels, or units, of the networks: all their widths grow with it.',
    'd_width': "The discriminator's width; 0: as --width.",
    'depth': 'Layers, or blocks, in each stage of the networks.',
    'blocks': 'Residual blocks.',
    'dropout': 'Share of activations that the discriminator drops in training.',
    'z_dim': 'Numbers in a latent vector.',
    'steps': 'Steps of training: an update of the generator each.',
    'batch': 'Examples in a batch, over all devices.',
    'seed': 'Of weights, noise and the order of the data.',
    'd_steps': "The discriminator's updates for one of the generator's.",
    'loss': 'non_saturating, minimax, least_squares, hinge, wasserstein, relativistic or '
            'relativistic_average.',
    'penalty': 'none, gradient_penalty, dragan, r1, r2 or r1_r2.',
    'weight': 'Weight of the penalty; 10 is usual of gradient_penalty and dragan.',
    'gamma': 'Weight of the zero-centred gradient penalties.',
    'gp': 'Weight of the gradient penalty.',
    'ortho': "Weight of the generator's orthogonal regularisation.",
    'half': 'Compute in bfloat16; a number: in so many stages of the highest resolution.',
    'remat': 'Recompute what blocks would keep for the gradient: less memory, more time.',
    'ramp': 'Images in which rates, weights and averages go to their last values.',
    'size': 'Pixels of an image, in height and width.',
    'n': 'Examples that the metrics take.',
    'dataset': 'The data set, as TFDS calls it.',
    'l1': 'Weight of the mean absolute difference to the target.',
    'l1_only': 'Train by that difference alone, without a discriminator.',
    'maps': "Weight of the differences in the discriminator's features.",
    'partial': 'Partial convolutions instead of gated ones.',
    'augment': 'What the discriminator sees: none, diffaugment, ada or apa.',
}
