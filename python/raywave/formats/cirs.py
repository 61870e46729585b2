# SPDX-License-Identifier: Apache-2.0
"""Impulse responses as Sionna PHY's CIRDataset takes them: a callable that gives an iterator over (a, tau), one example each.

a [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths, num_time_steps], complex, holds the carrier's phase; tau [num_rx, num_tx, num_paths] in
seconds. All examples have one shape: results with fewer paths are padded with a = 0, tau = 0.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .._raywave import Error, Paths
from .._values import whole_number
from . import campaign_data


class CirGenerator:
    """CIRDataset(generator, batch_size, **generator.shape). Calling it gives an iterator over (a, tau), over and over with repeat."""

    def __init__(self, examples: Sequence[object], repeat: bool, convert: Callable[[np.ndarray], object] | None):
        self._examples, self._repeat, self._convert = examples, repeat, convert
        self.shape = dict(zip(("num_rx", "num_rx_ant", "num_tx", "num_tx_ant", "num_paths", "num_time_steps"), examples[0][0].shape))

    def __len__(self) -> int:
        return len(self._examples)

    def __call__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            for a, tau in self._examples:
                yield self._convert(a), self._convert(tau)
            if not self._repeat:
                return

    def __repr__(self):
        return f"CirGenerator({len(self)} examples, {', '.join(f'{k}={v}' for k, v in self.shape.items())})"


def cir_generator(paths: Paths | Sequence[Paths] | object, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1,
                  normalize_delays: bool = True, num_paths: int | None = None, per_receiver: bool = False,
                  repeat: bool = False, double: bool = False, convert: Callable[[np.ndarray], object] | None = None) -> CirGenerator:
    """A CirGenerator over results.

    paths: one result of a PathSolver or several of equal numbers of devices and ports, or the dataset of a campaign with the output "paths", each of
    whose scenes, samples and frequencies is an example. per_receiver: each receiver is an example of its own
    with num_rx = 1. num_paths: that many, the strongest of a link where it has more; the most there are where not given. repeat: without
    end. double: complex128 and float64 instead of complex64 and float32. convert: called with each array (torch.from_numpy)."""
    results = [paths] if isinstance(paths, Paths) or campaign_data.is_dataset(paths) else list(paths or ())
    if not results:
        raise Error("cir_generator needs at least one result of a PathSolver")
    num_paths = None if num_paths is None else whole_number("num_paths", num_paths)
    responses, examples = [], []
    for result in results:
        if campaign_data.is_dataset(result):
            responses += campaign_data.impulse_responses(result, sampling_frequency_hz, whole_number("num_time_steps", num_time_steps), normalize_delays)
        elif isinstance(result, Paths):
            responses.append(result.cir(sampling_frequency_hz=sampling_frequency_hz, num_time_steps=num_time_steps, normalize_delays=normalize_delays))
        else:
            raise Error(f"cir_generator takes results of a PathSolver, or the dataset of a campaign, got {type(result).__name__}")
    for a, tau in responses:
        if tau.ndim != 3:
            raise Error("CIRDataset knows one delay for all antenna pairs of a link: solve with synthetic_array=True")
        if 0 in a.shape[:4]:
            raise Error(f"cir_generator: a result without receivers or transmitters, of shape {list(a.shape)}")
        examples += [(a[i:i + 1], tau[i:i + 1]) for i in range(a.shape[0])] if per_receiver else [(a, tau)]
    ends = {e[0].shape[:4] for e in examples}
    if len(ends) > 1:
        raise Error(f"cir_generator: all results need one shape [num_rx, num_rx_ant, num_tx, num_tx_ant], got {', '.join(map(str, map(list, sorted(ends))))}")
    if num_paths is not None and num_paths < 1:
        raise Error(f"num_paths must be >= 1, got {num_paths}")
    count = max(1, max(e[0].shape[4] for e in examples)) if num_paths is None else num_paths
    kinds = (np.complex128, np.float64) if double else (np.complex64, np.float32)
    return CirGenerator([_of_count(a, tau, count, kinds) for a, tau in examples], repeat, convert or _same)


def _same(array):
    return array


def _of_count(a, tau, count, kinds):
    """The `count` strongest paths of each link in the order they have, padded."""
    if a.shape[4] > count:
        power = (np.abs(a) ** 2).sum(axis=(1, 3, 5))  # [rx, tx, path]
        kept = np.sort(np.argsort(-power, axis=-1, kind="stable")[..., :count], axis=-1)
        a = np.take_along_axis(a, kept[:, None, :, None, :, None], axis=4)
        tau = np.take_along_axis(tau, kept, axis=-1)
    there = (np.abs(a) > 0).any(axis=(1, 3, 5))
    out = np.zeros((*a.shape[:4], count, a.shape[5]), kinds[0]), np.zeros((*tau.shape[:2], count), kinds[1])
    out[0][..., :a.shape[4], :] = a
    out[1][..., :tau.shape[2]] = np.where(there, tau, 0)
    return out
