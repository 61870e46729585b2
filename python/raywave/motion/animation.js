// SPDX-License-Identifier: Apache-2.0
// A slider over time: each of its places is a frame of the page (Raywave.page.show).
'use strict';
(function () {
  const kFramesPerSecond = 12;
  if (!Raywave.page) return;  // no WebGL: the page says so
  const {times_s: times, frames} = JSON.parse(document.getElementById('motion-data').textContent);
  const decoded = new Set();
  let shown = -1, timer = null;

  function show(step) {
    if (step === shown) return;
    if (!decoded.has(step)) Raywave.decoded(frames[step]), decoded.add(step);
    Raywave.page.show(frames[step]);
    shown = step;
    slider.value = step;
    clock.textContent = Raywave.number(times[step], digits) + ' s';
    document.body.dataset.step = step;
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => show((shown + 1) % frames.length), 1000 / kFramesPerSecond) : null;
    button.textContent = on ? 'Pause' : 'Play';
  }

  const least = Math.min(Infinity, ...times.slice(1).map((t, i) => t - times[i]));
  const digits = Number.isFinite(least) ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(least)) + 1)) : 2;
  const bar = Raywave.element('div'), button = Raywave.element('button', '', 'Play');
  const slider = Raywave.element('input'), clock = Raywave.element('output');
  bar.id = 'motion';
  button.type = 'button';
  Object.assign(slider, {type: 'range', min: 0, max: frames.length - 1, step: 1, value: 0});
  slider.setAttribute('aria-label', 'Time');
  slider.addEventListener('input', () => { play(false); show(Number(slider.value)); });
  button.addEventListener('click', () => play(timer === null));
  bar.append(button, slider, clock);
  document.getElementById('stage').append(bar);
  // an address that ends in #step=7 opens there
  const asked = /^#step=(\d+)$/.exec(location.hash);
  show(asked ? Math.min(frames.length - 1, Number(asked[1])) : 0);
})();
