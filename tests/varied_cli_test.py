# SPDX-License-Identifier: Apache-2.0
"""texture and network of [[material]] in run files: what the program gives is Python's, by evaluations of their own; what cannot be is named."""
import json

import numpy as np
import pytest

rw = pytest.importorskip("raywave")
from raywave.explore import document as run_files  # noqa: E402

RUN = """scene = "SCENE"
frequency_hz = 3e9
[[transmitter]]
name = "tx"
position_m = [0.9, 2.1, 1.9]
[[receiver]]
name = "rx"
position_m = [4.1, 1.2, 1.3]
[[material]]
name = "brick"
FIELD
[paths]
max_depth = 2
refraction = true
diffraction = true
samples_per_tx = 20000
[map]
max_depth = 1
center_m = [3, 2.5, 1.2]
size_m = [3, 2]
cell_size_m = [1, 1]
"""
WORDS = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient")


def fields(scene):
    """Of the walls: by name, (key, field)."""
    random = np.random.default_rng(3)
    low, high = np.min([np.min(o.vertices_m, axis=0) for o in scene.objects.values()], axis=0), np.max([np.max(o.vertices_m, axis=0) for o in scene.objects.values()], axis=0)
    out = {}
    for encoding, hidden, base in (("fourier", (6, 5), None), ("grid", (), scene.materials["concrete"]), ("both", (7,), None)):
        made = rw.materials.Network(low, high, detail_m=0.9, encoding=encoding, hidden=hidden, quantities=WORDS, base=base, frequency_hz=3e9)
        out[encoding] = "network", made.with_parameters(network=made.network + 0.2 * random.normal(size=made.network.shape))
    across, up = np.array([high[0] - low[0], 0.3, 0]), np.array([0.2, 0, high[2] - low[2]])
    out["face"] = "texture", rw.materials.Texture.over_face(random.uniform(2, 9, (3, 4)), corner_m=low + 0.2, across_m=across, up_m=up)
    wall = next(o for o in scene.objects.values() if o.material == "brick")
    values = np.stack([random.uniform(2, 9, len(wall.vertices_m)), random.uniform(0.02, 0.2, len(wall.vertices_m))], axis=1)
    out["mesh"] = "texture", rw.materials.Texture.at_vertices(wall, values, quantities=WORDS[:2])
    return out


def run_file(root, folder, field):
    file = folder / "run.toml"
    file.write_text(RUN.replace("SCENE", str(root / "scenes/room/room.xml")).replace("FIELD", field))
    return file


def gains(raywave, file, folder):
    for word, name in (("paths", "p.npz"), ("map", "m.npz")):
        done = raywave(word, "--config", file, "--output", folder / name)
        assert done.returncode == 0, done.stderr
    return np.load(folder / "p.npz")["a"], np.load(folder / "m.npz")["path_gain"]


@pytest.mark.parametrize("kind", ["fourier", "grid", "both", "face", "mesh"])
def test_the_program_gives_what_python_gives(raywave, root, tmp_path, kind):
    key, field = fields(rw.load_scene("room", 3e9))[kind]
    (tmp_path / "walls").mkdir()
    field.save(tmp_path / "walls/brick.npz")
    assert np.array_equal(type(field).load(tmp_path / "walls/brick.npz").parameters()[key], field.parameters()[key])
    bare = gains(raywave, run_file(root, tmp_path, ""), tmp_path)
    file = run_file(root, tmp_path, f'{key} = "walls/brick.npz"')
    a, path_gain = gains(raywave, file, tmp_path)
    document = run_files.read(file)
    scene = run_files.Stage(rw.load_scene(document["scene"])).put(document)
    assert [type(f) for f in run_files.path_options(document)["materials"].values()] == [type(field)]
    paths, radio_map = run_files.solve_paths(scene, document), run_files.solve_map(scene, document)
    assert np.abs(a - bare[0]).max() > 1e-3 * np.abs(a).max() and np.abs(path_gain - bare[1]).max() > 1e-3 * path_gain.max()
    assert np.sum(np.abs(a) ** 2) == pytest.approx(np.sum(np.abs(paths.a) ** 2), rel=1e-10)
    assert path_gain == pytest.approx(radio_map.path_gain, rel=1e-9)
    script = run_files.to_script(document)
    namespace = {}
    exec(script, namespace)
    assert namespace["paths"].path_gain == pytest.approx(paths.path_gain, rel=1e-12)


def test_what_cannot_vary_is_named(raywave, root, tmp_path):
    _, texture = fields(rw.load_scene("room", 3e9))["face"]
    texture.save(tmp_path / "t.npz")
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    for field, words, said in (('texture = "t.npz"\nnetwork = "t.npz"', ["paths"], "give texture or network, not both"), ('texture = "none.npz"', ["paths"], "none.npz"),
                               ('texture = "other.npz"', ["paths"], "holds neither a texture nor a network"),
                               ('texture = "t.npz"\nperfect_conductor = true', ["paths"], "perfect conductor"),
                               ('texture = "t.npz"', ["gradcheck", "--wrt", "device/tx/position_m"], "gradcheck has no materials that vary ('brick')")):
        done = raywave(words[0], "--config", run_file(root, tmp_path, field), *words[1:])
        assert done.returncode != 0 and said in done.stderr, done.stderr
    texture.with_parameters(texture=np.full(texture.texture.shape, 0.5)).save(tmp_path / "t.npz")
    done = raywave("paths", "--config", run_file(root, tmp_path, 'texture = "t.npz"'))
    assert done.returncode != 0 and "relative_permittivity must be >= 1" in done.stderr
    rw.materials.Texture.over_face(np.zeros((2, 2)), corner_m=[0, 0, 0], across_m=[6, 0, 0], up_m=[0, 0, 3], quantities="lobe/kappa").save(tmp_path / "t.npz")
    done = raywave("paths", "--config", run_file(root, tmp_path, 'texture = "t.npz"\nlobe = "von_mises_fisher(kappa=20)"'))
    assert done.returncode != 0 and "'brick': lobe/kappa must be > 0, got 0" in done.stderr


def test_damaged_files_are_named(raywave, root, tmp_path):
    made = fields(rw.load_scene("room", 3e9))
    for kind, word, value, said in (("fourier", "network", np.zeros(3), "its layers"), ("both", "detail_m", np.zeros(3), "detail"), ("mesh", "triangles", np.array([[0, 1, 99999]]), "not there"),
                                    ("mesh", "vertices_m", np.zeros((2, 3)), "another size"), ("face", "quantities", np.array(["colour"]), "colour"), ("face", "up_m", np.zeros(3), "no image")):
        key, field = made[kind]
        field.save(tmp_path / "f.npz")
        with np.load(tmp_path / "f.npz") as held:
            arrays = {**held, word: value}
        np.savez(tmp_path / "f.npz", **arrays)
        done = raywave("paths", "--config", run_file(root, tmp_path, f'{key} = "f.npz"'))
        assert done.returncode != 0 and said in done.stderr and "f.npz" in done.stderr, done.stderr
        with pytest.raises(rw.Error):
            type(field).load(tmp_path / "f.npz")


def test_a_texture_is_calibrated_from_a_run_file(raywave, root, tmp_path):
    scene = rw.load_scene("room", 3e9)
    texture = rw.materials.Texture.over_face([[6.5]], corner_m=[0, 0, 0], across_m=[6, 0, 0], up_m=[0, 0, 3])  # of one value
    texture.save(tmp_path / "brick.npz")
    scene.add(rw.Transmitter("tx", [0.9, 2.1, 1.9]))
    for word, value in (("relative_permittivity", 7.0), ("conductivity_s_per_m", 1.0), ("thickness_m", 0.5)):
        scene.set_parameter(f"material/brick/{word}", value)
    places = np.stack([np.linspace(1.5, 5, 12), np.linspace(1, 3.5, 12), np.full(12, 1.3)], axis=1)
    for k, place in enumerate(places):
        scene.add(rw.Receiver(f"r{k}", place))
    gain = rw.PathSolver()(scene, max_depth=2, refraction=True, diffraction=True, samples_per_src=20000).path_gain[:, 0]
    (tmp_path / "drive.csv").write_text("tx,x_m,y_m,z_m,path_gain_db\n" + "".join(f"tx,{x},{y},{z},{10 * np.log10(g)}\n" for (x, y, z), g in zip(places, gain)))
    file = run_file(root, tmp_path, 'texture = "brick.npz"\nconductivity_s_per_m = 1.0\nthickness_m = 0.5')
    file.write_text(file.read_text().replace('[[receiver]]\nname = "rx"\nposition_m = [4.1, 1.2, 1.3]\n', "")
                    + '[calibrate]\nmeasurements = "drive.csv"\nmethod = "lm"\nsteps = 6\n[calibrate.parameters]\n"material/brick/texture" = { bounds = [1, 20] }\n')
    done = raywave("calibrate", file, "--output", tmp_path / "found.json", "--scene", tmp_path / "calibrated")
    assert done.returncode == 0, done.stderr
    held = json.loads((tmp_path / "found.json").read_text())
    number, figures = held["parameters"][0], held["sets"][0]["figures"]
    assert number["name"] == "material/brick/texture" and number["start"] == pytest.approx(6.5) != number["value"]
    assert figures["after"]["used"]["rmse"] < figures["before"]["used"]["rmse"]
    found = rw.materials.Texture.load(tmp_path / "calibrated/brick.npz")
    assert found.texture.item() == pytest.approx(number["value"])


def test_monte_carlo_maps_of_the_program_are_those_of_python(raywave, root, tmp_path):
    key, field = fields(rw.load_scene("room", 3e9))["both"]
    field.save(tmp_path / "brick.npz")
    more = "method = \"monte-carlo\"\nsamples_per_tx = 20000\n"
    texts = {kind: run_file(root, tmp_path, line).read_text() + more for kind, line in (("bare", ""), ("varied", f'{key} = "brick.npz"'))}
    found = {}
    for kind, text in texts.items():
        (tmp_path / "run.toml").write_text(text)
        done = raywave("map", "--config", tmp_path / "run.toml", "--output", tmp_path / "m.npz")
        assert done.returncode == 0, done.stderr
        found[kind] = np.load(tmp_path / "m.npz")["path_gain"]
    document = run_files.read(tmp_path / "run.toml")
    scene = run_files.Stage(rw.load_scene(document["scene"])).put(document)
    radio_map = run_files.solve_map(scene, document)
    assert found["varied"] == pytest.approx(radio_map.path_gain, rel=1e-6)
    assert np.abs(found["varied"] - found["bare"]).max() > 1e-3 * found["bare"].max()
