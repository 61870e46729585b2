# SPDX-License-Identifier: Apache-2.0
"""Networks and the simulator in one loop, in numpy.

Adaptation: a network trained in one room tells where a device is from what two stations hear of it. In another room, with other walls, it is
wrong; without any label it is set right by sending its answers through the simulator of that room and comparing with what was heard: the loss's
derivative by places goes on into the weights. Prior: a decoder trained on a family of cars' outlines stands between a code of five numbers and the
mesh; radars on one side choose the code, and the side that none sees follows. Beside it the outline's vertices freed, under a Laplacian regulariser.
Writes the last room and car as a picture, networks.png, and the room with its devices where they were found as a page.
python examples/networks_in_the_loop.py [FOLDER] [ROOMS] [CARS]"""
import os
import pathlib
import shutil
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads only wait for each other

import numpy as np
import raywave as rw
from raywave import signal


class Network:
    """Layers of tanh and a last linear one; derivatives by weights and by what goes in."""

    def __init__(self, sizes, random):
        self.weights = [random.normal(scale=n ** -0.5, size=(n, m)) for n, m in zip(sizes, sizes[1:])]
        self.offsets = [np.zeros(m) for m in sizes[1:]]
        self.moments, self.step = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters()], 0

    def parameters(self):
        return [*self.weights, *self.offsets]

    def __call__(self, x):
        self.inputs = []
        for i, (w, b) in enumerate(zip(self.weights, self.offsets)):
            self.inputs.append(x)
            x = x @ w + b
            x = np.tanh(x) if i + 1 < len(self.weights) else x
        return x

    def back(self, by_output):
        """(by what went in, by parameters) for the inputs of the last call."""
        by_weights, by_offsets = [], []
        for i in reversed(range(len(self.weights))):
            if i + 1 < len(self.weights):
                by_output = by_output * (1 - self.inputs[i + 1] ** 2)
            by_weights.insert(0, self.inputs[i].T @ by_output)
            by_offsets.insert(0, by_output.sum(axis=0))
            by_output = by_output @ self.weights[i].T
        return by_output, [*by_weights, *by_offsets]

    def descend(self, gradient, rate):
        """A step of Adam."""
        self.step += 1
        for p, g, (m, v) in zip(self.parameters(), gradient, self.moments):
            m += 0.1 * (g - m)
            v += 0.001 * (g ** 2 - v)
            p -= rate * m / (1 - 0.9 ** self.step) / (np.sqrt(v / (1 - 0.999 ** self.step)) + 1e-12)

    def train(self, x, y, steps, rate, random):
        for step in range(steps):
            rows = random.integers(len(x), size=128)
            rest = self(x[rows]) - y[rows]
            self.descend(self.back(2 * rest / len(rows))[1], rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + 1e-5)

    def copy(self):
        out = Network([w.shape[0] for w in self.weights] + [self.weights[-1].shape[1]], np.random.default_rng(0))
        for mine, its in zip(out.parameters(), self.parameters()):
            mine[...] = its
        return out


# ------------------------------------------------------------------------------------------------------------------ adaptation

CHIRP = signal.Fmcw(slope_hz_per_s=1e9 / 128 * 5e6, sampling_frequency_hz=5e6, num_samples=128)  # 1 GHz: bins of 0.3 m of the way
DEVICES, NOISE_DB = 24, 20.0
ROOM_OPTIONS = dict(max_depth=1, finder="exhaustive")


def room(size_m, permittivity, places):
    """Two stations send, devices at `places` [n, 2] hear; walls are a box of four slabs."""
    scene = rw.Scene()
    scene.frequency_hz = 6e9
    scene.add(rw.Material("wall", relative_permittivity=permittivity, conductivity_s_per_m=0.05, thickness_m=0.2))
    (a, b), t = size_m, 0.2
    for name, center, size in (("west", [-t / 2, b / 2], [t, b + 2 * t]), ("east", [a + t / 2, b / 2], [t, b + 2 * t]), ("south", [a / 2, -t / 2], [a, t]),
                               ("north", [a / 2, b + t / 2], [a, t])):
        scene.add(rw.box(name, center_m=[*center, 1.5], size_m=[*size, 3.0], material="wall"))
    for name, place in (("station 0", [0.5, 0.5, 2.2]), ("station 1", [7.0, 0.4, 2.2])):
        scene.add(rw.Transmitter(name, place))
    for i, (x, y) in enumerate(places):
        scene.add(rw.Receiver(f"device {i}", [x, y, 1.2]))
    return scene


def heard(paths, seed):
    noise = float((abs(paths.a) ** 2).sum(axis=-1).mean()) / 10 ** (NOISE_DB / 10)
    return paths.samples(CHIRP, noise_power=noise, seed=seed), noise


def features(samples):
    """Of each device: magnitudes over delay, 48 bins a station, in the unit of a device's own strongest."""
    x = abs(signal.Spectrum(range_window="hann").of(samples))[:, 0, :, 0, 0, 0, :48].reshape(len(samples), -1)
    return np.sqrt(x / x.max(axis=1, keepdims=True)) * 2 - 0.5


def drawn(size_m, count, random):
    return random.uniform([0.6, 0.9], np.array(size_m) - 0.6, size=(count, 2))


def trained(random, count=1500, steps=2000):
    """In the room of 8 x 6 m."""
    places = drawn((8.0, 6.0), count, random)
    x = features(heard(rw.PathSolver()(room((8.0, 6.0), 5.0, places), **ROOM_OPTIONS), 1)[0])
    network = Network([x.shape[1], 64, 64, 2], random)
    network.train(x, places - [4.0, 3.0], steps, 3e-3, random)
    return network


def adapted(network, scene, samples, noise, steps=50):
    """The network set right by what was heard in `scene`, whose devices' places nobody knows."""
    network, x = network.copy(), features(samples)
    names = [f"device/device {i}/position_m" for i in range(len(samples))]
    for sigma in (1.2, 0.6, 0.3):
        loss = signal.Loss("psf", CHIRP, samples, sigma_m=sigma, amplitudes="common", noise_power=noise)
        for step in range(steps):
            places = network(x) + [4.0, 3.0]
            for name, place in zip(names, places):
                scene.set_parameter(name, [*place, 1.2])
            _, gradient = loss(rw.PathSolver()(scene, **ROOM_OPTIONS), names)
            by_place = np.array([gradient[name][:2] for name in names])
            network.descend(network.back(by_place)[1], 1e-3)
    return network


def adaptation(rooms, random, tell=lambda **_: None):
    network, rows = trained(random), []
    for k in range(rooms):
        size, permittivity = (8.0 + random.uniform(-1.2, 2.0), 6.0 + random.uniform(-1.2, 2.0)), random.uniform(3, 9)
        places = drawn(size, DEVICES, random)
        samples, noise = heard(rw.PathSolver()(room(size, permittivity, places), **ROOM_OPTIONS), 100 + k)
        scene = room(size, permittivity, np.full((DEVICES, 2), 3.0))
        found = [n(features(samples)) + [4.0, 3.0] for n in (network, adapted(network, scene, samples, noise))]
        rows.append([np.linalg.norm(f - places, axis=1).mean() for f in found])
        tell(room=scene, size_m=size, places=places, found=found)
    rows = np.array(rows)
    home = drawn((8.0, 6.0), 200, random)
    x = features(heard(rw.PathSolver()(room((8.0, 6.0), 5.0, home), **ROOM_OPTIONS), 2)[0])
    print(f"adaptation: mean error {np.linalg.norm(network(x) + [4.0, 3.0] - home, axis=1).mean():.2f} m in the room of the training, {rows[:, 0].mean():.2f} m in {rooms} others, "
          f"{rows[:, 1].mean():.2f} m after adaptation without labels; at least halved in {(rows[:, 1] <= rows[:, 0] / 2).sum()} of {rooms}", flush=True)
    return rows


# ----------------------------------------------------------------------------------------------------------------------- prior

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)  # bins of 3.75 cm
POINTS = 16
CAR_OPTIONS = dict(max_depth=1, los=False, diffraction=True, finder="exhaustive")
SEEN = [(-4.5, -2.5), (-1.5, -4.0), (1.5, -4.0), (4.5, -2.5)]  # radars on the south side; those that would see the north are missing


def outline(random):
    """A car's: length, width, how nose and tail taper and round off; [16, 2], counter-clockwise, symmetric."""
    length, width = random.uniform(3.6, 5.0), random.uniform(1.6, 2.0)
    nose, tail, round_ = random.uniform(0.65, 0.9), random.uniform(0.75, 0.95), random.uniform(0.08, 0.2)
    half = np.array([[1.0, 0.28 * nose], [1 - round_ / 2, 0.8 * nose], [1 - 2 * round_, 0.93], [0.3, 1.0], [-0.3, 1.0], [-1 + 2 * round_, 0.98], [-1 + round_ / 2, 0.85 * tail],
                     [-1.0, 0.3 * tail]])
    return np.concatenate([half, half[::-1] * [1, -1]]) * [length / 2, width / 2]


def decoder(random, code=5, count=2000, steps=8000):
    """(network from codes to outlines, mean outline): the half of an autoencoder trained on the family, its codes of unit spread."""
    family = np.array([outline(random) for _ in range(count)])
    mean = family.mean(axis=0)
    x = (family - mean).reshape(count, -1)
    # codes: the family's principal directions, from which the network decodes
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    codes = x @ directions[:code].T
    codes /= codes.std(axis=0)
    network = Network([code, 32, x.shape[1]], random)
    network.train(codes, x, steps, 5e-3, random)
    return network, mean


def car_scene(points):
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    around = np.arange(POINTS)
    after = (around + 1) % POINTS
    triangles = np.concatenate([np.stack([around, after, after + POINTS], axis=1), np.stack([around, after + POINTS, around + POINTS], axis=1),
                                [[0, i + 1, i] for i in range(1, POINTS - 1)], [[POINTS, POINTS + i, POINTS + i + 1] for i in range(1, POINTS - 1)]])
    scene.add(rw.Object("car", raised(points), triangles, "metal"))
    for i, (x, y) in enumerate(SEEN):
        scene.add(rw.Transmitter(f"sends {i}", [x, y, 0.7]))
        scene.add(rw.Receiver(f"hears {i}", [x + 0.05, y, 0.7]))
    return scene


def raised(points):
    """Walls from the ground to 1.4 m over an outline."""
    return np.concatenate([np.column_stack([points, np.full(POINTS, z)]) for z in (0.0, 1.4)])


def chamfer(a, b, samples=20):
    """Mean distance of the points along one outline from the other, both ways."""
    def along(p):
        share = np.arange(samples)[:, None, None] / samples
        return (p + share * (np.roll(p, -1, axis=0) - p)).reshape(-1, 2)

    d = np.linalg.norm(along(a)[:, None] - along(b), axis=-1)
    return 0.5 * (d.min(axis=0).mean() + d.min(axis=1).mean())


def lowered(scene, loss, points_of, back, x, steps, rate):
    """Adam on numbers x whose outline is points_of(x); back: derivative by points to derivative by x."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    for step in range(steps):
        points = points_of(x)
        scene.set_parameter("object/car/vertices_m", raised(points))
        _, gradient = loss(rw.PathSolver()(scene, **CAR_OPTIONS), ["object/car/vertices_m"])
        g = back(x, gradient["object/car/vertices_m"].reshape(2, POINTS, 3)[:, :, :2].sum(axis=0))
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g ** 2
        x = x - rate * m / (1 - 0.9 ** (step + 1)) / (np.sqrt(v / (1 - 0.99 ** (step + 1))) + 1e-12)
    return x


# Width of the point spread function or the word that follows it, steps, first rates of codes and of vertices (metres)
STAGES = [(0.4, 25, 0.2, 0.04), (0.2, 25, 0.2, 0.02), (0.1, 25, 0.1, 0.01), (0.05, 25, 0.1, 0.005), ("hann", 50, 0.05, 0.0025), ("hann", 50, 0.02, 0.00125)]


def prior(cars, random, tell=lambda **_: None):
    network, mean = decoder(random)
    rows = []
    for k in range(cars):
        truth = outline(random)
        paths = rw.PathSolver()(car_scene(truth), **CAR_OPTIONS)
        noise = float((abs(paths.a) ** 2).sum(axis=-1).max()) / 10 ** 2.5
        cube = paths.samples(RADAR, noise_power=noise, seed=50 + k)
        measured = signal.Loss("psf", RADAR, cube, links=[(i, i) for i in range(len(SEEN))], amplitudes="common", noise_power=noise)
        scene, code, free = car_scene(mean), np.zeros((1, network.weights[0].shape[0])), mean.copy()

        def decoded(z):
            return mean + network(z).reshape(-1, 2)

        def to_code(z, by_points):
            network(z)
            return network.back(by_points.reshape(1, -1))[0] + 1e-4 * z  # codes are of unit spread

        def to_points(p, by_points):
            shift = p - mean
            bend = shift - 0.5 * (np.roll(shift, 1, axis=0) + np.roll(shift, -1, axis=0))
            return by_points + 0.5 * (bend - 0.5 * (np.roll(bend, 1, axis=0) + np.roll(bend, -1, axis=0)))

        for width, steps, of_codes, of_vertices in STAGES:
            loss = measured.of_word("hann") if width == "hann" else measured.with_sigma(width)
            code = lowered(scene, loss, decoded, to_code, code, steps, of_codes)
            free = lowered(scene, loss, lambda p: p, to_points, free, steps, of_vertices)
        rows.append([chamfer(p, truth) for p in (mean, free, decoded(code))])
        tell(outlines={"true": truth, "mean car": mean, "free vertices": free, "by the decoder": decoded(code)})
    rows = np.array(rows)
    print(f"prior: {cars} cars seen from one side, Chamfer distance {1e3 * rows[:, 0].mean():.0f} mm of the mean car, {1e3 * rows[:, 1].mean():.0f} mm of free vertices, "
          f"{1e3 * rows[:, 2].mean():.0f} mm by the decoder; at most half of the free ones' in {(rows[:, 2] <= rows[:, 1] / 2).sum()} of {cars}", flush=True)
    return rows


def draw(folder, shown):
    shutil.move(shown["room"].preview(title="Devices where the adapted network places them"), folder / "networks.html")
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    (width, depth), places, (before, after) = shown["size_m"], shown["places"], shown["found"]
    left.plot([0, width, width, 0, 0], [0, 0, depth, depth, 0], color="0.6")
    left.plot(*np.stack([before, places], axis=1).transpose(2, 1, 0), color="0.8", linewidth=1, zorder=0)
    for at, style, label in ((places, "k+", "true"), (before, "C1.", "before"), (after, "C0.", "adapted")):
        left.plot(*at.T, style, label=label)
    for (name, outline), style in zip(shown["outlines"].items(), ("k-", "0.7", "C1", "C0")):
        right.plot(*np.concatenate([outline, outline[:1]]).T, style if style[0] == "k" else "-", label=name, **({} if style[0] == "k" else dict(color=style)))
    for ax, title, at in ((left, "a room that the network was not trained in", "lower right"), (right, "a car, radars on its south side alone", "center")):
        ax.set(title=title, xlabel="x [m]", ylabel="y [m]", aspect="equal")
        ax.legend(fontsize=7, loc=at)
    figure.savefig(folder / "networks.png", dpi=110)


def main(folder, rooms, cars):
    shown = {}
    adaptation(rooms, np.random.default_rng(0), shown.update)
    prior(cars, np.random.default_rng(1), shown.update)
    draw(pathlib.Path(folder), shown)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".", *(int(sys.argv[i]) if len(sys.argv) > i else n for i, n in ((2, 2), (3, 1))))
