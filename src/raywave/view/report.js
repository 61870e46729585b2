// SPDX-License-Identifier: Apache-2.0
// Puts the page together: view, panels, pointer. Pages that go on (an animation, the live page) find it in Raywave.page.
'use strict';
(function () {
  const element = Raywave.element;
  const byId = (id) => document.getElementById(id);
  const kMaxLabels = 80;
  let fit = () => {};  // the picture to its place

  function webglWorks() {
    try {
      const canvas = document.createElement('canvas');
      return Boolean(canvas.getContext('webgl') || canvas.getContext('experimental-webgl'));
    } catch (error) {
      return false;
    }
  }

  function tell(text) {
    byId('message').textContent = text;
    byId('message').hidden = false;
  }

  function setLabels(view) {
    byId('labels').textContent = '';
    const labels = view.data.devices.slice(0, kMaxLabels).map((device) => {
      const label = element('div', 'device-label', device.name);
      byId('labels').append(label);
      return label;
    });
    view.onDraw = () => labels.forEach((label, i) => {
      const p = view.pixel(view.places[i]);
      label.hidden = !p;
      if (p) label.style.transform = 'translate(' + Math.round(p[0] + 12) + 'px,' + Math.round(p[1] - 11) + 'px)';
    });
  }

  function addPresets(view) {
    const names = [['oblique', 'Oblique'], ['top', 'Top']];
    if (view.places.length || document.body.dataset.live) names.push(['devices', 'Devices']);
    for (const [key, text] of names) {
      const button = element('button', '', text);
      button.type = 'button';
      button.addEventListener('click', () => view.preset(key));
      byId('presets').append(button);
    }
  }

  class Pointer {
    constructor(view) {
      this.view = view;
      this.tip = byId('tooltip');
      const canvas = view.renderer.domElement;
      canvas.addEventListener('pointermove', (e) => this.move(e));
      canvas.addEventListener('pointerleave', () => this.leave());
      canvas.addEventListener('pointerdown', () => this.hide());
    }

    move(event) {
      if (event.buttons) return this.hide();
      this.at = [event.offsetX, event.offsetY];
      if (this.pending) return;
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        if (this.at) this.look(...this.at);
      });
    }

    leave() {
      this.at = null;
      this.hide();
      this.select(-1);
    }

    hide() { this.tip.hidden = true; }

    select(path) {
      const rays = this.view.rays;
      if (!rays || this.selected === path) return;
      this.selected = path;
      rays.highlight(path);
      if (this.table) this.table.activate(path);
      this.view.draw();
    }

    look(x, y) {
      const view = this.view, rays = view.rays;
      const device = view.devices.visible ? view.nearestDevice(x, y, 12) : -1;
      const path = device < 0 && rays && rays.group.visible
        ? rays.nearest(x, y, view.camera, view.width, view.height, 8) : -1;
      this.select(path);
      if (device >= 0) return this.show(x, y, this.deviceLines(device));
      if (path >= 0) return this.show(x, y, this.pathLines(path));
      const cell = view.cellAt(x, y);
      const lines = cell >= 0 ? view.map.describe(cell) : null;
      lines ? this.show(x, y, lines) : this.hide();
    }

    deviceLines(i) {
      const device = this.view.data.devices[i];
      const lines = [device.name, (device.kind === 'tx' ? 'Transmitter at ' : 'Receiver at ') + Raywave.place(device.position)];
      if (device.kind === 'tx') lines.push('Power ' + Raywave.number(device.power_dbm, 1) + ' dBm');
      return lines;
    }

    pathLines(path) {
      const p = this.view.data.paths, rays = this.view.rays;
      const steps = rays.interactions(path);
      return [
        p.tx_names[p.tx[path]] + ' \u2192 ' + p.rx_names[p.rx[path]],
        'Gain ' + Raywave.number(p.gain_db[path], 1) + ' dB, delay ' + Raywave.number(p.delay_ns[path], 2) + ' ns',
        ...(steps.length ? steps : ['line of sight']),
      ];
    }

    show(x, y, lines) {
      this.tip.textContent = '';
      lines.forEach((text, i) => this.tip.append(element('div', i ? 'line' : 'head', text)));
      this.tip.hidden = false;
      const left = x + 16 + this.tip.offsetWidth > this.view.width ? x - 12 - this.tip.offsetWidth : x + 16;
      const top = Math.min(y + 14, this.view.height - this.tip.offsetHeight - 8);
      this.tip.style.transform = 'translate(' + Math.max(4, left) + 'px,' + Math.max(4, top) + 'px)';
    }
  }

  function counts(data) {
    let triangles = 0;
    for (const material of data.mesh.materials) triangles += material.triangles.length / 3;
    return {
      triangles, rays: data.paths ? data.paths.count : 0, devices: data.devices.length,
      cells: data.map ? data.map.num_x * data.map.num_y : 0,
    };
  }

  /// Another frame takes the place of the one shown (View.setFrame), with all that stands around it.
  function show(frame) {
    const {view, pointer} = Raywave.page;
    pointer.hide();
    pointer.selected = -1;
    view.setFrame(frame);
    Object.assign(document.body.dataset, counts(view.data));
    Raywave.facts(Object.assign(view.data, {facts: frame.facts || [], frequency_hz: frame.frequency_hz || view.data.frequency_hz}));
    setLabels(view);
    Raywave.mapPanel(view);
    Raywave.rayLegend(view, pointer.onRays);
    if (!frame.paths) byId('table-panel').hidden = true;
    else if (pointer.table) pointer.table.setData(frame.paths, view.rays);
    else pointer.table = new Raywave.Table(frame.paths, view.rays, (path) => pointer.select(path));
    fit();  // the table may have come or gone
  }

  function start() {
    const data = Raywave.load();
    Raywave.facts(data);
    Object.assign(document.body.dataset, counts(data));
    if (!webglWorks()) {
      if (data.paths) new Raywave.Table(data.paths, null, () => {});
      tell('The 3D view needs WebGL, which this browser does not offer or has switched off.\n\n' +
           'Turn on hardware acceleration, or open this file in another browser.');
      document.body.dataset.ready = 'no-webgl';
      return;
    }
    const view = new Raywave.View(byId('view'), data);
    const pointer = new Pointer(view);
    pointer.onRays = () => { view.draw(); if (pointer.table) pointer.table.sort(); };
    Raywave.page = {view, pointer, show};
    Raywave.layers(view, document.body.dataset.live === 'true');
    Raywave.mapPanel(view);
    Raywave.legends(view, pointer.onRays);
    if (data.paths) pointer.table = new Raywave.Table(data.paths, view.rays, (path) => pointer.select(path));
    setLabels(view);
    addPresets(view);
    const stage = byId('stage');
    fit = () => {
      if (view.width !== stage.clientWidth || view.height !== stage.clientHeight) view.resize(stage.clientWidth, stage.clientHeight);
    };
    fit();
    view.preset('oblique');
    view.drawNow();
    new ResizeObserver(fit).observe(stage);
    document.body.dataset.ready = 'true';
  }

  try {
    start();
  } catch (error) {
    tell('This page could not be drawn: ' + error.message);
    document.body.dataset.ready = 'error';
  }
})();
