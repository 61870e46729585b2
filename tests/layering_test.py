# SPDX-License-Identifier: Apache-2.0
"""The rooms under src/raywave: who may include whom, and where third-party headers may appear."""
import collections
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ROOT / "src/raywave"

# A room includes itself and rooms of a lower number. Rooms of one level don't know each other, but for ALSO.
LEVEL = {
    "core": 0, "ad": 1, "runtime": 1, "em": 2, "nn": 2, "scene": 2, "paths": 3, "wave": 3, "io": 3, "maps": 4, "plane": 4, "signal": 4,
    "inverse": 5, "runs": 5, "view": 5, "validate": 5, "cli": 6,
}
# em below scene: devices carry antennas, objects carry materials.
ALSO = {"scene": {"em"}}
NEVER = {"wave": {"paths"}}  # waves know nothing of rays

THIRD_PARTY = {
    r"(oneapi/)?tbb/": {"runtime"},
    r"embree": {"paths"},
    r"pugixml": {"io"},
    r"toml": {"runs"},
    r"hdf5": {"io"},
    r"nlohmann/": {"io", "runs", "view", "cli"},
    r"cairo": {"view"},
    r"CLI/": {"cli"},
    r"fftw3": set(),  # GPL: what benchmarks measure against
    r"mpi\.h": {"runtime"},
    r"cuda|cufft|cub/|thrust/": {"runtime", "paths", "wave"},
    r"Eigen/": {"nn", "inverse"},
    r"nlopt": {"inverse"},
    r"gtest/|gmock/": set(LEVEL),  # in tests, see below
}
# These hold third-party types, are included by sources of their own room alone, and are not installed.
PRIVATE_HEADERS = {"mitsuba_xml.h", "toml_table.h"}
# What tests of this room and of higher ones share; not installed.
TEST_HEADER = re.compile(r"(^|/)test_[a-z_]+\.h$")
# Headers of the language and of the system: no slash but sys/, and not one of the above.
SYSTEM = re.compile(r"^([a-z_0-9]+(\.h)?|sys/[a-z]+\.h)$")


def sources():
    return sorted(p for p in ROOMS.rglob("*") if p.suffix in {".h", ".cpp", ".cu", ".cuh"})


def includes(text):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, flags=re.M)


def offences(room, name, text):
    """Every include of `text`, a file of `room`, that the layering forbids."""
    found = []
    for quote, target in includes(text):
        if target.startswith("raywave/"):
            other = target.split("/")[1]
            allowed = other == room or LEVEL[other] < LEVEL[room] or other in ALSO.get(room, set())
            private = target.rsplit("/")[-1] in PRIVATE_HEADERS
            if private and (other != room or (name.endswith(".h") and name not in PRIVATE_HEADERS)):
                found.append(f"{name}: {target} is a private header of {other}")
            if TEST_HEADER.search(target) and not name.endswith("_test.cpp") and not TEST_HEADER.search(name):
                found.append(f"{name}: {target} is for tests")
            if not allowed or other in NEVER.get(room, set()):
                found.append(f"{name}: {room} must not include {target}")
            continue
        if quote == '"':
            found.append(f'{name}: "{target}" is not named from raywave/ on')
            continue
        owners = [rooms for pattern, rooms in THIRD_PARTY.items() if re.match(pattern, target)]
        if owners and room not in owners[0]:
            found.append(f"{name}: <{target}> belongs to {sorted(owners[0])}")
        if owners and name.endswith(".h") and name not in PRIVATE_HEADERS and not TEST_HEADER.search(name):
            found.append(f"{name}: <{target}> in a public header")
        if re.match("gtest/|gmock/", target) and not re.search(r"(_test\.cpp|test_[a-z_]+\.h)$", name):
            found.append(f"{name}: <{target}> outside tests")
        if not owners and not SYSTEM.match(target):
            found.append(f"{name}: <{target}> is a library that the design does not name")
    return found


def test_every_room_is_known():
    rooms = {p.name for p in ROOMS.iterdir() if p.is_dir()}
    assert rooms <= set(LEVEL), f"name the level of {rooms - set(LEVEL)}"


def test_rooms_include_only_lower_rooms_and_their_own_libraries():
    found = []
    for path in sources():
        found += offences(path.relative_to(ROOMS).parts[0], path.name, path.read_text())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room, name, line", [
    ("scene", "a.cpp", '#include "raywave/paths/paths.h"'),
    ("em", "a.cpp", '#include "raywave/scene/scene.h"'),
    ("wave", "a.cpp", '#include "raywave/paths/paths.h"'),
    ("maps", "a.cpp", "#include <embree3/rtcore.h>"),
    ("paths", "a.h", "#include <embree3/rtcore.h>"),
    ("core", "a.cpp", '#include "error.h"'),
    ("cli", "a.cpp", '#include "raywave/io/mitsuba_xml.h"'),
    ("io", "a.h", '#include "raywave/io/mitsuba_xml.h"'),
    ("io", "a.cpp", '#include "raywave/paths/paths.h"'),
    ("io", "a.cpp", "#include <toml++/toml.h>"),
    ("runs", "a.cpp", '#include "raywave/view/view.h"'),
    ("cli", "a.cpp", '#include "raywave/core/test_errors.h"'),
    ("core", "a.cpp", "#include <gtest/gtest.h>"),
    ("core", "a.cpp", "  # include <boost/any.hpp>"),
])
def test_planted_offences_are_caught(room, name, line):
    assert offences(room, name, line + "\n")


def types_of(text):
    """The qualified names of the types that a file defines in named namespaces, outside of other types."""
    found, stack = [], []
    for m in re.finditer(r"namespace\s*([\w:]*)\s*\{|(?:struct|class)\s+(\w+)(?:\s+final)?\s*(?::(?!:)[^;{]*)?\{|\{|\}", re.sub(r"//.*", "", text)):
        if m[0] == "}":
            stack and stack.pop()
        elif m[0].startswith("namespace"):
            stack.append(m[1])
        else:
            if m[2] and all(stack):
                found.append("::".join([*stack, m[2]]))
            stack.append("")
    return found


def test_finds_the_types_of_a_file():
    text = "namespace a::b {\nstruct C {\n  struct D { int i; };\n};\nnamespace {\nclass E { };\n}\nnamespace f { class G final : public C {}; }\n}"
    assert types_of(text) == ["a::b::C", "a::b::f::G"]


def test_a_name_is_one_type():
    """Two types of one qualified name in two files: the linker keeps one of their templates' code for both."""
    where = collections.defaultdict(set)
    for path in sources():
        for name in types_of(path.read_text()):
            where[name].add(path.name)
    twice = {name: files for name, files in where.items() if len(files) > 1}
    assert not twice


def test_public_headers_compile_alone(tmp_path):
    headers = [p for p in sources() if p.suffix == ".h" and p.name not in PRIVATE_HEADERS and not TEST_HEADER.search(p.name)]
    commands = []
    for header in headers:
        unit = tmp_path / (str(header.relative_to(ROOMS)).replace("/", "_") + ".cpp")
        # Twice: the header guards itself. Nothing before it: it includes what it uses.
        include = f'#include "{header.relative_to(ROOMS.parent)}"\n'
        unit.write_text(include + include)
        commands.append(str(unit))
    assert commands
    result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", f"-I{ROOMS.parent}", *commands],
                            capture_output=True, text=True, timeout=550)
    assert result.returncode == 0, result.stderr
