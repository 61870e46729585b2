# SPDX-License-Identifier: Apache-2.0
"""Files and folders that appear whole or not at all: written under a temporary name beside their place and renamed."""
import contextlib
import os
import pathlib
import shutil
import tempfile

from ._raywave import Error


def _flushed(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # a disk that is full says so at the latest now
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_file(path, suffixes, what):
    """Gives the temporary path to write to. @raises Error naming the file where it cannot be written, or for another extension."""
    path = pathlib.Path(path)
    if path.suffix.lower() not in suffixes:
        raise Error(f"'{path}': {what} has the extension {' or '.join(suffixes)}")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}.", suffix=path.suffix, dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise Error(f"'{path}': cannot be written: {error}") from None
    try:
        yield name
        _flushed(name)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        raise Error(f"'{path}': cannot be written: {error}") from None
    finally:
        pathlib.Path(name).unlink(missing_ok=True)


def require_place(folder, marker, what, overwrite):
    """@raises Error where something is that is not to be replaced: a folder is, only with overwrite, and only where it holds `marker`."""
    if folder.exists() and not folder.is_dir():
        raise Error(f"'{folder}' is a file: name a folder for {what}")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise Error(f"'{folder}' is there already and not empty: name another, or give overwrite=True")
        if not (folder / marker).is_file():
            raise Error(f"'{folder}' holds something else than {what} (no {marker}): it is not overwritten")


def place(folder):
    """The folder's absolute path, which ends in its name."""
    folder = pathlib.Path(folder)
    return folder.resolve() if ".." in folder.parts else folder.absolute()


@contextlib.contextmanager
def new_folder(folder, marker, what, overwrite, keep=()):
    """Gives a temporary folder to fill, which takes the place of `folder` when it is whole. A folder that is there stays the same one - somebody's
    working folder, a mount, what a link names - and its content is exchanged, but for the names in `keep`; `marker` comes last: with it, it is whole.
    @raises Error as require_place does."""
    folder = place(folder)
    require_place(folder, marker, what, overwrite)
    is_there = folder.is_dir()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}.", dir=folder if is_there else folder.parent))
    except OSError as error:
        raise Error(f"'{folder}': cannot be written: {error}") from None
    try:
        yield work
        for file in work.rglob("*"):
            if file.is_file():
                _flushed(file)
        if is_there:
            _exchange(work, folder, marker, keep)
        else:
            os.chmod(work, 0o777 & ~_umask())
            os.replace(work, folder)
    except OSError as error:
        raise Error(f"'{folder}': cannot be written: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _exchange(work, folder, marker, keep):
    """Moves what the folder holds out and what was made in; all goes back where that fails."""
    old = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}.old.", dir=folder))
    moved = []

    def move(names, source, target):
        for name in sorted(names, key=lambda name: (name == marker) == (source is work)):  # the marker goes first and comes last
            os.replace(source / name, target / name)
            moved.append((target / name, source / name))

    try:
        move([f.name for f in folder.iterdir() if f not in (work, old) and f.name not in keep], folder, old)
        move([f.name for f in work.iterdir()], work, folder)
    except BaseException:
        for now, before in reversed(moved):
            os.replace(now, before)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
