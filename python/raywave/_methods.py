# SPDX-License-Identifier: Apache-2.0
"""Methods written in Python on the compiled classes: they look, in help and in the stub, like the compiled ones."""
import inspect

from . import _raywave


def method(cls, name):
    """Decorator: the function or property becomes cls.name."""

    def put(function):
        for inner in (function.fget, function.fset) if isinstance(function, property) else (function,):
            if inner is not None:
                inner.__module__, inner.__name__, inner.__qualname__ = _raywave.__name__, name, f"{cls.__name__}.{name}"
                inner.__doc__ = inspect.cleandoc(inner.__doc__ or "") or None
        setattr(cls, name, function)
        return function

    return put
