// SPDX-License-Identifier: Apache-2.0
// The live page: what is done with the mouse and in the panel goes to the server as commands; states and frames come back.
'use strict';
(function () {
  const element = Raywave.element;
  const {byId, tell, send} = Live;
  const about = JSON.parse(byId('explore-data').textContent);
  const kGrab = 16;  // pixels around a device
  const kAbove = {transmitter: 10, receiver: 1.5};  // metres above the place that was clicked
  const kItuNames = ['concrete', 'brick', 'plasterboard', 'wood', 'glass', 'ceiling_board', 'chipboard', 'plywood', 'marble', 'floorboard', 'metal',
    'very_dry_ground', 'medium_dry_ground', 'wet_ground'];
  const kSwitches = [['los', 'Line of sight', true], ['specular_reflection', 'Reflection', true], ['refraction', 'Transmission', false],
    ['diffraction', 'Diffraction', false]];
  let state = null, selected = null, adding = null, drags = 0, material = null, renamed = null;
  const page = Raywave.page;
  if (!page) return;  // no WebGL: the page says so
  const view = page.view;

  // ---------------------------------------------------------------------------------------------------------- the server

  const set = (kind, name, to, drag) => send({do: 'set', kind, name, to, drag});

  function takeState(message) {
    state = message;
    if (selected && !device(selected)) selected = renamed && device(renamed) ? renamed : null;
    fill();
  }

  // ----------------------------------------------------------------------------------------------------------- the panel

  const devices = () => [...(state.document.transmitter || []).map((d) => ['transmitter', d]), ...(state.document.receiver || []).map((d) => ['receiver', d])];
  const device = (name) => (devices().find(([, d]) => d.name === name) || [])[1];

  function row(parent, caption, node) {
    const label = element('label', 'row');
    label.append(element('span', 'caption', caption), node);
    parent.append(label);
    return node;
  }

  /// A field for a number, whose value goes out when it is left.
  function field(parent, caption, id, change, step) {
    const input = element('input');
    Object.assign(input, {id, type: 'number', step: step || 'any'});
    input.addEventListener('change', () => change(input.value === '' ? null : Number(input.value)));
    return row(parent, caption, input);
  }

  function button(parent, text, id, act) {
    const node = element('button', '', text);
    Object.assign(node, {type: 'button', id});
    node.addEventListener('click', act);
    parent.append(node);
    return node;
  }

  function put(id, value) {
    const node = byId(id);
    if (document.activeElement !== node) node.value = value === undefined || value === null ? '' : value;
  }

  function build() {
    const live = element('section');
    live.id = 'live';
    live.append(element('h2', '', 'Run'));
    for (const id of ['live-state', 'live-error']) live.append(Object.assign(element('div'), {id}));
    const actions = element('div', 'actions');
    button(actions, 'Undo', 'undo', () => send({do: 'undo'}));
    button(actions, 'Redo', 'redo', () => send({do: 'redo'}));
    live.append(actions);
    field(live, 'GHz', 'frequency', (x) => set('run', null, {frequency_hz: x === null ? null : x * 1e9}));
    field(live, 'Depth', 'depth', (x) => set('options', null, {max_depth: x}), 1);
    for (const [key, name, usual] of kSwitches) {
      const box = element('input');
      Object.assign(box, {type: 'checkbox', id: 'switch-' + key});
      box.addEventListener('change', () => set('options', null, {[key]: box.checked === usual ? null : box.checked}));
      const label = element('label', 'row');
      label.append(box, element('span', 'name', name));
      live.append(label);
    }
    field(live, 'Cells, m', 'cell', (x) => set('map', null, {cell_size_m: x === null ? null : [x, x]}));
    field(live, 'Height, m', 'height', (x) => set('map', null, {height_m: x}));
    buildDevices(live);
    buildMaterials(live);
    live.append(element('h2', '', 'Gain at a click'), Object.assign(element('div', '', 'Click on the ground or the map.'), {id: 'live-gain'}));
    live.append(element('h2', '', 'Take away'));
    const exports = element('div', 'actions');
    for (const name of about.exports) {
      const link = element('a', '', name);
      Object.assign(link, {href: 'export/' + name, download: name});
      exports.append(link);
    }
    button(exports, 'view.png', 'picture', picture);
    live.append(exports);
    byId('layers').before(live);
  }

  function buildDevices(live) {
    live.append(element('h2', '', 'Devices'), Object.assign(element('div'), {id: 'devices'}));
    const actions = element('div', 'actions');
    for (const kind of ['transmitter', 'receiver']) {
      button(actions, 'Add ' + kind, 'add-' + kind, () => { adding = adding === kind ? null : kind; fill(); });
    }
    button(actions, 'Remove', 'remove', () => { if (selected) send({do: 'remove', name: selected}); });
    live.append(actions);
    const form = element('div');
    form.id = 'device';
    const name = row(form, 'Name', Object.assign(element('input'), {id: 'name'}));
    name.addEventListener('change', () => {
      renamed = name.value;
      set('device', selected, {name: name.value});
    });
    ['x', 'y', 'z'].forEach((axis, i) => field(form, axis + ', m', 'place-' + axis, (x) => {
      const place = device(selected).position_m.slice();
      place[i] = x;
      set('device', selected, {position_m: place});
    }));
    ['Yaw', 'Pitch'].forEach((word, i) => {
      const input = element('input');
      Object.assign(input, {id: word.toLowerCase(), type: 'range', min: i ? -90 : -180, max: i ? 90 : 180, step: 1});
      let drag = null;
      input.addEventListener('pointerdown', () => { drag = ++drags; });
      input.addEventListener('input', () => {
        const turned = state.effective.devices[selected].orientation_rad.slice();
        turned[i] = Number(input.value) * Math.PI / 180;
        set('device', selected, {orientation_rad: turned}, 'turn ' + (drag || 0));
      });
      input.addEventListener('change', () => { drag = null; });
      row(form, word, input);
    });
    field(form, 'dBm', 'power', (x) => set('device', selected, {power_dbm: x}));
    live.append(form);
  }

  function buildMaterials(live) {
    live.append(element('h2', '', 'Materials'));
    const select = row(live, 'Material', Object.assign(element('select'), {id: 'material'}));
    select.addEventListener('change', () => { material = select.value; fill(); });
    const list = Object.assign(element('datalist'), {id: 'itu-names'});
    for (const name of kItuNames) list.append(Object.assign(element('option'), {value: name}));
    live.append(list);
    const itu = row(live, 'ITU row', Object.assign(element('input'), {id: 'itu'}));
    itu.setAttribute('list', 'itu-names');
    itu.addEventListener('change', () => set('material', material, {itu_name: itu.value || null}));
    field(live, 'Permittivity', 'permittivity', (x) => set('material', material, {relative_permittivity: x}));
    field(live, 'S/m', 'conductivity', (x) => set('material', material, {conductivity_s_per_m: x}));
    field(live, 'Thick, m', 'thickness', (x) => set('material', material, {thickness_m: x}));
    const object = row(live, 'Object', Object.assign(element('input'), {id: 'object', placeholder: 'name'}));
    const names = Object.assign(element('datalist'), {id: 'object-names'});
    for (const name of Object.keys(about.objects)) names.append(Object.assign(element('option'), {value: name}));
    live.append(names);
    object.setAttribute('list', 'object-names');
    object.addEventListener('change', fill);
    const of = row(live, 'is of', Object.assign(element('select'), {id: 'object-material'}));
    of.addEventListener('change', () => { if (object.value) set('object', object.value, {material: of.value === about.objects[object.value] ? null : of.value}); });
  }

  function options(select, names, chosen) {
    if (select.dataset.names !== names.join('\n')) {
      select.textContent = '';
      for (const name of names) select.append(Object.assign(element('option', '', name), {value: name}));
      select.dataset.names = names.join('\n');
    }
    select.value = chosen;
  }

  /// The panel as the state says.
  function fill() {
    const run = state.document, map = run.map || {}, paths = run.paths || {};
    byId('undo').disabled = !state.can_undo;
    byId('redo').disabled = !state.can_redo;
    put('frequency', state.effective.frequency_hz / 1e9);
    put('depth', map.max_depth === undefined ? 3 : map.max_depth);
    for (const [key, , usual] of kSwitches) byId('switch-' + key).checked = (key in map ? map : paths)[key] === undefined ? usual : (key in map ? map : paths)[key];
    put('cell', (map.cell_size_m || [10])[0]);
    put('height', map.center_m ? map.center_m[2] : map.height_m === undefined ? 1.5 : map.height_m);
    byId('height').disabled = Boolean(map.center_m);
    byId('stage').classList.toggle('adding', Boolean(adding));
    for (const kind of ['transmitter', 'receiver']) byId('add-' + kind).classList.toggle('on', adding === kind);
    byId('devices').textContent = '';
    for (const [kind, d] of devices()) {
      const line = element('div', 'device' + (d.name === selected ? ' on' : ''));
      line.append(element('span', 'name', d.name), element('span', 'count', kind));
      line.addEventListener('click', () => { selected = d.name; fill(); });
      byId('devices').append(line);
    }
    fillDevice();
    fillMaterials();
  }

  function fillDevice() {
    const d = selected && device(selected);
    byId('device').hidden = !d;
    byId('remove').disabled = !d;
    if (!d) return;
    put('name', d.name);
    ['x', 'y', 'z'].forEach((axis, i) => put('place-' + axis, d.position_m[i]));
    const turned = state.effective.devices[selected].orientation_rad;
    ['yaw', 'pitch'].forEach((word, i) => put(word, Math.round(turned[i] * 180 / Math.PI)));
    const sends = (state.document.transmitter || []).includes(d);
    byId('power').parentElement.hidden = !sends;
    put('power', d.power_dbm === undefined ? 44 : d.power_dbm);
  }

  function fillMaterials() {
    const names = Object.keys(state.effective.materials);
    if (!names.includes(material)) material = names[0];
    options(byId('material'), names, material);
    const m = state.effective.materials[material] || {};
    put('itu', m.itu_name);
    put('permittivity', m.itu_name ? '' : m.relative_permittivity);
    put('conductivity', m.itu_name ? '' : m.conductivity_s_per_m);
    put('thickness', m.thickness_m);
    const name = byId('object').value, change = (state.document.object || []).find((o) => o.name === name);
    options(byId('object-material'), names, change && change.material || about.objects[name] || '');
  }

  function picture() {
    view.drawNow();
    view.renderer.domElement.toBlob((blob) => {
      const link = Object.assign(element('a'), {href: URL.createObjectURL(blob), download: 'view.png'});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
    });
  }

  // ------------------------------------------------------------------------------------------------------------ the mouse

  const canvas = view.renderer.domElement;

  function caster(x, y) {
    const out = new THREE.Raycaster();
    out.setFromCamera({x: 2 * x / view.width - 1, y: 1 - 2 * y / view.height}, view.camera);
    return out;
  }

  /// The place on the map or the scene under a pixel, in the scene's coordinates; null: none.
  function placeAt(x, y) {
    const meshes = [...(view.map && view.map.group.visible ? view.map.meshes : []), ...(view.mesh.visible ? view.materials : [])];
    const hit = caster(x, y).intersectObjects(meshes).find((h) => h.point.z <= view.cut.constant + 1e-3);
    if (!hit) return null;
    return {place: [hit.point.x, hit.point.y, hit.point.z].map((v, i) => v + view.data.origin[i]), onMap: Boolean(hit.object.userData.cellOf)};
  }

  /// Moves a device level with where it is, or with Shift straight up and down.
  class Drag {
    constructor(name, x, y) {
      this.name = name;
      this.number = ++drags;
      this.from = device(name).position_m.slice();
      this.y = y;
    }

    place(x, y, upright) {
      const origin = view.data.origin, from = new THREE.Vector3(...this.from.map((v, i) => v - origin[i]));
      const normal = upright ? view.camera.position.clone().sub(from).setZ(0).normalize() : new THREE.Vector3(0, 0, 1);
      const plane = new THREE.Plane().setFromNormalAndCoplanarPoint(normal, from);
      const hit = new THREE.Vector3();
      if (!caster(x, y).ray.intersectPlane(plane, hit)) return null;
      const there = [hit.x, hit.y, hit.z].map((v, i) => Math.round(100 * (v + origin[i])) / 100);
      return upright ? [this.from[0], this.from[1], there[2]] : [there[0], there[1], this.from[2]];
    }
  }

  let drag = null, pressed = null;

  canvas.addEventListener('pointerdown', (event) => {
    pressed = [event.offsetX, event.offsetY];
    if (event.button !== 0 || adding) return;
    const found = view.devices.visible ? view.nearestDevice(event.offsetX, event.offsetY, kGrab) : -1;
    if (found < 0) return;
    selected = view.data.devices[found].name;
    if (!device(selected)) { selected = null; return; }
    drag = new Drag(selected, event.offsetX, event.offsetY);
    view.controls.enabled = false;
    event.stopImmediatePropagation();
    canvas.setPointerCapture(event.pointerId);
    fill();
  }, true);

  canvas.addEventListener('pointermove', (event) => {
    if (!drag) return;
    event.stopImmediatePropagation();
    const place = drag.place(event.offsetX, event.offsetY, event.shiftKey);
    if (place) set('device', drag.name, {position_m: place}, 'drag ' + drag.number);
  }, true);

  canvas.addEventListener('pointerup', (event) => {
    view.controls.enabled = true;
    if (drag) { drag = null; return; }
    const still = pressed && Math.hypot(event.offsetX - pressed[0], event.offsetY - pressed[1]) < 4;
    if (!still || event.button !== 0) return;
    const found = placeAt(event.offsetX, event.offsetY);
    if (!found) return;
    if (adding) {
      const place = found.place.map((v) => Math.round(100 * v) / 100);
      place[2] = found.onMap && adding === 'receiver' ? found.place[2] : place[2] + kAbove[adding];
      send({do: 'add', kind: adding, position_m: place});
      adding = null;
      fill();
    } else {
      const place = found.place.slice();
      if (!found.onMap) place[2] += kAbove.receiver;
      send({do: 'measure', position_m: place});
    }
  }, true);

  window.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || /INPUT|SELECT/.test(event.target.tagName)) return;
    event.preventDefault();
    send({do: event.shiftKey ? 'redo' : 'undo'});
  });

  build();
  Live.connect({state: takeState, frame: (message) => page.show(Raywave.decoded(message.data))}, 'run file');
})();
