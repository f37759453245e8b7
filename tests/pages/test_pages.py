"""Pages: what they say, that they need nothing else, and in a browser that they move."""
import csv
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from jaxgan.io import pictures
from jaxgan.pages import comparison, page, record, report


def run(folder, lr=1e-3, seed=0, steps=(100, 200, 300), scores=(3., 1., 2.), pixels=16, **more):
  """A run's folder, as training leaves it -> its Record."""
  (folder / 'samples').mkdir(parents=True)
  rows = [{'step': step, 'd/ranking': .5 + step / 1000, 'd/adversarial': 1.3, 'g/cycle': .2,
           'd/gradient_norm': step, 'g/gradient_norm': .1, 'images_per_second': 50.}
          for step in range(10, steps[-1] + 1, 10)]
  rows += [{'step': step, 'eval/fd_x@1k': value} for step, value in zip(steps, scores)]
  (folder / 'metrics.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
  for step in steps:
    image = np.full((pixels, pixels, 3), step % 251, np.uint8)
    (folder / 'samples' / f'fakes_{step:08}.png').write_bytes(pictures.png(image))
  (folder / 'samples' / 'reals.png').write_bytes(pictures.png(np.zeros((9, 9, 3), np.uint8)))
  (folder / 'floors.json').write_text('{"fd_x@1k": 0.25}')
  (folder / 'run.json').write_text(json.dumps(
      {'command': ['launch.py', '--name=<b>&'], 'start': '2026-01-01T00:00:00+0000',
       'end': '2026-01-01T00:03:00+0000', 'exit_code': 0, 'devices': ['cpu:0']}))
  config = {'experiment': 'digits', 'rising': {'fd': False}, 'class_names': None,
            'knobs': {'lr': lr, 'seed': seed, 'steps': steps[-1]} | more,
            'networks': {'generator': {'Dense_0/kernel': [3, 4], 'Dense_0/bias': [4]},
                         'discriminator': {'Conv_0/kernel': [3, 3, 1, 8]}}}
  return record.read(folder, config)


def test_a_report_tells_the_run(tmp_path):
  text = report.report(run(tmp_path / 'a'))
  for said in ('done, step 300 of 300', '0:03:00 in 1 start', 'cpu:0', '--lr', '0.001',
               'The generator has 16 parameters', 'kernel 3×3×1×8', 'A small convolutional',
               '<td class=number>0.25</td>', '&lt;b&gt;&amp;'):
    assert said in text, said
  assert '<b>&' not in text


def test_it_needs_nothing_else(tmp_path):
  """No address of another file or server in either page."""
  a, b = run(tmp_path / 'a'), run(tmp_path / 'b', lr=.1)
  for text in (report.report(a), comparison.document([a, b], ['fd_x@1k'])):
    sources = re.findall(' (?:src|href)="(.*?)"', text)
    assert sources and all(source.startswith('data:') for source in sources)
    found = set(re.findall(r'https?://[^\s"\'<)]+', text))
    assert found <= {'http://www.w3.org/2000/svg'}


def test_curves_are_the_numbers(tmp_path):
  text = page.chart('t', {'a': [(1, .5), (2, .25)]}, {'a': .1}, log=True)
  data = json.loads(re.search('data-chart="(.*?)"', text)[1].replace('&quot;', '"'))
  assert data['series'] == [{'name': 'a', 'x': [1, 2], 'y': [.5, .25], 'floor': .1}]
  assert data['log'] and not data['wide'] and page.chart('t', {}) == ''


def test_long_curves_are_thinned_and_end_where_they_end():
  points = [(i, float(i)) for i in range(12_345)]
  found = page.thinned(points)
  assert len(found) <= page.POINTS + 1 and found[0] == (0, 0.) and found[-1] == points[-1]
  assert page.thinned(points[:1]) == points[:1]


def test_large_pictures_are_made_smaller(tmp_path):
  noise = np.random.default_rng(0).integers(0, 256, (2000, 1500, 3), np.uint8)
  (tmp_path / 'a.png').write_bytes(pictures.png(noise))
  kind, content = re.fullmatch('data:image/(.*);base64,(.*)', page.picture(
      tmp_path / 'a.png')).groups()
  import base64
  assert kind == 'jpeg' and Image.open(io.BytesIO(base64.b64decode(content))).width == page.WIDE


def test_slides_are_of_steps_that_all_have(tmp_path):
  a = run(tmp_path / 'a', steps=(100, 200, 300))
  b = run(tmp_path / 'b', steps=(100, 300, 500), scores=(1., 2., 3.))
  text = page.slides({'a': a.pictures(), 'b': b.pictures()})
  assert json.loads(re.search('data-steps="(.*?)"', text)[1]) == [100, 300]
  assert text.count('data-sources') == 2 and page.slides({}) == page.slides({'a': {}}) == ''


def test_a_table_leaves_out_what_is_empty():
  text = page.table(['a', 'b', 'c'], [('x', None, 1.5), ('y<', '', None)])
  assert '<th>b</th>' not in text and 'y&lt;' in text and '<td class=number>1.5</td>' in text
  assert page.table(['a'], []) == ''


def test_seeds_are_one_group(tmp_path):
  """Mean and deviation by hand."""
  runs = [run(tmp_path / f'{lr}{seed}', lr, seed, scores=(3., best, best + 2))
          for lr, seed, best in ((.1, 0, 1.), (.1, 1, 2.), (.2, 0, 4.))]
  assert comparison.differing(runs) == ['lr', 'seed']
  head, body = comparison.rows(runs, ['fd_x@1k'])
  assert head == ['run', 'runs', 'step', 'fd_x@1k best', 'fd_x@1k last', 'minutes',
                  'examples/s']
  assert body == [['lr=0.1', '2', '300', '1.5 ± 0.71', '3.5 ± 0.71', '3.0 ± 0', '50 ± 0'],
                  ['lr=0.2', '1', '300', '3', '6', '3.0', '50']]
  lines = comparison.plain(head, body).split('\n')
  assert len({len(line) for line in lines}) == 1 and lines[1].startswith('lr=0.1')


def test_a_score_that_some_lack_is_empty(tmp_path):
  a, b = run(tmp_path / 'a'), run(tmp_path / 'b', lr=.5, scores=())
  assert comparison.metrics([a, b]) == ['fd_x@1k']
  _, body = comparison.rows([a, b], ['fd_x@1k'])
  assert body[0][3] == '1' and body[1][3] == ''
  comparison.write([a, b], ['fd_x@1k'], tmp_path / 'out')


def test_csv_is_whole(tmp_path):
  runs = [run(tmp_path / 'a', .1), run(tmp_path / 'b', .2, scores=(5., 1 / 3, 7.))]
  rows = list(csv.DictReader(io.StringIO(comparison.csv_text(runs, ['fd_x@1k']))))
  assert [row['lr'] for row in rows] == ['0.1', '0.2']
  assert float(rows[1]['fd_x@1k best']) == 1 / 3 and rows[1]['fd_x@1k at step'] == '200'
  assert rows[0]['fd_x@1k floor'] == '0.25' and rows[0]['minutes'] == '3.000'


def test_knobs_against_scores(tmp_path):
  """One chart for a knob that is a number and varies; none of text, nor of seeds."""
  runs = [run(tmp_path / f'{i}', lr, i, kind=kind) for i, (lr, kind) in enumerate(
      [(.001, 'a'), (.1, 'b')])]
  (chart,) = comparison.knob_charts(runs, ['fd_x@1k'])
  data = json.loads(re.search('data-chart="(.*?)"', chart)[1].replace('&quot;', '"'))
  assert data['title'] == 'fd_x@1k over lr' and data['wide'] and data['dots']
  assert data['series'][0]['x'] == [.001, .1] and data['series'][0]['y'] == [1., 1.]


@pytest.fixture(scope='module')
def browser():
  """Headless Chromium. Skips without it."""
  webdriver = pytest.importorskip('selenium.webdriver')
  if not (shutil.which('chromedriver') and shutil.which('chromium')):
    pytest.skip('needs chromium and chromedriver')
  options = webdriver.ChromeOptions()
  for flag in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage'):
    options.add_argument(flag)
  options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
  options.binary_location = shutil.which('chromium')
  driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which('chromedriver')))
  yield driver
  driver.quit()


def test_in_a_browser(tmp_path, browser):
  """No console error; the slider moves and the picture changes; a drag zooms, a double click
  shows all, a name hides its curve."""
  from selenium.webdriver.common.action_chains import ActionChains
  from selenium.webdriver.common.by import By
  from selenium.webdriver.common.keys import Keys
  where = tmp_path / 'report.html'
  report.write(run(tmp_path / 'a'), where)
  browser.set_window_size(1200, 900)
  browser.get(f'file://{where}')
  find = lambda selector: browser.find_element(By.CSS_SELECTOR, selector)
  image, slider = find('.slides img'), find('.slides input')
  assert find('.slides output').text == 'step 300'
  last = image.get_attribute('src')
  slider.send_keys(Keys.ARROW_LEFT)
  assert find('.slides output').text == 'step 200' and image.get_attribute('src') != last
  assert browser.execute_script('return arguments[0].naturalWidth', image) == 16

  chart = browser.find_elements(By.CSS_SELECTOR, '.chart')[1]
  assert chart.find_element(By.CSS_SELECTOR, 'b').text == 'loss terms'
  svg, lines = chart.find_element(By.CSS_SELECTOR, 'svg'), '.chart polyline'
  ticks = lambda: [one.text for one in svg.find_elements(By.CSS_SELECTOR, 'text')]
  before = ticks()
  assert '100' in before and '200' in before
  browser.execute_script('arguments[0].scrollIntoView({block: "center"})', svg)
  at = ActionChains(browser).move_to_element_with_offset(svg, -60, 0)
  at.click_and_hold().move_by_offset(60, 0).release().perform()
  assert '200' not in ticks() and any('100' < tick < '199' for tick in ticks())
  ActionChains(browser).double_click(svg).perform()
  assert ticks() == before
  shown = len(browser.find_elements(By.CSS_SELECTOR, lines))
  chart.find_element(By.CSS_SELECTOR, '.legend button').click()
  assert len(browser.find_elements(By.CSS_SELECTOR, lines)) == shown - 1
  errors = [entry for entry in browser.get_log('browser') if entry['level'] != 'DEBUG']
  assert errors == []


def test_runs_in_a_browser(tmp_path, browser):
  """A dot a run, a curve a run, and two pictures that change together; on a phone nothing is
  wider than the screen."""
  from selenium.webdriver.common.by import By
  runs = [run(tmp_path / 'a', 1e-4), run(tmp_path / 'b', 1e-2, scores=(5., 4., 3.))]
  comparison.write(runs, ['fd_x@1k'], tmp_path)
  browser.set_window_size(500, 900)
  browser.get(f'file://{tmp_path}/compare.html')
  dots, curves = browser.find_elements(By.CSS_SELECTOR, '.chart')
  assert len(dots.find_elements(By.CSS_SELECTOR, 'circle')) == 2
  assert len(curves.find_elements(By.CSS_SELECTOR, 'polyline')) == 2
  assert [one.text for one in curves.find_elements(By.CSS_SELECTOR, '.legend button')] == [
      'lr=0.0001 2', 'lr=0.01 3']
  images = browser.find_elements(By.CSS_SELECTOR, '.slides img')
  before = [image.get_attribute('src') for image in images]
  browser.execute_script("""const input = document.querySelector('.slides input');
                            input.value = 0; input.oninput();""")
  assert len(before) == 2
  assert all(image.get_attribute('src') != was for image, was in zip(images, before))
  wide = browser.execute_script('return document.documentElement.scrollWidth')
  assert wide <= browser.execute_script('return window.innerWidth')
  assert [e for e in browser.get_log('browser') if e['level'] != 'DEBUG'] == []
