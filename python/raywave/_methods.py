# SPDX-License-Identifier: Apache-2.0
"""Methods written in Python on the compiled classes: they look, in help and in the stub, like the compiled ones."""
import inspect

from . import _raywave


def method(cls, name):
    """Decorator: the function becomes cls.name."""

    def put(function):
        inner = function.fget if isinstance(function, property) else function
        inner.__module__, inner.__name__, inner.__qualname__ = _raywave.__name__, name, f"{cls.__name__}.{name}"
        inner.__doc__ = inspect.cleandoc(inner.__doc__ or "") or None
        setattr(cls, name, function)
        return function

    return put
