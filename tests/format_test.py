# SPDX-License-Identifier: Apache-2.0
"""How sources look: clang-format, the licence line, nothing that ties them to one machine."""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {".h", ".cpp", ".cu", ".cuh", ".py"}


def repository_files():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True)
    if listed.returncode == 0:
        names = [n for n in listed.stdout.decode().split("\0") if n]
        return [ROOT / n for n in names if (ROOT / n).is_file()]
    skipped = {"build", ".venv", ".venv-docs", ".peers", "out", "dist", ".git"}  # a source archive has no git
    return [p for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.relative_to(ROOT).parts)]


def test_clang_format():
    assert shutil.which("clang-format"), "clang-format is missing: ./dev setup installs it"
    files = [str(p) for p in repository_files() if p.suffix in {".h", ".cpp", ".cu", ".cuh"} and p.is_relative_to(ROOT / "src")]
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True, text=True)
    assert result.returncode == 0, "run ./dev format\n" + result.stderr


def test_sources_open_with_the_licence():
    missing = [str(p.relative_to(ROOT)) for p in repository_files()
               if p.suffix in CODE and "SPDX-License-Identifier: Apache-2.0" not in p.read_text()[:200]]
    assert not missing, missing


def test_no_path_of_one_machine():
    text_files = CODE | {".cmake", ".txt", ".md", ".toml", ".json", ".xml", ".yml", ".ini", ".cff", ""}
    own = re.compile("/" + r"(home|root|work|Users)/\w")  # split: this file is searched too
    found = []
    for path in repository_files():
        if path.suffix not in text_files or path.name == "LICENSE":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if own.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)
