# SPDX-License-Identifier: Apache-2.0
"""The main job on the old town: channels between devices, a coverage map, pictures. Run by `./dev demo`.

Writes out/report.html, out/map.png, out/paths.npz and out/map.npz, and says in figures what they hold."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAYWAVE = os.environ["RAYWAVE_BIN"]
SCENE = ["scenes/old_town/old_town.xml", "--frequency", "3.5GHz", "--tx", "church=-20,10,35", "--tx", "roof=120,-60,30"]
RECEIVERS = ["--rx", "square=10,-30,1.5", "--rx", "lane=-58,120,1.5", "--rx", "gate=175,-100,1.5"]

# The same for the tables, the pictures and the page: what the page shows is what the terminal says.
OPTIONS = ["--max-depth", 3, "--diffraction"]
MAP = ["--cell-size", 5]


def raywave(*arguments):
    result = subprocess.run([RAYWAVE, *map(str, arguments)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(result.returncode)
    return result.stdout


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "out").resolve()
    out.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    print("Channels\n")
    print(raywave("paths", *SCENE, *RECEIVERS, *OPTIONS, "-o", out / "paths.npz"))
    print("Coverage\n")
    print(raywave("map", *SCENE, *MAP, *OPTIONS, "-o", out / "map.npz", "--png", out / "map.png"))
    raywave("view", *SCENE, *RECEIVERS, "--map", *MAP, *OPTIONS, "--title", "Old town, 3.5 GHz", "--html", out / "report.html")
    print(f"Written in {time.perf_counter() - begin:.1f} s:")
    for name, what in {"report.html": "the town, its rays and its coverage: open it in a browser, it needs no network",
                       "map.png": "the coverage map", "paths.npz": "the paths, for numpy", "map.npz": "the map's arrays, for numpy"}.items():
        print(f"  {out / name}  ({(out / name).stat().st_size / 1e6:.1f} MB): {what}")


main()
