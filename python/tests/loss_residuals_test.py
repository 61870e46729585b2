# SPDX-License-Identifier: Apache-2.0
"""Residuals of radar samples: half their squares are the loss, J^T r is its gradient, their covariance is the Cramer-Rao bound."""
import numpy as np
import pytest
import raywave as rw
from raywave import signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 64 * 5e6, sampling_frequency_hz=5e6, num_samples=64)
OPTIONS = dict(max_depth=1, los=False, finder="exhaustive")
NAMES = ["object/wall/translation_m", "object/wall/rotation_rad", "device/tx0/position_m"]


def scene(offset_m=0.0, tilt_rad=0.05):
    out = rw.Scene()
    out.frequency_hz = 77e9
    out.add(rw.itu_material("concrete", 0.2))
    out.add(rw.box("wall", center_m=[2.0, 0.0, 0.5], size_m=[0.2, 4.0, 2.0], material="concrete"))
    out.add(rw.box("behind", center_m=[-1.3, 0.5, 0.5], size_m=[0.2, 2.4, 2.0], material="concrete"))
    for i in range(2):
        out.add(rw.Transmitter(f"tx{i}", [0, i + 0.03, 0.6]))
        out.add(rw.Receiver(f"rx{i}", [0, i - 0.03, 0.6], array=rw.PlanarArray(num_cols=2)))
    out.set_parameter("object/wall/translation_m", [offset_m, 0, 0])
    out.set_parameter("object/wall/rotation_rad", [tilt_rad, 0, 0])
    return out


def measured(**words):
    cube = rw.PathSolver()(scene(0.011, 0.06), **OPTIONS).samples(RADAR, noise_power=1e-14, seed=1)
    return signal.Loss("complex", RADAR, cube, **words)


@pytest.mark.parametrize("words", [dict(), dict(amplitudes="common"), dict(amplitudes="common", links=[(0, 0), (1, 0)], weights="energy")])
def test_half_the_squares_are_the_loss(words):
    loss, paths, random = measured(**words), rw.PathSolver()(scene(), **OPTIONS), np.random.default_rng(0)
    assert len(paths) > 4
    value, gradient = loss(paths, NAMES)
    r = loss.residuals(paths)
    assert 0.5 * r @ r == pytest.approx(value, rel=1e-12)
    tangents = [{name: random.normal(size=np.shape(g)) for name, g in gradient.items()} for _ in range(3)]
    jacobian = loss.residuals_jacobian(paths, tangents)
    wanted = [sum((gradient[name] * t[name]).sum() for name in NAMES) for t in tangents]
    assert jacobian.T @ r == pytest.approx(wanted, rel=1e-9)


def test_the_jacobian_is_that_of_the_residuals():
    loss = measured()
    paths, step = rw.PathSolver()(scene(), **OPTIONS), 1e-7
    jacobian = loss.residuals_jacobian(paths, [{"object/wall/translation_m": np.array([1.0, 0, 0])}])
    up, down = (loss.residuals(rw.PathSolver()(scene(s), **OPTIONS)) for s in (step, -step))
    assert abs((up - down) / (2 * step) - jacobian[:, 0]).max() < 1e-5 * abs(jacobian).max()


def test_levenberg_marquardt_ends_in_some_steps():
    loss = measured(amplitudes="common", links=[(0, 0), (1, 1)], weights="energy")
    fit = rw.fit(scene(0.01, 0.0599), {"object/wall/translation_m": dict(components=[0])}, loss, method="lm", steps=6, **OPTIONS)
    long = rw.fit(scene(0.01, 0.0599), {"object/wall/translation_m": dict(components=[0])}, loss, steps=60, cap=1e-3, **OPTIONS)
    assert fit.loss == pytest.approx(long.loss, rel=1e-7)
    noise = np.sqrt(1e-14 / 2 / sum((abs(loss.measured[i, :, i]) ** 2).sum() for i in range(2)))  # of a residual
    spread = noise * np.sqrt(fit.covariance[0, 0])
    found = []
    for seed in range(6):
        cube = rw.PathSolver()(scene(0.011, 0.06), **OPTIONS).samples(RADAR, noise_power=1e-14, seed=seed + 2)
        one = signal.Loss("complex", RADAR, cube, amplitudes="common", links=[(0, 0), (1, 1)], weights="energy")
        at = rw.fit(scene(0.011, 0.06), {"object/wall/translation_m": dict(components=[0])}, one, method="lm", steps=6, **OPTIONS)
        found.append(at.physical[0])
    # 6 spreads about a known truth: chi^2 of 6 within its 0.1 % bounds
    assert 0.38 < (np.square(found) / spread ** 2).sum() < 22.5


def test_other_losses_have_no_residuals():
    cube = rw.PathSolver()(scene(), **OPTIONS).samples(RADAR)
    for word, amplitudes in (("psf", "known"), ("complex", "each")):
        with pytest.raises(rw.Error, match="residuals are those of 'complex'"):
            rw.fit(scene(), NAMES[:1], signal.Loss(word, RADAR, cube, amplitudes=amplitudes), method="lm", **OPTIONS)
