# SPDX-License-Identifier: Apache-2.0
"""Solvers as differentiable functions of PyTorch tensors.

    f = raywave.torch.function(scene, wrt=["device/tx/position_m"], of="cfr", channel=dict(frequencies_hz=[0.0, 1e6]), max_depth=2)
    h = f(position)              # complex128, as paths.cfr gives it
    h.abs().square().sum().backward()
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from .differentiable import Function

__all__ = ["function"]


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, solve, *values):
        output, ctx.pullback = solve.evaluate([v.detach().cpu().numpy() for v in values])
        ctx.is_tuple = isinstance(output, tuple)
        ctx.like = [(v.dtype, v.device) for v in values]
        device = values[0].device if values else None
        if ctx.is_tuple:
            return tuple(torch.from_numpy(np.array(part)).to(device) for part in output)
        return torch.from_numpy(np.array(output)).to(device)

    @staticmethod
    @once_differentiable
    def backward(ctx, *cotangents):
        # PyTorch's gradients of complex tensors are d/dRe + j d/dIm, as ours are.
        parts = tuple(c.detach().cpu().resolve_conj().numpy() for c in cotangents)
        gradients = ctx.pullback(parts if ctx.is_tuple else parts[0])
        return (None, *(torch.from_numpy(np.array(g)).to(dtype=dtype, device=device) for g, (dtype, device) in zip(gradients, ctx.like)))


def function(scene: object, wrt: str | Sequence[str], of: str, solver: object = None, channel: Mapping[str, object] | None = None,
             **options: object) -> Callable:
    """A function of one tensor for each parameter named in wrt; arguments as raywave.differentiable.Function takes them. First
    derivatives; outputs are float64 or complex128, of cir a pair of them."""
    solve = Function(scene, wrt, of, solver, channel, **options)
    return lambda *values: _Solve.apply(solve, *(torch.as_tensor(v) for v in values))
