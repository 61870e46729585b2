# SPDX-License-Identifier: Apache-2.0
"""Solvers as differentiable functions of JAX arrays, inside jit too.

    jax.config.update("jax_enable_x64", True)  # else positions are rounded to single precision
    f = raywave.jax.function(scene, wrt=["device/tx/position_m"], of="cfr", channel=dict(frequencies_hz=[0.0, 1e6]), max_depth=2)
    jax.grad(lambda position: (abs(f(position)) ** 2).sum())(position)
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np

from ._raywave import Error
from .differentiable import Function

__all__ = ["function"]


def function(scene: object, wrt: str | Sequence[str], of: str, solver: object = None, channel: Mapping[str, object] | None = None,
             **options: object) -> Callable:
    """A function of one array for each parameter named in wrt; arguments as raywave.differentiable.Function takes them. First
    derivatives. Shapes are fixed, so that path arrays, whose number of paths changes, are not for it."""
    solve = Function(scene, wrt, of, solver, channel, **options)
    if not solve.output.is_fixed:
        fixed = ", ".join(name for name, output in solve.problem.outputs.items() if output.is_fixed)
        raise Error(f"{of} has as many entries as there are paths, and JAX needs fixed shapes: use one of {fixed}")
    at_base, _ = solve.evaluate([solve.base[name] for name in solve.wrt])
    result = jax.ShapeDtypeStruct(at_base.shape, jax.dtypes.canonicalize_dtype(at_base.dtype))

    def host_value(*values):
        return np.asarray(solve.evaluate(values)[0], dtype=result.dtype)

    def host_gradient(cotangent, *values):
        # JAX's cotangents pair without conjugation, ours (d/dRe + j d/dIm) with it.
        gradients = solve.evaluate(values)[1](np.conj(np.asarray(cotangent)))
        return tuple(np.asarray(np.conj(g), dtype=np.asarray(v).dtype) for g, v in zip(gradients, values))

    @jax.custom_vjp
    def call(*values):
        return jax.pure_callback(host_value, result, *values, vmap_method="sequential")

    def backward(values, cotangent):
        like = tuple(jax.ShapeDtypeStruct(v.shape, v.dtype) for v in values)
        return jax.pure_callback(host_gradient, like, cotangent, *values, vmap_method="sequential")

    call.defvjp(lambda *values: (call(*values), values), backward)
    kinds = [complex if np.iscomplexobj(solve.base[name]) else float for name in solve.wrt]

    def apply(*values):
        if len(values) != len(kinds):
            raise Error(f"{len(kinds)} parameters are named in wrt, {len(values)} values given")
        return call(*(jax.numpy.asarray(v, dtype=kind) for v, kind in zip(values, kinds)))

    return apply
