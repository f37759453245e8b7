'use strict';
// Charts: drag over one to see a part, double-click to see all, click a name to hide it.
// Sliders: one picture of several, by step.
const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [520, 250, 58, 22, 8, 22];
const COLOURS = ['#3b7dd8', '#e07b28', '#3a9a5b', '#c8438f', '#8a63d2', '#b59000', '#2aa5b5',
                 '#d1493f', '#7d8590', '#6b8e23'];

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

function short(value) {
  const size = Math.abs(value);
  if (size && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  return String(+value.toPrecision(4)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}

function ticks(low, high, log) {
  if (log && high / low > 30) {
    const found = [];
    for (let e = Math.floor(Math.log10(low)); 10 ** e <= high; e++) {
      if (10 ** e >= low) found.push(10 ** e);
    }
    return found.length > 1 ? found : [low, high];
  }
  const raw = (high - low) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const gap = [1, 2, 5, 10].find(factor => factor * power >= raw) * power;
  const found = [];
  for (let at = Math.ceil(low / gap); at * gap <= high; at++) found.push(at * gap);
  return found;
}

class Chart {
  constructor(figure) {
    Object.assign(this, JSON.parse(figure.dataset.chart));  // title, log, x, wide, dots, series
    this.across = this.wide ? Math.log10 : x => x;
    this.shown = new Set(this.series.keys());
    this.all = this.reach(this.series.flatMap(one => one.x), this.dots && this.across);
    this.seen = this.all;
    const header = figure.appendChild(document.createElement('header'));
    header.appendChild(document.createElement('b')).textContent = this.title;
    this.scale = header.appendChild(document.createElement('button'));
    this.scale.onclick = () => { this.log = !this.log; this.draw(); };
    this.svg = element('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img'}, figure);
    this.svg.setAttribute('aria-label', `${this.title} over ${this.x}`);
    this.legend = figure.appendChild(document.createElement('div'));
    this.legend.className = 'legend';
    this.names = this.series.map((one, i) => this.named(one, i));
    this.listen();
    this.draw();
  }

  named(one, i) {
    const button = this.legend.appendChild(document.createElement('button'));
    button.style.setProperty('--colour', COLOURS[i % COLOURS.length]);
    button.onclick = () => {
      this.shown.has(i) ? this.shown.delete(i) : this.shown.add(i);
      this.draw();
    };
    return button;
  }

  listen() {
    this.svg.onpointerdown = event => { this.from = this.step(event); };
    this.svg.onpointermove = event => this.point(this.step(event));
    this.svg.onpointerleave = () => { this.from = null; this.draw(); };
    this.svg.onpointerup = event => {
      const part = [this.from, this.step(event)].sort((a, b) => a - b), from = this.from;
      this.from = null;
      if (from !== null && this.right(part[1]) - this.right(part[0]) > 10) {
        this.seen = part;
        this.draw();
      }
    };
    this.svg.ondblclick = () => { this.seen = this.all; this.draw(); };
  }

  step(event) {
    const box = this.svg.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    const [low, high] = this.seen.map(this.across);
    const at = low + Math.min(Math.max(share, 0), 1) * (high - low);
    return this.wide ? 10 ** at : at;
  }

  reach(values, across) {  // with a margin, of dots
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
    if (low === high) return [low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2];
    if (!across) return [low, high];
    const margin = .04 * (across(high) - across(low));
    const back = this.wide ? at => 10 ** at : at => at;
    return [back(across(low) - margin), back(across(high) + margin)];
  }

  points(i) {  // those that are seen, with one more at each side, so that lines go on
    const {x, y} = this.series[i], [low, high] = this.seen, found = [];
    for (let at = 0; at < x.length; at++) {
      const near = x[Math.min(at + 1, x.length - 1)] >= low && x[Math.max(at - 1, 0)] <= high;
      if (near && (!this.log || y[at] > 0)) found.push([x[at], y[at]]);
    }
    return found;
  }

  draw() {
    const shown = [...this.shown].map(i => [i, this.points(i)]).filter(([, line]) => line.length);
    const values = shown.flatMap(([i, line]) => line.map(([, y]) => y)
      .concat(this.level(this.series[i].floor))).concat(this.level(this.floor));
    let [low, high] = this.reach(values.length ? values : [1]);
    if (this.log && low <= 0) low = high / 10;
    const warp = this.log ? Math.log10 : value => value;
    const [start, end] = this.seen.map(this.across);
    this.right = x => LEFT + (this.across(x) - start) / (end - start) * (WIDTH - LEFT - RIGHT);
    this.up = y => HEIGHT - BOTTOM - (warp(y) - warp(low)) / (warp(high) - warp(low)) * (HEIGHT - TOP - BOTTOM);
    this.svg.replaceChildren();
    for (const y of ticks(low, high, this.log)) {
      const at = this.up(y);
      element('line', {x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at, class: 'grid'}, this.svg);
      element('text', {x: LEFT - 6, y: at + 4, 'text-anchor': 'end'}, this.svg).textContent = short(y);
    }
    for (const x of ticks(...this.seen, this.wide)) {
      const text = element('text', {x: this.right(x), y: HEIGHT - 6, 'text-anchor': 'middle'}, this.svg);
      text.textContent = short(x);
    }
    const frame = element('svg', {x: LEFT, y: 0, width: WIDTH - LEFT - RIGHT, height: HEIGHT,
                                  viewBox: `${LEFT} 0 ${WIDTH - LEFT - RIGHT} ${HEIGHT}`}, this.svg);
    for (const [i, line] of shown) this.line(i, line, frame);
    this.dashed(this.floor, 'currentColor', frame);
    this.scale.textContent = this.log ? 'linear' : 'log';
    this.cursor = element('line', {y1: TOP, y2: HEIGHT - BOTTOM, class: 'cursor', visibility: 'hidden'}, this.svg);
    this.part = element('rect', {y: TOP, height: HEIGHT - TOP - BOTTOM, width: 0, class: 'part'}, this.svg);
    this.read(this.seen[1]);
  }

  line(i, line, frame) {
    const stroke = COLOURS[i % COLOURS.length], {floor} = this.series[i];
    const at = line.map(([x, y]) => [this.right(x).toFixed(1), this.up(y).toFixed(1)]);
    if (this.dots || line.length === 1) {
      for (const [cx, cy] of at) element('circle', {cx, cy, r: 3.5, fill: stroke}, frame);
    } else {
      element('polyline', {points: at.join(' '), fill: 'none', stroke, 'stroke-width': 1.5}, frame);
    }
    this.dashed(floor, stroke, frame);
  }

  level(floor) {  // as a list: of one, if it is there and can be drawn
    return floor !== undefined && (floor > 0 || !this.log) ? [floor] : [];
  }

  dashed(floor, stroke, frame) {
    for (const y of this.level(floor)) {
      element('line', {x1: LEFT, x2: WIDTH - RIGHT, y1: this.up(y), y2: this.up(y), stroke,
                       'stroke-dasharray': '4 3'}, frame);
    }
  }

  point(x) {
    this.cursor.setAttribute('visibility', 'visible');
    this.cursor.setAttribute('x1', this.right(x));
    this.cursor.setAttribute('x2', this.right(x));
    if (this.from != null) {
      const [a, b] = [this.right(this.from), this.right(x)];
      this.part.setAttribute('x', Math.min(a, b));
      this.part.setAttribute('width', Math.abs(a - b));
    }
    this.read(x);
  }

  read(x) {  // the values at x, in the legend
    this.series.forEach((one, i) => {
      let at = 0;
      while (at + 1 < one.x.length && Math.abs(one.x[at + 1] - x) <= Math.abs(one.x[at] - x)) at++;
      this.names[i].textContent = this.dots ? one.name : `${one.name} ${short(one.y[at])}`;
      this.names[i].setAttribute('aria-pressed', this.shown.has(i));
    });
  }
}

function slide(figure) {
  const input = figure.querySelector('input'), shown = figure.querySelector('output');
  const rows = [...figure.querySelectorAll('[data-sources]')].map(
    image => [image, JSON.parse(image.dataset.sources)]);
  const steps = JSON.parse(input.dataset.steps);
  const show = () => {
    shown.textContent = `step ${steps[input.value].toLocaleString('en')}`;
    for (const [image, sources] of rows) image.src = sources[input.value];
  };
  input.oninput = show;
  const play = figure.querySelector('button');
  let timer = null;
  play.onclick = () => {
    if (timer) return stop();
    if (+input.value === steps.length - 1) input.value = -1;
    play.textContent = 'stop';
    timer = setInterval(() => {
      input.value = +input.value + 1;
      show();
      if (+input.value === steps.length - 1) stop();
    }, 350);
  };
  const stop = () => { clearInterval(timer); timer = null; play.textContent = 'play'; };
  show();
}

document.querySelectorAll('[data-chart]').forEach(figure => new Chart(figure));
document.querySelectorAll('.slides').forEach(slide);
