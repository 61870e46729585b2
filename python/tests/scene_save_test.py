# SPDX-License-Identifier: Apache-2.0
"""scene.save: XML and PLY that read back to the bit, in raywave's dialect and in Sionna RT's."""
import os
import xml.etree.ElementTree

import numpy as np
import pytest
import raywave as rw

MATERIAL = ("itu_name", "relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient", "perfect_conductor",
            "scattering_pattern", "color")


def require_same(a, b):
    assert list(a.objects) == list(b.objects)
    for name, item in a.objects.items():
        other = b.objects[name]
        assert item.material == other.material, name
        assert list(item.velocity_m_per_s) == list(other.velocity_m_per_s), name
        assert np.array_equal(item.vertices_m, other.vertices_m) and np.array_equal(item.triangles, other.triangles), name
    assert set(a.materials) == set(b.materials)
    for name in a.materials:
        assert [getattr(a.materials[name], key) for key in MATERIAL] == [getattr(b.materials[name], key) for key in MATERIAL], name


@pytest.mark.parametrize("dialect", ["raywave", "sionna"])
@pytest.mark.parametrize("name", ["street_canyon", "old_town", "room", "wedge"])
def test_scenes_that_come_along(tmp_path, name, dialect):
    scene = rw.load_scene(name)
    if dialect == "sionna" and any(m.perfect_conductor for m in scene.materials.values()):
        pytest.skip("has a perfect conductor")
    file = scene.save(tmp_path / "town", dialect=dialect)
    assert file == tmp_path / "town/town.xml" and sorted(p.name for p in tmp_path.iterdir()) == ["town"]
    again = rw.load_scene(file)
    require_same(scene, again)
    require_same(scene, rw.load_scene(tmp_path / "town"))  # by its folder
    assert again.save(tmp_path / "b/town").read_bytes() == file.read_bytes()


def test_an_edited_scene(tmp_path):
    """What no file held before: numbers of every digit, names that files and XML have to be told about, faces given twice."""
    scene = rw.load_scene("street_canyon")
    scene.add(rw.Material('mat-odd <&> "é"', relative_permittivity=4 / 3, conductivity_s_per_m=1e-300, thickness_m=0.1 + 0.2, scattering_coefficient=0.3,
                          xpd_coefficient=0.7))
    scene.materials["brick"].scattering_pattern = "backscattering(alpha_r=20, alpha_i=2.5, lambda_=0.7)"
    scene.materials["concrete"].scattering_pattern = "directive(alpha_r=7)"
    for k, name in enumerate(["a/b", "A/B", "mesh-x", "..", "ü ö", "x" * 300]):
        scene.add(rw.box(name, (k + 1 / 3, 0, 60), 0.7, 'mat-odd <&> "é"'))
    scene.add(rw.Object("twice", np.array([[0, 0, 70.0], [1, 0, 70], [0, 1, 70], [0, 0, 70], [5, 5, 70]]), np.array([[0, 1, 2], [3, 1, 2], [0, 0, 1]]), "brick"))
    scene.objects["north_1"].vertices_m = scene.objects["north_1"].vertices_m + np.pi
    scene.materials["brick"].thickness_m = 0.123456789012345678
    scene.materials["brick"].color = [0.8, 1 / 3, 0]
    scene.add(rw.Material("sheet", perfect_conductor=True))  # of which nothing is made
    scene.objects["south_1"].material = "sheet"
    scene.objects["south_2"].velocity_m_per_s = [1 / 3, 0, -2]
    with pytest.warns(UserWarning, match="degenerate"):
        again = rw.load_scene(scene.save(tmp_path / "edited"))
    require_same(scene.copy(), again)
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    again.add(rw.Transmitter("tx", [-30, 0, 10]))
    for s in (scene, again):
        s.add(rw.Receiver("rx", [30, 0, 1.5]))
    options = dict(max_depth=2, diffraction=True, samples_per_src=20000)
    assert np.array_equal(rw.PathSolver()(scene, **options).a, rw.PathSolver()(again, **options).a)


def test_sionnas_words(tmp_path):
    """Plugins and keys that its reader takes: nothing else is written."""
    root = xml.etree.ElementTree.parse(rw.load_scene("street_canyon").save(tmp_path / "s", dialect="sionna")).getroot()
    keys = {(b.get("type"), c.tag, c.get("name")) for b in root.findall("bsdf") for c in b}
    assert keys == {("itu-radio-material", tag, name) for tag, name in 
                    (("string", "type"), ("float", "thickness"), ("float", "scattering_coefficient"), ("float", "xpd_coefficient"), ("rgb", "color"))}
    assert all(s.get("type") == "ply" and s.get("id").startswith("mesh-") and s.find("ref").get("id").startswith("mat-") for s in root.findall("shape"))


def test_scattering_patterns_in_sionnas_words(tmp_path):
    scene = rw.load_scene("street_canyon")
    brick = scene.materials["brick"]
    brick.scattering_pattern = "backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)"
    root = xml.etree.ElementTree.parse(scene.save(tmp_path / "s", dialect="sionna")).getroot()
    entries = {(c.tag, c.get("name"), c.get("value")) for c in root.find("bsdf[@id='mat-brick']")}
    assert {("string", "scattering_pattern", "backscattering"), ("integer", "alpha_r", "20"), ("integer", "alpha_i", "30"), ("float", "lambda_", "0.7")} <= entries
    for pattern, message in (("directive(alpha_r=2.5)", "alpha_r must be a whole number"), ("von_mises_fisher(kappa=20)", "has no word")):
        brick.scattering_pattern = pattern
        with pytest.raises(rw.Error, match=message):
            scene.save(tmp_path / "t", dialect="sionna")
    with pytest.raises(rw.Error, match="did you mean 'lambertian'"):
        brick.scattering_pattern = "lambertain"


def test_folders_are_not_overwritten(tmp_path):
    scene = rw.load_scene("room")
    file = scene.save(tmp_path / "s")
    before = file.read_bytes()
    with pytest.raises(rw.Error, match="not empty"):
        scene.save(tmp_path / "s")
    scene.save(tmp_path / "s", overwrite=True)
    assert file.read_bytes() == before
    (tmp_path / "s/notes.txt").write_text("dear")
    with pytest.raises(rw.Error, match="notes.txt"):
        scene.save(tmp_path / "s", overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    with pytest.raises(rw.Error, match="letter.txt"):
        scene.save(tmp_path / "mine", overwrite=True)
    with pytest.raises(rw.Error, match="is a file"):
        scene.save(tmp_path / "s/notes.txt")


def test_a_folder_that_is_there_stays_the_same_one(tmp_path, monkeypatch):
    """Somebody's working folder, or what a link names: its content is exchanged."""
    scene = rw.load_scene("room")
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")
    monkeypatch.chdir(tmp_path / "here")
    before = os.stat(".").st_ino
    for options in ({}, {"overwrite": True}):
        file = scene.save(".", **options)
        assert sorted(os.listdir(".")) == ["here.xml", "meshes"] and os.stat(".").st_ino == before and file.is_file()
    (tmp_path / "here/here.xml").rename(tmp_path / "here/link.xml")
    scene.save(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink() and sorted(os.listdir(".")) == ["link.xml", "meshes"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["here", "link"]


def test_what_cannot_be_moved_in_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    scene = rw.load_scene("room")
    before = scene.save(tmp_path / "s").read_bytes()
    meshes = sorted(p.name for p in (tmp_path / "s/meshes").iterdir())
    replace, count = os.replace, []

    def fails_at_the_last(source, target):
        count.append(target)
        if len(count) == 4:  # two out, two in
            raise OSError("no more")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails_at_the_last)
    scene.objects[next(iter(scene.objects))].velocity_m_per_s = [1, 0, 0]
    with pytest.raises(rw.Error, match="no more"):
        scene.save(tmp_path / "s", overwrite=True)
    assert sorted(os.listdir(tmp_path / "s")) == ["meshes", "s.xml"] and (tmp_path / "s/s.xml").read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "s/meshes").iterdir()) == meshes


def test_meshes_of_others_are_not_overwritten(tmp_path):
    scene = rw.load_scene("room")
    scene.save(tmp_path / "s")
    (tmp_path / "s/geo.json").write_text("{}")  # the record of raywave.geo stays
    scene.save(tmp_path / "s", overwrite=True)
    assert (tmp_path / "s/geo.json").read_text() == "{}"
    (tmp_path / "s/meshes/mine.ply").write_text("dear")
    with pytest.raises(rw.Error, match="meshes/mine.ply"):
        scene.save(tmp_path / "s", overwrite=True)
    assert (tmp_path / "s/meshes/mine.ply").read_text() == "dear"


def test_what_has_no_words_is_refused_and_nothing_written(tmp_path):
    def refused(words, scene, **options):
        with pytest.raises(rw.Error, match=words):
            scene.save(tmp_path / "s", **options)
        assert not list(tmp_path.iterdir())

    refused("dialect must be one of", rw.Scene(), dialect="blender")
    for name, words in (("a$b", "'\\$' cannot be written"), ("a\tb", "control characters")):
        scene = rw.Scene()
        scene.add(rw.itu_material("brick"))
        scene.add(rw.box(name, (0, 0, 0), 1, "brick"))
        refused(words, scene)
    scene = rw.Scene()
    scene.add(rw.box("b", (0, 0, 0), 1, "nowhere"))
    refused("'nowhere', which the scene does not hold", scene)
    scene = rw.Scene()
    scene.add(rw.Material("sheet", perfect_conductor=True))
    refused("perfect conductor", scene, dialect="sionna")
    scene = rw.Scene()
    scene.add(rw.Material("m"))
    scene.add(rw.Object("cloud", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.zeros((0, 3), dtype=int), "m"))
    refused("object 'cloud' has points and no face", scene)
    scene = rw.load_scene("room")
    next(iter(scene.objects.values())).velocity_m_per_s = [1, 0, 0]
    refused("moves", scene, dialect="sionna")
    with pytest.raises(rw.Error, match="did you mean 'street_canyon'"):
        rw.load_scene("street_cannyon")


def test_folders_as_scenes(tmp_path):
    with pytest.raises(rw.Error, match="no .xml in it"):
        rw.load_scene(tmp_path)
    file = rw.load_scene("room").save(tmp_path / "s")
    (tmp_path / "s/other.xml").write_text("<scene/>")
    assert len(rw.load_scene(tmp_path / "s").objects) > 0  # the one that is called as the folder
    file.rename(tmp_path / "s/third.xml")
    with pytest.raises(rw.Error, match="other.xml, third.xml"):
        rw.load_scene(tmp_path / "s")
