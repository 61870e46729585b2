// SPDX-License-Identifier: Apache-2.0
// The course of a fit: a slider over its steps, curves of the loss (its logarithm where it is positive) and of each number.
'use strict';
(function () {
  const {labels, rows, steps} = JSON.parse(document.getElementById('course-data').textContent);
  const frames = JSON.parse(document.getElementById('course-frames').textContent);
  if (!rows.length) return;
  const svg = (name, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const panel = document.createElement('div'), curves = [];
  panel.id = 'course';

  function curve(title, values) {
    const told = values.filter(v => v !== null);
    const log = title === 'loss' && told.every(v => v > 0);
    const y = values.map(v => v === null ? null : log ? Math.log10(v) : v);
    const low = Math.min(...y.filter(v => v !== null)), high = Math.max(...y.filter(v => v !== null));
    const at = i => 100 * i / Math.max(1, values.length - 1);
    const head = document.createElement('div'), name = document.createElement('span'), value = document.createElement('span');
    head.className = 'title', value.className = 'value', name.textContent = title;
    head.append(name, value);
    const plot = svg('svg', {viewBox: '0 0 100 100', preserveAspectRatio: 'none'}), mark = svg('line', {y1: 0, y2: 100});
    const points = y.map((v, i) => v === null ? '' : `${at(i)},${95 - 90 * (high > low ? (v - low) / (high - low) : 0.5)}`).join(' ');
    plot.append(svg('polyline', {points}), mark);
    panel.append(head, plot);
    curves.push(i => {
      mark.setAttribute('x1', at(i)), mark.setAttribute('x2', at(i));
      value.textContent = values[i] === null ? 'not finite' : values[i].toPrecision(6);
    });
  }

  curve('loss', rows.map(r => r.loss));
  labels.slice(0, 40).forEach((label, k) => curve(label, rows.map(r => r.x[k])));
  const bar = document.createElement('div'), slider = document.createElement('input'), where = document.createElement('output');
  const decoded = new Set();
  bar.id = 'course-bar';
  Object.assign(slider, {type: 'range', min: 0, max: steps.length - 1, step: 1, value: steps.length - 1});
  slider.setAttribute('aria-label', 'Step');

  function show(k) {
    const row = rows[steps[k]];
    if (Raywave.page) {  // with WebGL
      if (!decoded.has(k)) Raywave.decoded(frames[k]), decoded.add(k);
      Raywave.page.show(frames[k]);
    }
    where.textContent = `${row.stage}, step ${row.step}` + (rows.some(r => r.start) ? `, start ${row.start}` : '');
    curves.forEach(put => put(steps[k]));
    document.body.dataset.step = k;
  }

  slider.addEventListener('input', () => show(Number(slider.value)));
  bar.append(slider, where);
  document.getElementById('stage').append(panel, bar);
  show(steps.length - 1);
})();
