# SPDX-License-Identifier: Apache-2.0
"""The table of what is taken where a map is silent (rules.toml), and a user's file over it."""
from __future__ import annotations

import difflib
import pathlib
import tomllib

from .._raywave import Error, itu_material

_NUMBERS = {"storey_height_m", "roof_slope_deg", "canopy_thickness_m"}
_KIND_NUMBERS = {"height_m", "crown_diameter_m"}
_KIND_NAMES = {"walls", "roof"}
_MATERIAL_NUMBERS = {"thickness_m", "relative_permittivity", "conductivity_s_per_m"}


class Rules:
    """storey_height_m, ...; kinds; materials; values of tags."""

    def __init__(self, path: str | None = None) -> None:
        """@raises Error naming file and key for what is unknown or no number > 0."""
        own = pathlib.Path(__file__).with_name("rules.toml")
        self._table = _read(own)
        if path is not None:
            _merge(self._table, _read(pathlib.Path(path)))
        self._where = str(path or own)
        self._check()
        self.storey_height_m: float = self._table["storey_height_m"]
        self.roof_slope_deg: float = self._table["roof_slope_deg"]
        self.canopy_thickness_m: float = self._table["canopy_thickness_m"]
        self.ground: str = self._table["ground"]["material"]
        self.values: dict[str, str] = self._table["values"]

    def of(self, kind: str, key: str):
        """A kind's height_m, walls, roof, ...; the default's where the kind says nothing."""
        return self._table["kinds"].get(kind, {}).get(key, self._table["default"].get(key))

    def material(self, name: str) -> dict:
        """itu, or relative_permittivity and conductivity_s_per_m; thickness_m."""
        return self._table["materials"][name]

    def _check(self) -> None:
        table = self._table
        _known(self._where, "", table, _NUMBERS | {"ground", "default", "kinds", "materials", "values"})
        _positive(self._where, "", {k: table[k] for k in _NUMBERS})
        if table["roof_slope_deg"] >= 80:
            raise Error(f"{self._where}: roof_slope_deg must be < 80, got {table['roof_slope_deg']}")
        _known(self._where, "ground.", table["ground"], {"material"})
        names = table["materials"]
        for kind, entry in [("default", table["default"]), *table["kinds"].items()]:
            where = "default." if kind == "default" else f"kinds.{kind}."
            _known(self._where, where, entry, _KIND_NUMBERS | _KIND_NAMES)
            _positive(self._where, where, {k: v for k, v in entry.items() if k in _KIND_NUMBERS})
            for key in _KIND_NAMES & entry.keys():
                _one_of(self._where, where + key, entry[key], names)
        for value, name in [("ground.material", table["ground"]["material"]), *((f"values.{k}", v) for k, v in table["values"].items())]:
            _one_of(self._where, value, name, names)
        for name, entry in names.items():
            self._check_material(f"materials.{name}.", entry)

    def _check_material(self, where: str, entry: dict) -> None:
        _known(self._where, where, entry, _MATERIAL_NUMBERS | {"itu"})
        _positive(self._where, where, {k: v for k, v in entry.items() if k in ("thickness_m", "relative_permittivity")})
        if "thickness_m" not in entry or ("itu" in entry) == ("relative_permittivity" in entry):
            raise Error(f"{self._where}: {where[:-1]} needs thickness_m and either itu or relative_permittivity (with conductivity_s_per_m)")
        if "itu" in entry:
            try:
                itu_material(entry["itu"])
            except Error as error:
                raise Error(f"{self._where}: {where}itu: {error}") from None


def _read(path: pathlib.Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{path}': cannot be read as TOML: {error}") from None


def _merge(base: dict, over: dict) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            # A material is what one file says, not half of each.
            base[key] = value if "thickness_m" in value else base[key]
            if "thickness_m" not in value:
                _merge(base[key], value)
        else:
            base[key] = value


def _known(where: str, prefix: str, table, known: set[str]) -> None:
    if not isinstance(table, dict):
        raise Error(f"{where}: {prefix[:-1]} must be a table")
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise Error(f"{where}: unknown key '{prefix}{key}'" + (f", did you mean '{near[0]}'?" if near else ""))


def _positive(where: str, prefix: str, table: dict) -> None:
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
            raise Error(f"{where}: {prefix}{key} must be a number > 0, got {value!r}")


def _one_of(where: str, key: str, name, names: dict) -> None:
    if name not in names:
        near = difflib.get_close_matches(str(name), names, 1)
        raise Error(f"{where}: {key} = '{name}' is no material of [materials]" + (f", did you mean '{near[0]}'?" if near else ""))
