// SPDX-License-Identifier: Apache-2.0
// The live page of a scene in the plane: what is dragged or typed goes to the server as commands; states and frames come back.
'use strict';
(function () {
  const {byId, number, tell, send} = Live;
  const about = JSON.parse(byId('explore-data').textContent);
  const canvas = byId('view'), g = canvas.getContext('2d');
  const kGrab = 12;  // pixels around a device or an end
  const kMethods = ['image', 'fermat', 'min-path'], kCandidates = ['all', 'visible', 'sampled'], kSmoothed = ['', 'sigmoid', 'hard_sigmoid'];
  let state = null, frame = null, selected = null, adding = null, begun = null, drags = 0, camera = null, drag = null, chosen = '', renamed = null;

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const ramp = bytes(about.colors.sequential.data), classes = bytes(about.colors.categorical.data);
  const rampAt = (t) => { const i = 3 * Math.round((ramp.length / 3 - 1) * Math.min(1, Math.max(0, t))); return [ramp[i], ramp[i + 1], ramp[i + 2]]; };
  const ofOrder = (n) => { const i = 3 * (n % (classes.length / 3)); return `rgb(${classes[i]},${classes[i + 1]},${classes[i + 2]})`; };

  // ---------------------------------------------------------------------------------------------------------- the server

  const set = (kind, name, to) => send({do: 'set', kind, name, to});

  function takeState(message) {
    state = message;
    if (selected && !found(selected)) selected = renamed && found(renamed) ? renamed : null;
    if (!camera) fit();
    fill();
    draw();
  }

  function takeFrame(message) {
    frame = message.data;
    if (frame.map) {
      frame.map.power = new Float32Array(bytes(frame.map.power).buffer);
      paint();
    }
    tell('summary', frame.paths.filter((p) => p.valid > 0).length + ' paths');
    fillMap();
    draw();
  }

  // ----------------------------------------------------------------------------------------------------------- the scene

  const side = (name) => state.document[name] || {};
  const objects = () => state.document.objects || [];
  const devices = () => ['transmitters', 'receivers'].flatMap((kind) => Object.entries(side(kind)).map(([name, place]) => ({kind, name, place})));

  /// What is called so: {kind, name, place} of a device, or an object's row.
  const found = (name) => devices().find((d) => d.name === name) || objects().find((o) => o.name === name);
  const isDevice = (thing) => 'place' in thing;
  const ends = () => objects().flatMap((o) => ['a', 'b'].filter((key) => o[key]).map((key) => ({name: o.name, key, place: o[key]})));

  function box() {
    const points = [...devices().map((d) => d.place), ...ends().map((e) => e.place)];
    for (const o of objects()) if (o.kind === 'arc') points.push([o.a[0] - o.radius_m, o.a[1] - o.radius_m], [o.a[0] + o.radius_m, o.a[1] + o.radius_m]);
    if (points.length === 0) return [[0, 0], [1, 1]];
    const over = (pick) => [0, 1].map((k) => pick(...points.map((p) => p[k])));
    return [over(Math.min), over(Math.max)];
  }

  // ----------------------------------------------------------------------------------------------------------- the canvas

  /// camera: {x, y: the place in the middle, scale: pixels a metre}
  function fit() {
    const [low, high] = box(), width = canvas.clientWidth || 800, height = canvas.clientHeight || 600;
    const span = [0, 1].map((k) => Math.max(high[k] - low[k], 1e-9 + 1e-3 * Math.max(high[0] - low[0], high[1] - low[1])));
    camera = {x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, scale: 0.86 * Math.min(width / span[0], height / span[1])};
  }

  const pixel = (p) => [canvas.clientWidth / 2 + (p[0] - camera.x) * camera.scale, canvas.clientHeight / 2 - (p[1] - camera.y) * camera.scale];
  const place = (x, y) => [camera.x + (x - canvas.clientWidth / 2) / camera.scale, camera.y - (y - canvas.clientHeight / 2) / camera.scale];

  /// To the decimal place that a pixel can mean.
  function rounded(p) {
    const digits = Math.max(0, Math.min(9, Math.ceil(Math.log10(camera.scale))));
    return p.map((x) => Number(x.toFixed(digits)));
  }

  let picture = null, range = [0, 1];

  /// The map's picture, a pixel a point, of the chosen transmitter or the strongest.
  function paint() {
    const map = frame.map, count = map.num_x * map.num_y, level = new Float32Array(count).fill(-Infinity);
    map.tx_names.forEach((name, t) => {
      if (chosen && map.tx_names.includes(chosen) && name !== chosen) return;
      for (let i = 0; i < count; ++i) level[i] = Math.max(level[i], 10 * Math.log10(map.power[t * count + i]));
    });
    const there = level.filter((v) => Number.isFinite(v)).sort();
    const at = (q) => there[Math.min(there.length - 1, Math.floor(q * there.length))];
    range = there.length ? [5 * Math.floor(at(0.02) / 5), 5 * Math.ceil(at(0.999) / 5)] : [0, 1];
    if (range[1] <= range[0]) range = [range[0] - 5, range[0] + 5];
    picture = document.createElement('canvas');
    picture.width = map.num_x;
    picture.height = map.num_y;
    const image = picture.getContext('2d').createImageData(map.num_x, map.num_y);
    for (let row = 0; row < map.num_y; ++row) {
      for (let column = 0; column < map.num_x; ++column) {
        const v = level[row * map.num_x + column], to = 4 * ((map.num_y - 1 - row) * map.num_x + column);
        if (!Number.isFinite(v)) continue;
        image.data.set([...rampAt((v - range[0]) / (range[1] - range[0])), 255], to);
      }
    }
    picture.getContext('2d').putImageData(image, 0, 0);
    colorBar();
  }

  function colorBar() {
    const bar = byId('color-bar'), scale = element('div', 'scale'), strip = element('canvas', 'ramp');
    bar.textContent = '';
    bar.hidden = false;
    Object.assign(strip, {width: 1, height: 176});
    const h = strip.getContext('2d');
    for (let y = 0; y < 176; ++y) { h.fillStyle = `rgb(${rampAt(1 - y / 175).join(',')})`; h.fillRect(0, y, 1, 1); }
    scale.append(strip);
    const step = Math.max(5, 5 * Math.ceil((range[1] - range[0]) / 30));
    for (let v = Math.ceil(range[0] / step) * step; v <= range[1]; v += step) {
      const tick = element('span', 'tick', number(v, 0));
      tick.style.top = 176 * (range[1] - v) / (range[1] - range[0]) + 'px';
      scale.append(tick);
    }
    bar.append(element('div', 'title', 'Power, dB'), scale);
  }

  function line(points, color, width, opacity) {
    Object.assign(g, {strokeStyle: color, lineWidth: width, globalAlpha: opacity === undefined ? 1 : opacity});
    g.beginPath();
    points.map(pixel).forEach(([x, y], i) => i ? g.lineTo(x, y) : g.moveTo(x, y));
    g.stroke();
    g.globalAlpha = 1;
  }

  function dot(p, color, radius) {
    g.fillStyle = color;
    g.beginPath();
    g.arc(...pixel(p), radius, 0, 2 * Math.PI);
    g.fill();
  }

  const kColors = {wall: '#1f2933', ris: '#1b7f4b', panel: '#7a3fb0', corner: '#1f2933', arc: '#1f2933'};

  function drawObject(o) {
    const color = o.name === selected ? '#2463c4' : kColors[o.kind] || '#1f2933';
    if (o.kind === 'arc') {
      const [x, y] = pixel(o.a);
      Object.assign(g, {strokeStyle: color, lineWidth: 2});
      g.beginPath();
      g.arc(x, y, o.radius_m * camera.scale, -o.begin_rad, -o.end_rad, true);
      g.stroke();
    } else if (o.b) {
      line([o.a, o.b], color, o.kind === 'wall' ? 2.5 : 4);
    }
    for (const key of ['a', 'b']) if (o[key]) dot(o[key], color, 3.5);
  }

  function draw() {
    if (!state || !camera) return;
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    if (frame && frame.map && picture) {
      const map = frame.map, halves = [0, 1].map((k) => (map[k ? 'y' : 'x'][1] - map[k ? 'y' : 'x'][0]) / (map[k ? 'num_y' : 'num_x'] - 1) / 2);
      const [left, top] = pixel([map.x[0] - halves[0], map.y[1] + halves[1]]), [right, bottom] = pixel([map.x[1] + halves[0], map.y[0] - halves[1]]);
      g.imageSmoothingEnabled = false;
      g.drawImage(picture, left, top, right - left, bottom - top);
    }
    if (frame) for (const p of frame.paths) if (p.valid > 0) line(p.vertices_m, ofOrder(p.objects.length), 1.2, 0.25 + 0.6 * p.valid);
    objects().forEach(drawObject);
    g.font = '600 12px system-ui, sans-serif';
    for (const d of devices()) {
      dot(d.place, '#ffffff', 7.5);
      dot(d.place, d.kind === 'transmitters' ? '#c4372d' : '#2463c4', d.name === selected ? 7 : 5.5);
      const [x, y] = pixel(d.place);
      Object.assign(g, {lineWidth: 3, strokeStyle: 'rgba(255,255,255,.9)', fillStyle: '#1f2933'});
      g.strokeText(d.name, x + 9, y - 8);
      g.fillText(d.name, x + 9, y - 8);
    }
    if (begun) dot(begun, '#2463c4', 5);
  }

  // ------------------------------------------------------------------------------------------------------------ the mouse

  /// The nearest handle: devices before ends.
  function handleAt(x, y) {
    let best = null, least = kGrab;
    for (const handle of [...devices(), ...ends()]) {
      const [px, py] = pixel(handle.place), distance = Math.hypot(px - x, py - y);
      if (distance < least) least = distance, best = handle;
    }
    return best;
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !state) return;
    const handle = adding ? null : handleAt(event.offsetX, event.offsetY);
    drag = {handle, from: [event.offsetX, event.offsetY], camera: {...camera}, moved: false, number: ++drags};
    if (handle) {
      selected = handle.name;
      // ends at one place go together; with Alt the one alone
      drag.ends = handle.key ? ends().filter((e) => event.altKey ? e.name === handle.name && e.key === handle.key : e.place[0] === handle.place[0] && e.place[1] === handle.place[1])
        .map((e) => [e.name, e.key]) : [[handle.name, 'a']];
      fill();
      draw();
    }
    canvas.setPointerCapture(event.pointerId);
  });

  canvas.addEventListener('pointermove', (event) => {
    if (!drag) return;
    drag.moved = drag.moved || Math.hypot(event.offsetX - drag.from[0], event.offsetY - drag.from[1]) >= 3;
    if (!drag.moved) return;
    if (drag.handle) {
      send({do: 'move', ends: drag.ends, to: rounded(place(event.offsetX, event.offsetY)), drag: 'drag ' + drag.number});
    } else {
      camera.x = drag.camera.x - (event.offsetX - drag.from[0]) / camera.scale;
      camera.y = drag.camera.y + (event.offsetY - drag.from[1]) / camera.scale;
      draw();
    }
  });

  canvas.addEventListener('pointerup', (event) => {
    const was = drag;
    drag = null;
    if (!was || was.moved || was.handle) return;
    const there = rounded(place(event.offsetX, event.offsetY));
    if (adding === 'wall' && !begun) {
      begun = there;
      draw();
      return;
    }
    if (adding === 'wall') send({do: 'add', kind: 'wall', a: begun, b: there});
    else if (adding) send({do: 'add', kind: adding, position_m: there});
    else send({do: 'measure', position_m: there});
    adding = begun = null;
    fill();
  });

  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const before = place(event.offsetX, event.offsetY);
    camera.scale *= Math.exp(-0.0015 * event.deltaY);
    const after = place(event.offsetX, event.offsetY);
    camera.x += before[0] - after[0];
    camera.y += before[1] - after[1];
    draw();
  }, {passive: false});

  window.addEventListener('resize', draw);
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { adding = begun = null; if (state) fill(), draw(); }
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || /INPUT|SELECT/.test(event.target.tagName)) return;
    event.preventDefault();
    send({do: event.shiftKey ? 'redo' : 'undo'});
  });

  // ------------------------------------------------------------------------------------------------------------ the panel

  function row(parent, caption, node) {
    const label = element('label', 'row');
    label.append(element('span', 'caption', caption), node);
    parent.append(label);
    return node;
  }

  function field(parent, caption, id, change, step) {
    const input = Object.assign(element('input'), {id, type: 'number', step: step || 'any'});
    input.addEventListener('change', () => change(input.value === '' ? null : Number(input.value)));
    return row(parent, caption, input);
  }

  function choice(parent, caption, id, words, change) {
    const select = Object.assign(element('select'), {id});
    for (const word of words) select.append(Object.assign(element('option', '', word || 'none'), {value: word}));
    select.addEventListener('change', () => change(select.value || null));
    return row(parent, caption, select);
  }

  function button(parent, text, id, act) {
    const node = Object.assign(element('button', '', text), {type: 'button', id});
    node.addEventListener('click', act);
    parent.append(node);
  }

  function put(id, value) {
    const node = byId(id);
    if (document.activeElement !== node) node.value = value === undefined || value === null ? '' : value;
  }

  function build() {
    const live = Object.assign(element('section'), {id: 'live'});
    const part = (title) => { live.append(element('h2', '', title)); return live; };
    part('Run').append(...['live-state', 'live-error'].map((id) => Object.assign(element('div'), {id})));
    const actions = element('div', 'actions');
    button(actions, 'Undo', 'undo', () => send({do: 'undo'}));
    button(actions, 'Redo', 'redo', () => send({do: 'redo'}));
    button(actions, 'Fit', 'fit', () => { fit(); draw(); });
    live.append(actions);
    for (const [caption, key] of [['Orders to', 'max_order'], ['Orders from', 'min_order']]) field(live, caption, key, (x) => set('trace', null, {[key]: x}), 1);
    for (const [caption, key, words] of [['Method', 'method', kMethods], ['Candidates', 'candidates', kCandidates], ['Smoothed', 'smoothed', kSmoothed]]) {
      choice(live, caption, key, words, (x) => set('trace', null, {[key]: x}));
    }
    for (const [caption, key] of [['Slope \u03b1', 'alpha'], ['Reflection', 'r_coef'], ['Height, m', 'height_m']]) field(live, caption, key, (x) => set('scene', null, {[key]: x}));
    field(live, 'Points', 'points', (x) => set('trace', null, {points: x}), 1);
    choice(live, 'Map of', 'map-of', [''], (x) => { chosen = x || ''; if (frame && frame.map) paint(), draw(); });
    part('Devices').append(Object.assign(element('div'), {id: 'devices'}));
    part('Objects').append(Object.assign(element('div'), {id: 'objects'}));
    const more = element('div', 'actions');
    for (const kind of ['transmitter', 'receiver', 'wall']) button(more, 'Add ' + kind, 'add-' + kind, () => { adding = adding === kind ? null : kind; begun = null; fill(); });
    button(more, 'Remove', 'remove', () => { if (selected) send({do: 'remove', name: selected}); });
    live.append(more);
    buildForm(live);
    part('Gain at a click').append(Object.assign(element('div', '', 'Click beside devices and ends.'), {id: 'live-gain'}));
    part('Take away');
    const exports = element('div', 'actions');
    for (const name of about.exports) exports.append(Object.assign(element('a', '', name), {href: 'export/' + name, download: name}));
    button(exports, 'view.png', 'picture', () => {
      draw();
      Object.assign(document.createElement('a'), {href: canvas.toDataURL('image/png'), download: 'view.png'}).click();
    });
    live.append(exports);
    byId('side').append(live, element('footer', '', 'Drag devices and ends of walls (ends at one place go together, with Alt alone); drag elsewhere to move the view, wheel to zoom.'));
  }

  const kNumbers = [['\u03c6, rad', 'phi_rad'], ['Radius, m', 'radius_m'], ['From, rad', 'begin_rad'], ['To, rad', 'end_rad']];

  function buildForm(live) {
    const form = Object.assign(element('div'), {id: 'form'});
    const name = row(form, 'Name', Object.assign(element('input'), {id: 'name'}));
    name.addEventListener('change', () => {
      renamed = name.value;
      set(isDevice(found(selected)) ? 'device' : 'object', selected, {name: name.value});
    });
    for (const key of ['a', 'b']) {
      ['x', 'y'].forEach((axis, k) => field(form, (key === 'b' ? 'end ' : '') + axis + ', m', key + '-' + axis, (x) => {
        const thing = found(selected), at = (isDevice(thing) ? thing.place : thing[key]).slice();
        at[k] = x;
        send({do: 'move', ends: [[selected, key]], to: at});
      }));
    }
    for (const [caption, key] of kNumbers) field(form, caption, key, (x) => set('object', selected, {[key]: x}));
    live.append(form);
  }

  /// The panel as the state says.
  function fill() {
    byId('undo').disabled = !state.can_undo;
    byId('redo').disabled = !state.can_redo;
    for (const key of ['max_order', 'min_order', 'method', 'candidates', 'smoothed', 'points']) put(key, state.effective.trace[key]);
    for (const key of ['alpha', 'r_coef', 'height_m']) put(key, state.effective[key]);
    byId('alpha').parentElement.hidden = !state.effective.trace.smoothed;
    byId('stage').classList.toggle('adding', Boolean(adding));
    for (const kind of ['transmitter', 'receiver', 'wall']) byId('add-' + kind).classList.toggle('on', adding === kind);
    list('devices', devices().map((d) => [d.name, d.kind.slice(0, -1)]));
    list('objects', objects().map((o) => [o.name, o.kind || 'wall']));
    const thing = selected && found(selected);
    byId('remove').disabled = !thing;
    byId('form').hidden = !thing;
    if (!thing) return;
    put('name', thing.name);
    for (const key of ['a', 'b']) {
      const at = isDevice(thing) ? (key === 'a' ? thing.place : null) : thing[key];
      ['x', 'y'].forEach((axis, k) => { byId(key + '-' + axis).parentElement.hidden = !at; put(key + '-' + axis, at ? at[k] : ''); });
    }
    for (const [, key] of kNumbers) { byId(key).parentElement.hidden = !(key in thing); put(key, thing[key]); }
  }

  function list(id, rows) {
    const parent = byId(id);
    parent.textContent = '';
    for (const [name, kind] of rows) {
      const item = element('div', 'device' + (name === selected ? ' on' : ''));
      item.append(element('span', 'name', name), element('span', 'count', kind));
      item.addEventListener('click', () => { selected = name; fill(); draw(); });
      parent.append(item);
    }
  }

  function fillMap() {
    const select = byId('map-of'), names = ['', ...(frame.map ? frame.map.tx_names : [])];
    if (select.dataset.names !== names.join('\n')) {
      select.textContent = '';
      for (const name of names) select.append(Object.assign(element('option', '', name || 'the strongest'), {value: name}));
      select.dataset.names = names.join('\n');
      if (!names.includes(chosen)) chosen = '';
    }
    select.value = chosen;
    if (!frame.map) byId('color-bar').hidden = true, picture = null;
  }

  Object.defineProperty(window, 'Plane', {value: {pixel: (p) => pixel(p), get frame() { return frame; }, get state() { return state; }}});
  document.body.dataset.ready = 'true';
  build();
  Live.connect({state: takeState, frame: takeFrame}, 'file');
})();
