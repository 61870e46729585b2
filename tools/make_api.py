# SPDX-License-Identifier: Apache-2.0
"""docs/api.rst: names, signatures and docstrings of the Python module, read from its sources and its stub; the module need not be built. ./dev docs
runs it."""
import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python/raywave"

# title, prefix of the names, file, names (None: what its __all__ says, else all public ones)
SECTIONS = [
    ("Scenes and devices", "raywave", "_raywave.pyi", ["Scene", "Device", "AntennaArray", "Material", "itu_material", "Object", "Parameter", "Error"]),
    ("Making devices", "raywave", "devices.py", ["Transmitter", "Receiver", "PlanarArray"]),
    ("In Sionna RT's words", "raywave", "_sionna.py", ["RadioMaterial", "ITURadioMaterial"]),
    ("Scenes that come along, folders", "raywave", "scenes.py", ["load_scene"]),
    ("Shapes", "raywave", "shapes.py", ["box", "plane", "sphere"]),
    ("Solvers", "raywave", "__init__.py", ["PathSolver", "RadioMapSolver", "Report"]),
    ("Results", "raywave", "_raywave.pyi", ["Paths", "RadioMap"]),
    ("Reconfigurable surfaces", "raywave", "ris.py", ["Ris", "RisSolver", "RisPaths", "RisMapSolver", "RisMap"]),
    ("Arrival maps", "raywave", "arrivals.py", ["ArrivalMapSolver", "Aperture", "Horn"]),
    ("Scattered power", "raywave", "scattering.py", ["ScatteringSolver"]),
    ("Lobes from meshes", "raywave", "_lobes.py", ["LobeChoice"]),
    ("Their results", "raywave", "_raywave.pyi", ["ArrivalMap", "ScatteredPower"]),
    ("The plane", "raywave", "_raywave.pyi", ["Scene2D", "Paths2D", "PathSampler"]),
    ("Subcarriers", "raywave", "results.py", ["subcarrier_frequencies"]),
    ("Gradients", "raywave", "gradients.py", None),
    ("PyTorch", "raywave.torch", "torch.py", None),
    ("JAX", "raywave.jax", "jax.py", None),
    ("Waves", "raywave.wave", "wave.py", None),
    ("Fields", "raywave.wave", "_raywave.pyi", ["WaveResult"]),
    ("Formats", "raywave.formats", "formats", None),
    ("Signals", "raywave.signal", "signal", None),
    ("Scenes from maps", "raywave.geo", "geo/builder.py", ["build", "Built"]),
    ("Things that move", "raywave", "motion/simulation.py", ["simulate", "Simulation"]),
    ("Trajectories", "raywave", "motion/trajectory.py", ["Trajectory", "read_trajectories"]),
    ("Paths over time", "raywave.motion", "motion/tracks.py", ["Tracks", "Track"]),
    ("The live page", "raywave.explore", "explore/__init__.py", None),
    ("Campaigns", "raywave", "campaigns/campaign.py", ["Campaign", "Summary"]),
]


def _public(tree, names):
    items = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    if names is None:
        told = next((ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"), None)
        names = [name for name in (told or items) if name in items and not name.startswith("_")]
    missing = [name for name in names if name not in items]
    if missing:
        raise SystemExit(f"tools/make_api.py: not there any more: {', '.join(missing)}")
    return [items[name] for name in names]


def _signature(node, method):
    arguments = node.args
    if method and arguments.posonlyargs[:1] + arguments.args[:1]:
        (arguments.posonlyargs or arguments.args).pop(0)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returns}"


def _text(node, indent):
    doc = ast.get_docstring(node) or ""
    escaped = re.sub(r"([*`|\\])|(?<=\w)(_)(?=\W|$)", r"\\\1\2", doc)
    return [indent + line if line.strip() else "" for line in escaped.splitlines()]


def _is_property(node):
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def _is_setter(node):
    return any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in node.decorator_list)


def _members(node):
    seen = set()
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not _is_setter(item) and (not item.name.startswith("_") or item.name in ("__call__", "__getitem__")):
            if item.name in seen:  # of overloads the last has the words: all are shown
                yield item, True
            else:
                seen.add(item.name)
                yield item, False


def _class(node):
    init = next((m for m in node.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"), None)
    fields = [f"{ast.unparse(m)}" for m in node.body if isinstance(m, ast.AnnAssign)]
    head = _signature(init, True) if init else f"({', '.join(fields)})"
    out = [f".. py:class:: {node.name}{head.removesuffix(' -> None')}", "", *_text(node, "   "), ""]
    for member, again in _members(node):
        kind = "property" if _is_property(member) else "method"
        out.append(f"   .. py:{kind}:: {member.name}" + ("" if kind == "property" else _signature(member, True)))
        if kind == "property" and member.returns:
            out.append(f"      :type: {ast.unparse(member.returns)}")
        if again:
            out.append("      :no-index:")
        out += ["", *_text(member, "      "), ""]
    return out


def _tree(place):
    """The module's, or that of all of a package's modules, its __all__ first."""
    files = [place] if place.is_file() else sorted(place.glob("*.py"))
    return ast.Module([node for file in files for node in ast.parse(file.read_text(encoding="utf-8")).body], [])


# Classes of raywave that raywave.wave has its own of: elsewhere in signatures they are said in full, as Sphinx asks which.
_TWICE = re.compile(r"(?<![\w.])(Object|Scene)(?!\w)")


def _in_full(lines, prefix):
    if prefix in ("raywave", "raywave.wave"):
        return lines
    return [_TWICE.sub(r"raywave.\1", line) if re.match(r" *\.\. py:(function|method|property|class)::", line) else line for line in lines]


def page():
    out = ["API reference", "=============", "", "Names, signatures and words of the Python module; how they go together stands under :doc:`python`.", ""]
    for title, prefix, file, names in SECTIONS:
        out += [title, "-" * len(title), ""]
        out += [f".. py:currentmodule:: {prefix}", ""]
        for node in _public(_tree(PACKAGE / file), names):
            if isinstance(node, ast.ClassDef):
                out += _in_full(_class(node), prefix)
            else:
                out += [*_in_full([f".. py:function:: {node.name}{_signature(node, False)}"], prefix), "", *_text(node, "   "), ""]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs/api.rst").write_text(page(), encoding="utf-8")
