"""The page of a trained generator: in a browser its sliders change the picture."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest

from jaxgan import command
from jaxgan.analysis import explorer, latents
from jaxgan.analysis.explorer import Asked

ROOT = pathlib.Path(__file__).parents[2]


class Line:
  """A space whose latents [n, 2] are seed + place, and whose images are the latents."""
  seeded = staticmethod(lambda n, seed, c: np.float32(seed) + np.zeros((n, 3, 2), np.float32))
  between = staticmethod(latents.line)
  draw = staticmethod(lambda w, c=None: np.asarray(w))
  centre = np.float32([10., 10.])


def test_what_is_asked_is_drawn():
  draw = explorer.drawing(Line, np.float32([[1, 0], [0, 2]]))
  told = lambda **how: draw(Asked(n=4, **how), None)
  np.testing.assert_array_equal(told(seed=3), np.full((4, 3, 2), 3))
  np.testing.assert_array_equal(told(seed=2, other=6, way=.25), np.full((4, 3, 2), 3))
  np.testing.assert_array_equal(told(seed=2, other=6, fine=1)[0], [[2, 2], [2, 2], [6, 6]])
  np.testing.assert_array_equal(told(seed=2, truncation=.5), np.full((4, 3, 2), 6))
  np.testing.assert_array_equal(told(seed=2, steps=(1., 3.))[0, 0], [3, 8])


def test_the_nearest_by_hand():
  known = np.uint8([[0, 0], [100, 0], [100, 200]]).reshape(3, 1, 2, 1)
  found = explorer.nearest(np.uint8([[90, 150], [10, 5]]).reshape(2, 1, 2, 1), known)
  np.testing.assert_array_equal(found[:, 0, :, 0], [[100, 200], [0, 0]])


def free():
  with socket.socket() as one:
    one.bind(('127.0.0.1', 0))
    return one.getsockname()[1]


def test_a_port_that_is_taken(tmp_path, capsys):
  pytest.importorskip('nicegui')
  run = tmp_path / 'run'
  assert command.run(['jaxgan', 'train', str(run), '--width=4', '--batch=8', '--steps=2',
                      '--eval_every=0', '--sample_every=0']) == 0
  with socket.socket() as one:
    one.bind(('127.0.0.1', 0))
    one.listen()
    port = one.getsockname()[1]
    assert command.run(['jaxgan', 'serve', str(run), f'--port={port}']) == 2
  err = capsys.readouterr().err
  assert f'--port={port} cannot be had' in err and err.count('\n') == 1


@pytest.mark.slow
def test_in_a_browser(tmp_path):
  """A seed and a slider change the picture; no console error; other machines do not see it."""
  pytest.importorskip('nicegui')
  webdriver = pytest.importorskip('selenium.webdriver')
  if not (shutil.which('chromedriver') and shutil.which('chromium')):
    pytest.skip('needs chromium and chromedriver')
  run, port = tmp_path / 'run', free()
  assert command.run(['jaxgan', 'train', str(run), '--width=4', '--batch=8', '--steps=2',
                      '--eval_every=0', '--sample_every=0']) == 0
  server = subprocess.Popen(
      [sys.executable, str(ROOT / 'launch.py'), 'serve', str(run), f'--port={port}',
       '--neighbours'], cwd=tmp_path,
      env={name: value for name, value in os.environ.items() if 'PYTEST' not in name})
  options = webdriver.ChromeOptions()
  for flag in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage'):
    options.add_argument(flag)
  options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
  options.binary_location = shutil.which('chromium')
  driver = None
  try:
    answers(port)
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which('chromedriver')))
    driver.get(f'http://localhost:{port}')
    shown = [picture(driver, '')]
    seed = driver.find_element('css selector', 'input[aria-label=seed]')
    seed.send_keys('7')
    shown.append(picture(driver, shown[-1]))
    way = driver.find_element('css selector', '.q-slider')
    webdriver.ActionChains(driver).move_to_element_with_offset(way, 40, 0).click().perform()
    shown.append(picture(driver, shown[-1]))
    assert len(set(shown)) == 3
    errors = [e for e in driver.get_log('browser') if e['level'] in ('SEVERE', 'WARNING')]
    assert errors == []
    with pytest.raises(OSError):  # one for all addresses would answer at this too
      socket.create_connection(('127.0.0.2', port), timeout=2)
  finally:
    if driver:
      driver.quit()
    server.kill()
    server.wait()


def answers(port):
  for _ in range(120):
    try:
      return urllib.request.urlopen(f'http://localhost:{port}').read()
    except OSError:
      time.sleep(.5)
  raise AssertionError('the server does not answer')


def picture(driver, before):
  """The picture's source, once it is another."""
  for _ in range(100):
    source = driver.execute_script(
        "return [...document.querySelectorAll('.q-img img')].at(-1)?.src")
    if source and source != before:
      return source
    time.sleep(.2)
  raise AssertionError('the picture does not change')
