// SPDX-License-Identifier: Apache-2.0
// The 3D view: mesh, edges, devices, light, camera. Draws when something changed. What may change while the page is open
// (devices, rays, map, objects that move) is one frame, which setFrame() puts in the place of the one before.
'use strict';
(function () {
  const kFieldOfView = 38;

  /// Round (receiver) or three-cornered (transmitter) markers, drawn once.
  function sprite(kind) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 64;
    const g = canvas.getContext('2d');
    g.beginPath();
    if (kind === 'tx') g.moveTo(32, 8), g.lineTo(56, 52), g.lineTo(8, 52), g.closePath();
    else g.arc(32, 32, 20, 0, 2 * Math.PI);
    g.fillStyle = kind === 'tx' ? '#b42318' : '#14507a';
    g.strokeStyle = '#ffffff';
    g.lineWidth = 7;
    g.lineJoin = 'round';
    g.fill();
    g.stroke();
    return new THREE.CanvasTexture(canvas);
  }

  class View {
    constructor(canvas, data) {
      this.data = data;
      this.renderer = new THREE.WebGLRenderer({canvas, antialias: true, alpha: true});
      this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio || 1));
      this.renderer.localClippingEnabled = true;
      this.scene = new THREE.Scene();
      this.camera = new THREE.PerspectiveCamera(kFieldOfView, 1, 0.1, 1000);
      this.camera.up.set(0, 0, 1);
      this.controls = new THREE.OrbitControls(this.camera, canvas);
      this.controls.addEventListener('change', () => this.draw());
      this.cut = new THREE.Plane(new THREE.Vector3(0, 0, -1), 1e9);
      this.box = new THREE.Box3();
      this.materials = [];
      this.onDraw = () => {};
      this.meshOpacity = 1;
      this.addLight();
      this.addMesh();
      this.setFrame({origin: data.origin, devices: data.devices, paths: data.paths, map: data.map});
      for (const place of this.places) this.box.expandByPoint(place);
      if (this.map) this.box.expandByObject(this.map.group);
      if (this.box.isEmpty()) this.box.set(new THREE.Vector3(-1, -1, -1), new THREE.Vector3(1, 1, 1));
      this.cutAboveIndoorDevices();
    }

    addLight() {
      this.scene.add(new THREE.HemisphereLight(0xffffff, 0xcfc9bf, 0.72));
      for (const [x, y, z, intensity] of [[-0.5, -0.8, 1.1, 0.42], [0.9, 0.35, 0.5, 0.14]]) {
        const light = new THREE.DirectionalLight(0xffffff, intensity);
        light.position.set(x, y, z);
        this.scene.add(light);
      }
    }

    /// What does not move.
    addMesh() {
      const {positions, edges} = this.data.mesh;
      this.materials = this.solids(this.data.mesh);
      this.mesh = new THREE.Group();
      if (this.materials.length) this.mesh.add(...this.materials);
      if (positions.length > 0) this.box.setFromArray(positions);
      this.edges = this.lines(edges);
      this.scene.add(this.mesh, this.edges);
    }

    /// One mesh a material.
    solids({positions, materials}) {
      const attribute = new THREE.BufferAttribute(positions, 3);
      return materials.map(({color, triangles}) => {
        const geometry = new THREE.BufferGeometry();
        geometry.setAttribute('position', attribute);
        geometry.setIndex(new THREE.BufferAttribute(triangles, 1));
        const material = new THREE.MeshPhongMaterial({
          color: new THREE.Color(...color), flatShading: true, side: THREE.DoubleSide, specular: 0x000000,
          polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1, clippingPlanes: [this.cut],
        });
        const mesh = new THREE.Mesh(geometry, material);
        mesh.frustumCulled = false;
        return mesh;
      });
    }

    lines(edges) {
      const geometry = new THREE.BufferGeometry();
      geometry.setAttribute('position', new THREE.BufferAttribute(edges, 3));
      const lines = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({
        color: 0x25313d, transparent: true, opacity: 0.4, depthWrite: false, clippingPlanes: [this.cut],
      }));
      lines.frustumCulled = false;
      lines.renderOrder = 1;
      return lines;
    }

    /// Devices, rays, map and, with `mesh`, objects of one moment take the place of those shown; what the reader has hidden
    /// or chosen stays so.
    setFrame(frame) {
      Raywave.shift(frame, frame.origin.map((x, i) => x - this.data.origin[i]));
      frame.origin = this.data.origin;
      Object.assign(this.data, {devices: frame.devices, paths: frame.paths, map: frame.map});
      const before = {map: this.map, rays: this.rays};
      const hidden = ['devices', 'moving'].filter((key) => this[key] && !this[key].visible);
      for (const group of [this.devices, this.moving, before.map && before.map.group, before.rays && before.rays.group]) {
        if (group) this.scene.remove(group), View.dispose(group);
      }
      this.addDevices();
      this.addMoving(frame.mesh);
      for (const key of hidden) this[key].visible = false;
      this.map = frame.map ? new Raywave.RadioMap(frame.map, before.map) : null;
      this.rays = frame.paths ? new Raywave.Rays(frame.paths, before.rays) : null;
      if (this.map) this.scene.add(this.map.group);
      if (this.rays) this.scene.add(this.rays.group);
      this.draw();
    }

    static dispose(group) {
      group.traverse((node) => {
        if (node.geometry) node.geometry.dispose();
        if (!node.material) return;
        if (node.material.map) node.material.map.dispose();
        node.material.dispose();
      });
    }

    addMoving(mesh) {
      this.moving = new THREE.Group();
      if (mesh) {
        const solids = this.solids(mesh);
        if (solids.length) this.moving.add(...solids, this.lines(mesh.edges));
      }
      this.scene.add(this.moving);
      this.setMeshOpacity(this.meshOpacity);
    }

    addDevices() {
      this.devices = new THREE.Group();
      this.places = this.data.devices.map((d) => new THREE.Vector3(...d.position.map((x, i) => x - this.data.origin[i])));
      for (const kind of ['rx', 'tx']) {
        const places = this.places.filter((_, i) => this.data.devices[i].kind === kind);
        const geometry = new THREE.BufferGeometry().setFromPoints(places);
        const points = new THREE.Points(geometry, new THREE.PointsMaterial({
          map: sprite(kind), size: 20 * this.renderer.getPixelRatio(), sizeAttenuation: false, transparent: true,
          depthTest: false, depthWrite: false,
        }));
        points.frustumCulled = false;
        points.renderOrder = 7;
        if (places.length) this.devices.add(points);
      }
      this.scene.add(this.devices);
    }

    /// Height of the lowest triangle above a place, infinity when it is under the open sky.
    ceilingAbove(place) {
      const {positions: p, materials} = this.data.mesh;
      let least = Infinity;
      for (const {triangles: t} of materials) {
        for (let k = 0; k < t.length; k += 3) {
          const a = 3 * t[k], b = 3 * t[k + 1], c = 3 * t[k + 2];
          const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], vx = p[c] - p[a], vy = p[c + 1] - p[a + 1];
          const area = ux * vy - uy * vx;
          if (area === 0) continue;
          const x = place.x - p[a], y = place.y - p[a + 1];
          const s = (x * vy - y * vx) / area, r = (ux * y - uy * x) / area;
          if (s < 0 || r < 0 || s + r > 1) continue;
          const z = p[a + 2] + s * (p[b + 2] - p[a + 2]) + r * (p[c + 2] - p[a + 2]);
          if (z > place.z && z < least) least = z;
        }
      }
      return least;
    }

    /// In a room the ceiling would hide everything: cut it away at first.
    cutAboveIndoorDevices() {
      const some = this.places.slice(0, 4);
      const ceiling = Math.min(Infinity, ...some.map((p) => this.ceilingAbove(p)));
      const indoors = some.length > 0 && some.every((p) => Number.isFinite(this.ceilingAbove(p)));
      const highest = Math.max(-Infinity, ...this.places.map((p) => p.z));
      this.cutHeight(indoors && highest < ceiling ? highest + 0.6 * (ceiling - highest) : this.box.max.z + 1);
    }

    cutHeight(z) {
      this.cut.constant = z;
      this.draw();
    }

    setMeshOpacity(opacity) {
      this.meshOpacity = opacity;
      for (const mesh of [...this.materials, ...this.moving.children.filter((node) => node.isMesh)]) {
        mesh.material.opacity = opacity;
        mesh.material.transparent = opacity < 1;
        mesh.material.depthWrite = opacity > 0.95;
        mesh.material.needsUpdate = true;
      }
      this.draw();
    }

    boxOfDevices() {
      const box = new THREE.Box3();
      for (const place of this.places) box.expandByPoint(place);
      return box.isEmpty() ? this.box : box.expandByScalar(0.1 * box.getSize(new THREE.Vector3()).length() + 1);
    }

    /// 'oblique', 'top' (north up) or 'devices'.
    preset(name) {
      const box = name === 'devices' ? this.boxOfDevices() : this.box;
      const direction = name === 'top' ? new THREE.Vector3(0, -1e-4, 1) : new THREE.Vector3(-0.42, -0.78, 0.62);
      const center = box.getCenter(new THREE.Vector3());
      this.camera.position.copy(center).add(direction.normalize());
      this.camera.lookAt(center);
      this.camera.updateMatrixWorld();
      const e = this.camera.matrixWorld.elements;
      const right = new THREE.Vector3(e[0], e[1], e[2]), up = new THREE.Vector3(e[4], e[5], e[6]);
      // near corners spread further than far ones: move the middle until the margins are even
      let distance = this.fittingDistance(box, center, direction, right, up);
      for (let i = 0; i < 4; ++i) {
        const [low, high] = [-1, 1].map((sign) => sign * Math.max(...View.corners(box).map((p) => {
          p.sub(center);
          return sign * p.dot(up) / (distance - p.dot(direction));
        })));
        center.addScaledVector(up, 0.5 * (low + high) * distance);
        distance = this.fittingDistance(box, center, direction, right, up);
      }
      this.controls.target.copy(center);
      this.camera.position.copy(center).addScaledVector(direction, distance);
      this.controls.update();
      this.draw();
    }

    static corners(box) {
      return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new THREE.Vector3(
        i & 1 ? box.max.x : box.min.x, i & 2 ? box.max.y : box.min.y, i & 4 ? box.max.z : box.min.z));
    }

    /// The distance from which all corners of the box are in sight.
    fittingDistance(box, center, direction, right, up) {
      const tanY = Math.tan(kFieldOfView * Math.PI / 360) * 0.93, tanX = tanY * this.camera.aspect;
      return Math.max(1e-3, ...View.corners(box).map((p) => {
        p.sub(center);
        return p.dot(direction) + Math.max(Math.abs(p.dot(right)) / tanX, Math.abs(p.dot(up)) / tanY);
      }));
    }

    resize(width, height) {
      this.width = Math.max(1, width);
      this.height = Math.max(1, height);
      this.renderer.setSize(this.width, this.height, false);
      this.camera.aspect = this.width / this.height;
      if (this.rays) this.rays.resolution.value.set(this.width, this.height);
      this.draw();
    }

    draw() {
      if (this.pending) return;
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        this.drawNow();
      });
    }

    /// Depth is spread over what there is to see, so that near surfaces far away don't flicker.
    drawNow() {
      const sphere = this.box.getBoundingSphere(new THREE.Sphere());
      const distance = this.camera.position.distanceTo(sphere.center);
      this.camera.far = distance + 1.5 * sphere.radius + 1;
      this.camera.near = Math.max(this.camera.far * 2e-4, distance - 1.5 * sphere.radius);
      this.camera.updateProjectionMatrix();
      this.renderer.render(this.scene, this.camera);
      this.onDraw();
    }

    /// Pixel of a place, or null behind the camera.
    pixel(place) {
      const p = place.clone().project(this.camera);
      if (!(p.z < 1)) return null;
      return [(p.x + 1) * this.width / 2, (1 - p.y) * this.height / 2];
    }

    nearestDevice(x, y, reach) {
      let found = -1, least = reach;
      this.places.forEach((place, i) => {
        const p = this.pixel(place);
        const d = p ? Math.hypot(p[0] - x, p[1] - y) : Infinity;
        if (d < least) least = d, found = i;
      });
      return found;
    }

    /// The map's cell under a pixel, -1 for none.
    cellAt(x, y) {
      if (!this.map || !this.map.group.visible) return -1;
      const caster = new THREE.Raycaster();
      caster.setFromCamera({x: 2 * x / this.width - 1, y: 1 - 2 * y / this.height}, this.camera);
      const hits = caster.intersectObjects(this.map.meshes);
      return hits.length ? hits[0].object.userData.cellOf(hits[0]) : -1;
    }
  }

  Raywave.View = View;
})();
