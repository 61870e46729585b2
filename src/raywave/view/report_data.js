// SPDX-License-Identifier: Apache-2.0
// What the page carries, decoded; formats and colours.
'use strict';
const Raywave = {};

(function () {
  const kArrays = {f32: Float32Array, f64: Float64Array, u32: Uint32Array, i32: Int32Array, u8: Uint8Array};

  Raywave.array = function (blob) {
    const text = atob(blob.data);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
    return new kArrays[blob.type](bytes.buffer);
  };

  /// Replaces every {type, data} in a tree by its typed array.
  function decoded(value) {
    if (value === null || typeof value !== 'object') return value;
    if (typeof value.data === 'string' && value.type in kArrays) return Raywave.array(value);
    for (const key of Object.keys(value)) value[key] = decoded(value[key]);
    return value;
  }

  /// What raywave writes of a scene at one moment (report_data), parsed; in place.
  Raywave.decoded = decoded;

  /// Moves a frame's places, in place. Devices are in the scene's own coordinates and stay.
  Raywave.shift = function (frame, by) {
    if (by.every((x) => x === 0)) return;
    const shift = (array) => { if (array) for (let i = 0; i < array.length; ++i) array[i] += by[i % 3]; };
    if (frame.mesh) shift(frame.mesh.positions), shift(frame.mesh.edges);
    if (frame.paths) for (const key of ['vertices', 'tx_positions', 'rx_positions']) shift(frame.paths[key]);
    if (!frame.map) return;
    shift(frame.map.corner);
    shift(frame.map.corners);
    if (frame.map.heights) frame.map.heights.forEach((h, i, all) => { all[i] = h + by[2]; });
  };

  Raywave.load = function () {
    const data = decoded(JSON.parse(document.getElementById('report-data').textContent));
    ramp = data.colors.sequential;
    classes = data.colors.categorical;
    Raywave.classes = data.colors.path_classes;
    return data;
  };

  Raywave.element = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  Raywave.css = (rgb) => 'rgb(' + rgb.map((c) => Math.round(255 * c)).join(',') + ')';

  let ramp = null, classes = null;
  const entry = (table, i) => [table[3 * i] / 255, table[3 * i + 1] / 255, table[3 * i + 2] / 255];
  Raywave.sequential = (t) => entry(ramp, Math.round(255 * Math.min(1, Math.max(0, t))));
  Raywave.categorical = (i) => entry(classes, i % (classes.length / 3));

  Raywave.kinds = {
    1: ['reflection', 'R'], 2: ['diffuse reflection', 'S'], 4: ['transmission', 'T'], 8: ['diffraction', 'D'],
  };
  Raywave.number = (value, digits) => Number.isFinite(value) ? value.toFixed(digits).replace('-', '\u2212') : '\u2013';
  Raywave.count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  Raywave.place = (p) => '(' + Array.from(p).map((x) => Raywave.number(x, 2)).join(', ') + ') m';
})();
