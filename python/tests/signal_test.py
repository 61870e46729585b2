# SPDX-License-Identifier: Apache-2.0
"""Radar cubes and OFDM grids from Python: shapes, derivatives to the scene, spectra, estimates, files. Their laws are tested in C++."""
import pathlib
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import raywave as rw
from raywave import signal

ROOT = pathlib.Path(__file__).resolve().parents[2]
RADAR = signal.Fmcw(slope_hz_per_s=50e12, sampling_frequency_hz=5e6, num_samples=128, num_chirps=16, chirp_period_s=40e-6,
                    first_frequency_offset_hz=-0.64e9)
C = 299792458.0


def radar_scene():
    """A radar of 2 x 4 ports before a metal plate that comes nearer, and a wall of concrete."""
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.itu_material("concrete", 0.2))
    plate = rw.box("plate", center_m=[6.03, 0.0, 1.0], size_m=[0.02, 2.0, 2.0], material="metal")
    scene.add(plate)
    plate.velocity_m_per_s = [-4.0, 0.0, 0.0]
    scene.add(rw.box("wall", center_m=[0.0, 9.5, 2.0], size_m=[8.0, 0.3, 4.0], material="concrete"))
    array = rw.PlanarArray(num_rows=1, num_cols=4, horizontal_spacing=0.5, pattern="iso", polarization="V")
    scene.add(rw.Transmitter("tx", [0.0, 0.1, 1.0], array=rw.PlanarArray(num_rows=1, num_cols=2, horizontal_spacing=2.0, pattern="iso", polarization="V")))
    scene.add(rw.Receiver("rx", [0.0, -0.1, 1.0], array=array))
    return scene


@pytest.fixture(scope="module")
def paths():
    return rw.PathSolver()(radar_scene(), max_depth=1, los=False)


def test_plate_is_where_it_is(paths):
    spectrum = paths.spectrum(RADAR, range_bins=2048, doppler_bins=256)
    assert spectrum.shape == (1, 4, 1, 2, 1, 256, 2048)
    power = (abs(spectrum) ** 2).sum(axis=(0, 1, 2, 3, 4))
    row, column = np.unravel_index(power.argmax(), power.shape)
    k = abs(RADAR.ranges_m(2048) - np.hypot(6.02, 0.1)).argmin()
    # range-Doppler coupling -c nu / (2 mu): 2 mm here
    assert abs(column - k) <= 1
    assert RADAR.doppler_hz(256, 2)[row] == pytest.approx(2 * 4.0 * 77e9 / C, abs=1 / (256 * RADAR.slow_period_s(2)))


def test_spectrum_is_the_transform_of_samples(paths):
    for words in (dict(), dict(multiplexing="ddm"), dict(complex_sampling=False, num_samples=200, sampling_frequency_hz=12e6)):
        radar = signal.Fmcw(**{**RADAR._words(), **words})
        cube = paths.samples(radar)
        assert np.iscomplexobj(cube) == radar.complex_sampling
        for s in (signal.Spectrum(), signal.Spectrum("blackman", "rectangular", 300, 40)):
            wanted = s.of(cube)
            assert abs(paths.spectrum(radar, s) - wanted).max() < 1e-11 * abs(wanted).max()


@pytest.mark.parametrize("of", ["samples", "spectrum"])
@pytest.mark.parametrize("words", [{}, {"multiplexing": "ddm"}, {"complex_sampling": False, "sampling_frequency_hz": 12e6}])
def test_gradients_reach_the_scene(paths, of, words):
    radar = signal.Fmcw(**{**RADAR._words(), **words})
    names = ["device/tx/position_m", "device/rx/orientation_rad", "object/plate/translation_m", "object/plate/velocity_m_per_s",
             "material/concrete/relative_permittivity"]
    scene = radar_scene()
    # steps of a tenth of a millimetre would turn the phase by a radian
    for name in names:
        step = 1e-7 if "_m" == name[-2:] else None
        check = rw.gradcheck(rw.PathSolver(), scene, [name], of=of, channel=dict(waveform=radar), step=step, tolerance=1e-4, max_depth=1, los=False)
        if not name.endswith("velocity_m_per_s"):  # sum |y|^2 of separated echoes hardly depends on it
            assert check.passed, check
    value = getattr(paths, of)(radar)
    random = np.random.default_rng(1)
    cotangent = random.normal(size=value.shape) + (1j * random.normal(size=value.shape) if np.iscomplexobj(value) else 0)
    tangent = {name: random.normal(size=paths_shape(scene, name)) for name in names}
    moved = getattr(paths, of + "_jvp")(radar, tangent)
    gradient = getattr(paths, of + "_vjp")(radar, cotangent, wrt=names)
    forward = float((np.conj(cotangent) * moved).sum().real)
    back = sum(float((gradient[n] * tangent[n]).sum()) for n in names)
    assert back == pytest.approx(forward, rel=1e-9, abs=1e-11 * float((abs(cotangent) * abs(moved)).sum()))


def paths_shape(scene, name):
    return scene.parameters()[name].shape


@pytest.mark.parametrize("of", ["samples", "spectrum"])
def test_gradients_know_the_phase(paths, of):
    """Of Re <cotangent, samples>, which turns with every wavelength, against differences of the scene."""
    value = getattr(paths, of)(RADAR)
    random = np.random.default_rng(2)
    cotangent = random.normal(size=value.shape) + 1j * random.normal(size=value.shape)
    for name, step in (("object/plate/translation_m", 1e-6), ("device/tx/position_m", 1e-6), ("object/plate/velocity_m_per_s", 1e-3)):
        gradient = getattr(paths, of + "_vjp")(RADAR, cotangent, wrt=name)[name]

        def product(h):
            scene = radar_scene()
            at = np.array(scene.parameters()[name].value, dtype=float)
            at[0] += h
            scene.set_parameter(name, at)
            return float((np.conj(cotangent) * getattr(rw.PathSolver()(scene, max_depth=1, los=False), of)(RADAR)).sum().real)

        # 2 k h is 0.003 radians: a difference of second order is off by 2e-6
        assert gradient[0] == pytest.approx((product(step) - product(-step)) / (2 * step), rel=1e-4), name


def test_one_chirp_has_a_spectrum():
    echo = signal.Echoes([[[1.0]]], [4e-8], [0.0], frequency_hz=77e9)
    for window in ("rectangular", "hann", "hamming", "blackman"):
        one = signal.Fmcw(**{**RADAR._words(), "num_chirps": 1})
        s = signal.Spectrum(window, window)
        x = echo.spectrum(one, s)
        assert 0.5 < abs(x).max() <= 1 and abs(x - s.of(echo.samples(one))).max() < 1e-12
        assert np.isfinite(echo.spectrum(signal.Ofdm(1, 30e3), s)).all()
        assert signal.angle_spectrum([2.0], [[0, 0, 0]], [[1.0, 0, 0]], 0.01, window=window) == pytest.approx(2)
        assert np.isfinite(signal.delay_angle(np.ones((1, 1)), [[0, 0, 0]], [[1.0, 0, 0]], 0.01, window=window)).all()


def test_fields_say_their_names():
    echo = signal.Echoes([[[1.0]]], [4e-8], [0.0], frequency_hz=77e9)
    for call, text in ((lambda: signal.Fmcw(**{**RADAR._words(), "num_samples": 12.5}), "num_samples must be a whole number, got 12.5"),
                       (lambda: signal.Fmcw(**{**RADAR._words(), "adc_start_s": "now"}), "adc_start_s must be a number, got 'now'"),
                       (lambda: signal.Ofdm(64, 30e3, num_symbols=None), "num_symbols must be a whole number"),
                       (lambda: echo.samples(RADAR, seed=-1), "seed must be a whole number >= 0, got -1"),
                       (lambda: echo.spectrum(RADAR, range_bins=1e3), "range_bins must be a whole number"),
                       (lambda: signal.Spectrum(range_bins=64).of(echo.samples(RADAR)), "range_bins must be >= 128"),
                       (lambda: signal.thermal_noise_power(1e6, power_dbm=30, temperature_k=-1), "temperature_k must be >= 0"),
                       (lambda: signal.thermal_noise_power(-1e6, power_dbm=30), "bandwidth_hz must be >= 0")):
        with pytest.raises(rw.Error, match=text):
            call()


def test_echoes_give_back_what_they_hold():
    a = np.arange(12).reshape(2, 3, 2) + 1j
    echoes = signal.Echoes(a, [1e-8, 2e-8], [3.0, -4.0], frequency_hz=77e9)
    assert (echoes.a == a).all() and echoes.tau.tolist() == [1e-8, 2e-8] and echoes.doppler.tolist() == [3.0, -4.0]


def test_real_samples_are_the_real_part(paths):
    words = {**RADAR._words(), "sampling_frequency_hz": 12e6}
    real, whole = signal.Fmcw(**{**words, "complex_sampling": False}), signal.Fmcw(**words)
    assert (paths.samples(real) == paths.samples(whole).real).all()


def test_angle_of_arrival(paths):
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    lam = C / 77e9
    positions = np.array([[0, k * lam / 2, 0] for k in range(16)])
    u = np.array([np.cos(0.3), np.sin(0.3), 0])
    values = np.exp(2j * np.pi / lam * positions @ u)[:, None] * [[1.0, 2.0]]
    angles = np.linspace(-1, 1, 2001)
    directions = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1)
    for window in ("rectangular", "hann"):
        spectrum = signal.angle_spectrum(values, positions, directions, lam, window=window)
        assert spectrum.shape == (2001, 2)
        assert angles[abs(spectrum[:, 0]).argmax()] == pytest.approx(0.3, abs=1e-3)
        assert abs(spectrum).max(axis=0) == pytest.approx([1, 2], rel=1e-5)


def test_angle_of_the_paths(paths):
    """The ports' gains are those of a virtual array whose steering finds the plate ahead and the wall to the left."""
    scene = radar_scene()
    parameters = scene.parameters()
    rx, tx = (parameters[f"device/{name}/array/element_positions_m"].value for name in ("rx", "tx"))
    x = paths.spectrum(RADAR)[0, :, 0, :, 0, 0]  # echoes at rest; the plate leaks into it
    angles = np.linspace(-1.5, 1.5, 1501)
    directions = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1)
    spectrum = abs(signal.angle_spectrum(x.reshape(8, -1), signal.virtual_array(rx, tx), directions, C / 77e9))
    wall, plate = (abs(RADAR.ranges_m() - r).argmin() for r in (9.35, 6.02))
    assert spectrum[:, wall].argmax() == 1500  # at the end of what was asked for: 90 degrees, along the array
    # the plate moves, and by time multiplex the second port sends later: one port's elements, at the plate's Doppler
    row = abs(RADAR.doppler_hz(num_tx_ports=2) - 8 * 77e9 / C).argmin()
    x = paths.spectrum(RADAR)[0, :, 0, 0, 0, row]
    spectrum = abs(signal.angle_spectrum(x, rx, directions, C / 77e9))
    assert angles[spectrum[:, plate].argmax()] == pytest.approx(np.arctan(0.1 / 6.02), abs=2e-3)


def test_echoes_match_their_formula_and_adjoint():
    random = np.random.default_rng(0)
    a, tau, nu = random.normal(size=(2, 3, 7)) + 1j, random.uniform(1e-9, 6e-8, 7), random.uniform(-2e3, 2e3, 7)
    echoes = signal.Echoes(a, tau, nu, frequency_hz=77e9)
    assert len(echoes) == 7
    y = echoes.samples(RADAR)
    assert y.shape == (1, 2, 1, 3, 1, 16, 128)
    n, m = np.arange(128) / 5e6, np.arange(16)[:, None] * 3 * 40e-6
    f0 = 77e9 - 0.64e9
    for r in range(2):
        for t in range(3):
            wanted = sum(a[r, t, i] * np.exp(2j * np.pi * (-f0 * tau[i] - 50e12 * tau[i] * n + nu[i] * (m + n + t * 40e-6))) for i in range(7))
            assert abs(y[0, r, 0, t, 0] - wanted).max() < 1e-10 * abs(wanted).max()
    tangent = dict(a=random.normal(size=a.shape) + 0j, tau=1e-11 * random.normal(size=7), doppler=random.normal(size=7), frequency_hz=3.0)
    cotangent = random.normal(size=y.shape) + 1j * random.normal(size=y.shape)
    g = echoes.samples_vjp(RADAR, cotangent)
    d = echoes.samples_jvp(RADAR, tangent)
    back = (np.conj(g["a"]) * tangent["a"]).sum().real + sum((g[k] * tangent[k]).sum() for k in ("tau", "doppler")) + 3.0 * g["frequency_hz"]
    assert back == pytest.approx((np.conj(cotangent) * d).sum().real, rel=1e-9)


def test_noise_is_counted_and_keyed():
    quiet = signal.Echoes(np.zeros((1, 1, 1)), [1e-8], [0.0], frequency_hz=77e9)
    y = quiet.samples(RADAR, noise_power=2e-9, seed=3)
    assert (y == quiet.samples(RADAR, noise_power=2e-9, seed=3)).all() and (y != quiet.samples(RADAR, noise_power=2e-9, seed=4)).any()
    assert (abs(y) ** 2).mean() == pytest.approx(2e-9, rel=5 / np.sqrt(y.size))
    assert signal.thermal_noise_power(1e6, power_dbm=30, noise_figure_db=3, temperature_k=290) == pytest.approx(1.380649e-23 * 290 * 1e6 * 10**0.3)


def test_what_is_ambiguous_is_said():
    far = signal.Echoes([[[1.0]]], [1.5e-7], [0.0], frequency_hz=77e9)
    with pytest.warns(UserWarning, match="beyond the unambiguous 29.9"):
        far.samples(RADAR)
    with pytest.warns(UserWarning, match="cyclic prefix"):
        signal.Echoes([[[1.0, 1.0]]], [1e-7, 6e-6], [0.0, 0.0], frequency_hz=3.5e9).samples(signal.ofdm("mu1", num_resource_blocks=2))
    for words, text in ((dict(slope_hz_per_s=0.0), "slope_hz_per_s must not be 0"), (dict(ramp_duration_s=1e-5), "ramp_duration_s"),
                        (dict(chirp_period_s=1e-5), "chirp_period_s must be at least"), (dict(multiplexing="cdm"), "unknown multiplexing 'cdm'"),
                        (dict(num_samples=0), "num_samples must be >= 1")):
        with pytest.raises(rw.Error, match=text):
            signal.Fmcw(**{**RADAR._words(), **words})
    with pytest.raises(rw.Error, match="subcarrier_spacing_hz"):
        signal.Ofdm(64, 0.0)


def test_falling_chirps_count_down():
    falling = signal.Fmcw(**{**RADAR._words(), "slope_hz_per_s": -50e12, "first_frequency_offset_hz": 0.64e9})
    echo = signal.Echoes([[[1.0]]], [4.3e-8], [0.0], frequency_hz=77e9)
    x = abs(echo.spectrum(falling, range_bins=4096)[0, 0, 0, 0, 0, 0])
    assert falling.delays_s(4096)[x.argmax()] == pytest.approx(4.3e-8, abs=1e-7 / 4096)


def test_ofdm_is_the_frequency_response(paths):
    grid = signal.ofdm("mu3", num_resource_blocks=4, num_symbols=5)
    assert grid.subcarrier_spacing_hz == 120e3 and grid.num_subcarriers == 48
    h = paths.samples(grid)
    assert h.shape == (1, 4, 1, 2, 1, 5, 48)
    response = paths.cfr(grid.frequencies_hz, normalize_delays=False)
    assert abs(h[:, :, :, :, 0, 0] - response[..., 0, :]).max() < 1e-11 * abs(response).max()
    step = paths.cfr(grid.frequencies_hz, normalize_delays=False, num_time_steps=5, sampling_frequency_hz=1 / grid.times_s[1])
    assert abs(h[:, :, :, :, 0] - step).max() < 1e-11 * abs(response).max()


def test_estimate_finds_the_channel(paths):
    grid = signal.ofdm("mu3", num_resource_blocks=4, num_symbols=7)
    h = paths.samples(grid)[0, :, 0, :, 0]
    mask = signal.pilot_mask(7, 48, every_symbol=3, every_subcarrier=4)
    pilots = np.exp(0.5j * np.pi * np.random.default_rng(0).integers(0, 4, (7, 48)))
    found = signal.ls_estimate(h * pilots, pilots, mask)
    inside = found[..., :7, :45]
    # a straight line over 4 carriers of 120 kHz and delays of 65 ns
    assert abs(inside - h[..., :7, :45]).max() < 0.05 * abs(h).max()
    assert abs(found - h)[..., mask].max() < 1e-12 * abs(h).max()
    received = h * pilots + 1e-9 * np.random.default_rng(1).normal(size=h.shape)
    assert np.isfinite(signal.ls_estimate(received, pilots, mask)).all()
    with pytest.raises(rw.Error, match="lattice"):
        signal.ls_estimate(h, 1.0, np.eye(7, 48, dtype=bool))


def test_capacity_and_its_gradient():
    random = np.random.default_rng(3)
    h = random.normal(size=(5, 3, 4)) + 1j * random.normal(size=(5, 3, 4))
    value, gradient = signal.capacity(h, 10.0), signal.capacity_gradient(h, 10.0)
    direction = random.normal(size=h.shape) + 1j * random.normal(size=h.shape)
    step = 1e-5
    difference = (signal.capacity(h + step * direction, 10.0) - signal.capacity(h - step * direction, 10.0)) / (2 * step)
    assert (np.conj(gradient) * direction).sum(axis=(1, 2)).real == pytest.approx(difference, rel=1e-8)
    poured = signal.capacity(h, 10.0, known_at_tx=True)
    assert (poured >= value - 1e-12).all()
    # a single antenna at either end
    assert signal.capacity([[2.0]], 3.0) == pytest.approx(np.log2(13)) and signal.capacity([[2.0]], 3.0, known_at_tx=True) == pytest.approx(np.log2(13))
    assert signal.capacity(np.diag([2.0, 1e-3]), 1.0, known_at_tx=True) == pytest.approx(np.log2(5))
    assert signal.beamforming_gain(h).shape == (5,)
    best = np.linalg.svd(h)
    assert signal.beamforming_gain(h, best[2][:, 0].conj(), best[0][:, :, 0]) == pytest.approx(signal.beamforming_gain(h))


@pytest.mark.parametrize("ending", [".npz", ".h5"])
def test_cubes_come_back(paths, tmp_path, ending):
    cube = paths.samples(RADAR)
    file = tmp_path / f"cube{ending}"
    signal.save_cube(file, cube, RADAR, frequency_hz=77e9)
    samples, waveform, frequency = signal.load_cube(file)
    assert (samples == cube).all() and waveform == RADAR and frequency == 77e9
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(rw.Error, match="not a cube"):
        signal.load_cube(tmp_path / "other.npz")


def test_raw_samples_as_sigmf(paths, tmp_path):
    cube = paths.samples(RADAR)
    signal.save_cube(tmp_path / "raw.sigmf-meta", cube, RADAR, frequency_hz=77e9)
    raw = np.fromfile(tmp_path / "raw.sigmf-data", dtype="<c16").reshape(-1, 8)
    assert (raw[:, 0] == cube[0, 0, 0, 0].ravel()).all()


def test_bins_that_are_cut_cost_their_tail(paths):
    whole = paths.spectrum(RADAR)
    cut = paths.spectrum(RADAR, kernel_bins=6)
    tail = max(signal.kernel_tail("hann", 128, 6), signal.kernel_tail("hann", 16, 6))
    assert abs(whole - cut).max() <= tail * abs(paths.a).sum(axis=-1).max()
    assert (cut == 0).mean() > 0.5


def test_no_warning_without_reason(paths):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths.samples(RADAR)


def test_examples_of_the_docs_run():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/signals.md").read_text(), flags=re.S)
    assert blocks
    result = subprocess.run([sys.executable, "-c", "\n".join(blocks)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "9.95 m, 3125 Hz" in result.stdout and "0.31" in result.stdout


def test_echoes_that_are_none_are_refused_by_name():
    waveform = signal.Fmcw(slope_hz_per_s=30e12, sampling_frequency_hz=10e6, num_samples=64, num_chirps=2)
    measured = signal.Echoes(np.ones((1, 1, 1)), [1e-7], [0.0], frequency_hz=77e9).samples(waveform)
    loss = signal.Loss("psf", waveform, measured)
    for a, tau, what in (([1.0], [np.nan], "tau of link"), ([np.inf], [1e-7], "a of link"), ([1.0, 1.0], [1e-7], "a takes"), ([[1.0]], [1e-7], "a takes")):
        with pytest.raises(rw.Error, match=what):
            loss.of_echoes((0, 0), a, tau, frequency_hz=77e9)
