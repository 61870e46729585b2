# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole or not at all: written under a temporary name in the store, flushed to the disk, renamed.

Temporary names hold the machine and the process, so that what killed processes leave is known and removed."""
from __future__ import annotations

import concurrent.futures
import errno
import itertools
import os
import pathlib
import socket
import time

from .._raywave import Error

TEMPORARY = ".tmp"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)  # no later task will fare better
_OLD_S = 86400.0
_numbers = itertools.count()
_pool: concurrent.futures.ThreadPoolExecutor | None = None


def write_whole(store: pathlib.Path, contents: dict[str, bytes], durable: bool = True) -> None:
    """{name within the store: bytes}, renamed in this order once all of them are whole.

    Durable: their bytes are on the disk before the first is renamed; the flushes run side by side, since a disk serves several in the time of
    one. The folders are not flushed: file systems with a journal keep the order of renames, so that the last name is never there without the
    ones before it. @raises OSError, then nothing of what was not yet renamed is left behind"""
    written = []
    try:
        for name, content in contents.items():
            temporary = store / TEMPORARY / f"{socket.gethostname()}~{os.getpid()}~{next(_numbers)}"
            written.append((temporary, store / name))
            _write(temporary, content)
        if durable and len(written) > 1:
            list(_flushers().map(lambda pair: _flush(pair[0]), written))
        elif durable:
            _flush(written[0][0])
        for temporary, place in written:
            _rename(temporary, place)
    except BaseException:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
        raise


def _write(path, content):
    while True:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
            break
        except FileNotFoundError:  # the first file of a run, or another process has just tidied up; a store that is gone raises here
            path.parent.mkdir(exist_ok=True)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left):]
    finally:
        os.close(descriptor)  # on some network file systems a full disk is only told here


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(temporary, place):
    try:
        os.replace(temporary, place)
    except FileNotFoundError:
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, place)


def _flushers():
    global _pool
    if _pool is None:
        _pool = concurrent.futures.ThreadPoolExecutor(8, thread_name_prefix="raywave-flush")
    return _pool


def _forget_pool():
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget_pool)  # threads do not survive a fork


def clean(store: pathlib.Path) -> None:
    """Removes what killed processes of this machine left, and what has lain a day."""
    place = store / TEMPORARY
    try:
        entries = list(os.scandir(place))
    except OSError:
        return
    for entry in entries:
        try:
            host, process, _ = entry.name.split("~")
            dead = host == socket.gethostname() and not _alive(int(process))
            if dead or time.time() - entry.stat().st_mtime > _OLD_S:
                os.unlink(entry.path)
        except (OSError, ValueError):
            continue
    try:
        place.rmdir()
    except OSError:
        pass  # others write


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def said(error: OSError, store) -> Error:
    """An OSError in words."""
    if error.errno in FULL:
        return Error(f"'{store}': {error.strerror}: nothing is half-written; make room and run again, what is done stays done")
    return Error(f"'{store}' cannot be written: {error}")
