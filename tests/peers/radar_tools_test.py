# SPDX-License-Identifier: Apache-2.0
"""Cubes read by other people's radar tools: the peaks that openradar, xwr and scikit-radar find are the scene's, to a fraction of a bin, and an
independent simulation of an echo is ours."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

C, FREQUENCY = 299792458.0, 77e9
PYTHONS = {"openradar": os.environ.get("RAYWAVE_OPENRADAR_PYTHON", ""), "xwr": os.environ.get("RAYWAVE_RADAR_PYTHON", ""),
           "skradar": os.environ.get("RAYWAVE_RADAR_PYTHON", "")}


def peaks(tool, folder, **arrays):
    if not os.access(PYTHONS[tool], os.X_OK):
        pytest.skip(f"{tool} is not installed: ./dev test --peers installs it")
    file = folder / "cube.npz"
    np.savez(file, **arrays)
    script = pathlib.Path(__file__).with_name("radar_tools_peaks.py")
    result = subprocess.run([PYTHONS[tool], str(script), tool, str(file)], capture_output=True, text=True, timeout=600, cwd=folder)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def scene_and_cube():
    """A plate 24 degrees to the left that comes nearer, before a radar of 2 x 4 ports, a virtual line of 8 half wavelengths."""
    import raywave as rw
    from raywave import signal
    scene = rw.Scene()
    scene.frequency_hz = FREQUENCY
    scene.add(rw.Material("metal", perfect_conductor=True))
    direction = np.array([np.cos(np.radians(24)), np.sin(np.radians(24)), 0.0])
    plate = rw.box("plate", center_m=(7.31 * direction + [0, 0, 1]).tolist(), size_m=[0.02, 1.0, 1.0], material="metal")
    scene.add(plate)
    scene.set_parameter("object/plate/rotation_rad", [np.radians(24), 0, 0])
    plate.velocity_m_per_s = (-3.0 * direction).tolist()
    scene.add(rw.Transmitter("tx", [0, 0.002, 1.0], array=rw.PlanarArray(num_rows=1, num_cols=2, horizontal_spacing=2.0, pattern="iso", polarization="V")))
    scene.add(rw.Receiver("rx", [0, -0.002, 1.0], array=rw.PlanarArray(num_rows=1, num_cols=4, horizontal_spacing=0.5, pattern="iso", polarization="V")))
    # chirps apart by little, so that what time multiplex turns between the transmitters is small
    radar = signal.Fmcw(slope_hz_per_s=60e12, sampling_frequency_hz=10e6, num_samples=256, num_chirps=64, chirp_period_s=26e-6)
    paths = rw.PathSolver()(scene, max_depth=1, los=False)
    parameters = scene.parameters()
    places = [parameters[f"device/{name}/array/element_positions_m"].value for name in ("tx", "rx")]
    return radar, paths, paths.samples(radar), places


def described(radar, cube, **more):
    from raywave import signal
    return dict(frames=signal.adc_frames(cube), num_tx=cube.shape[3], num_samples=radar.num_samples, frequency_hz=FREQUENCY,
                sampling_frequency_hz=radar.sampling_frequency_hz, slope_hz_per_s=radar.slope_hz_per_s, **more)


def expected_bins(radar, paths):
    """Of range and Doppler in the hardware's convention, by the echo's own numbers."""
    i = abs(paths.a[0, 0, 0, 0]).argmax()
    tau, nu = float(paths.tau[0, 0, i]), float(paths.doppler[0, 0, i])
    beat = (radar.slope_hz_per_s * tau - nu) * radar.num_samples / radar.sampling_frequency_hz
    return beat, -nu * radar.slow_period_s(2) * radar.num_chirps


def test_openradar_finds_the_plate(scene_and_cube, tmp_path):
    radar, paths, cube, places = scene_and_cube
    found = peaks("openradar", tmp_path, **described(radar, cube))
    beat, doppler = expected_bins(radar, paths)
    assert abs(found["range_bin"] - beat) <= 0.5
    assert abs((found["doppler_bin"] - doppler + 32) % 64 - 32) <= 0.5
    # its vectors are exp(-j pi n sin), ours of a conjugated cube exp(-j 2 pi / lambda k . q): y and so the angle by the array's order; the
    # transmitters' turn by the plate's Doppler within a chirp's time moves it by under a degree
    order = np.sign((places[1][1] - places[1][0])[1])
    assert order * found["angle_deg"] == pytest.approx(24, abs=2)


def test_xwr_finds_the_plate(scene_and_cube, tmp_path):
    radar, paths, cube, _ = scene_and_cube
    found = peaks("xwr", tmp_path, **described(radar, cube))
    beat, doppler = expected_bins(radar, paths)
    assert abs(found["range_bin"] - beat) <= 0.5 and abs(found["doppler_bin"] - doppler) <= 0.5


def test_scikit_radar_simulates_the_same(tmp_path):
    from raywave import signal
    radar = signal.Fmcw(slope_hz_per_s=60e12, sampling_frequency_hz=10e6, num_samples=256)
    distance = 7.31
    cube = signal.Echoes([[[1.0]]], [2 * distance / C], [0.0], frequency_hz=FREQUENCY).samples(radar)
    found = peaks("skradar", tmp_path, **described(radar, cube, range_m=distance))
    own = np.array(found["own_re"]) + 1j * np.array(found["own_im"])
    # phases of 3800 turns in double precision
    assert abs(own - signal.adc_frames(cube)[0, 0, 0]).max() < 1e-10
    assert found["range_m"] == pytest.approx(distance, abs=radar.range_resolution_m / 16)
