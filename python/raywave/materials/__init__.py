# SPDX-License-Identifier: Apache-2.0
"""Materials that vary over a surface (textures, functions of one's own, networks), asked where paths touch, all places in one batch; and lobes of one's own.

    wall = rw.materials.Texture.over_face(values, corner_m=[0, 0, 0], across_m=[4, 0, 0], up_m=[0, 0, 3])
    paths = rw.PathSolver()(scene, max_depth=2, materials={"plaster": wall})
    gradient = paths.path_gain_vjp(cotangent, wrt=["material/plaster/texture"])

What is not said by a field stays as the scene's material has it. Where paths may go is decided by the scene's own materials."""
from .fields import NUMBERS, Field, Places, base_of
from .lobes import Lobe
from .network import Network
from .own import Own
from .pictures import colored
from .textures import Texture
from .touched import require_fields, revalued, varied_map, varied_power

__all__ = ["Field", "Lobe", "NUMBERS", "Network", "Own", "Places", "Texture", "base_of", "colored", "require_fields", "revalued", "varied_map", "varied_power"]
