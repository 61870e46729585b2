# SPDX-License-Identifier: Apache-2.0
"""python/raywave/_raywave.pyi: what nanobind's stubgen says of the compiled module, with types and shapes of the arrays that properties and
methods give, and with the methods written in Python. Run it with the module importable: ./dev python tools/make_stub.py [FILE]"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# class: name: numpy type, shape. Properties that give arrays; `a | b` are shapes of the two kinds of a result.
_LINK, _PATH = "[num_rx, num_tx]", "[num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]"
_MAP, _CELLS = "[num_tx, num_y, num_x]", "[num_y, num_x]"
_FULL = "[num_rx, num_rx_ant, num_tx, num_tx_ant"
_FIELD, _PLANE = "[num_planes, num_sources, num_y] | [num_planes, num_sources, num_x, num_y]", "[num_y] | [num_x, num_y]"
ARRAYS = {
    "AntennaArray": {"element_positions_m": ("float64", "[num_elements, 3]")},
    "Echoes": {"a": ("complex128", "[num_rx_ant, num_tx_ant, num_paths]"), "tau": ("float64", "[num_paths]"), "doppler": ("float64", "[num_paths]")},
    "ArrivalMap": {**{name: ("float64", "[num_rows, num_columns]") for name in ("azimuth_rad", "elevation_rad")}, "delays_s": ("float64", "[num_delays]"),
                   **{name: ("float64", "[num_rx, num_tx, num_rows, num_columns] | [num_rx, num_tx, num_delays, num_rows, num_columns]")
                      for name in ("gain", "jvp")}},
    "Object": {"vertices_m": ("float64", "[num_vertices, 3]"), "triangles": ("uint32", "[num_triangles, 3]")},
    "Parameter": {"value": ("float64", "shape")},
    "Paths": {"a": ("complex128", f"{_FULL}, num_paths]"), "path_gain": ("float64", _LINK), "mean_delay": ("float64", _LINK),
              **{name: ("float64", _PATH) for name in ("tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler")}, "valid": ("bool_", _PATH),
              "interactions": ("uint32", "[max_depth, shape of tau]"), "objects": ("int32", "[max_depth, shape of tau]"),
              "vertices": ("float64", "[max_depth, shape of tau, 3]"), "path_gain_jvp": ("float64", _LINK), "mean_delay_jvp": ("float64", _LINK),
              **{name: ("complex128", f"{_FULL}, num_time_steps, num_frequencies]") for name in ("cfr_jvp",)},
              **{name: ("complex128", f"{_FULL}, num_time_steps, l_max - l_min + 1]") for name in ("taps_jvp",)}},
    "Paths2D": {**{name: ("int32", "[num_paths]") for name in ("tx", "rx", "order")},
                **{name: ("float64", "[num_paths]") for name in ("valid", "power", "length_m", "loss", "departure_rad", "arrival_rad")},
                "vertices_flat": ("float64", "[num_vertices, 2]")},
    "RadioMap": {**{name: ("float64", _MAP) for name in ("path_gain", "standard_error", "rss", "sinr")}, "cell_centers": ("float64", "[num_y, num_x, 3]"),
                 "tx_association": ("int32", _CELLS)},
    "ScatteredPower": {**{name: ("float64", _LINK) for name in ("gain", "error", "shaded", "jvp")}, "num_tiles": ("int64", _LINK)},
    "WaveResult": {"field": ("complex128", _FIELD), "backward": ("complex128", _FIELD), "jvp": ("complex128", _FIELD), "z_m": ("float64", "[num_planes]"),
                   "y_m": ("float64", "[num_y]"), "x_m": ("float64", "[num_x]"), "power_w_per_m": ("float64", "[num_planes, num_sources]"),
                   "power_w": ("float64", "[num_planes, num_sources]"), "holds": ("bool_", "[num_points]"), "at": ("complex128", "[num_points]"),
                   "coherent_sum": ("complex128", _PLANE), "incoherent_sum": ("float64", _PLANE)},
}
# Properties of three numbers, lists that refuse to be written in.
LISTS = {"Material": ("color",), "RadioMap": ("center_m", "size_m")}


def with_arrays(text):
    """The stub with array types. @raises SystemExit for a row of the tables above that is no longer in the module."""
    out, owner, found = [], None, set()
    for line in text.splitlines():
        if match := re.match(r"class (\w+)", line):
            owner = match[1]
        elif line and not line[0].isspace():
            owner = None
        match = re.match(r"    def (\w+)\((.*)\) -> object(:.*)$", line)
        if match and match[1] in ARRAYS.get(owner, {}):
            kind, shape = ARRAYS[owner][match[1]]
            found.add((owner, match[1]))
            line = f"    def {match[1]}({match[2]}) -> NDArray[numpy.{kind}]{match[3]}  # {shape}"
        elif match and match[1] in LISTS.get(owner, ()):
            found.add((owner, match[1]))
            line = f"    def {match[1]}({match[2]}) -> list[float]{match[3]}"
        out.append(line)
    missing = [f"{c}.{n}" for table in (ARRAYS, LISTS) for c, names in table.items() for n in names if (c, n) not in found]
    if missing:
        raise SystemExit(f"tools/make_stub.py: not in the module, or no longer object: {', '.join(missing)}")
    joined = "\n".join(out) + "\n"
    # annotations of methods written in Python come as they stand there
    joined = re.sub(r"^from typing import Annotated\b", "from typing import Annotated, Any", joined, flags=re.M).replace("import np\n", "").replace("NDArray[np.", "NDArray[numpy.")
    return joined.replace("from numpy.typing import NDArray\n", "from numpy.typing import ArrayLike, NDArray\n")


def main():
    file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "python/raywave/_raywave.pyi"
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "_raywave.pyi"
        subprocess.run([sys.executable, "-m", "nanobind.stubgen", "-q", "-m", "raywave._raywave", "-o", str(made)], check=True)
        text = with_arrays(made.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
