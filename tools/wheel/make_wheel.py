# SPDX-License-Identifier: Apache-2.0
"""The wheel of `./dev wheel`: the compiled module once for each level of the instruction set, libraries that nothing else brings inside, repaired by
auditwheel, and looked at: what it holds, what it asks for, how large it is. docs/decisions/wheel.md says why it is made so."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build/wheel"
PREFIX = WORK / "libraries"
PYTHON = ROOT / ".venv/bin/python"
TOOLS = ROOT / ".venv-wheel/bin"
PLATFORM = "manylinux_2_36_x86_64"  # the C library of Debian 12
MOST_BYTES = 25_000_000
# level: what all is compiled for, what the files of raywave_hot() are compiled for
LEVELS = {"x86-64-v2": ("x86-64-v2", ""), "x86-64-v3": ("x86-64-v3", ""), "x86-64-v4": ("x86-64-v3", "x86-64-v4")}
# Shared libraries that may be inside: the ray engine and its threads, XML, and what draws and names letters in pictures.
INSIDE = {"embree3", "tbb", "pugixml", "tomlplusplus", "pixman-1", "freetype", "fontconfig", "png16", "expat", "brotlidec", "brotlicommon", "uuid"}
# Of Debian, whose licences go into the wheel: what is inside it as a library, in an archive, or as headers.
NOTICES = ["libembree3-3", "libtbb12", "libpugixml1v5", "libtomlplusplus3", "libpixman-1-0", "libfreetype6", "libfontconfig1", "libpng16-16", "libexpat1", "libbrotli1",
           "libcairo2-dev", "libhdf5-dev", "libcli11-dev", "nlohmann-json3-dev", "libtomlplusplus-dev", "libjs-three", "fonts-dejavu-core"]


def say(text):
    print(f"wheel: {text}", file=sys.stderr, flush=True)


def run(*words, **options):
    """Runs a program; of one that fails the end of what it said is shown."""
    words = [str(w) for w in words]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        sys.exit(f"{done.stdout[-6000:]}\nwheel: this failed: {' '.join(words)}")
    return done.stdout


# Of the ray engine what embree_tracer.cpp calls: triangles and packets of rays, for the instruction sets that it chooses among itself (the part for AVX
# holds what the wider ones share).
EMBREE = {"EMBREE_ISPC_SUPPORT": "OFF", "EMBREE_TUTORIALS": "OFF", "EMBREE_STATIC_LIB": "OFF", "EMBREE_RAY_MASK": "OFF", "EMBREE_BACKFACE_CULLING": "OFF",
          "EMBREE_FILTER_FUNCTION": "OFF", **{f"EMBREE_GEOMETRY_{kind}": "OFF" for kind in ("QUAD", "CURVE", "SUBDIVISION", "USER", "INSTANCE", "GRID", "POINT")},
          "EMBREE_MAX_ISA": "NONE", "EMBREE_ISA_SSE2": "ON", "EMBREE_ISA_SSE42": "ON", "EMBREE_ISA_AVX": "ON", "EMBREE_ISA_AVX2": "ON", "EMBREE_ISA_AVX512": "ON"}


def fetch_sources(place, patched, plain):
    """Debian's sources of these packages, with its patches and as they were released, checked against the archive's keys."""
    lists = place / "apt"
    for folder in (lists / "lists/partial", lists / "cache/archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    key = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
    known = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages")  # where packages come from
    (lists / "sources.list").write_text("".join(f"deb-src [{key}] {archive} main\n" for archive in sorted(set(known.splitlines()))))
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={lists}/sources.list", "-o", "Dir::Etc::sourceparts=-",
           "-o", f"Dir::State::lists={lists}/lists", "-o", f"Dir::Cache={lists}/cache"]
    run(*apt, "update")
    run(*apt, "source", *patched, cwd=place)
    run(*apt, "source", "--tar-only", *plain, cwd=place)
    for name in plain:
        run("tar", "-xf", next(place.glob(f"{name}_*.orig.tar.*")), cwd=place)


def build_library(source, options, targets):
    """An archive of position-independent code in PREFIX, by the configure script that the release came with."""
    # The patches touch files that configure is made from; it need not be made again.
    for pattern in ("aclocal.m4", "configure", "*onfig.h.in", "Makefile.in"):
        for file in sorted(source.rglob(pattern)):
            os.utime(file)
    environment = {**os.environ, **dict.fromkeys(("ACLOCAL", "AUTOMAKE", "AUTOCONF", "AUTOHEADER"), ":")}
    run("./configure", f"--prefix={PREFIX}", "--disable-shared", "--enable-static", "--with-pic", "--disable-dependency-tracking", *options,
        "CFLAGS=-O2 -w -ffunction-sections -fdata-sections", cwd=source, env=environment)
    run("make", "-C", "src", f"-j{os.environ.get('RAYWAVE_JOBS', '2')}", *targets, cwd=source, env=environment)


def leave_out_curves(file):
    """Embree compiles what meets curves even where it has none, half of the time that it takes."""
    lines = file.read_text().splitlines(keepends=True)
    kept = [line for line in lines if "geometry/curve_intersector_virtual" not in line]
    if len(kept) == len(lines):
        sys.exit(f"wheel: {file} does not list what meets curves")
    file.write_text("".join(kept))


def build_libraries():
    """Debian's HDF5 brings curl and TLS, its cairo brings X; built from the same sources without, both are archives that the module takes in. Its
    Embree is for every kind of geometry and packs to 16 MB; for triangles alone it is a fifth of that."""
    done = PREFIX / "done"
    if done.exists():
        return
    shutil.rmtree(PREFIX, ignore_errors=True)
    place = WORK / "sources"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    say("sources of embree, cairo and hdf5 from Debian")
    fetch_sources(place, ["cairo", "hdf5"], ["embree"])
    say("building Embree for triangles alone")
    engine = next(place.glob("embree-*/"))
    (engine / "readme.pdf").touch()  # Debian leaves it out, Embree installs it
    leave_out_curves(engine / "kernels/CMakeLists.txt")
    run("cmake", "-S", engine, "-B", place / "embree", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_INSTALL_PREFIX={PREFIX}", "-DCMAKE_INSTALL_LIBDIR=lib",
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}", "-DCMAKE_CXX_FLAGS=-w", *(f"-D{key}={value}" for key, value in EMBREE.items()))
    run("ninja", "-C", place / "embree", "-j", os.environ.get("RAYWAVE_JOBS", "2"), "install", env=cached())
    say("building cairo without X")
    build_library(next(place.glob("cairo-*/")), ["--disable-xlib", "--disable-xcb", "--disable-ps", "--disable-pdf", "--disable-script", "--enable-svg",
                  "--enable-png", "--enable-ft", "--enable-fc", "--disable-gobject", "--disable-trace", "--disable-interpreter", "--disable-valgrind",
                  "--disable-gtk-doc"], ["install"])
    say("building HDF5 without curl")
    build_library(next(place.glob("hdf5-*/")), ["--disable-hl", "--disable-cxx", "--disable-fortran", "--disable-tests", "--disable-tools", "--without-zlib",
                  "--without-szlib"], ["install-libLTLIBRARIES", "install-includeHEADERS"])
    for file in (PREFIX / "lib/pkgconfig").glob("cairo*.pc"):
        file.write_text(with_private(file.read_text()))
    done.touch()


def with_private(text):
    """A .pc file whose private words are for all: whoever links an archive links what it leans on."""
    for word in ("Requires", "Libs"):
        private = " ".join(re.findall(rf"^{word}\.private:[ \t]*(.*)$", text, flags=re.M))
        text = re.sub(rf"^{word}\.private:.*\n", "", text, flags=re.M)
        if re.search(rf"^{word}:", text, flags=re.M):
            text = re.sub(rf"^({word}:.*)$", rf"\1 {private}", text, flags=re.M)
        elif private:
            text += f"{word}: {private}\n"
    return text


def cached():
    """The environment in which objects of one checkout are found in ccache by another."""
    return {**os.environ, "CCACHE_BASEDIR": os.environ.get("CCACHE_BASEDIR", str(ROOT)), "CCACHE_NOHASHDIR": "1"}


def build_level(level, cuda):
    """The module of one level, stripped; the folder that it was installed to."""
    all_files, hot_files = LEVELS[level]
    place = WORK / level
    environment = {**cached(), "PKG_CONFIG_PATH": f"{PREFIX}/lib/pkgconfig"}
    nanobind = run(PYTHON, "-m", "nanobind", "--cmake_dir").strip()
    say(f"compiling for {level}")
    run("cmake", "-S", ROOT, "-B", place, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DRAYWAVE_TESTS=OFF", "-DRAYWAVE_PYTHON=ON", "-DRAYWAVE_STABLE_ABI=ON",
        f"-Dembree_DIR={next(PREFIX.glob('lib/cmake/embree-*'))}", f"-DRAYWAVE_CUDA={'ON' if cuda else 'OFF'}", f"-DRAYWAVE_ARCH={all_files}", f"-DRAYWAVE_ARCH_HOT={hot_files}", f"-DPython_EXECUTABLE={PYTHON}",
        f"-Dnanobind_DIR={nanobind}", f"-DHDF5_ROOT={PREFIX}", "-DHDF5_USE_STATIC_LIBRARIES=ON", "-DHDF5_NO_FIND_PACKAGE_CONFIG_FILE=ON",
        "-DHDF5_C_COMPILER_EXECUTABLE=HDF5_C_COMPILER_EXECUTABLE-NOTFOUND", env=environment)
    run("ninja", "-C", place, "-j", os.environ.get("RAYWAVE_JOBS", "2"), "raywave_python", env=environment)
    stage = place / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    run("cmake", "--install", place, "--component", "python", "--prefix", stage)
    for library in stage.rglob("*.so"):
        run("strip", "--strip-unneeded", library)
    return stage


def write_fonts(place):
    """A font for pictures where the system has none; raywave/_fonts.py points to it."""
    place.mkdir(parents=True)
    shutil.copy("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", place)
    (place / "fonts.conf").write_text('<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
                                      '  <dir prefix="relative">.</dir>\n  <cachedir prefix="xdg">fontconfig</cachedir>\n</fontconfig>\n')


def write_metadata(tree):
    """The .dist-info that pip would make from pyproject.toml, with the tag of a wheel for every Python from 3.11 on."""
    metadata = WORK / "metadata"
    shutil.rmtree(metadata, ignore_errors=True)
    metadata.mkdir(parents=True)
    name = run(PYTHON, "-c", "import sys; from scikit_build_core.build import prepare_metadata_for_build_wheel as p; "
               "print('metadata: ' + p(sys.argv[1]))", metadata, cwd=ROOT).split("metadata: ")[-1].strip()
    place = tree / name
    shutil.copytree(metadata / name, place)
    text = (place / "METADATA").read_text()
    head, blank, body = text.partition("\n\n")
    (place / "METADATA").write_text(head + "\nRequires-Dist: nanobind-backend<2,>=1" + blank + body)
    (place / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: raywave tools/wheel\nRoot-Is-Purelib: false\nTag: cp311-abi3-linux_x86_64\n")
    notices = place / "licenses/inside"
    notices.mkdir(parents=True)
    for package in NOTICES:
        shutil.copy(f"/usr/share/doc/{package}/copyright", notices / f"{package}.txt")
    backend = list((ROOT / ".venv").glob("lib/python*/site-packages/nanobind-*.dist-info/licenses/LICENSE"))
    for file in backend[:1]:
        shutil.copy(file, notices / "nanobind.txt")
    return name


def assemble(stages):
    """The tree of the wheel."""
    tree = WORK / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    package = tree / "raywave"
    shutil.copytree(ROOT / "python/raywave", package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    first = next(iter(stages.values())) / "raywave"
    shutil.copytree(first / "scenes", package / "scenes")
    for level, stage in stages.items():
        folder = package / "levels" / level
        folder.mkdir(parents=True)
        for library in (stage / "raywave").glob("*.so"):
            shutil.copy(library, folder)
    write_fonts(package / "fonts")
    write_metadata(tree)
    return tree


def repair(tree):
    """The wheel with its shared libraries inside; those of the C library, C++ and the like are the system's."""
    raw = WORK / "raw"
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    run(TOOLS / "python", "-m", "wheel", "pack", tree, "-d", raw)
    out = WORK / "wheelhouse"
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": f"{PREFIX}/lib", "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    run(TOOLS / "auditwheel", "repair", "--plat", PLATFORM, "--strip", "--zip-compression-level", "9", "--exclude", "libcuda.so.*", "--exclude", "libcufft.so.*", "-w", out,
        next(raw.glob("*.whl")), env=environment)
    wheel, = out.glob("*.whl")
    return wheel


def check(wheel, cuda):
    """@raises SystemExit naming what should not be inside."""
    bad = []
    size = wheel.stat().st_size
    if size > MOST_BYTES and not cuda:
        bad.append(f"it takes {size} bytes, more than {MOST_BYTES}")
    with zipfile.ZipFile(wheel) as z:
        for info in z.infolist():
            name = pathlib.PurePath(info.filename).name
            held = re.match(r"lib([A-Za-z0-9_+-]+?)(-[0-9a-f]{8})?\.so", name)
            if info.filename.startswith("raywave.libs/") and held and held.group(1) not in INSIDE:
                bad.append(f"{info.filename} is a library that nothing should need")
        place = WORK / "looked_at"
        shutil.rmtree(place, ignore_errors=True)
        z.extractall(place)
    for library in place.rglob("*.so*"):
        needed = re.findall(r"Shared library: \[(.*?)\]", run("readelf", "-d", library))
        for name in needed:
            if re.search(r"fftw|curl|ssl|crypto|gnutls|libX|xcb|hdf5|cuda|cufft", name) and not cuda:
                bad.append(f"{library.name} asks for {name}")
    if bad:
        sys.exit("wheel: " + "; ".join(bad))


def main():
    parser = argparse.ArgumentParser(prog="./dev wheel", description=__doc__)
    parser.add_argument("--cuda", action="store_true", help="with the march on a GPU (asks for the package nvidia-cufft and a driver)")
    parser.add_argument("--levels", default=",".join(LEVELS), help="of the instruction set, with commas: %(default)s")
    options = parser.parse_args()
    levels = options.levels.split(",")
    if not levels or set(levels) - set(LEVELS) or "x86-64-v2" not in levels:
        parser.error(f"--levels takes some of {','.join(LEVELS)}, x86-64-v2 among them")
    WORK.mkdir(parents=True, exist_ok=True)
    build_libraries()
    stages = {level: build_level(level, options.cuda) for level in LEVELS if level in levels}
    wheel = repair(assemble(stages))
    check(wheel, options.cuda)
    say(f"{wheel.relative_to(ROOT)}: {wheel.stat().st_size / 1e6:.1f} MB")
    print(wheel)


if __name__ == "__main__":
    main()
