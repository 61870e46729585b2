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

  Raywave.load = function () {
    return decoded(JSON.parse(document.getElementById('report-data').textContent));
  };

  Raywave.element = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  Raywave.css = (rgb) => 'rgb(' + rgb.map((c) => Math.round(255 * c)).join(',') + ')';
  Raywave.hex = (color) => [1, 3, 5].map((i) => parseInt(color.substr(i, 2), 16) / 255);

  /// Viridis (public domain, CC0) at 16 even steps.
  const kSequential = [
    '#440154', '#481a6c', '#472f7d', '#414487', '#39568c', '#31688e', '#2a788e', '#23888e', '#1f988b', '#22a884', '#35b779',
    '#54c568', '#7ad151', '#a5db36', '#d2e21b', '#fde725',
  ].map(Raywave.hex);
  Raywave.sequential = function (t) {
    const x = Math.min(1, Math.max(0, t)) * (kSequential.length - 1);
    const i = Math.min(kSequential.length - 2, Math.floor(x));
    return kSequential[i].map((c, k) => c + (x - i) * (kSequential[i + 1][k] - c));
  };
  const kCategories = [
    '#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#e08a3c', '#7a6fd0', '#3d9c8f', '#9c6b4a',
  ].map(Raywave.hex);
  Raywave.categorical = (i) => kCategories[i % kCategories.length];

  Raywave.kinds = {
    1: ['reflection', 'R'], 2: ['diffuse reflection', 'S'], 4: ['transmission', 'T'], 8: ['diffraction', 'D'],
  };
  Raywave.classes = {
    direct: {name: 'Direct', color: '#d9480f'},
    reflection: {name: 'Reflection', color: '#1c64d1'},
    refraction: {name: 'Refraction', color: '#7a3fc9'},
    mixed: {name: 'Reflection and refraction', color: '#c2257f'},
    diffraction: {name: 'Diffraction', color: '#0b8a6a'},
    diffuse: {name: 'Diffuse', color: '#a87400'},
  };
  /// The class of a path with these interaction kinds.
  Raywave.classOf = function (kinds) {
    let seen = 0;
    for (const kind of kinds) seen |= kind;
    if (seen === 0) return 'direct';
    if (seen & 2) return 'diffuse';
    if (seen & 8) return 'diffraction';
    return seen === 1 ? 'reflection' : seen === 4 ? 'refraction' : 'mixed';
  };

  Raywave.number = (value, digits) => Number.isFinite(value) ? value.toFixed(digits).replace('-', '\u2212') : '\u2013';
  Raywave.count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  Raywave.place = (p) => '(' + Array.from(p).map((x) => Raywave.number(x, 2)).join(', ') + ') m';
})();
