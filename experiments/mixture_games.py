"""Which game finds all modes? Dense players on mixtures in the plane, many games.

  python launch.py --experiment=mixture_games --game=pac2 --data=grid25 --seeds=5
  python -m benchmarks.mixtures    # every game on both mixtures, 5 seeds each, on 2 CPU cores

--data: ring8 or grid25. --game: ns (non-saturating), ns_r1, wgan_gp, rpgan, rpgan_r1_r2, pac2
(non-saturating, D judging pairs) or unrolled (5 answers of D). One optimiser for all, on 2 CPU
cores (AMD EPYC); results in docs/results.md.
"""
import optax

from jaxgan import priors
from jaxgan.data import mixtures
from jaxgan.experiment import Experiment, choose
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, penalties
from jaxgan.metrics import modes
from jaxgan.nets import layers, mlp
from jaxgan.nets.packing import Packed
from jaxgan.rules.unrolled import unrolled

SMOKE = dict(width=8, batch=8)
HELP = dict(game='Loss and rules of the game, by name; a wrong one lists them.',
            data='The mixture: ring8 or grid25.')
MIXTURES = {'ring8': mixtures.ring8(), 'grid25': mixtures.grid25()}
NS, RP = adversarial.non_saturating(), adversarial.relativistic()
GAMES = {  # the loss, and what else of the GAN is other
    'ns': (NS, {}),
    'ns_r1': (NS + penalties.r1(.1), {}),
    'wgan_gp': (adversarial.wasserstein() + penalties.gradient_penalty(.1), {'d_steps': 5}),
    'rpgan': (RP, {}),
    'rpgan_r1_r2': (RP + penalties.r1(.1) + penalties.r2(.1), {}),
    'pac2': (NS, {}),
    'unrolled': (NS, {'order': unrolled(5)})}


def experiment(game='ns', data='ring8', lr=1e-3, b1=.5, b2=.999, width=128, z_dim=2, ema=.999,
               steps=10_000, batch=256, seed=0):
  mixture = choose(MIXTURES, 'data', data)
  loss, rules = choose(GAMES, 'game', game)
  judge = mlp.Discriminator((width, width), layers.leaky_relu(.2))
  return Experiment(
      data=mixtures.load(mixture), batch=batch, steps=steps, seed=seed,
      log_every=500, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(modes.of_mixture(mixture),), best='high_quality3',
      gan=GAN(
          generator=mlp.Generator((width, width), (2,), output=lambda x: x),
          discriminator=Packed(judge, 2) if game == 'pac2' else judge,
          prior=priors.normal(z_dim), loss=loss, g_tx=optax.adam(lr, b1, b2),
          d_tx=optax.adam(lr, b1, b2), **rules, ema=warmed_up(ema)))
