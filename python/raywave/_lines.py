# SPDX-License-Identifier: Apache-2.0
"""What a thing says of itself in one line."""
import dataclasses

import numpy as np


def short(value):
    """Numbers and words as they are, arrays by their shape, what is long by its size."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"[{' x '.join(map(str, value.shape))}]"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple, dict)):
        text = repr(value) if all(isinstance(v, (str, int, float)) for v in value) else ""
        return text if text and len(text) <= 60 else f"<{len(value)}>"
    text = repr(value)
    return text if "\n" not in text and len(text) <= 200 and " at 0x" not in text else f"<{type(value).__name__}>"


def line(thing, *names):
    """Type(name=value, ...): without names the fields of a dataclass that are not as they are when nothing is given."""
    if not names:
        names = [f.name for f in dataclasses.fields(thing) if not _is_default(f, getattr(thing, f.name))]
    return f"{type(thing).__name__}({', '.join(f'{name}={short(getattr(thing, name))}' for name in names)})"


def _is_default(field, value):
    if field.default_factory is not dataclasses.MISSING:
        return isinstance(value, (list, tuple, dict)) and len(value) == 0
    return field.default is not dataclasses.MISSING and (value is field.default or (np.ndim(value) == 0 and type(value) is type(field.default) and value == field.default))
