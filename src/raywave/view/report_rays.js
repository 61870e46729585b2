// SPDX-License-Identifier: Apache-2.0
// Rays as lines of constant width on the screen, and the one nearest to the pointer.
'use strict';
(function () {
  const kVertexShader = `
    attribute vec3 lineStart, lineEnd;
    attribute float strength;
    uniform vec2 resolution;
    uniform float width;
    varying float vStrength;
    void main() {
      vec4 a = projectionMatrix * modelViewMatrix * vec4(lineStart, 1.0);
      vec4 b = projectionMatrix * modelViewMatrix * vec4(lineEnd, 1.0);
      float nearW = 1e-3;
      if (a.w < nearW && b.w < nearW) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
      if (a.w < nearW) a = mix(a, b, (nearW - a.w) / (b.w - a.w));
      if (b.w < nearW) b = mix(b, a, (nearW - b.w) / (a.w - b.w));
      vec2 along = (b.xy / b.w - a.xy / a.w) * resolution;
      along = length(along) > 1e-6 ? normalize(along) : vec2(1.0, 0.0);
      vec2 across = vec2(-along.y, along.x);
      vec4 p = mix(a, b, position.x);
      p.xy += (across * position.y + along * (position.x - 0.5)) * width / resolution * p.w;
      gl_Position = p;
      vStrength = strength;
    }`;
  const kFragmentShader = `
    uniform vec3 color;
    uniform float opacity;
    varying float vStrength;
    void main() { gl_FragColor = vec4(color, opacity * vStrength); }`;

  /// Segments [x0 y0 z0 x1 y1 z1 ...] of one colour.
  function lines(segments, strengths, color, width, opacity, depthTest, resolution) {
    const geometry = new THREE.InstancedBufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(new Float32Array([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0]), 3));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    const buffer = new THREE.InstancedInterleavedBuffer(segments, 6);
    geometry.setAttribute('lineStart', new THREE.InterleavedBufferAttribute(buffer, 3, 0));
    geometry.setAttribute('lineEnd', new THREE.InterleavedBufferAttribute(buffer, 3, 3));
    geometry.setAttribute('strength', new THREE.InstancedBufferAttribute(strengths, 1));
    const material = new THREE.ShaderMaterial({
      vertexShader: kVertexShader, fragmentShader: kFragmentShader, transparent: true, depthTest, depthWrite: false,
      side: THREE.DoubleSide,
      uniforms: {color: {value: new THREE.Color(...color)}, width: {value: width}, opacity: {value: opacity}, resolution},
    });
    const mesh = new THREE.Mesh(geometry, material);
    mesh.frustumCulled = false;
    return mesh;
  }

  class Rays {
    /// @param before  the rays whose place these take: what was hidden there is hidden here
    constructor(data, before) {
      this.data = data;
      this.count = data.count;
      this.group = new THREE.Group();
      this.resolution = before ? before.resolution : {value: new THREE.Vector2(1, 1)};
      this.classOf = data.classes;
      this.members = Raywave.classes.map(() => []);
      for (let i = 0; i < this.count; ++i) this.members[data.classes[i]].push(i);
      this.hidden = before ? before.hidden : new Set();
      this.meshes = this.members.map(() => []);
      this.best = -Infinity;
      for (const gain of data.gain_db) if (gain > this.best) this.best = gain;
      this.members.forEach((paths, i) => { if (paths.length) this.build(i); });
      this.highlightGroup = new THREE.Group();
      this.group.add(this.highlightGroup);
      if (before) this.group.visible = before.group.visible;
      for (const kind of this.hidden) this.show(kind, false);
    }

    /// The corner points of a path, transmitter first: [x y z ...].
    points(path) {
      const {begin, vertices, tx, rx, tx_positions: ends, rx_positions: starts} = this.data;
      const out = [...ends.subarray(3 * tx[path], 3 * tx[path] + 3)];
      for (let k = 3 * begin[path]; k < 3 * begin[path + 1]; ++k) out.push(vertices[k]);
      out.push(...starts.subarray(3 * rx[path], 3 * rx[path] + 3));
      return out;
    }

    /// Weak paths are drawn fainter: full strength at the best gain, a quarter 50 dB below.
    strength(path) {
      const below = this.best - this.data.gain_db[path];
      return below >= 0 ? Math.max(0.25, 1 - 0.75 * below / 50) : 1;
    }

    segmentsOf(paths) {
      const segments = [], strengths = [];
      for (const path of paths) {
        const p = this.points(path), s = this.strength(path);
        for (let k = 0; k + 3 < p.length; k += 3) {
          for (let c = 0; c < 6; ++c) segments.push(p[k + c]);
          strengths.push(s);
        }
      }
      return [new Float32Array(segments), new Float32Array(strengths)];
    }

    build(kind) {
      const [segments, strengths] = this.segmentsOf(this.members[kind]);
      const color = Raywave.classes[kind].color;
      // seen through walls, faintly; then where nothing hides them
      const through = lines(segments, strengths, color, 1.6, 0.42, false, this.resolution);
      const open = lines(segments, strengths, color, 2, 0.95, true, this.resolution);
      // the direct path last, above its neighbours
      through.renderOrder = 3 - 0.1 * kind;
      open.renderOrder = 4 - 0.1 * kind;
      this.meshes[kind] = [through, open];
      this.group.add(through, open);
    }

    show(kind, visible) {
      visible ? this.hidden.delete(kind) : this.hidden.add(kind);
      for (const mesh of this.meshes[kind]) mesh.visible = visible;
    }

    highlight(path) {
      for (const mesh of this.highlightGroup.children) mesh.geometry.dispose(), mesh.material.dispose();
      this.highlightGroup.remove(...this.highlightGroup.children.slice());
      if (path < 0) return;
      const [segments, strengths] = this.segmentsOf([path]);
      strengths.fill(1);
      const color = Raywave.classes[this.classOf[path]].color;
      const halo = lines(segments, strengths, [1, 1, 1], 8, 0.9, false, this.resolution);
      const core = lines(segments, strengths, color, 4, 1, false, this.resolution);
      halo.renderOrder = 5;
      core.renderOrder = 6;
      this.highlightGroup.add(halo, core);
    }

    /// The shown path nearest to a point of the screen (pixels), -1 when none is within `reach` pixels.
    nearest(x, y, camera, width, height, reach) {
      const m = new THREE.Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).elements;
      const project = (p, k) => {
        const w = m[3] * p[k] + m[7] * p[k + 1] + m[11] * p[k + 2] + m[15];
        const cx = m[0] * p[k] + m[4] * p[k + 1] + m[8] * p[k + 2] + m[12];
        const cy = m[1] * p[k] + m[5] * p[k + 1] + m[9] * p[k + 2] + m[13];
        return [cx, cy, w];
      };
      let found = -1, least = reach * reach;
      for (let path = 0; path < this.count; ++path) {
        if (this.hidden.has(this.classOf[path])) continue;
        const p = this.points(path);
        let a = project(p, 0);
        for (let k = 3; k < p.length; k += 3) {
          const b = project(p, k);
          const d2 = Rays.distance2(a, b, x, y, width, height);
          if (d2 < least) least = d2, found = path;
          a = b;
        }
      }
      return found;
    }

    /// Squared distance in pixels from a point of the screen to a segment in clip coordinates (x, y, w).
    static distance2(a, b, x, y, width, height) {
      const kNear = 1e-3;
      if (a[2] < kNear && b[2] < kNear) return Infinity;
      const clip = (p, q) => {
        if (p[2] >= kNear) return p;
        const t = (kNear - p[2]) / (q[2] - p[2]);
        return p.map((c, i) => c + t * (q[i] - c));
      };
      const [p, q] = [clip(a, b), clip(b, a)];
      const px = (p[0] / p[2] + 1) * width / 2 - x, py = (1 - p[1] / p[2]) * height / 2 - y;
      const dx = (q[0] / q[2] + 1) * width / 2 - x - px, dy = (1 - q[1] / q[2]) * height / 2 - y - py;
      const length2 = dx * dx + dy * dy;
      const t = length2 > 0 ? Math.min(1, Math.max(0, -(px * dx + py * dy) / length2)) : 0;
      const ex = px + t * dx, ey = py + t * dy;
      return ex * ex + ey * ey;
    }

    /// The objects touched on the way, with what happens there: ["reflection at house", ...].
    interactions(path) {
      const {begin, kinds, objects, object_names: names} = this.data;
      const out = [];
      for (let k = begin[path]; k < begin[path + 1]; ++k) {
        const kind = (Raywave.kinds[kinds[k]] || ['interaction'])[0];
        out.push(kind + (names[objects[k]] !== undefined ? ' \u00b7 ' + names[objects[k]] : ''));
      }
      return out;
    }
  }

  Raywave.Rays = Rays;
})();
