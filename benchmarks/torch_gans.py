"""The same two games in PyTorch, as a user would write them. Nothing here is tuned for JAX."""
import torch
from torch import nn

bce = nn.BCEWithLogitsLoss()


class MLP:
  """mnist_mlp: alternating updates, fresh noise for each."""

  def __init__(self):
    self.G = nn.Sequential(nn.Linear(100, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
                           nn.Linear(512, 784), nn.Tanh())
    self.D = nn.Sequential(nn.Linear(784, 512), nn.LeakyReLU(.2), nn.Linear(512, 256),
                           nn.LeakyReLU(.2), nn.Linear(256, 1))
    self.g_opt = torch.optim.Adam(self.G.parameters(), 2e-4)
    self.d_opt = torch.optim.Adam(self.D.parameters(), 2e-4)

  def step(self, real):
    real = real.flatten(1)
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    fake = self.G(torch.randn(len(real), 100)).detach()
    d_loss = bce(self.D(real), ones) + bce(self.D(fake), zeros)
    self.d_opt.zero_grad()
    d_loss.backward()
    self.d_opt.step()
    g_loss = bce(self.D(self.G(torch.randn(len(real), 100))), ones)
    self.g_opt.zero_grad()
    g_loss.backward()
    self.g_opt.step()


class DCGAN:
  """mnist_dcgan: the networks of TensorFlow's tutorial, both updates from one batch of fakes.

  `shared` plays one forward pass and asks autograd for just the gradients needed; without
  it, the usual program: D judges the fakes twice, detached for itself and again for G.
  """

  def __init__(self, channels_last=True, shared=False):
    self.format = torch.channels_last if channels_last else torch.contiguous_format
    self.shared = shared
    act = lambda: nn.LeakyReLU(.3)
    up = lambda i, o, s: nn.ConvTranspose2d(i, o, 5, s, 2, s - 1, bias=False)
    self.G = nn.Sequential(
        nn.Linear(100, 256 * 49, bias=False), nn.BatchNorm1d(256 * 49), act(),
        nn.Unflatten(1, (256, 7, 7)), up(256, 128, 1), nn.BatchNorm2d(128), act(),
        up(128, 64, 2), nn.BatchNorm2d(64), act(), up(64, 1, 2), nn.Tanh())
    self.D = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), act(), nn.Dropout(.3), nn.Conv2d(64, 128, 5, 2, 2), act(),
        nn.Dropout(.3), nn.Flatten(), nn.Linear(128 * 49, 1))
    self.G, self.D = (net.to(memory_format=self.format) for net in (self.G, self.D))
    self.g_opt = torch.optim.Adam(self.G.parameters(), 1e-4)
    self.d_opt = torch.optim.Adam(self.D.parameters(), 1e-4)

  def step(self, real):
    real = real.to(memory_format=self.format)
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    fake = self.G(torch.randn(len(real), 100))
    if self.shared:
      judged = self.D(fake)
      d_loss = bce(self.D(real), ones) + bce(judged, zeros)
      g_grads = torch.autograd.grad(bce(judged, ones), list(self.G.parameters()),
                                    retain_graph=True)
      d_grads = torch.autograd.grad(d_loss, list(self.D.parameters()))
      for net, grads in ((self.G, g_grads), (self.D, d_grads)):
        for p, grad in zip(net.parameters(), grads):
          p.grad = grad
    else:
      self.d_opt.zero_grad()
      (bce(self.D(real), ones) + bce(self.D(fake.detach()), zeros)).backward()
      d_grads = [p.grad.clone() for p in self.D.parameters()]
      self.g_opt.zero_grad()
      bce(self.D(fake), ones).backward()
      for p, grad in zip(self.D.parameters(), d_grads):
        p.grad = grad
    self.g_opt.step()
    self.d_opt.step()
