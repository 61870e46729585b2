# SPDX-License-Identifier: Apache-2.0
"""What a solver gives as a function of a scene's parameters, with its derivative: beneath raywave.torch, raywave.jax, gradcheck."""
import numpy as np

from ._raywave import Error

POSE = ("translation_m", "rotation_rad", "scale")
PATH_ARRAYS = ("a", "tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler")
CHANNELS = ("cfr", "taps")
LINKS = ("path_gain", "mean_delay")
MAPS = ("path_gain", "rss", "sinr")


def _of_object(name):
    """(object, quantity) of object/NAME/QUANTITY; (None, the last word) of other parameters."""
    group, _, rest = name.partition("/")
    middle, _, quantity = rest.rpartition("/")
    return (middle if group == "object" else None), quantity


def _rotation(angles):
    """R = Rz(yaw) Ry(pitch) Rx(roll) and its derivatives by the three angles, [3, 3] and [3, 3, 3]."""
    (ca, sa), (cb, sb), (cc, sc) = [(np.cos(x), np.sin(x)) for x in angles]
    z, y, x = [np.array(m) for m in ([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]], [[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]],
                                     [[1, 0, 0], [0, cc, -sc], [0, sc, cc]])]
    dz, dy, dx = [np.array(m) for m in ([[-sa, -ca, 0], [ca, -sa, 0], [0, 0, 0]], [[-sb, 0, cb], [0, 0, 0], [-cb, 0, -sb]],
                                        [[0, 0, 0], [0, -sc, -cc], [0, cc, -sc]])]
    return z @ y @ x, np.array([dz @ y @ x, z @ dy @ x, z @ y @ dx])


class _Pose:
    """x = c + scale R (x0 - c) + translation about the centre c of the bounding box of the mesh at hand."""

    def __init__(self, vertices, values):
        self.lever = vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        self.scale = float(values.get("scale", 1.0))
        self.rotation, self.turned = _rotation(values.get("rotation_rad", np.zeros(3)))
        self.vertices = vertices - self.lever + self.scale * self.lever @ self.rotation.T + values.get("translation_m", np.zeros(3))

    def gradient(self, quantity, by_vertices):
        if quantity == "translation_m":
            return by_vertices.sum(axis=0)
        if quantity == "scale":
            return np.array((by_vertices * (self.lever @ self.rotation.T)).sum())
        return np.array([self.scale * (by_vertices * (self.lever @ d.T)).sum() for d in self.turned])


class Function:
    """of(values of the parameters wrt): the scene is copied, given the values, solved.

    of: of a PathSolver a, tau, theta_t, phi_t, theta_r, phi_r, doppler, path_gain, mean_delay, cfr, taps (the last two with their
    arguments in the dict `channel`); of a RadioMapSolver path_gain, rss, sinr. Translation, rotation and scale are about the centre
    of the scene's own mesh, in this order: scaled, turned, moved."""

    def __init__(self, scene, wrt, of, solver=None, channel=None, **options):
        from . import PathSolver, RadioMapSolver
        self.solver = solver if solver is not None else PathSolver()
        self.of, self.channel, self.options = of, dict(channel or {}), options
        self.wrt = [wrt] if isinstance(wrt, str) else list(wrt)
        self.is_map = isinstance(self.solver, RadioMapSolver)
        known = MAPS if self.is_map else PATH_ARRAYS + LINKS + CHANNELS
        if of not in known:
            raise Error(f"of must be one of {', '.join(known)}, got '{of}'")
        if self.channel and of not in CHANNELS:
            raise Error(f"channel= has the arguments of cfr and taps, not of {of}")
        if len(set(self.wrt)) != len(self.wrt):
            raise Error("wrt names a parameter twice")
        self.scene = scene.copy()
        parameters = self.scene.parameters()
        self.base = {name: self._known(parameters, name) for name in self.wrt}
        posed = {owner for owner, quantity in map(_of_object, self.wrt) if owner and quantity in POSE}
        self._meshes = {owner: parameters[f"object/{owner}/vertices_m"].value for owner in posed}
        for owner in posed:
            if f"object/{owner}/vertices_m" in self.wrt:
                raise Error(f"object/{owner}: differentiate by its vertices or by its pose, not by both")
        precoding = [name for name in self.wrt if name.endswith("/precoding")]
        if precoding and len(self.scene.transmitters) > 1:
            raise Error(f"{precoding[0]}: the weights are one option for all transmitters; differentiate by it with one transmitter")
        if self.is_map:
            self._hold_the_cells()
        self._memo = None

    def _hold_the_cells(self):
        """Cells over the whole scene would move with it; those over the scene as it is now are kept."""
        if all(self.options.get(word) is None for word in ("center_m", "measurement_surface", "terrain")):
            words = {k: v for k, v in self.options.items() if k in ("cell_size_m", "height_m", "orientation_rad")}
            plane = self.solver(self.scene, max_depth=0, los=False, **words)
            self.options = {**self.options, "center_m": plane.center_m, "size_m": plane.size_m, "height_m": None}

    def _known(self, parameters, name):
        if name not in parameters:
            self.scene.difference_step(name)  # raises, naming the nearest
        solvers = parameters[name].solvers
        solver = "paths" if not self.is_map else "monte-carlo map" if self.options.get("method") == "monte-carlo" else "exact map"
        if solver not in solvers:
            able = f"; those that can: {', '.join(solvers)}" if solvers else "; no solver has"
            raise Error(f"'{solver}' has no derivative with respect to {name}{able}")
        return parameters[name].value

    def _solve(self, values):
        scene, options, poses = self.scene.copy(), dict(self.options), {}
        given = dict(zip(self.wrt, values))
        for name in sorted(given, key=lambda n: n != "frequency_hz"):  # materials are made constants at the new frequency
            owner, quantity = _of_object(name)
            if owner and quantity in POSE:
                poses.setdefault(owner, {})[quantity] = given[name]
            elif quantity == "precoding":
                options["precoding"] = list(given[name][:, 0] + 1j * given[name][:, 1])
            else:
                scene.set_parameter(name, given[name])
        placed = {owner: _Pose(self._meshes[owner], pose) for owner, pose in poses.items()}
        for owner, pose in placed.items():
            scene.set_parameter(f"object/{owner}/vertices_m", pose.vertices)
        return self.solver(scene, **options), placed

    def _output(self, result):
        if self.of in CHANNELS:
            return getattr(result, self.of)(**self.channel)
        return getattr(result, self.of)

    def _vjp(self, result, cotangent, names):
        if self.of in CHANNELS:
            return getattr(result, self.of + "_vjp")(cotangent=cotangent, wrt=names, **self.channel)
        if self.of in LINKS and not self.is_map:
            return getattr(result, self.of + "_vjp")(cotangent, wrt=names)
        return result.vjp(**{self.of: cotangent}, wrt=names)

    def evaluate(self, values):
        """(output, pullback): pullback(cotangent, d/dRe + j d/dIm where complex) is the list of gradients by wrt. The last one is kept."""
        values = [np.array(v, dtype=np.float64) for v in values]
        if len(values) != len(self.wrt):
            raise Error(f"{len(self.wrt)} parameters are named in wrt, {len(values)} values given")
        key = tuple(v.tobytes() for v in values)
        if self._memo and self._memo[0] == key:
            return self._memo[1:]
        for name, value in zip(self.wrt, values):
            if value.shape != self.base[name].shape:
                raise Error(f"{name} has the shape {list(self.base[name].shape)}, got {list(value.shape)}")
        result, placed = self._solve(values)

        def pullback(cotangent):
            # Of the scene as it was solved: poses are in its vertices already.
            at = {}
            for name in self.wrt:
                owner, quantity = _of_object(name)
                at[name] = f"object/{owner}/vertices_m" if owner in placed and quantity in POSE else name
            gradient = self._vjp(result, cotangent, sorted(set(at.values())))
            return [placed[_of_object(name)[0]].gradient(_of_object(name)[1], gradient[at[name]]) if at[name] != name else gradient[name]
                    for name in self.wrt]

        self._memo = (key, self._output(result), pullback)
        return self._memo[1:]
