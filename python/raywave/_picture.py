# SPDX-License-Identifier: Apache-2.0
"""Methods that draw on matplotlib axes, or into a file."""
import functools
import os

from ._files import new_file
from ._methods import method
from ._requirements import need


def in_file(ax, draw):
    """draw(axes), or where `ax` is the name of a file (.png, .svg, .pdf) the picture there, and the name comes back."""
    if not isinstance(ax, (str, os.PathLike)):
        return draw(ax)
    with new_file(ax, (".png", ".svg", ".pdf"), "a picture") as place:
        figure = draw(None).figure
        try:
            figure.savefig(place)
        finally:
            need("matplotlib.pyplot", "plot").close(figure)
    return ax


def picture(cls, name="plot"):
    """Decorator: the function, whose first argument is axes, becomes cls.name. The name of a file (.png, .svg, .pdf) in place of the axes: the picture
    goes there, and the name comes back."""

    def put(draw):
        @functools.wraps(draw)
        def plot(self, ax=None, *more, **words):
            return in_file(ax, lambda axes: draw(self, axes, *more, **words))

        return method(cls, name)(plot)

    return put
