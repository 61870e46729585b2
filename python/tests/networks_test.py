# SPDX-License-Identifier: Apache-2.0
"""Networks in the loop: radar cubes, OFDM grids, arrival maps and panels as functions of PyTorch and of JAX, against differences of themselves."""
import numpy as np
import pytest
import raywave as rw
from raywave import signal


def scene():
    out = rw.Scene()
    out.frequency_hz = 10e9
    out.add(rw.Material("metal", perfect_conductor=True))
    out.add(rw.box("car", center_m=[6, 0.4, 0.7], size_m=[4, 1.8, 1.4], material="metal"))
    out.add(rw.Transmitter("tx", [0, 0.05, 0.6]))
    out.add(rw.Receiver("rx", [0, -0.05, 0.6], array=rw.PlanarArray(num_cols=2)))
    return out


RADAR = signal.Fmcw(slope_hz_per_s=30e12, sampling_frequency_hz=10e6, num_samples=32, num_chirps=2, chirp_period_s=40e-6)
CAR, PHASES = "object/car/translation_m", "ris/panel/phase_rad"
PANEL = rw.Ris("panel", [2, 3, 0.6], [-1.6, 0, 0], num_rows=2, num_cols=2, spacing_m=0.015)
CASES = {
    "cube": ([CAR], "samples", dict(channel=dict(waveform=RADAR), max_depth=1)),
    "spectrum": ([CAR], "spectrum", dict(channel=dict(waveform=RADAR), max_depth=1)),
    "grid": (["device/rx/position_m"], "samples", dict(channel=dict(waveform=signal.ofdm("mu1", num_resource_blocks=1, num_symbols=2)), max_depth=1)),
    "arrivals": ([CAR], "gain", dict(solver=rw.ArrivalMapSolver(), azimuths=8, elevations=3, max_depth=1)),
    "panel": ([PHASES, "device/rx/position_m"], "cfr", dict(channel=dict(frequencies_hz=[0.0, 1e7]), panels=PANEL, max_depth=1)),
    "map": ([PHASES], "rss", dict(solver=rw.RadioMapSolver(), panels=PANEL, coherent=True, center_m=[3, 3, 0.6], size_m=[2, 1], cell_size_m=1.0, max_depth=0)),
}


def values(names):
    here = {PHASES: PANEL.phase_rad}
    return [np.array(here[n] if n in here else scene().parameters()[n].value, dtype=float) for n in names]


def slopes(case):
    """(function of arrays, its directional derivative by differences, directions, weights)"""
    names, of, words = CASES[case]
    random = np.random.default_rng(0)
    function = rw.differentiable.Function(scene(), names, of, **words)
    start = values(names)
    out = np.asarray(function.evaluate(start)[0])
    weights = random.normal(size=out.shape) / abs(out).max() * np.exp(1j * random.uniform(0, 6, out.shape) if np.iscomplexobj(out) else np.ones(out.shape))
    directions = [random.normal(size=v.shape) for v in start]

    def loss(step):
        value = function.evaluate([v + step * d for v, d in zip(start, directions)])[0]
        return (np.conj(weights) * value).real.sum()

    h = 1e-6
    return (loss(h) - loss(-h)) / (2 * h), directions, weights, start, names, of, words


@pytest.mark.parametrize("case", CASES)
def test_jax(case):
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    jax.config.update("jax_enable_x64", True)
    wanted, directions, weights, start, names, of, words = slopes(case)
    f = rw.jax.function(scene(), names, of, **words)
    gradient = jax.jit(jax.grad(lambda *v: jax.numpy.real(jax.numpy.conj(weights) * f(*v)).sum(), argnums=tuple(range(len(start)))))(*start)
    assert sum((np.asarray(g) * d).sum() for g, d in zip(gradient, directions)) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_torch(case):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: its wheel is too large for the test machine")
    wanted, directions, weights, start, names, of, words = slopes(case)
    given = [torch.tensor(v, requires_grad=True) for v in start]
    out = rw.torch.function(scene(), names, of, **words)(*given)
    torch.real(torch.conj(torch.from_numpy(weights)) * out).sum().backward()
    assert sum((g.grad.numpy() * d).sum() for g, d in zip(given, directions)) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_what_both_call(case):
    """The pullback that they share."""
    wanted, directions, weights, start, names, of, words = slopes(case)
    gradient = rw.differentiable.Function(scene(), names, of, **words).evaluate(start)[1](weights)
    assert sum((np.asarray(g) * d).sum() for g, d in zip(gradient, directions)) == pytest.approx(wanted, rel=1e-4)
