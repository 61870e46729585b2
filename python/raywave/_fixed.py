# SPDX-License-Identifier: Apache-2.0
"""What properties give: copies that refuse to be written in, as a write into them would reach nothing, and that say what to do."""
import numpy as np


def _refusal(hint):
    return TypeError(f"this is a read-only copy, so that a change in it would be lost: {hint}")


class FixedArray(np.ndarray):
    """An array whose places cannot be written. `x += y` gives a new array, so that `obj.vertices_m += y` assigns it; what is
    computed from it and copies of it are arrays as any."""

    def __array_finalize__(self, source):
        self._hint = getattr(source, "_hint", "assign a whole new array")

    def __setitem__(self, key, value):
        if not self.flags.writeable:
            raise _refusal(self._hint)
        super().__setitem__(key, value)

    def __reduce__(self):
        return np.array(self, copy=True, subok=False).__reduce__()

    def __deepcopy__(self, memo):
        return np.array(self, copy=True, subok=False)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **words):
        def plain(x):
            return x.view(np.ndarray) if isinstance(x, FixedArray) else x

        if out is not None:
            if any(isinstance(o, FixedArray) and not o.flags.writeable for o in out):
                in_place = method == "__call__" and len(out) == 1 and out[0] is inputs[0]
                if not in_place:
                    raise _refusal(self._hint)
            else:
                getattr(ufunc, method)(*map(plain, inputs), out=tuple(map(plain, out)), **words)
                return out[0] if len(out) == 1 else out
        return getattr(ufunc, method)(*map(plain, inputs), **words)


def fixed(array, hint):
    out = array.view(FixedArray)
    out.flags.writeable = False
    out._hint = hint
    return out


class FixedList(list):
    """A list, equal to lists of its values, that cannot be changed."""

    def _refuse(self, *args, **words):
        raise _refusal(self._hint)

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self):
        return list, (list(self),)


def fixed_list(values, hint):
    out = FixedList(values)
    out._hint = hint
    return out
