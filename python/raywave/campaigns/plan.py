# SPDX-License-Identifier: Apache-2.0
"""The tasks of a campaign: numbers, and names made of their content, so that a task done once is known wherever it is asked for again."""
from __future__ import annotations

import dataclasses
import hashlib
import json
import math

from .specification import Specification


@dataclasses.dataclass(frozen=True)
class Task:
    """samples and receivers: half-open ranges of numbers."""

    number: int
    name: str
    scene: str
    samples: tuple[int, int]
    frequency_hz: float
    transmitter: str
    receivers: tuple[int, int]
    place: tuple[int, int, int, int, int]  # of its shards on the axes scene, sample, frequency, transmitter, receiver

    def __str__(self):
        first, last = self.samples[0], self.samples[1] - 1
        return (f"scene '{self.scene}', sample{'' if first == last else 's'} {first}{'' if first == last else f' to {last}'}, "
                f"{self.frequency_hz:g} Hz, transmitter '{self.transmitter}', receivers {self.receivers[0]} to {self.receivers[1] - 1}")


class Plan:
    """Task `number` of the campaign, tiles of receivers fastest, then transmitters, frequencies, batches of samples, scenes: neighbours share
    what was prepared."""

    def __init__(self, specification: Specification):
        self.specification = specification
        self.hash = specification.hash
        d = specification.document
        self.sizes = specification.sizes
        self.shape = (self.sizes["scene"], math.ceil(d["samples"] / d["batch"]), self.sizes["frequency_hz"], self.sizes["transmitter"],
                      math.ceil(self.sizes["receiver"] / d["tile"]))

    def __len__(self):
        return math.prod(self.shape)

    def place(self, number: int) -> tuple[int, int, int, int, int]:
        out = []
        for size in reversed(self.shape):
            number, i = divmod(number, size)
            out.append(i)
        return tuple(reversed(out))

    def name(self, number: int) -> str:
        """Of the specification, the scene's content, the samples, the frequency, the transmitter and the receivers."""
        scene, batch, frequency, transmitter, tile = self.place(number)
        d = self.specification.document
        content = [self.hash, d["scenes"][scene]["hash"], scene, batch, d["frequencies_hz"][frequency], self.specification.transmitters.names[transmitter], tile]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    def task(self, number: int) -> Task:
        place = self.place(number)
        scene, batch, frequency, transmitter, tile = place
        d = self.specification.document
        samples = (batch * d["batch"], min((batch + 1) * d["batch"], d["samples"]))
        receivers = (tile * d["tile"], min((tile + 1) * d["tile"], self.sizes["receiver"]))
        return Task(number, self.name(number), d["scenes"][scene]["name"], samples, d["frequencies_hz"][frequency],
                    self.specification.transmitters.names[transmitter], receivers, place)
