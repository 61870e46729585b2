// SPDX-License-Identifier: Apache-2.0
// The radio map: quantities per cell, their colours, and the surface they are drawn on.
'use strict';
(function () {
  const kMetrics = {
    path_gain: {name: 'Path gain', unit: 'dB'},
    rss: {name: 'Received power', unit: 'dBm'},
    sinr: {name: 'SINR', unit: 'dB'},
    association: {name: 'Best transmitter', unit: ''},
  };
  const kTile = 2048;  // cells a side of one texture

  class RadioMap {
    /// @param before  the map whose place this one takes: what was chosen there is chosen here
    constructor(data, before) {
      this.data = data;
      this.cells = data.num_x * data.num_y;
      this.numTx = data.tx_names.length;
      this.metric = data.metric;
      this.tx = data.tx;
      this.group = new THREE.Group();
      this.meshes = [];
      this.opacity = 0.85;
      if (before) {
        this.metric = before.metric;
        this.tx = Math.max(-1, data.tx_names.indexOf(before.data.tx_names[before.tx]));
        this.opacity = before.opacity;
        this.group.visible = before.group.visible;
      }
      if (this.cells > 0) data.corners ? this.buildTriangles() : this.buildGrid();
      this.update();
    }

    /// One transmitter's values in dB; NaN where it does not reach.
    valuesOf(metric, tx) {
      const {gain_db: gain, tx_power_dbm: power, noise_w: noise} = this.data;
      const n = this.cells, out = new Float32Array(n);
      for (let i = 0; i < n; ++i) {
        const g = gain[tx * n + i];
        if (metric === 'path_gain') out[i] = g;
        else if (metric === 'rss') out[i] = g + power[tx];
        else {
          let others = noise;
          for (let t = 0; t < this.numTx; ++t) {
            const h = gain[t * n + i];
            if (t !== tx && h === h) others += Math.pow(10, (h + power[t] - 30) / 10);
          }
          out[i] = g + power[tx] - 30 - 10 * Math.log10(others);
        }
      }
      return out;
    }

    /// The chosen quantity, [cells]; for 'association' the index of the transmitter. NaN: nothing there.
    computeValues() {
      const association = this.metric === 'association';
      if (!association && this.tx >= 0) return this.valuesOf(this.metric, this.tx);
      const best = new Float32Array(this.cells).fill(NaN), index = new Float32Array(this.cells).fill(NaN);
      for (let t = 0; t < this.numTx; ++t) {
        const values = this.valuesOf(association ? 'path_gain' : this.metric, t);
        for (let i = 0; i < this.cells; ++i) {
          if (values[i] === values[i] && !(best[i] >= values[i])) best[i] = values[i], index[i] = t;
        }
      }
      this.index = index;  // of the transmitter whose value stands for all
      return association ? index : best;
    }

    computeRange() {
      if (this.metric === 'association') return [0, Math.max(1, this.numTx - 1)];
      if (this.data.range && this.metric === this.data.metric) return this.data.range;
      const sorted = this.values.filter((v) => Number.isFinite(v)).sort();
      if (sorted.length === 0) return [0, 1];
      const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
      const low = 5 * Math.floor(at(0.02) / 5), high = 5 * Math.ceil(at(0.999) / 5);
      return high > low ? [low, high] : [low - 5, high + 5];
    }

    color(value) {
      if (this.metric === 'association') return Raywave.categorical(value);
      return Raywave.sequential((value - this.range[0]) / (this.range[1] - this.range[0]));
    }

    choose(metric, tx) {
      this.metric = metric;
      this.tx = tx;
      this.update();
    }

    update() {
      this.values = this.computeValues();
      this.range = this.computeRange();
      for (const mesh of this.meshes) mesh.userData.paint();
    }

    setOpacity(opacity) {
      this.opacity = opacity;
      for (const mesh of this.meshes) mesh.material.opacity = opacity;
    }

    title() {
      const {name, unit} = kMetrics[this.metric];
      return unit ? name + ' [' + unit + ']' : name;
    }

    /// What the tooltip says of a cell.
    describe(cell) {
      const value = this.values[cell];
      if (!(value === value)) return null;
      const {name, unit} = kMetrics[this.metric];
      const place = 'at ' + Raywave.place(this.centerOf(cell));
      if (this.metric === 'association') return [name, this.data.tx_names[value], place];
      const from = this.data.tx_names[this.tx >= 0 ? this.tx : this.index[cell]];
      const best = this.tx < 0 && this.numTx > 1 ? ', the best here' : '';
      return [name + ' ' + Raywave.number(value, 1) + ' ' + unit, 'from ' + from + best, place];
    }

    /// The middle of a cell.
    centerOf(cell) {
      const {corners, corner, step_x: sx, step_y: sy, heights, num_x: nx} = this.data;
      if (corners) return [0, 1, 2].map((k) => (corners[9 * cell + k] + corners[9 * cell + 3 + k] + corners[9 * cell + 6 + k]) / 3);
      const i = cell % nx + 0.5, j = Math.floor(cell / nx) + 0.5;
      const p = [0, 1, 2].map((k) => corner[k] + i * sx[k] + j * sy[k]);
      return heights ? [p[0], p[1], heights[cell]] : p;
    }

    add(geometry, material, paint, cellOf) {
      const mesh = new THREE.Mesh(geometry, material);
      mesh.userData = {paint, cellOf};
      mesh.renderOrder = 2;
      this.meshes.push(mesh);
      this.group.add(mesh);
    }

    material(parameters) {
      return new THREE.MeshBasicMaterial(Object.assign({
        side: THREE.DoubleSide, transparent: true, opacity: this.opacity, depthWrite: false, polygonOffset: true,
        polygonOffsetFactor: -1, polygonOffsetUnits: -2,
      }, parameters));
    }

    buildTriangles() {
      const geometry = new THREE.BufferGeometry();
      const colors = new Float32Array(9 * this.cells);
      geometry.setAttribute('position', new THREE.BufferAttribute(this.data.corners, 3));
      geometry.setAttribute('color', new THREE.BufferAttribute(colors, 3));
      let shown = [];
      const paint = () => {
        shown = [];
        const index = [];
        for (let i = 0; i < this.cells; ++i) {
          if (!Number.isFinite(this.values[i])) continue;
          const c = this.color(this.values[i]);
          for (let k = 0; k < 3; ++k) colors.set(c, 9 * i + 3 * k);
          index.push(3 * i, 3 * i + 1, 3 * i + 2);
          shown.push(i);
        }
        geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(index), 1));
        geometry.attributes.color.needsUpdate = true;
      };
      this.add(geometry, this.material({vertexColors: THREE.VertexColors}), paint, (hit) => shown[hit.faceIndex]);
    }

    buildGrid() {
      for (let y = 0; y < this.data.num_y; y += kTile) {
        for (let x = 0; x < this.data.num_x; x += kTile) this.buildTile(x, y);
      }
    }

    /// Height of a terrain's grid point: the mean of the cells around it that have ground.
    cornerHeight(x, y) {
      const {num_x: nx, num_y: ny, heights} = this.data;
      let sum = 0, n = 0;
      for (const [i, j] of [[x - 1, y - 1], [x, y - 1], [x - 1, y], [x, y]]) {
        const h = i >= 0 && j >= 0 && i < nx && j < ny ? heights[j * nx + i] : NaN;
        if (h === h) sum += h, ++n;
      }
      return n ? sum / n : 0;
    }

    /// One texel a cell, on one quad (plane) or one a cell (terrain).
    buildTile(x0, y0) {
      const {num_x: nx, num_y: ny, corner, step_x: sx, step_y: sy, heights} = this.data;
      const w = Math.min(kTile, nx - x0), h = Math.min(kTile, ny - y0);
      const columns = heights ? w : 1, rows = heights ? h : 1;
      const positions = [], uv = [], index = [];
      for (let j = 0; j <= rows; ++j) {
        for (let i = 0; i <= columns; ++i) {
          const u = i / columns, v = j / rows, x = x0 + u * w, y = y0 + v * h;
          const p = [0, 1, 2].map((k) => corner[k] + x * sx[k] + y * sy[k]);
          if (heights) p[2] = this.cornerHeight(x0 + i, y0 + j);
          positions.push(...p);
          uv.push(u, v);
          if (i === columns || j === rows) continue;
          const a = j * (columns + 1) + i, b = a + columns + 1;
          index.push(a, a + 1, b + 1, a, b + 1, b);
        }
      }
      const geometry = new THREE.BufferGeometry();
      geometry.setAttribute('position', new THREE.BufferAttribute(new Float32Array(positions), 3));
      geometry.setAttribute('uv', new THREE.BufferAttribute(new Float32Array(uv), 2));
      geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(index), 1));
      const texels = new Uint8Array(4 * w * h);
      const texture = new THREE.DataTexture(texels, w, h, THREE.RGBAFormat);
      texture.magFilter = texture.minFilter = THREE.NearestFilter;
      texture.generateMipmaps = false;
      const paint = () => {
        for (let j = 0; j < h; ++j) {
          for (let i = 0; i < w; ++i) {
            const value = this.values[(y0 + j) * nx + x0 + i], at = 4 * (j * w + i);
            texels[at + 3] = Number.isFinite(value) ? 255 : 0;
            if (texels[at + 3]) this.color(value).forEach((c, k) => { texels[at + k] = Math.round(255 * c); });
          }
        }
        texture.needsUpdate = true;
      };
      const cellOf = (hit) => {
        const i = Math.min(w - 1, Math.floor(hit.uv.x * w)), j = Math.min(h - 1, Math.floor(hit.uv.y * h));
        return (y0 + j) * nx + x0 + i;
      };
      // cells out of reach are cut away, not blended: they must not hide what is behind them
      this.add(geometry, this.material({map: texture, alphaTest: 0.01}), paint, cellOf);
    }
  }

  Raywave.RadioMap = RadioMap;
  Raywave.metrics = kMetrics;
})();
