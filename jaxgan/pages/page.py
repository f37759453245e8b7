"""The parts of a page: one HTML file that needs no other, in light and dark."""
import base64
import html
import io
import json
import pathlib
from collections.abc import Mapping, Sequence

from jaxgan.pages.record import Series

HERE = pathlib.Path(__file__).parent
POINTS = 1000  # of a curve, at most
LARGE, WIDE = 300_000, 1200  # bytes and pixels: a picture beyond is made a JPEG of that width
FRAMES = 24  # pictures on a slider, at most

text = html.escape


def document(title: str, *parts: str) -> str:
  """A whole page."""
  style, script = (HERE / name for name in ('page.css', 'page.js'))
  return '\n'.join([
      '<!doctype html>', '<html lang="en"><meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<link rel="icon" href="data:,">',  # else browsers ask a server for one
      f'<title>{text(title)}</title>', f'<style>{style.read_text()}</style>', *parts,
      f'<script>{script.read_text()}</script>', '</html>', ''])


def section(title: str, *parts: str) -> str:
  """A heading and what stands below it; nothing if that is nothing."""
  return f'<h2>{text(title)}</h2>\n' + '\n'.join(parts) if any(parts) else ''


def facts(pairs: Mapping[str, str]) -> str:
  """Names and values; values are HTML."""
  rows = ''.join(f'<dt>{text(name)}</dt><dd>{value}</dd>' for name, value in pairs.items())
  return f'<dl class="facts">{rows}</dl>'


def table(head: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> str:
  """A table; numbers stand to the right, None is empty, and so is a column left out."""
  kept = [i for i in range(len(head)) if any(row[i] not in (None, '') for row in rows)]
  head, rows = ([[line[i] for i in kept] for line in lines] for lines in ([head], rows))
  head = head[0]
  numeric = [all(not isinstance(row[i], str) for row in rows) for i in range(len(head))]
  def cell(kind, value, i):
    shown = '' if value is None else value if isinstance(value, str) else number(value)
    return f'<{kind}{" class=number" if numeric[i] else ""}>{text(shown)}</{kind}>'
  lines = [[cell(kind, value, i) for i, value in enumerate(row)]
           for kind, row in [('th', head), *(('td', row) for row in rows)]]
  body = '\n'.join(f'<tr>{"".join(line)}</tr>' for line in lines)
  return f'<div class="scroll"><table>{body}</table></div>' if rows else ''


def number(value: float) -> str:
  return f'{value:,}' if isinstance(value, int) else f'{value:.4g}'


def chart(title: str, series: Mapping[str, Series], floors: Mapping[str, float] | None = None,
          floor: float | None = None, log: bool = False, x: str = 'step',
          dots: bool = False) -> str:
  """Curves by name over steps, to zoom into, or `dots` over a knob x. Dashed: the floor of a
  curve, by its name, or of them all."""
  found = []
  for name, points in series.items():
    if not points:
      continue
    xs, ys = zip(*thinned(points))
    found.append(dict(name=name, x=xs, y=ys, **known(floor=(floors or {}).get(name))))
  every = [at for one in found for at in one['x']]
  wide = dots and every and min(every) > 0 and max(every) > 30 * min(every)  # by powers of ten
  data = dict(title=title, log=log, x=x, wide=wide, dots=dots, series=found,
              **known(floor=floor))
  return f'<figure class="chart" data-chart="{text(json.dumps(data))}"></figure>' * bool(found)


def known(**values) -> dict:
  """Those that are not None."""
  return {name: value for name, value in values.items() if value is not None}


def thinned(points: Series) -> Series:
  """Every k-th point, so that there are not too many, and the last."""
  every = -(-len(points) // POINTS)
  return [*points[:-1:every], points[-1]]


def panels(charts: Sequence[str]) -> str:
  return f'<div class="panels">{"".join(charts)}</div>' if any(charts) else ''


def picture(path: pathlib.Path) -> str:
  """A picture's file as a URL of its own."""
  content, kind = path.read_bytes(), 'png'
  if len(content) > LARGE:
    from PIL import Image
    file, image = io.BytesIO(), Image.open(io.BytesIO(content)).convert('RGB')
    image.thumbnail((WIDE, 4 * WIDE))
    image.save(file, 'JPEG', quality=88)
    content, kind = file.getvalue(), 'jpeg'
  return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'


def image(path: pathlib.Path, caption: str) -> str:
  return (f'<figure><img src="{picture(path)}" alt="{text(caption)}">'
          f'<figcaption>{text(caption)}</figcaption></figure>')


def slides(rows: Mapping[str, Mapping[int, pathlib.Path]], beside: str = '') -> str:
  """Pictures by step on a slider, those of several runs side by side: of the steps that all
  have. `beside` is what stands still there."""
  steps = sorted(set.intersection(*[set(found) for found in rows.values()])) if rows else []
  if not steps:
    return beside
  steps = evenly(steps, FRAMES)
  images = []
  for name, found in rows.items():
    sources = text(json.dumps([picture(found[step]) for step in steps]))
    images.append(f'<figure><img data-sources="{sources}" alt="{text(name)}">'
                  f'<figcaption>{text(name)}</figcaption></figure>')
  last = len(steps) - 1
  return (f'<div class="slides"><div class="slider"><button>play</button>'
          f'<input type="range" aria-label="step" min="0" max="{last}" value="{last}" '
          f'data-steps="{json.dumps(steps)}"><output></output></div>'
          f'<div class="pictures">{"".join(images)}{beside}</div></div>')


def evenly(items: Sequence, n: int) -> list:
  """At most n of these, the first and the last among them."""
  if len(items) <= n:
    return list(items)
  return [items[round(i * (len(items) - 1) / (n - 1))] for i in range(n)]
