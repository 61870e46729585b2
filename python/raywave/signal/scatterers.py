# SPDX-License-Identifier: Apache-2.0
"""What radar sees of a mesh by physical optics on its facets, and of meshes that move: cross sections, cubes frame by frame."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .. import _raywave
from .._raywave import Error, Object
from .waveforms import SPEED_OF_LIGHT, Echoes, Fmcw


def _mesh(mesh):
    return (mesh.vertices_m, mesh.triangles) if isinstance(mesh, Object) else (np.asarray(mesh[0], dtype=float), np.asarray(mesh[1]))


def _directions(to_transmitter, to_receiver):
    t = np.asarray(to_transmitter, dtype=float)
    r = t if to_receiver is None else np.asarray(to_receiver, dtype=float)
    if t.shape[-1:] != (3,) or r.shape != t.shape:
        raise Error(f"directions have the shape [..., 3], the same for both ends, got {list(t.shape)} and {list(r.shape)}")
    return t, np.ascontiguousarray(t.reshape(-1, 3)), np.ascontiguousarray(r.reshape(-1, 3))


def scattering(mesh: Object | tuple, frequency_hz: float, to_transmitter: NDArray, to_receiver: NDArray | None = None, *, max_bounces: int = 3,
               num_threads: int = 0) -> NDArray[np.complex128]:
    """sqrt(sigma) in metres, with the phase of the origin, [..., 2, 2]: rows (theta, phi) received, columns (theta, phi) sent.

    mesh: an Object, taken as a perfect conductor, or (vertices_m, triangles); directions: unit vectors [..., 3] from the target, to_receiver None:
    backscatter. Physical optics: facets of a wavelength and more, away from grazing; max_bounces: 3 for corners of three faces."""
    shape, t, r = _directions(to_transmitter, to_receiver)
    return _raywave._scattering(*_mesh(mesh), frequency_hz, t, r, max_bounces, num_threads).reshape(*shape.shape[:-1], 2, 2)


def scattering_vjp(mesh: Object | tuple, frequency_hz: float, to_transmitter: NDArray, cotangent: NDArray, to_receiver: NDArray | None = None, *,
                   max_bounces: int = 3, num_threads: int = 0) -> NDArray[np.float64]:
    """Gradient by the mesh's vertices, [num_vertices, 3], for a cotangent d / d Re + j d / d Im of scattering."""
    _, t, r = _directions(to_transmitter, to_receiver)
    return _raywave._scattering_vjp(*_mesh(mesh), frequency_hz, t, r, max_bounces, num_threads, np.asarray(cotangent, dtype=complex).reshape(-1, 2, 2))


def cross_section_db(mesh: Object | tuple, frequency_hz: float, to_transmitter: NDArray, to_receiver: NDArray | None = None, *, polarization: str = "VV",
                     max_bounces: int = 3) -> NDArray[np.float64]:
    """10 log10 sigma over a square metre; polarization: received and sent, V (theta) and H (phi)."""
    if len(polarization) != 2 or set(polarization) - set("VH"):
        raise Error(f"polarization must be VV, VH, HV or HH (received, sent), got '{polarization}'")
    row, column = ("VH".index(letter) for letter in polarization)
    s = scattering(mesh, frequency_hz, to_transmitter, to_receiver, max_bounces=max_bounces)[..., row, column]
    with np.errstate(divide="ignore"):
        return 20 * np.log10(abs(s))


def moving_cube(echoes: Callable[[float], Echoes], waveform: Fmcw, *, num_tx_ports: int = 1, every: int = 1, noise_power: float = 0.0,
                seed: int = 1) -> NDArray[np.complex128]:
    """Samples of a scene that turns and travels: echoes(t) gives what there is at the time t (delays as they are then, Doppler shifts for the
    motion within a chirp or 0), asked for at every `every`-th chirp; in between it is continued by its Doppler shifts.

    [1, num_rx_ant, 1, num_tx_ant, num_frames, num_chirps, num_samples]. Micro-Doppler of rotating parts comes out of the delays."""
    if every < 1:
        raise Error(f"every must be >= 1, got {every}")
    if num_tx_ports < 1:
        raise Error(f"num_tx_ports must be >= 1, got {num_tx_ports}")
    period = waveform.slow_period_s(num_tx_ports)
    frame = waveform.frame_period_s or period * waveform.num_chirps
    import dataclasses
    out = None
    for f in range(waveform.num_frames):
        for m in range(0, waveform.num_chirps, every):
            count = min(every, waveform.num_chirps - m)
            one = dataclasses.replace(waveform, num_frames=1, num_chirps=count, frame_period_s=0.0)
            now = echoes(f * frame + m * period)
            if now.a.shape[1] != num_tx_ports:
                raise Error(f"num_tx_ports is {num_tx_ports}, the echoes have {now.a.shape[1]} transmitting ports")
            if waveform.multiplexing == "ddm" and m:  # the ports' codes go on from the chirps before
                code = np.exp(2j * np.pi / num_tx_ports * (m * np.arange(num_tx_ports) % num_tx_ports))
                now = Echoes(now.a * code[:, None], now.tau, now.doppler, frequency_hz=now.frequency_hz)
            y = now.samples(one)
            if out is None:
                out = np.zeros((*y.shape[:4], waveform.num_frames, waveform.num_chirps, waveform.num_samples), dtype=complex)
            out[..., f, m:m + count, :] = y[..., 0, :, :]
    if noise_power:
        quiet = Echoes(np.zeros((out.shape[1], out.shape[3], 0)), [], [], frequency_hz=1.0)
        out += quiet.samples(waveform, noise_power=noise_power, seed=seed)
    return out


def point_echoes(positions_m: NDArray, amplitudes_m: NDArray, radar_m: NDArray, *, frequency_hz: float, velocities_m_per_s: NDArray | None = None,
                 rx_positions_m: NDArray | None = None) -> Echoes:
    """Points of sqrt(sigma) = amplitudes_m (metres, complex) before a radar: gains lambda / (4 pi)^1.5 sqrt(sigma) / (r_t r_r) by the radar equation.

    radar_m: the transmitter [3]; rx_positions_m: receivers [num_rx_ant, 3] (default: at the transmitter)."""
    p, radar = np.atleast_2d(np.asarray(positions_m, dtype=float)), np.asarray(radar_m, dtype=float)
    rx = radar[None] if rx_positions_m is None else np.atleast_2d(np.asarray(rx_positions_m, dtype=float))
    to_tx, to_rx = p - radar, p - rx[0]
    rt, rr = np.linalg.norm(to_tx, axis=-1), np.linalg.norm(to_rx, axis=-1)
    if not ((rt > 0).all() and (rr > 0).all()):
        raise Error("a point stands at the radar itself")
    lam = SPEED_OF_LIGHT / frequency_hz
    gain = lam / (4 * np.pi) ** 1.5 * np.asarray(amplitudes_m, dtype=complex) / (rt * rr)
    v = np.zeros_like(p) if velocities_m_per_s is None else np.broadcast_to(np.asarray(velocities_m_per_s, dtype=float), p.shape)
    doppler = -((v * to_tx).sum(-1) / rt + (v * to_rx).sum(-1) / rr) / lam
    # elements differ by their own distance: the first one's delay, the others' phases
    others = np.linalg.norm(p[None] - rx[:, None], axis=-1) - rr
    a = gain * np.exp(-2j * np.pi / lam * others)
    return Echoes(a[:, None, :], (rt + rr) / SPEED_OF_LIGHT, doppler, frequency_hz=frequency_hz)
