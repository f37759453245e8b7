"""A trained generator in the browser: sliders in its latent space. For this machine alone."""
import base64
import functools
import socket
import threading

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan.analysis import explorer, latents
from jaxgan.analysis.explorer import Asked
from jaxgan.io import pictures
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.shared import check_images, classes_of, folder, given, trained
from jaxgan.run import workdir

FLAGS = {'port': ('int', 8080, 'Of http://localhost.', 1, 65_535),
         'neighbours': ('bool', False, 'Beside each sample the nearest training image, by '
                        'pixels: of the first 10,000 in --data_dir.')}
SHARED = ('step', 'ema')
MOST = 256  # samples at once


def run(values, knobs, paths) -> None:
  here = folder(values)
  run, spec, state = trained(here, given(values), values.step)
  check_images(spec)
  try:
    from nicegui import ui
  except ImportError:
    raise Failure('serve needs a package: pip install "jaxgan[serve]"')
  check_free(values.port)
  average = state.ema if values.ema else game.averaged(state.g)
  place = latents.space(run.experiment, average)
  conditions = workdir.read_conditions(here, spec.c)
  classes, known = classes_of(here, conditions), None
  if values.neighbours:
    source = run.experiment.data.load(paths.data_dir)
    known = source[np.arange(min(len(source), explorer.NEAR))].x
  ways = explorer.directions(place, average['params'], first(conditions, 1))
  draw = functools.partial(drawn, explorer.drawing(place, ways), conditions, known)
  title = f'{run.name}, step {int(state.step):,}'
  names = workdir.read_config(here).get('class_names') or map(str, range(classes or 0))
  limits = dict(classes=list(names), layers=explorer.layers(place, first(conditions, 1)),
                directions=0 if ways is None else len(ways))
  ui.page('/')(lambda: page(ui, title, limits, draw))
  say(f'http://localhost:{values.port} (Ctrl-C ends it)')
  ui.run(host='127.0.0.1', port=values.port, reload=False, show=False, title=title, dark=None,
         show_welcome_message=False)


def check_free(port: int) -> None:
  """Raises Failure for a port that another program has."""
  with socket.socket() as one:
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
      one.bind(('127.0.0.1', port))
    except OSError as e:
      raise Failure(f'--port={port} cannot be had ({e.strerror}): give another')


def first(conditions, n: int):
  """The conditions of n examples, in turn."""
  return jax.tree.map(lambda a: a[np.arange(n) % len(a)], conditions)


def drawn(draw, conditions, known, asked: Asked) -> str:
  """The picture of what is asked, as a URL of its own."""
  c = first(conditions, asked.n)
  if asked.label is not None:
    c = np.full(asked.n, asked.label, np.int32)
  images = draw(asked, c)
  picture = pictures.grid(images)
  if known is not None:
    gap = np.full((len(picture), 16, 3), 128, np.uint8)
    beside = pictures.grid(explorer.nearest(images, known))
    picture = np.concatenate([picture, gap, beside], axis=1)
  return 'data:image/png;base64,' + base64.b64encode(pictures.png(picture)).decode()


def page(ui, title: str, limits: dict, draw) -> None:
  """The controls, and the picture that they change."""
  from nicegui import run as background
  asked, lock = Asked(steps=(0.,) * limits['directions']), threading.Lock()

  async def change(**what):
    nonlocal asked
    mine = asked = asked._replace(**what)

    def work():
      with lock:  # one at a time; of what was asked meanwhile only the last
        return draw(mine) if mine is asked else None
    if source := await background.io_bound(work):
      image.set_source(source)

  def number(title, name, least, most):
    ui.number(title, value=getattr(asked, name), min=least, max=most, step=1, on_change=(
        lambda e: change(**{name: int(np.clip(e.value or 0, least, most))}))).mark(name)

  def slider(title, low, high, step, value, on_change):
    with ui.row().classes('w-full items-center no-wrap'):
      ui.label(title).classes('w-40')
      ui.slider(min=low, max=high, step=step, value=value,
                on_change=lambda e: on_change(e.value)).props('label').classes('grow')

  def along(i):
    return lambda value: change(steps=(*asked.steps[:i], value, *asked.steps[i + 1:]))

  ui.label(title).classes('text-xl')
  with ui.row().classes('w-full no-wrap items-start gap-8'):
    with ui.column().classes('w-96'):
      number('seed', 'seed', 0, 2**31 - 1)
      number('another seed', 'other', 0, 2**31 - 1)
      number('how many', 'n', 1, MOST)
      if limits['classes']:
        ui.select({None: 'as in the data'} | dict(enumerate(limits['classes'])), value=None,
                  label='class', on_change=lambda e: change(label=e.value)).classes('w-full')
      slider('to another seed', 0, 1, .01, 0, lambda value: change(way=value))
      slider('truncation', 0, 1, .01, 1, lambda value: change(truncation=value))
      if limits['layers']:
        slider('layers of another', 0, limits['layers'], 1, 0,
               lambda value: change(fine=int(value)))
      for i in range(limits['directions']):
        slider(f'direction {i + 1}', -3, 3, .05, 0, along(i))
    image = ui.image(draw(asked)).props('no-spinner no-transition fit=contain').classes(
        'grow max-w-3xl').style('image-rendering: pixelated')
