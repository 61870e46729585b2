# SPDX-License-Identifier: Apache-2.0
"""Real signatures for the compiled methods: inspect, help and completion see their parameters, types and defaults, and an argument that is none of
those types is answered in their words."""
import ast
import inspect
import re

from . import _raywave
from ._methods import method
from ._values import shown

_MODULES = re.compile(r"\b(?:raywave\._raywave|collections\.abc|typing|numpy\.typing)\.")
# what the compiled side takes as any object and looks at itself; arrays, where it is none of these
_TYPES = {"path": "str | os.PathLike", "wrt": "str | Sequence[str] | None", "rx": "str | None", "tx": "str | None", "tangent": "Mapping[str, ArrayLike]",
          "function": "object", "panels": "object", "paths": "Paths | None", "radio_map": "RadioMap | None"}


def _named(match):
    kind = _TYPES.get(match[1], "ArrayLike | None" if match[2] else "ArrayLike")
    return f"{match[1]}: {kind}"


def _parsed(native):
    """(the signature as Python, its parameters, words, defaults); None where there are several."""
    if len(native.__nb_signature__) != 1:
        return None
    text, words, defaults = native.__nb_signature__[0]
    text = _MODULES.sub("", re.sub(r"= \\(\d+)", r"= _defaults[\1]", text))
    text = re.sub(r"\b(\w+): object( \| None)?(?=[,)= ])", _named, re.sub(r"ndarray\[dtype=(\w+)[^\]]*\]", r"NDArray[numpy.\1]", text))
    return text, ast.parse(text + ": ...").body[0].args, words, defaults or ()


def signed(native, where):
    """A function that calls it, with its signature; itself where it has several."""
    parsed = _parsed(native)
    if parsed is None:
        return native
    text, parameters, words, defaults = parsed
    given = [a.arg for a in (*parameters.posonlyargs, *parameters.args)] + [f"{a.arg}={a.arg}" for a in parameters.kwonlyargs]
    place = {"_native": native, "_defaults": defaults, "_refused": _refused}
    source = (f"{text}:\n try:\n  return _native({', '.join(given)})\n except (TypeError, RuntimeError) as e:\n"
              f"  raise _refused(e, {where!r}, ({''.join(a.partition('=')[0] + ', ' for a in given)})) from None")
    exec(compile("from __future__ import annotations\n" + source, "<raywave>", "exec"), place)  # the text is the module's own
    function = place[native.__name__]
    function.__doc__ = words
    return function


def _refused(error, where, given):
    """In words, where the compiled side names types of its own or none."""
    text = str(error)
    if text != "std::bad_cast" and "incompatible function arguments" not in text.partition("\n")[0]:
        return error
    owner, _, name = where.rpartition(".")
    wanted = inspect.signature(getattr(getattr(_raywave, owner), name) if owner else getattr(_raywave, name))
    return TypeError(f"{where}{wanted} cannot take these: {', '.join(shown(value) for value in given)}")


def sign_all() -> None:
    """Gives the compiled functions, and the public methods of the compiled classes, their signatures."""
    for name, held in list(vars(_raywave).items()):
        if type(held).__name__ == "nb_func":
            function = signed(held, name)
            function.__module__ = _raywave.__name__
            setattr(_raywave, name, function)
    for cls in [c for c in vars(_raywave).values() if inspect.isclass(c)]:
        for name, held in list(vars(cls).items()):
            if name.startswith("_"):
                continue
            inner = held.__func__ if isinstance(held, staticmethod) else held
            if type(inner).__name__ not in ("nb_method", "nb_func"):
                continue
            function = signed(inner, f"{cls.__name__}.{name}")
            if function is not inner:
                method(cls, name)(function)
                if type(inner).__name__ == "nb_func":
                    setattr(cls, name, staticmethod(function))
