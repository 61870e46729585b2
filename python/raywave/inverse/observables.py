# SPDX-License-Identifier: Apache-2.0
"""What a solver's result predicts of each measurement: numbers in the order of the measured ones, with their derivatives."""
from __future__ import annotations

import abc
import copy
import difflib
import math

import numpy as np

from .._raywave import Error, Receiver
from .measurements import Arrivals, Channels, Powers

_DB = 10 / np.log(10)


_BELOW = 1e-4  # of the floor is added to predictions, whose logarithm stays finite: 0.0004 dB at the floor


def above(power, floor):
    """Values in dB and which of them are below the floor: those are the floor, censored."""
    below = power < floor  # False for NaN
    with np.errstate(invalid="ignore"):
        return 10 * np.log10(np.maximum(power, floor)), below


def _index(names, known, kind, scene_kind="scene"):
    """Indices of names in `known`. @raises Error naming the first that is not there and the nearest that is."""
    place = {name: i for i, name in enumerate(known)}
    out = np.empty(len(names), dtype=int)
    for i, name in enumerate(names):
        if name not in place:
            near = difflib.get_close_matches(str(name), list(place), 1)
            hint = f", did you mean '{near[0]}'?" if near else f"; there are {', '.join(list(place)[:8]) or 'none'}"
            raise Error(f"the measurements name the {kind} '{name}', which the {scene_kind} does not have{hint}")
        out[i] = place[name]
    return out


def with_receivers(scene, sets, places=None):
    """A copy of the scene that holds a receiver at each measured place, and their names for each set (None where its receivers have names). places: {place: name},
    those that have a name already; new ones are added to it."""
    there, names, added = scene.copy(), [], set()
    places = {} if places is None else places
    for one in sets:
        if getattr(one, "position_m", None) is None:
            names.append(None)
            continue
        own = []
        for point in map(tuple, one.position_m.tolist()):
            name = places.setdefault(point, f"measured {len(places) + 1}")
            if name not in added:
                added.add(name)
                if name in there.receivers or name in there.transmitters or name in there.objects:
                    raise Error(f"the scene has a '{name}': that name is given to measured places")
                there.add(Receiver(name, list(point)))
            own.append(name)
        names.append(own)
    return there, names


class Observable(abc.ABC):
    """values [n] with `valid`, `censored`, `held_out`, sigma ([n] or None), groups {"tx", "rx", "run": [n] names}; unit; is_complex."""

    is_complex, unit, additive = False, "dB", True
    censored = False

    @abc.abstractmethod
    def predict(self, result):
        """The predicted values, [n]."""

    @abc.abstractmethod
    def jvp(self, result, tangent):
        """How they move when the result moves along a tangent of parameters by name, [n]."""

    @abc.abstractmethod
    def vjp(self, result, cotangent, names):
        """{name: gradient} by these parameters of a loss whose derivatives by the values are the cotangent, [n]."""


def _spread(name, value, shape):
    """Of links, [num_rx, num_tx], or one for all."""
    value = np.asarray(value)
    try:
        return np.broadcast_to(value, shape)
    except ValueError:
        raise Error(f"{name} of channels and maps is one value or [num_rx, num_tx] = {list(shape)}, got the shape {list(value.shape)}") from None


_FADES = 4  # a floor that stands for no sensor's fades as exp(-gain / (4 floor)): sums still grow with the gain, and 20 dB above it nothing is added


class PowerObservable(Observable):
    """10 log10(gain + floor) - a floor that nobody gave fades where there is power -, of rss_dbm with the transmitter's power, of path_loss_db its negative."""

    def __init__(self, powers: Powers, scene, rx_names):
        tx, rx = list(scene.transmitters), list(scene.receivers)
        if powers.tx is None and len(tx) != 1:
            raise Error(f"the measurements name no tx, and the scene has {len(tx)} transmitters: {', '.join(tx[:8]) or 'none'}")
        names = powers.tx if powers.tx is not None else np.full(len(powers), tx[0])
        self.rx_names = np.asarray(rx_names if rx_names is not None else powers.rx)
        self.tx_index, self.rx_index = _index(names, tx, "transmitter"), _index(self.rx_names, rx, "receiver")
        self.sign = -1.0 if powers.quantity == "path_loss_db" else 1.0
        dbm = np.array([d.power_dbm for d in scene.transmitters.values()])[self.tx_index]
        self.shift = dbm if powers.quantity == "rss_dbm" else np.zeros(len(powers))
        self.values = self.sign * powers.values
        self.valid, self.censored, self.held_out = np.isfinite(self.values), powers.censored, powers.held_out
        self.sigma, self.groups = powers.sigma_db, {"tx": np.asarray(names), "rx": self.rx_names, "run": powers.run}
        positions = np.array([d.position_m for d in scene.receivers.values()])
        self.position_m = positions[self.rx_index]
        self.floor, self.fades = 0.0, False  # linear; see set_floor

    @classmethod
    def joined(cls, views):
        """Several sets of one quantity as one: how they lie in files changes neither offsets nor floor. sigma of those that name none: 1 dB."""
        if len(views) == 1:
            return views[0]
        out = copy.copy(views[0])
        for word in ("rx_names", "tx_index", "rx_index", "shift", "values", "valid", "censored", "held_out", "position_m"):
            setattr(out, word, np.concatenate([getattr(v, word) for v in views]))
        out.groups = {factor: np.concatenate([v.groups[factor] for v in views]) for factor in out.groups}
        if any(v.sigma is not None for v in views):
            out.sigma = np.concatenate([np.ones(len(v.valid)) if v.sigma is None else v.sigma for v in views])
        return out

    def set_floor(self, result, floor_db):
        """By default 20 dB below the least measured value, brought to gains by the median difference over links that have paths, and fading."""
        self.fades = floor_db is None
        gain = result_gain(result)[self.rx_index, self.tx_index]
        if floor_db is not None:
            self.floor = 10 ** (floor_db / 10)
            return
        there = self.valid & (gain > 0)
        if not there.any():
            raise Error("no measured link has a path in the scene as it is: more depth, refraction or diffraction, or floor_db")
        predicted = 10 * np.log10(gain[there])
        level = np.median(self.values[there] - self.shift[there] - predicted)
        self.floor = 10 ** ((min((self.values - self.shift)[self.valid]) - level - 20) / 10)

    def predict(self, result):
        return 10 * np.log10(self._raised(result)[0]) + self.shift

    def _raised(self, result):
        """Gains with the floor, and their slopes by the gains."""
        gain = result_gain(result)[self.rx_index, self.tx_index]
        if not self.fades:
            return gain + self.floor, np.ones_like(gain)
        fade = np.exp(-gain / (_FADES * self.floor))
        return gain + self.floor * fade, 1 - fade / _FADES

    def _slope(self, result):
        raised, slope = self._raised(result)
        return _DB * slope / raised

    def jvp(self, result, tangent):
        moved = result.path_gain_jvp(tangent) if hasattr(result, "path_gain_jvp") else result.jvp(tangent)
        return self._slope(result) * np.asarray(moved)[self.rx_index, self.tx_index]

    def vjp(self, result, cotangent, names):
        gain = result_gain(result)
        by_gain = np.zeros_like(gain)
        np.add.at(by_gain, (self.rx_index, self.tx_index), self._slope(result) * cotangent)
        return result.path_gain_vjp(by_gain, wrt=names) if hasattr(result, "path_gain_vjp") else result.vjp(by_gain, wrt=names)


def result_gain(result):
    """[num_rx, num_tx] of paths and of scattered power."""
    gain = getattr(result, "path_gain", None)
    if gain is None:
        gain = getattr(result, "gain", None)
    if gain is None or np.ndim(gain) != 2:
        raise Error(f"powers of links are compared with results that have gains [num_rx, num_tx], got {type(result).__name__}")
    return np.asarray(gain)


class ChannelObservable(Observable):
    def __init__(self, channels: Channels, scene, receivers):
        self.of = channels
        rx, tx = channels.rx or receivers, channels.tx or list(scene.transmitters)
        r, t = _index(rx, list(scene.receivers), "receiver"), _index(tx, list(scene.transmitters), "transmitter")
        shape = channels.values.shape
        if (len(rx), len(tx)) != (shape[0], shape[2]):
            raise Error(f"the channels are of {shape[0]} receivers and {shape[2]} transmitters, the scene has {len(rx)} and {len(tx)}: name rx and tx")
        self.pick, self.shape = np.ix_(r, range(shape[1]), t, range(shape[3]), range(shape[4])), shape
        self.is_complex = channels.compare == "complex"
        flat = channels.values.ravel()
        self.censored = np.zeros(flat.size, dtype=bool)
        self.valid = np.isfinite(flat)
        self.unit = "" if self.is_complex else "dB"
        self.values = flat
        if not self.is_complex:
            self.values, self.censored = above(np.abs(flat) ** 2, channels.floor)
        whole = lambda a: np.broadcast_to(a, shape).ravel()  # noqa: E731
        links = lambda name, a: whole(_spread(name, a, (shape[0], shape[2]))[:, None, :, None, None])  # noqa: E731
        self.held_out = links("held_out", channels.held_out_links).astype(bool)
        self.sigma = None if channels.sigma is None else np.full(flat.size, float(channels.sigma))
        if self.is_complex and self.sigma is None:  # squares of numbers near 1e-6 would end every optimiser
            self.scale = float(np.sqrt((np.abs(flat[self.valid]) ** 2).mean()))
        self.groups = {"rx": whole(np.array(rx)[:, None, None, None, None]), "tx": whole(np.array(tx)[None, None, :, None, None]), "run": links("run", channels.run).astype(str)}
        self.position_m = np.array([d.position_m for d in scene.receivers.values()])[whole(r[:, None, None, None, None])]

    def set_floor(self, result, floor_db):
        pass

    def _words(self):
        c = self.of
        return ((c.frequencies_hz,) if c.frequencies_hz is not None else (c.bandwidth_hz, c.l_min, c.l_min + self.shape[-1] - 1))

    def _name(self):
        return "cfr" if self.of.frequencies_hz is not None else "taps"

    def _channel(self, array):
        array = np.asarray(array)[..., 0, :]
        own = (array.shape[1], array.shape[3])
        if own != (self.shape[1], self.shape[3]):
            raise Error(f"the channels have {self.shape[1]} receiving and {self.shape[3]} transmitting antennas a device, the scene's arrays have {own[0]} and {own[1]}")
        return array[self.pick].reshape(-1)

    def _own(self, result):
        if not hasattr(result, "cfr"):
            raise Error(f"channels are compared with paths, got {type(result).__name__}")
        return self._channel(getattr(result, self._name())(*self._words(), normalize_delays=self.of.normalize_delays))

    def predict(self, result):
        h = self._own(result)
        return h if self.is_complex else 10 * np.log10(np.abs(h) ** 2 + _BELOW * self.of.floor)

    def jvp(self, result, tangent):
        words = self._words()
        moved = getattr(result, self._name() + "_jvp")(*words, tangent, normalize_delays=self.of.normalize_delays)
        d = self._channel(moved)
        if self.is_complex:
            return d
        h = self._own(result)
        return _DB * 2 * (h.conj() * d).real / (np.abs(h) ** 2 + _BELOW * self.of.floor)

    def vjp(self, result, cotangent, names):
        """Of complex numbers cotangents are d/dRe + j d/dIm."""
        h = getattr(result, self._name())(*self._words(), normalize_delays=self.of.normalize_delays)
        back = np.zeros_like(h)
        if self.is_complex:
            by = cotangent
        else:
            own = self._channel(h)
            by = cotangent * _DB * 2 * own / (np.abs(own) ** 2 + _BELOW * self.of.floor)
        np.add.at(back[..., 0, :], self.pick, by.reshape(self.shape))
        return getattr(result, self._name() + "_vjp")(*self._words(), back, normalize_delays=self.of.normalize_delays, wrt=names)


class ArrivalObservable(Observable):
    def __init__(self, arrivals: Arrivals, scene, receivers):
        self.of = arrivals
        rx, tx = arrivals.rx or receivers, arrivals.tx or list(scene.transmitters)
        r, t = _index(rx, list(scene.receivers), "receiver"), _index(tx, list(scene.transmitters), "transmitter")
        shape = self.shape = arrivals.values.shape
        if (len(rx), len(tx)) != shape[:2]:
            raise Error(f"the maps are of {shape[0]} receivers and {shape[1]} transmitters, the scene has {len(rx)} and {len(tx)}")
        self.pick = np.ix_(r, t, range(shape[2]), range(shape[3]))
        self.is_distribution = arrivals.compare == "distribution"
        self.additive, self.unit = not self.is_distribution, "" if self.is_distribution else "dB"
        self.censored = np.zeros(arrivals.values.size, dtype=bool)
        if self.is_distribution:
            self.values = self._compared(arrivals.values)
        else:
            self.values, self.censored = above(arrivals.values.ravel(), arrivals.floor)
        self.valid = np.isfinite(self.values)
        whole = lambda a: np.broadcast_to(a, shape).ravel()  # noqa: E731
        links = lambda name, a: whole(_spread(name, a, shape[:2])[:, :, None, None])  # noqa: E731
        self.held_out = links("held_out", arrivals.held_out_links).astype(bool)
        self.sigma = None if arrivals.sigma is None else np.full(self.values.size, float(arrivals.sigma))
        self.groups = {"rx": whole(np.array(rx)[:, None, None, None]), "tx": whole(np.array(tx)[None, :, None, None]), "run": links("run", arrivals.run).astype(str)}
        self.position_m = np.array([d.position_m for d in scene.receivers.values()])[whole(r[:, None, None, None])]

    def set_floor(self, result, floor_db):
        pass

    def _shares(self, gain):
        total = gain.sum(axis=(2, 3), keepdims=True)
        return gain / np.where(total > 0, total, 1.0), total

    # a share below this is as if it were none: the root's slope stays finite
    _LEAST = 1e-12

    def _compared(self, gain):
        if self.is_distribution:
            return (2 * np.sqrt(self._shares(gain)[0] + self._LEAST)).ravel()
        return (10 * np.log10(gain + _BELOW * self.of.floor)).ravel()

    def _gain(self, result):
        if not hasattr(result, "azimuth_rad"):
            raise Error(f"arrival maps are compared with those of ArrivalMapSolver, got {type(result).__name__}")
        gain = result.gain
        if gain.ndim == 5 and gain.shape[2] != 1:
            raise Error(f"the solver's maps have {gain.shape[2]} delays, the measured ones none: leave delays_s out")
        gain = gain[:, :, 0] if gain.ndim == 5 else gain
        if gain.shape[2:] != self.shape[2:]:
            raise Error(f"the measured maps have {self.shape[2]} x {self.shape[3]} directions, those of the solver {gain.shape[2]} x {gain.shape[3]}")
        grid = getattr(self.of, "grid", None)
        for measured, own in zip(grid or (), (result.azimuth_rad, result.elevation_rad)):
            if np.abs(np.exp(1j * measured) - np.exp(1j * own)).max() > 1e-6:
                raise Error("the measured maps are of other directions than those of the solver")
        return gain[self.pick]

    def predict(self, result):
        return self._compared(self._gain(result))

    def jvp(self, result, tangent):
        d = np.asarray(result.jvp(tangent))
        d, gain = (d[:, :, 0] if d.ndim == 5 else d)[self.pick], self._gain(result)
        if not self.is_distribution:
            return (_DB * d / (gain + _BELOW * self.of.floor)).ravel()
        share, total = self._shares(gain)
        moved = (d - share * d.sum(axis=(2, 3), keepdims=True)) / np.where(total > 0, total, 1.0)
        return (moved / np.sqrt(share + self._LEAST)).ravel()

    def vjp(self, result, cotangent, names):
        gain, by = self._gain(result), cotangent.reshape(self.shape)
        if self.is_distribution:
            share, total = self._shares(gain)
            q = by / np.sqrt(share + self._LEAST)
            by_gain = (q - (q * share).sum(axis=(2, 3), keepdims=True)) / np.where(total > 0, total, 1.0)
        else:
            by_gain = _DB * by / (gain + _BELOW * self.of.floor)
        back = np.zeros_like(result.gain)
        np.add.at(back[:, :, 0] if back.ndim == 5 else back, self.pick, by_gain)
        return result.vjp(back, wrt=names)


def observable(one, scene, rx_names, receivers=None):
    """receivers: names that channels and maps without names are of, by default all of the scene.
    @raises Error for what is no measurement, for devices that the scene does not have, for another frequency"""
    frequency = getattr(one, "frequency_hz", None)
    if frequency is not None and not math.isclose(frequency, scene.frequency_hz, rel_tol=1e-9):
        raise Error(f"the measurements are of {frequency:g} Hz, the scene's frequency_hz is {scene.frequency_hz:g}")
    if isinstance(one, Powers):
        return PowerObservable(one, scene, rx_names)
    if isinstance(one, Channels):
        return ChannelObservable(one, scene, list(scene.receivers) if receivers is None else receivers)
    if isinstance(one, Arrivals):
        return ArrivalObservable(one, scene, list(scene.receivers) if receivers is None else receivers)
    raise Error(f"measurements are inverse.Powers, Channels, Arrivals or a list of them, got {type(one).__name__}")
