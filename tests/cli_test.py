# SPDX-License-Identifier: Apache-2.0
"""The program `raywave`: exit codes, JSON, messages, files that survive a failure."""
import json
import math
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

import numpy as np
import pytest

CANYON = "scenes/street_canyon/street_canyon.xml"
LINK = ["--tx", "-30,0,10", "--rx", "30,0,1.5"]
LEARNED = ["--finder", "learned", "--sampler", "models/facet_sampler.bin"]
SPEED_OF_LIGHT = 299792458.0
SUBCOMMANDS = [["scene", "info"], ["scene", "check"], ["paths"], ["arrivals"], ["map"], ["view"], ["gradcheck"], ["validate"], ["doctor"], ["sampler", "train"]]


def paths_json(raywave, *arguments):
    result = raywave("paths", CANYON, *LINK, *arguments, "--json", "-")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=" ".join)
def test_example_in_help_works(raywave, subcommand, root, tmp_path):
    text = raywave(*subcommand, "--help").stdout
    example = re.search(r"Example:\n\s+raywave (.*)", text)
    assert example, text
    os.symlink(root / "scenes", tmp_path / "scenes")
    arguments = shlex.split(example[1])
    result = raywave(*arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
    named = [arguments[i + 1] for i, a in enumerate(arguments) if a in {"-o", "--html", "--png"}]
    assert all((tmp_path / name).stat().st_size > 0 for name in named)


def test_paths_json_has_the_documented_fields_in_order(raywave):
    document = paths_json(raywave, "--max-depth", 2)
    assert document["frequency_hz"] == 3.5e9
    assert len(document["paths"]) > 3
    keys = {"tx", "rx", "interactions", "objects", "vertices_m", "delay_s", "a", "departure", "arrival", "doppler_hz"}
    for path in document["paths"]:
        assert set(path) == keys
        assert len(path["interactions"]) == len(path["objects"]) == len(path["vertices_m"]) - 2
        assert path["vertices_m"][0] == [-30, 0, 10] and path["vertices_m"][-1] == [30, 0, 1.5]
        assert set(path["departure"]) == set(path["arrival"]) == {"theta_rad", "phi_rad"}
        length_m = sum(math.dist(a, b) for a, b in zip(path["vertices_m"], path["vertices_m"][1:]))
        # A sum of five or fewer roundings of a double.
        assert path["delay_s"] == pytest.approx(length_m / SPEED_OF_LIGHT, rel=1e-14)
    delays = [p["delay_s"] for p in document["paths"]]
    assert delays == sorted(delays)


def test_line_of_sight_is_friis(raywave):
    (path,) = paths_json(raywave, "--max-depth", 0)["paths"]
    distance_m = math.dist([-30, 0, 10], [30, 0, 1.5])
    # Isotropic, vertical at both ends: |a| = lambda / (4 pi d), exactly, up to roundings.
    assert math.hypot(*path["a"]) == pytest.approx(SPEED_OF_LIGHT / 3.5e9 / (4 * math.pi * distance_m), rel=1e-13)


def test_arrivals_find_the_direct_path(raywave, tmp_path):
    arguments = ["arrivals", CANYON, *LINK, "--max-depth", 0, "--horn", "5,5", "--grid", "181,360"]
    result = raywave(*arguments, "--json", "-", "-o", tmp_path / "arrivals.npz")
    assert result.returncode == 0 and (tmp_path / "arrivals.npz").stat().st_size > 8 * 181 * 360, result.stderr
    (link,) = json.loads(result.stdout)["links"]
    peak = link["sheets"][0]["peaks"][0]
    assert abs(abs(peak["azimuth_rad"]) - math.pi) < math.radians(1)  # from x = -30 at a receiver at x = 30
    assert peak["elevation_rad"] == pytest.approx(math.atan2(8.5, 60), abs=math.radians(1))
    # a Gaussian horn of 5 degrees has 16 ln 2 over its widths' product; the peak is within half a degree of its axis
    horn = 16 * math.log(2) / math.radians(5) ** 2
    friis = (SPEED_OF_LIGHT / 3.5e9 / (4 * math.pi * math.hypot(60, 8.5))) ** 2
    assert friis * horn * 2 ** (-4 * 2 * 0.1 ** 2) < peak["gain"] <= friis * horn * (1 + 1e-12)
    for words, message in ((["--ring", "8,1"], "excludes"), (["--delays", "20"], "bandwidth_hz must be > 0"), (["--sines", "0,4"], "whole numbers")):
        assert message in raywave(*arguments, *words).stderr


def test_switches_select_interactions(raywave):
    def kinds(*switches):
        return [tuple(p["interactions"]) for p in paths_json(raywave, "--max-depth", 1, *switches)["paths"]]

    assert () in kinds()
    assert () not in kinds("--no-los")
    assert kinds("--no-specular-reflection") == [()]
    assert set(kinds("--no-los")) == {("specular_reflection",)}
    assert kinds("--no-los", "--no-specular-reflection") == []


def test_diffraction_reaches_round_corners(raywave, root, tmp_path):
    hidden = ["--tx", "-30,0,10", "--rx", "30,40,1.5", "--max-depth", 2, "--json", "-"]

    def kinds(*arguments):
        result = raywave("paths", *arguments, *hidden)
        assert result.returncode == 0, result.stderr
        return {tuple(p["interactions"]) for p in json.loads(result.stdout)["paths"]}

    assert not any("diffraction" in k for k in kinds(CANYON))
    single = kinds(CANYON, "--diffraction")
    assert ("diffraction",) in single and all(k.count("diffraction") < 2 for k in single)
    assert ("diffraction", "diffraction") in kinds(CANYON, "--diffraction", "--max-diffractions", 2)
    config = tmp_path / "run.toml"
    config.write_text(f'scene = "{root / CANYON}"\n[paths]\ndiffraction = true\nmax_diffractions = 2\n')
    assert ("diffraction", "diffraction") in kinds("--config", config)
    assert not any("diffraction" in k for k in kinds("--config", config, "--no-diffraction"))


def test_seams_are_closed_up_to_their_tolerance(raywave, tmp_path):
    # two plates in one plane, 5 mm apart, a tenth of the wavelength is 10 mm: as given the crack is closed, and no edge
    plates = ""
    for lo, hi in ((-6, 0), (0.005, 6)):
        plates += f"o plate\nusemtl itu_metal\n" + "".join(f"v {x} {y} 3\n" for x, y in ((lo, -4), (hi, -4), (hi, 4), (lo, 4))) + "f -4 -3 -2 -1\n"
    (tmp_path / "plates.obj").write_text(plates)
    link = ["--frequency", "2.99792458GHz", "--tx", "-1,0.5,8", "--rx", "2,-0.5,0"]

    def edges(*arguments):
        result = raywave("paths", *arguments, *link, "--diffraction", "--max-depth", 1, "--json", "-", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        return sum("diffraction" in p["interactions"] for p in json.loads(result.stdout)["paths"])

    assert edges("plates.obj") == edges("plates.obj", "--seam-tolerance", 0.006) == 4
    assert edges("plates.obj", "--seam-tolerance", 0.004) == 6
    for tolerance, found in ((0.004, 6), (0.006, 4)):
        (tmp_path / "run.toml").write_text(f'scene = "plates.obj"\n[paths]\nseam_tolerance_m = {tolerance}\n')
        assert edges("--config", "run.toml") == found
    assert edges("--config", "run.toml", "--seam-tolerance", 0) > 4  # the flag holds, not the file
    (tmp_path / "run.toml").write_text('scene = "plates.obj"\n[map]\nseam_tolerance_m = -1\n')
    bad = raywave("map", "--config", "run.toml", *link[:4], cwd=tmp_path)
    assert bad.returncode == 3 and "run.toml:3: seam_tolerance_m must be >= 0, got -1" in bad.stderr
    assert raywave("paths", "plates.obj", *link, "--seam-tolerance", -1, cwd=tmp_path).returncode != 0


def test_diffraction_fills_the_shadows_of_a_map(raywave):
    def map_json(*switches):
        result = raywave("map", CANYON, "--tx", "-30,0,10", "--cell-size", 10, "--max-depth", 1, *switches, "--json", "-")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    without, bent = map_json(), map_json("--diffraction")
    assert bent["settings"]["diffraction"] is True and without["settings"]["diffraction"] is False
    assert bent["transmitters"][0]["coverage"] > without["transmitters"][0]["coverage"]


def test_both_finders_agree_on_the_canyon(raywave):
    def found(finder):
        return [(p["objects"], p["delay_s"]) for p in paths_json(raywave, "--max-depth", 2, "--finder", finder)["paths"]]

    assert found("shoot-and-bounce") == found("exhaustive")


def test_the_learned_finder_draws_some_of_all_paths_by_flags_and_by_run_files(raywave, root, tmp_path):
    model = root / "models/facet_sampler.bin"

    def found(*words):
        result = raywave("paths", root / CANYON, *LINK, "--max-depth", 2, "--json", "-", *words)
        assert result.returncode == 0, result.stderr
        return {p["delay_s"] for p in json.loads(result.stdout)["paths"]}

    every, flags = found("--finder", "exhaustive"), ["--finder", "learned", "--sampler", model]
    few, many = found(*flags, "--num-samples", 1), found(*flags, "--num-samples", 200)
    assert few < many == every and few == found(*flags, "--num-samples", 1, "--threads", 1)
    assert len({frozenset(found(*flags, "--num-samples", 1, "--seed", seed)) for seed in range(6)}) > 1
    (tmp_path / "model.bin").write_bytes(model.read_bytes())  # relative to the run file, wherever the program is called
    (tmp_path / "run.toml").write_text('[paths]\nfinder = "learned"\nsampler = "model.bin"\nnum_samples = 1\n')
    run = ["--config", tmp_path / "run.toml"]
    assert found(*run) == few and found(*run, "--num-samples", 200) == many and found(*run, "--finder", "exhaustive") == every
    rw = pytest.importorskip("raywave")
    from raywave.explore import document
    held = document.read(tmp_path / "run.toml")
    scene = rw.load_scene(root / CANYON)
    scene.add(rw.Transmitter("tx0", [-30, 0, 10])), scene.add(rw.Receiver("rx0", [30, 0, 1.5]))
    assert few == {t for t in document.solve_paths(scene, held, max_depth=2).tau.ravel() if t > 0}
    assert "sampler=rw.PathSampler.load(" in document.to_script({**held, "transmitter": [{"name": "a"}], "receiver": [{"name": "b"}]})
    derivative = raywave("gradcheck", root / CANYON, *LINK, "--max-depth", 1, *flags, "--wrt", "device/tx0/position_m")
    assert derivative.returncode == 0, derivative.stdout


def test_several_devices_names_arrays_and_files(raywave, tmp_path):
    result = raywave("paths", CANYON, "--tx", "mast=-30,0,10", "--tx", "-20,5,8", "--rx", "30,0,1.5", "--max-depth", 1,
                     "--tx-array", "rows=2,cols=2,pattern=tr38901,polarization=VH", "--json", tmp_path / "p.json",
                     "-o", tmp_path / "p.npz")
    assert result.returncode == 0, result.stderr
    document = json.loads((tmp_path / "p.json").read_text())
    assert {p["tx"] for p in document["paths"]} == {"mast", "tx0"}
    assert [(p["tx"], p["rx"]) for p in document["paths"]] == sorted((p["tx"], p["rx"]) for p in document["paths"])
    assert "mast" in result.stdout and "path gain [dB]" in result.stdout
    with np.load(tmp_path / "p.npz") as arrays:
        assert len(arrays.files) > 3
    assert not list(tmp_path.glob("*.part"))


def test_threads_and_repetition_give_the_same_bytes(raywave):
    runs = {raywave("paths", CANYON, *LINK, "--json", "-", "--threads", n).stdout for n in (1, 2, 2)}
    assert len(runs) == 1 and len(runs.pop()) > 100


def test_config_file_and_flags_that_override_it(raywave, root, tmp_path):
    config = tmp_path / "run.toml"
    config.write_text(f"""scene = "{root / CANYON}"
frequency = "28GHz"
[[transmitter]]
name = "mast"
position_m = [-30, 0, 10]
[[receiver]]
position_m = [30, 0, 1.5]
[paths]
max_depth = 0
""")
    (path,) = json.loads(raywave("paths", "--config", config, "--json", "-").stdout)["paths"]
    assert path["tx"] == "mast" and path["interactions"] == []
    overridden = json.loads(raywave("paths", "--config", config, "--json", "-", "--max-depth", 1, "--frequency", "3.5GHz").stdout)
    assert overridden["frequency_hz"] == 3.5e9 and len(overridden["paths"]) > 1
    config.write_text(config.read_text().replace("max_depth", "max_dept"))
    result = raywave("paths", "--config", config)
    assert result.returncode == 3
    assert "run.toml:9" in result.stderr and "max_dept" in result.stderr and "did you mean 'max_depth'" in result.stderr


def test_map_writes_arrays_picture_and_statistics(raywave, tmp_path):
    result = raywave("map", CANYON, "--tx", "0,0,10", "--cell-size", 5, "--max-depth", 1, "-o", tmp_path / "m.npz",
                     "--png", tmp_path / "m.png", "--json", "-")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
    with np.load(tmp_path / "m.npz") as arrays:
        gain = arrays["path_gain"]
    assert gain.shape[0] == 1 and np.isfinite(gain).all() and (gain >= 0).all() and (gain > 0).any()
    # Passive: no cell receives more than the transmitter sends.
    assert gain.max() < 1
    assert (tmp_path / "m.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("arguments, code, words", [
    (["paths", CANYON, *LINK, "--threads", 10000], 2, ["--threads must be in 0 (all) to 4096"]),
    ([], 2, ["subcommand"]),
    (["pahts"], 2, ["unknown subcommand 'pahts'", "did you mean 'paths'"]),
    (["paths", CANYON, "--max-dept", 3], 2, ["--max-dept"]),
    (["paths"], 2, ["no scene"]),
    (["paths", "missing.xml", *LINK], 3, ["missing.xml"]),
    (["paths", CANYON, "--tx", "1,2", "--rx", "0,0,1"], 2, ["--tx", "1,2"]),
    (["paths", CANYON, "--tx", "1,2,x", "--rx", "0,0,1"], 2, ["--tx", "'x' is not a number"]),
    (["paths", CANYON, "--tx", "1,2,nan", "--rx", "0,0,1"], 3, ["tx0", "finite"]),
    (["paths", CANYON, "--tx", "0,0,5"], 2, ["receiver"]),
    (["paths", CANYON, "--tx", "0,0,5", "--rx", "0,0,5"], 3, ["same point", "(0, 0, 5)"]),
    (["paths", CANYON, *LINK, "--frequency", 0], 3, ["frequency", "> 0"]),
    (["paths", CANYON, *LINK, "--frequency=-1e9"], 3, ["frequency", "> 0"]),
    (["paths", CANYON, *LINK, "--frequency", "3GHzz"], 3, ["3GHzz"]),
    (["paths", CANYON, *LINK, "--frequency", "3.5"], 3, ["'3.5' has no unit", "3.5GHz", "3.5Hz"]),
    (["scene", "info", CANYON, "--frequency", "28"], 3, ["'28' has no unit"]),
    (["paths", CANYON, *LINK, "--tx-array", "pattern=panel.ant"], 3, ["panel.ant", ".msi"]),
    (["map", CANYON, "--tx", "0,0,10", "--center", "0,0,1", "--size", "9,9", "--height", 2], 2, ["--center", "--height"]),
    (["paths", CANYON, *LINK, "--max-depth", -1], 3, ["max_depth", "-1"]),
    (["paths", CANYON, *LINK, "--finder", "exhaustve"], 2, ["did you mean 'exhaustive'"]),
    (["paths", CANYON, *LINK, "--finder", "lerned"], 2, ["did you mean 'learned'"]),
    (["paths", CANYON, *LINK, "--finder", "learned"], 3, ["needs a model: --sampler FILE", "models/facet_sampler.bin"]),
    (["paths", CANYON, *LINK, "--finder", "learned", "--sampler", "models/none.bin"], 3, ["cannot read models/none.bin"]),
    (["paths", CANYON, *LINK, "--finder", "learned", "--sampler", "README.md"], 3, ["README.md: is no model"]),
    (["paths", CANYON, *LINK, *LEARNED[:3], "models/plane_sampler.bin"], 3, ["for scenes in 2 dimensions; this scene has 3"]),
    (["paths", CANYON, *LINK, *LEARNED, "--max-depth", 9], 3, ["up to 8 reflections, got max_depth 9"]),
    (["paths", CANYON, *LINK, *LEARNED, "--num-samples", 0], 3, ["num_samples must be >= 1, got 0"]),
    (["paths", CANYON, *LINK, *LEARNED, "--diffraction"], 3, ["with diffraction take finder"]),
    (["paths", CANYON, *LINK, "--tx-array", "row=2"], 2, ["did you mean 'rows'"]),
    (["paths", CANYON, *LINK, "--tx-array", "pattern=tr38900"], 3, ["did you mean 'tr38901'"]),
    (["paths", CANYON, *LINK, "-o", "paths.txt"], 2, [".npz"]),
    (["paths", CANYON, *LINK, "-o", "nowhere/paths.npz"], 3, ["nowhere"]),
    (["map", CANYON], 2, ["transmitter"]),
    (["map", CANYON, "--tx", "0,0,10", "--cell-size", 0], 3, ["cell_size", "> 0"]),
    (["map", CANYON, "--tx", "0,0,10", "--cell-size", 1e-4], 3, ["cells", "GB"]),
    (["map", CANYON, "--tx", "0,0,10", "--center", "0,0,1", "--size", "0,0"], 3, ["size", "> 0"]),
    (["map", CANYON, "--tx", "0,0,10", "--metric", "snr"], 2, ["--metric"]),
    (["map", CANYON, "--tx", "0,0,10", "--png", "m.svg"], 2, [".png"]),
    (["view", CANYON], 2, ["--html"]),
    (["validate", "--filter", "no such case"], 2, ["no such case"]),
    (["scene", "info", "missing.xml"], 3, ["missing.xml"]),
])
def test_bad_input_names_the_thing(raywave, arguments, code, words):
    result = raywave(*arguments)
    assert result.returncode == code, result.stdout + result.stderr
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr
    # One line for people, no trace.
    assert len(result.stderr.strip().splitlines()) <= 2


def test_numbers_with_blanks_are_taken(raywave):
    expected = raywave("paths", CANYON, *LINK, "--max-depth", 1, "--json", "-")
    for words in (["--tx", "-30", "0", "10", "--rx", "30", "0", "1.5"], ["--rx", "rx0=30", "0", "1.5", "--tx=-30,0,10"]):
        for scene in ([CANYON, *words], [*words, CANYON]):
            assert raywave("paths", *scene, "--max-depth", 1, "--json", "-").stdout == expected.stdout
    done = raywave("map", CANYON, "--tx", "-30", "0", "10", "--center", 0, 0, 2, "--size", 40, 20, "--cell-size", 10, 5, "--max-depth", 0)
    assert done.returncode == 0 and "4 x 4 cells" in done.stdout


def test_a_folder_is_a_scene(raywave, tmp_path):
    assert raywave("scene", "info", "scenes/street_canyon").stdout == raywave("scene", "info", CANYON).stdout
    done = raywave("scene", "check", tmp_path)
    assert done.returncode == 3 and "no .xml in it" in done.stderr


def test_outputs_of_a_run_file_are_looked_at_before_the_work(raywave, tmp_path, root):
    head = f'scene = "{root / CANYON}"\n[[transmitter]]\nposition_m = [0, 0, 10]\n[output]\n'
    for command, key, name, words in (("map", "map", "no/where.npz", "there is no folder"), ("map", "image", "map.jpg", "must end in .png, .svg"),
                                      ("map", "report", "x.txt", "must end in .html"), ("view", "report", "no/x.html", "there is no folder")):
        (tmp_path / "run.toml").write_text(head + f'{key} = "{name}"\n')
        done = raywave(command, "--config", tmp_path / "run.toml", "--cell-size", 0.05)
        assert done.returncode in (2, 3) and f"output.{key}" in done.stderr and words in done.stderr


def test_the_memory_of_a_map_can_be_limited(raywave):
    done = raywave("map", CANYON, "--tx", "0,0,10", "--cell-size", 1, "--max-bytes", 1e5)
    assert done.returncode == 3 and "max_bytes = 0.0001 GB" in done.stderr


def test_malformed_xml_is_named_with_its_line(raywave, tmp_path):
    scene = tmp_path / "broken.xml"
    scene.write_text('<scene version="2.1.0">\n  <shape type="plyy" id="a">\n  </shape>\n</scene>\n')
    result = raywave("scene", "check", scene)
    assert result.returncode == 3
    assert "broken.xml:2" in result.stderr and "plyy" in result.stderr


def test_a_failed_run_keeps_the_file_that_was_there(raywave, tmp_path):
    kept = tmp_path / "p.npz"
    assert raywave("paths", CANYON, *LINK, "--max-depth", 0, "-o", kept).returncode == 0
    before = kept.read_bytes()
    assert raywave("paths", CANYON, "--tx", "0,0,5", "--rx", "0,0,5", "-o", kept).returncode == 3
    assert kept.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.npz"]


def test_full_disk_is_an_error(raywave_bin, root):
    with open("/dev/full", "w") as full:
        result = subprocess.run([raywave_bin, "paths", CANYON, *LINK, "--json", "-"], cwd=root, stdout=full,
                                stderr=subprocess.PIPE, text=True, timeout=60)
    assert result.returncode == 3 and "standard output" in result.stderr


def test_interrupt_ends_with_130_and_leaves_no_file(raywave_bin, root, tmp_path):
    output = tmp_path / "m.npz"
    command = [raywave_bin, "map", CANYON, "--tx", "0,0,10", "--cell-size", "0.1", "--max-depth", "5",
               "--points-per-cell", "9", "--samples", "20000000", "-o", output]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    assert process.poll() is None, "the run ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in error
    assert not list(tmp_path.iterdir())


def test_a_map_of_a_size_lies_at_its_height(raywave, tmp_path):
    low = "[map]\nsize_m = [20, 10]\nheight_m = 7\n"
    (tmp_path / "run.toml").write_text(low)
    for arguments, level in [([], 1.5), (["--height", 4], 4), (["--config", tmp_path / "run.toml"], 7),
                             (["--config", tmp_path / "run.toml", "--height", 3], 3)]:
        size = [] if "--config" in arguments else ["--size", "20,10"]
        result = raywave("map", CANYON, "--tx", "-30,0,10", *size, *arguments, "--cell-size", 5, "--max-depth", 0, "-o", tmp_path / "m.npz")
        assert result.returncode == 0, result.stderr
        with np.load(tmp_path / "m.npz") as m:
            assert m["center_m"][2] == level and m["path_gain"].shape[1:] == (2, 4)
    (tmp_path / "both.toml").write_text(low + "center_m = [0, 0, 1]\n")
    both = raywave("map", CANYON, "--config", tmp_path / "both.toml")
    assert both.returncode == 3 and "both.toml:3" in both.stderr and "not both" in both.stderr


def test_what_a_result_cannot_be_is_said(raywave):
    near = raywave("paths", CANYON, "--tx", "0,0,10", "--rx", "0.001,0,10", "--max-depth", 0)
    assert near.returncode == 0 and "no passive channel" in near.stderr and "nearer than their far fields" in near.stderr
    slow = raywave("paths", CANYON, *LINK, "--frequency", "3.5Hz", "--max-depth", 0)
    assert slow.returncode == 0 and "+1" in slow.stderr and "is the frequency right?" in slow.stderr
    under = raywave("paths", CANYON, "--tx", "0,0,-5", "--rx", "30,0,1.5")
    assert under.returncode == 0 and "transmitter 'tx0' at z = -5 m lies under 'ground'" in under.stderr
    buried = raywave("map", CANYON, "--tx", "0,0,-5", "--cell-size", 20, "--max-depth", 1)
    assert buried.returncode == 0 and "lies under 'ground'" in buried.stderr and "covers no cell" in buried.stderr
    cut = raywave("map", CANYON, "--tx", "0,0,10", "--size", "5,5", "--height", "-3", "--cell-size", 5, "--max-depth", 0)
    assert cut.returncode == 0 and "'tx0' covers no cell: whatever lies between" in cut.stderr
    dark = raywave("paths", CANYON, "--tx", "0,0,5", "--rx", "0,0,-5", "--max-depth", 0)
    assert dark.returncode == 0 and "receiver 'rx0' at z = -5 m lies under" in dark.stderr
    assert raywave("map", CANYON, "--tx", "0,0,10", "--cell-size", 20, "--max-depth", 1).stderr == ""


def test_meshes_of_other_programs_are_read(raywave, tmp_path):
    corners = ["0 0 0", "6 0 0", "0 4 0", "6 4 0", "0 0 3", "6 0 3", "0 4 3", "6 4 3"]
    faces = ["1 3 4 2", "5 6 8 7", "1 2 6 5", "3 7 8 4", "1 5 7 3", "2 4 8 6"]
    box = "".join(f"v {c}\r\n" for c in corners) + "".join(f"f {' '.join(i + '/0/0' for i in f.split())}\r\n" for f in faces)
    (tmp_path / "box.obj").write_bytes(("\ufeff# box\r\ng house\r\nusemtl itu_metal.003\r\n" + box).encode())
    document = json.loads(raywave("scene", "info", tmp_path / "box.obj", "--json", "-").stdout)
    assert (document["objects"], document["triangles"], document["facets"], document["edges"]) == (1, 12, 6, 12)
    assert [m["itu_name"] for m in document["materials"]] == ["metal"]


def test_no_bar_without_a_terminal(raywave):
    result = raywave("paths", CANYON, *LINK, "--max-depth", 1)
    assert result.stderr == ""


def test_validate_passes_and_says_so_in_json(raywave):
    result = raywave("validate", "--json", "-")
    assert result.returncode == 0, result.stdout
    rows = json.loads(result.stdout)["rows"]
    assert rows
    for row in rows:
        assert set(row) == {"case", "quantity", "expected", "got", "error", "tolerance", "compared", "pass"}
        assert row["pass"] and row["error"] == abs(row["got"] - row["expected"])
        assert row["tolerance"] is None if row["compared"] else row["error"] <= row["tolerance"]
    assert 3 * sum(row["compared"] for row in rows) < len(rows)


GRADCHECK = ["gradcheck", CANYON, *LINK, "--max-depth", 1]


def test_gradcheck_says_value_derivative_and_difference(raywave):
    link = json.loads(raywave("paths", CANYON, *LINK, "--max-depth", 1, "--json", "-").stdout)
    result = raywave(*GRADCHECK, "--wrt", "device/tx0/position_m", "--wrt", "frequency_hz", "--json", "-")
    assert result.returncode == 0, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert document["value"] == pytest.approx(sum(math.hypot(*p["a"]) ** 2 for p in link["paths"]), rel=1e-12)
    rows = document["rows"]
    assert [(r["parameter"], r["component"]) for r in rows] == [("device/tx0/position_m", i) for i in range(3)] + [("frequency_hz", 0)]
    assert document["pass"] and all(r["pass"] and not r["jumps"] for r in rows)
    for r in rows:
        assert r["exact"] == pytest.approx(r["central_difference"], rel=1e-4, abs=1e-13) and r["exact"] != 0


def test_gradcheck_of_delays_and_maps(raywave):
    delay = raywave(*GRADCHECK, "--of", "delay", "--diffraction", "--wrt", "device/rx0/position_m", "--wrt", "object/ground/translation_m")
    assert delay.returncode == 0, delay.stdout + delay.stderr
    assert "device/rx0/position_m[2]" in delay.stdout and "passed" in delay.stdout
    area = ["--center", "20,0,1.5", "--size", "20,8", "--cell-size", 4]
    of_map = ["gradcheck", CANYON, "--tx", "-30,0,10", "--max-depth", 1, "--of", "map", *area]
    exact = raywave(*of_map, "--wrt", "device/tx0/position_m", "--wrt", "material/concrete/relative_permittivity")
    assert exact.returncode == 0 and "sum over transmitters and cells" in exact.stdout, exact.stdout + exact.stderr
    # Rays that are shot see materials, at where they land; the derivative is taken at the mean of these places.
    shot = raywave(*of_map, "--method", "monte-carlo", "--wrt", "material/concrete/relative_permittivity", "--tolerance", 0.02)
    assert shot.returncode == 0 and "rays that are shot carry no distance" in shot.stderr, shot.stdout + shot.stderr


def test_gradcheck_of_maps_tells_of_jumps_and_holds_on_walls(raywave):
    """A difference that fails has met a jump, and says so; cells on walls are the mean of both sides, which moves smoothly."""
    default = raywave("gradcheck", CANYON, "--tx", "-30,0,10", "--of", "map", "--max-depth", 2, "--wrt", "device/tx0/position_m", "--json", "-")
    rows = json.loads(default.stdout)["rows"]
    assert all(r["pass"] or r["jumps"] for r in rows), rows
    walls = ["--center", "-78,20,1.5", "--size", "6,6", "--cell-size", 2, "--refraction"]  # the middle column lies on a house's wall
    on_walls = raywave("gradcheck", CANYON, "--tx", "-90,17,10", "--of", "map", "--max-depth", 1, *walls, "--wrt", "device/tx0/position_m",
                       "--json", "-")
    assert on_walls.returncode == 0 and not any(r["jumps"] for r in json.loads(on_walls.stdout)["rows"]), on_walls.stdout + on_walls.stderr


def test_scattering_by_flags_and_by_run_files(raywave, tmp_path):
    run = tmp_path / "run.toml"
    rough = '[[material]]\nname = "brick"\nscattering_coefficient = 0.5\n'
    run.write_text(rough)
    words = ["--max-depth", 1, "--finder", "exhaustive", "--scattering-tolerance", 0.1]

    def kinds(*more):
        return {tuple(p["interactions"]) for p in paths_json(raywave, *words, *more)["paths"]}

    assert ("diffuse_reflection",) in kinds("--config", run, "--diffuse-reflection")
    lobes = kinds("--config", run, "--reflection", "directional", "--lobe", "von_mises_fisher(kappa=20)")
    assert ("directional_reflection",) in lobes and ("specular_reflection",) not in lobes
    run.write_text(rough + '[paths]\ndiffuse_reflection = true\nreflection = "directional"\nlobe = "directive(alpha_r=40)"\nscattering_phases = "random"\n')
    assert {("diffuse_reflection",), ("directional_reflection",)} <= kinds("--config", run)
    area = ["--center", "20,0,1.5", "--size", "20,8", "--cell-size", 4, "--tx", "-30,0,10", "--max-depth", 2, "--config", run]
    done = raywave("map", CANYON, *area, "--diffuse-reflection", "--method", "monte-carlo", "--samples", 100000, "-o", tmp_path / "m.npz")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "m.npz") as found:
        assert found["standard_error"].shape == found["path_gain"].shape and (found["standard_error"] > 0).any()
    for wrong, part in ((["--reflection", "mirrored"], "did you mean 'mirror'"), (["--reflection", "directional", "--lobe", "von_mises_fischer(kappa=1)"], "did you mean"),
                        (["--scattering-tolerance", 0, "--diffuse-reflection"], "scattering_tolerance must be > 0")):
        failed = raywave("paths", CANYON, *LINK, *wrong)
        assert failed.returncode in (2, 3) and part in failed.stderr, failed.stderr


def test_gradcheck_fails_beyond_the_tolerance(raywave):
    wrong = ["--wrt", "device/tx0/position_m", "--step", 1.0, "--tolerance", 1e-9]  # a metre is no small step
    result = raywave(*GRADCHECK, *wrong)
    assert result.returncode == 4 and "FAILED" in result.stdout and " NO" in result.stdout
    document = json.loads(raywave(*GRADCHECK, *wrong, "--json", "-").stdout)
    assert document["pass"] is False and not all(r["pass"] for r in document["rows"])


@pytest.mark.parametrize("arguments, code, words", [
    (["--wrt", "device/tx0/positon_m"], 3, "did you mean 'device/tx0/position_m'"),
    (["--wrt", "device/tx0/power_dbm"], 3, "'paths' has no derivative with respect to device/tx0/power_dbm"),
    (["--of", "map", "--method", "monte-carlo", "--wrt", "material/brick/xpd_coefficient"], 3, "scattered power"),
    (["--of", "delays", "--wrt", "frequency_hz"], 2, "did you mean 'delay'"),
    (["--wrt", "frequency_hz", "--step", 0], 3, "step must be > 0"),
    ([], 2, "--wrt"),
])
def test_gradcheck_names_what_is_wrong(raywave, arguments, code, words):
    result = raywave(*GRADCHECK, *arguments)
    assert result.returncode == code and words in result.stderr, result.stderr


def test_scene_info_counts(raywave):
    info = json.loads(raywave("scene", "info", CANYON, "--json", "-").stdout)
    assert info["objects"] > 4 and info["facets"] <= info["triangles"]
    assert sum(m["objects"] for m in info["materials"]) == info["objects"]


def test_view_writes_one_page(raywave, tmp_path):
    page = tmp_path / "v.html"
    result = raywave("view", CANYON, *LINK, "--max-depth", 1, "--map", "--cell-size", 10, "--html", page)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(page)
    assert pathlib.Path(page).read_text().lstrip().lower().startswith("<!doctype html")


def python_that(tmp_path, name, *lines):
    """A program that stands for a Python, first on the PATH."""
    file = tmp_path / name
    file.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    file.chmod(0o755)
    return file


def run_with(raywave_bin, tmp_path, *arguments, **environment):
    return subprocess.run([raywave_bin, *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          env={**os.environ, **{k: str(v) for k, v in environment.items()}})


@pytest.mark.parametrize("command", [["campaign", "status", "none.toml"], ["explore", "none.xml"], ["scene", "build", "none.osm", "out"], ["fit", "none.toml"], ["new"]], ids=" ".join)
def test_commands_in_python_are_started_with_the_module_of_this_version(raywave_bin, tmp_path, command):
    """What the module says of bad input, and its exit code, are the program's."""
    result = run_with(raywave_bin, tmp_path, *command)
    direct = subprocess.run([os.environ.get("RAYWAVE_PYTHON", "python3"), "-m", "raywave", *command], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stdout, result.stderr) == (direct.returncode, direct.stdout, direct.stderr)
    assert result.returncode in (2, 3) and result.stderr


def test_help_of_commands_in_python_is_theirs(raywave_bin, raywave, tmp_path):
    assert "--port" in run_with(raywave_bin, tmp_path, "explore", "--help").stdout
    for word in ("explore", "campaign", "fit", "new"):
        assert re.search(rf"^ +{word} +\w", raywave("--help").stdout, re.M)
    assert "build" in raywave("scene", "--help").stdout


@pytest.fixture
def compiled_bin(raywave_bin):
    with open(raywave_bin, "rb") as f:
        if f.read(2) == b"#!":
            pytest.skip("a wheel's program is the module itself, which looks for no other Python")
    return raywave_bin


def test_arguments_reach_python_as_they_are(compiled_bin, tmp_path):
    version = raywave_version(compiled_bin)
    python_that(tmp_path, "python3", 'case "$2" in *version__*) echo ' + version + ' ;; *print*) echo python ;; *) for a in "$@"; do printf "<%s>" "$a"; done ;; esac')
    result = run_with(compiled_bin, tmp_path, "explore", "a b", "--tx", "x=1,2,3", "", "$HOME", "'\"", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert result.stdout == "<-m><raywave><explore><a b><--tx><x=1,2,3><><$HOME><'\">", result.stderr


def raywave_version(raywave_bin):
    return subprocess.run([raywave_bin, "--version"], capture_output=True, text=True).stdout.split()[1]


def test_no_module_or_another_version_names_the_pip_line(compiled_bin, tmp_path):
    version = raywave_version(compiled_bin)
    old = python_that(tmp_path, "python3", 'case "$2" in *version__*) echo 0.0.1 ;; *) echo python ;; esac')
    python_that(tmp_path, "python", 'case "$2" in *version__*) exit 1 ;; *) echo python ;; esac')
    result = run_with(compiled_bin, tmp_path, "campaign", "run", "x.toml", PATH=tmp_path)
    assert result.returncode == 3
    assert result.stderr == (f"raywave: this command is written in Python and needs the module raywave {version}, but 'python3' has raywave 0.0.1, "
                             f"'python' cannot import the module raywave: pip install 'raywave[campaigns]=={version}', or name the Python that has it "
                             "in RAYWAVE_PYTHON\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run_with(compiled_bin, tmp_path, "explore", "x.xml", PATH=empty)
    assert result.returncode == 3 and "there is no program 'python3' that runs Python" in result.stderr and "raywave[explore]" in result.stderr
    result = run_with(compiled_bin, tmp_path, "new", "folder", RAYWAVE_PYTHON=old)
    assert result.returncode == 3 and f"'{old}' has raywave 0.0.1: pip install 'raywave=={version}'" in result.stderr


def test_a_run_file_changes_materials_and_objects(raywave, tmp_path, root):
    """What [[material]] says is what the scene would give with it: all of one conductor, by the material or by the objects."""
    head = f"scene = {json.dumps(str(root / CANYON))}\n[[transmitter]]\nposition_m = [-30, 0, 10]\n[[receiver]]\nposition_m = [30, 0, 1.5]\n"

    def paths(more):
        run = tmp_path / "run.toml"
        run.write_text(head + more)
        result = raywave("paths", "--config", run, "--json", "-")
        assert result.returncode == 0, result.stderr
        return [(p["delay_s"], p["a"]) for p in json.loads(result.stdout)["paths"]]

    plain = paths("")
    metal = paths("".join(f"[[material]]\nname = '{name}'\nperfect_conductor = true\n" for name in ("brick", "concrete", "glass", "marble", "wood")))
    assert [d for d, _ in plain] == [d for d, _ in metal] and plain[0] == metal[0] and plain[1:] != metal[1:]
    # a mirror of a conductor gives back all of it: no weaker than any other
    assert all(math.hypot(*a) <= math.hypot(*b) * (1 + 1e-12) for (_, a), (_, b) in zip(plain, metal))
    run = tmp_path / "run.toml"
    run.write_text(head + "[[material]]\nname = 'bric'\n")
    result = raywave("paths", "--config", run)
    assert result.returncode == 3 and "bric" in result.stderr and "brick" in result.stderr


def test_rays_on_a_device(raywave, tmp_path):
    here, there = (paths_json(raywave, "--samples", 100000, "--device", device) for device in ("cpu", "emulated"))
    assert len(here["paths"]) > 5 and there["paths"] == here["paths"]
    run = tmp_path / "run.toml"
    run.write_text('[paths]\nsamples_per_tx = 100000\ndevice = "emulated"\n')
    assert paths_json(raywave, "--config", run)["paths"] == here["paths"]
    run.write_text('[paths]\ndevice = "cudda"\n')
    assert "did you mean 'cuda'" in raywave("paths", CANYON, *LINK, "--config", run).stderr
    assert raywave("paths", CANYON, *LINK, "--device", "gpu").returncode == 2
    doctor = raywave("doctor").stdout
    words = next(line for line in doctor.splitlines() if line.strip().startswith("CUDA, rays"))
    result = raywave("map", CANYON, "--tx", "0,0,10", "--cell-size", 10, "--method", "monte-carlo", "--samples", 10000, "--device", "cuda")
    missing = any(word in words for word in ("not built in", "no CUDA device", "cannot be loaded"))
    assert result.returncode == (3 if missing else 0) and ("device cpu is always there" in result.stderr) == missing
