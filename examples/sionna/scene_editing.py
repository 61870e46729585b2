# SPDX-License-Identifier: Apache-2.0
"""The steps of Sionna RT's tutorial on editing scenes - materials, objects that move and go - in its words: the first line alone differs."""
from raywave import ITURadioMaterial, PathSolver, PlanarArray, RadioMaterial, Receiver, Transmitter, load_scene

import pathlib

import numpy as np

FILE = str(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")

scene = load_scene(FILE, merge_shapes=False)
scene.frequency = 3.5e9
scene.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.rx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.add(Transmitter("tx", position=[-30, 0, 10]))
scene.add(Receiver("rx", position=[30, 2, 1.5]))


def gain_db():
    paths = PathSolver()(scene=scene, max_depth=2, refraction=False)
    a, _ = paths.cir(out_type="numpy")
    return 10 * np.log10(np.sum(np.abs(a)**2))


print("objects", sorted(scene.objects), f"{gain_db():.2f} dB")
scene.add(RadioMaterial("my_material", thickness=0.2, relative_permittivity=4.0, conductivity=0.5))
scene.get("north_2").radio_material = "my_material"
scene.add(ITURadioMaterial("sheet", "metal", thickness=0.01))
scene.get("north_3").radio_material = scene.get("sheet")
print("materials", sorted(m for m in scene.radio_materials if m in ("my_material", "sheet")), f"{gain_db():.2f} dB")
x, y, z = np.array(scene.get("south_2").position).ravel()
scene.get("south_2").position = [float(x), float(y) + 3, float(z)]
print(f"south_2 stands 3 m further north: {gain_db():.2f} dB")
scene.edit(remove=["north_3"])
print(f"without north_3: {gain_db():.2f} dB")
