// SPDX-License-Identifier: Apache-2.0
// What stands around the picture: layers, legends, facts, colour bar, table of paths. All text goes in as text, never as HTML.
'use strict';
(function () {
  const element = Raywave.element;
  const byId = (id) => document.getElementById(id);

  function toggle(parent, name, checked, onChange, swatch, count) {
    const row = element('label', 'row');
    const box = element('input');
    box.type = 'checkbox';
    box.checked = checked;
    box.addEventListener('change', () => onChange(box.checked));
    row.append(box);
    if (swatch) row.append(swatch);
    row.append(element('span', 'name', name));
    row.lastChild.title = name;
    if (count !== undefined) row.append(element('span', 'count', Raywave.count(count)));
    parent.append(row);
  }

  function swatch(color, className) {
    const node = element('span', 'swatch' + (className ? ' ' + className : ''));
    node.style.background = color;
    return node;
  }

  function slider(parent, name, min, max, value, onInput) {
    const row = element('label', 'row');
    const input = element('input');
    input.type = 'range';
    Object.assign(input, {min, max, step: 'any'});
    input.value = value;
    input.addEventListener('input', () => onInput(Number(input.value)));
    row.append(element('span', 'caption', name), input);
    parent.append(row);
  }

  function chooser(parent, name, choices, value, onChange) {
    const row = element('label', 'row');
    const select = element('select');
    for (const [key, text] of choices) {
      const option = element('option', '', text);
      option.value = key;
      select.append(option);
    }
    select.value = value;
    select.addEventListener('change', () => onChange(select.value));
    row.append(element('span', 'caption', name), select);
    parent.append(row);
    return select;
  }

  /// @param live  the page's frames change: there may be devices, rays, a map later
  Raywave.layers = function (view, live) {
    const parent = byId('layers');
    const layer = (name, present, ...objects) => {
      if (present) toggle(parent, name, true, (on) => { for (const get of objects) if (get()) get().visible = on; view.draw(); });
    };
    layer('Mesh', view.materials.length > 0, () => view.mesh, () => view.moving);
    layer('Edges', view.data.mesh.edges.length > 0, () => view.edges);
    if (live || view.places.length) {
      toggle(parent, 'Devices', true, (on) => {
        view.devices.visible = on;
        byId('labels').hidden = !on;
        view.draw();
      });
    }
    layer('Rays', live || view.rays && view.rays.count, () => view.rays && view.rays.group);
    if (live || view.map) {
      toggle(parent, 'Radio map', true, (on) => {
        if (view.map) view.map.group.visible = on;
        byId('color-bar').hidden = !on || !view.map;
        view.draw();
      });
    }
    if (view.materials.length === 0) return;
    slider(parent, 'Opacity', 0.05, 1, 1, (x) => view.setMeshOpacity(x));
    const {min, max} = view.box;
    const top = max.z + 0.02 * (max.z - min.z) + 0.01;
    slider(parent, 'Cut above', min.z, top, Math.min(top, view.cut.constant), (z) => view.cutHeight(z));
  };

  Raywave.mapPanel = function (view) {
    const map = view.map;
    const parent = byId('map-panel');
    parent.hidden = !map;
    byId('color-bar').hidden = !map;
    if (!map) return;
    const names = map.data.tx_names.map((name, i) => [String(i), name]);
    Raywave.colorBar(map);
    // another frame of the same transmitters: what was built is still right
    if (parent.dataset.names === JSON.stringify(names)) return;
    parent.dataset.names = JSON.stringify(names);
    for (const row of parent.querySelectorAll('.row')) row.remove();
    const choose = () => {
      tx.disabled = metric.value === 'association';
      view.map.choose(metric.value, Number(tx.value));
      Raywave.colorBar(view.map);
      view.draw();
    };
    const metrics = Object.keys(Raywave.metrics).map((key) => [key, Raywave.metrics[key].name]);
    const metric = chooser(parent, 'Quantity', metrics, map.metric, choose);
    const tx = chooser(parent, 'Transmitter', [['-1', 'Best of all'], ...names], String(map.tx), choose);
    tx.disabled = map.metric === 'association';
    slider(parent, 'Opacity', 0, 1, map.opacity, (x) => { view.map.setOpacity(x); view.draw(); });
  };

  function niceStep(span) {
    const raw = span / 5, power = Math.pow(10, Math.floor(Math.log10(raw)));
    return power * [1, 2, 5, 10].find((m) => m * power >= raw);
  }

  Raywave.colorBar = function (map) {
    const parent = byId('color-bar');
    parent.textContent = '';
    parent.hidden = !map.group.visible;
    parent.append(element('div', 'title', map.title()));
    if (map.metric === 'association') {
      map.data.tx_names.slice(0, 12).forEach((name, i) => {
        const row = element('div', 'row');
        row.append(swatch(Raywave.css(Raywave.categorical(i))), element('span', 'name', name));
        parent.append(row);
      });
      return;
    }
    const scale = element('div', 'scale'), ramp = element('canvas', 'ramp');
    ramp.width = 1;
    ramp.height = 176;
    const g = ramp.getContext('2d');
    for (let y = 0; y < 176; ++y) {
      g.fillStyle = Raywave.css(Raywave.sequential(1 - y / 175));
      g.fillRect(0, y, 1, 1);
    }
    scale.append(ramp);
    const [low, high] = map.range, step = niceStep(high - low);
    for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) {
      const tick = element('span', 'tick', Raywave.number(v, step < 1 ? 1 : 0));
      tick.style.top = (176 * (high - v) / (high - low)) + 'px';
      scale.append(tick);
    }
    parent.append(scale);
  };

  Raywave.rayLegend = function (view, onRays) {
    const rays = view.rays, parent = byId('ray-legend');
    parent.hidden = !(rays && rays.count);
    for (const row of parent.querySelectorAll('.row')) row.remove();
    if (!parent.hidden) {
      Raywave.classes.forEach(({name, color}, kind) => {
        const count = rays.members[kind].length;
        const text = name[0].toUpperCase() + name.slice(1);
        if (count) toggle(parent, text, !rays.hidden.has(kind), (on) => { rays.show(kind, on); onRays(); }, swatch(Raywave.css(color), 'line'), count);
      });
    }
  };

  Raywave.legends = function (view, onRays) {
    Raywave.rayLegend(view, onRays);
    const materials = byId('material-legend');
    view.data.mesh.materials.forEach((material, i) => {
      materials.hidden = false;
      toggle(materials, material.name, true, (on) => { view.materials[i].visible = on; view.draw(); },
        swatch(Raywave.css(material.color)), material.triangles.length / 3);
    });
  };

  Raywave.facts = function (data) {
    const list = byId('facts').querySelector('dl');
    list.textContent = '';
    byId('facts').hidden = data.facts.length === 0;
    for (const [name, value] of data.facts) {
      list.append(element('dt', '', name), element('dd', '', value));
    }
    let triangles = 0;
    for (const material of data.mesh.materials) triangles += material.triangles.length / 3;
    const parts = [Raywave.number(data.frequency_hz / 1e9, 3).replace(/\.?0+$/, '') + ' GHz', Raywave.count(triangles) + ' triangles'];
    if (data.paths) parts.push(Raywave.count(data.paths.count) + ' paths');
    byId('summary').textContent = parts.join(' \u00b7 ');
  };

  const kRowHeight = 26;

  /// The paths as rows; only those in sight are in the document, so that many thousands scroll freely.
  class Table {
    constructor(data, rays, onHover) {
      this.onHover = onHover;
      const of = (key) => (i) => this.data[key][i];
      this.columns = [
        ['#', 'number', '64px', (i) => i, (i) => String(i)],
        ['From', '', '16%', (i) => this.data.tx_names[this.data.tx[i]]],
        ['To', '', '16%', (i) => this.data.rx_names[this.data.rx[i]]],
        ['Gain [dB]', 'number', '104px', of('gain_db'), (i) => Raywave.number(this.data.gain_db[i], 1)],
        ['Delay [ns]', 'number', '108px', of('delay_ns'), (i) => Raywave.number(this.data.delay_ns[i], 2)],
        ['Interactions', '', 'auto', (i) => this.data.begin[i + 1] - this.data.begin[i], (i) => this.steps(i)],
      ];
      this.sortBy = 3;
      this.descending = true;
      this.scroll = byId('table-scroll');
      this.body = this.scroll.querySelector('tbody');
      this.addHead();
      this.scroll.addEventListener('scroll', () => this.fill());
      this.body.addEventListener('mouseover', (e) => {
        const row = e.target.closest('tr[data-path]');
        if (row) this.onHover(Number(row.dataset.path));
      });
      this.body.addEventListener('mouseleave', () => this.onHover(-1));
      byId('table-fold').addEventListener('click', () => this.fold());
      this.setData(data, rays);
    }

    /// Other paths take the place of those shown, in the order that was chosen.
    setData(data, rays) {
      this.data = data;
      this.classOf = data.classes;
      this.hidden = rays ? rays.hidden : new Set();
      this.active = -1;
      byId('table-panel').hidden = false;
      this.sort();
    }

    steps(i) {
      const {begin, kinds, objects, object_names: names} = this.data;
      const out = [];
      for (let k = begin[i]; k < begin[i + 1]; ++k) {
        out.push((Raywave.kinds[kinds[k]] || ['', '?'])[1] + ' ' + (names[objects[k]] || ''));
      }
      return out.length ? out.join(' \u2192 ') : 'line of sight';
    }

    addHead() {
      const row = element('tr');
      this.columns.forEach(([name, className, width], i) => {
        const cell = element('th', className), button = element('button', '', name);
        button.type = 'button';
        cell.style.width = width;
        button.addEventListener('click', () => {
          this.descending = this.sortBy === i ? !this.descending : i === 3;
          this.sortBy = i;
          this.sort();
        });
        cell.append(button);
        row.append(cell);
      });
      this.scroll.querySelector('thead').append(row);
    }

    fold() {
      this.scroll.hidden = !this.scroll.hidden;
      byId('table-fold').textContent = this.scroll.hidden ? 'Show' : 'Hide';
      byId('table-fold').setAttribute('aria-expanded', String(!this.scroll.hidden));
      this.fill();
    }

    sort() {
      const key = this.columns[this.sortBy][3], sign = this.descending ? -1 : 1;
      this.order = [];
      for (let i = 0; i < this.data.count; ++i) if (!this.hidden.has(this.classOf[i])) this.order.push(i);
      const keys = this.order.length ? Array.from({length: this.data.count}, (_, i) => key(i)) : [];
      this.order.sort((a, b) => keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : a - b);
      this.scroll.querySelectorAll('th').forEach((cell, i) => {
        const sorted = i === this.sortBy;
        cell.setAttribute('aria-sort', sorted ? (this.descending ? 'descending' : 'ascending') : 'none');
        cell.firstChild.textContent = this.columns[i][0] + (sorted ? (this.descending ? ' \u25be' : ' \u25b4') : '');
      });
      const all = this.data.count, shown = this.order.length;
      byId('table-count').textContent = shown === all ? Raywave.count(all) : Raywave.count(shown) + ' of ' + Raywave.count(all);
      this.scroll.scrollTop = 0;
      this.fill();
    }

    spacer(rows) {
      const row = element('tr', 'spacer'), cell = element('td');
      cell.colSpan = this.columns.length;
      cell.style.height = rows * kRowHeight + 'px';
      row.append(cell);
      return row;
    }

    fill() {
      const first = Math.max(0, Math.floor(this.scroll.scrollTop / kRowHeight) - 5);
      const last = Math.min(this.order.length, first + Math.ceil((this.scroll.clientHeight || 190) / kRowHeight) + 12);
      const rows = [this.spacer(first)];
      for (const path of this.order.slice(first, last)) {
        const row = element('tr', path === this.active ? 'active' : '');
        row.dataset.path = path;
        this.columns.forEach(([, className, , value, text], i) => {
          const cell = element('td', className, String((text || value)(path)));
          if (i === 5) {
            cell.title = cell.textContent;
            cell.prepend(swatch(Raywave.css(Raywave.classes[this.classOf[path]].color), 'line'));
          }
          row.append(cell);
        });
        rows.push(row);
      }
      rows.push(this.spacer(this.order.length - last));
      this.body.replaceChildren(...rows);
    }

    activate(path) {
      this.active = path;
      for (const row of this.body.querySelectorAll('tr[data-path]')) {
        row.classList.toggle('active', Number(row.dataset.path) === path);
      }
    }
  }

  Raywave.Table = Table;
})();
