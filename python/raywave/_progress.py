# SPDX-License-Identifier: Apache-2.0
"""progress=True: a bar by tqdm."""
import contextlib

from ._requirements import need


@contextlib.contextmanager
def reporter(progress, title):
    """What a solver calls with (done, total): the callable that was given, a bar for True, nothing for None and False."""
    if progress is None or progress is False:
        yield None
        return
    if progress is not True:
        yield progress
        return
    with need("tqdm.auto", "progress=True").tqdm(desc=title, total=0, leave=True) as bar:

        def move(done, total):
            bar.total, bar.n = total, done
            bar.refresh()

        yield move
