# SPDX-License-Identifier: Apache-2.0
"""What was read, what was guessed and how often, what was left out."""
from __future__ import annotations

import collections
import dataclasses
from collections import Counter


@dataclasses.dataclass
class Report:
    buildings: int = 0
    parts: int = 0
    triangles: int = 0
    # How many volumes took it from where: "height", "building:levels", "kind", ...
    heights: Counter = dataclasses.field(default_factory=collections.Counter)
    walls: Counter = dataclasses.field(default_factory=collections.Counter)
    roofs: Counter = dataclasses.field(default_factory=collections.Counter)
    roof_shapes: Counter = dataclasses.field(default_factory=collections.Counter)
    left_out: Counter = dataclasses.field(default_factory=collections.Counter)
    repaired: Counter = dataclasses.field(default_factory=collections.Counter)
    notes: Counter = dataclasses.field(default_factory=collections.Counter)

    def __str__(self) -> str:
        lines = [f"{self.buildings} buildings, {self.parts} parts, {self.triangles} triangles"]
        for title, counts in (("heights from", self.heights), ("walls from", self.walls), ("roofs from", self.roofs),
                              ("roof shapes", self.roof_shapes), ("left out", self.left_out), ("repaired", self.repaired), ("noted", self.notes)):
            if counts:
                lines.append(f"{title}: " + ", ".join(f"{what} {count}" for what, count in counts.most_common()))
        return "\n".join(lines)

    def as_dict(self) -> dict:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {key: dict(sorted(value.items())) if isinstance(value, Counter) else value for key, value in values.items()}
