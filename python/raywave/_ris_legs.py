# SPDX-License-Identifier: Apache-2.0
"""Ways between devices and a panel's elements, and the elements' pattern, with what both pass back. The model stands in ris.py."""
import numpy as np

from . import differentiable

SPEED_OF_LIGHT = 299792458.0


def _patterns(u, frequency_hz, area):
    """What ports y and z of an element take of the fields along theta and phi, [2, 2, ...], for unit vectors u [..., 3] of its frame: analytic in u,
    so that a complex step gives slopes. 0 behind the panel."""
    x, y, z = np.moveaxis(u, -1, 0)
    front = x.real > 1e-12  # grazing rays carry nothing, and their slope has no limit
    cos = np.where(front, x, 1.0)
    gain = np.where(front, np.sqrt(4 * np.pi * area * cos), 0.0) * frequency_hz / SPEED_OF_LIGHT
    rho = np.sqrt(np.where(front, x * x + y * y, 1.0))
    theta = (x * z / rho, y * z / rho, -rho)
    phi = (-y / rho, x / rho, 0.0)
    across_y, across_z = y / (1 + cos), z / (1 + cos)
    turned_y = lambda e: e[1] - across_y * (e[0] + x * e[0] + y * e[1] + z * e[2])  # noqa: E731: of (x + u) . e, where u . e = 0 keeps slopes whole
    turned_z = lambda e: e[2] - across_z * (e[0] + x * e[0] + y * e[1] + z * e[2])  # noqa: E731
    return gain * np.array([[turned_y(theta), turned_y(phi)], [turned_z(theta), turned_z(phi)]])


class Leg:
    """Paths between devices and one panel: a [slant, element, device, port, path]."""

    def __init__(self, paths, number, panel, towards):
        count = 2 * panel._phase.size
        ends = ("theta_r", "phi_r") if towards else ("theta_t", "phi_t")
        self.paths, self.number, self.panel, self.towards, self.count = paths, number, panel, towards, count
        self.angles = ends
        self.a, tau, theta, phi = (self._taken(getattr(paths, name)) for name in ("a", "tau", *ends))
        there = tau[0] >= 0
        self.tau, self.theta, self.phi = (np.where(there, x[0], 0.0) for x in (tau, theta, phi))
        self.there = there
        self.rotation, self.turned = differentiable._rotation(panel._orientation)
        u = np.stack([np.sin(self.theta) * np.cos(self.phi), np.sin(self.theta) * np.sin(self.phi), np.cos(self.theta)], axis=-1)
        self.world = np.where(there[..., None], u, self.rotation[:, 0])
        self.local = self.world @ self.rotation
        self.area = panel._spacing[0] * panel._spacing[1]
        self.fields = _patterns(self.local, paths.frequency_hz, self.area)

    def _taken(self, array):
        part = array[self.number, :self.count] if self.towards else np.moveaxis(array[:, :, self.number, :self.count], 2, 0)
        return part.reshape(2, self.count // 2, *part.shape[1:])

    def _given(self, part, like):
        """What _taken took, back in its place, zeros elsewhere."""
        out = np.zeros(like.shape, dtype=part.dtype)
        part = part.reshape(self.count, *part.shape[2:])
        if self.towards:
            out[self.number, :self.count] = part
        else:
            out[:, :, self.number, :self.count] = np.moveaxis(part, 0, 2)
        return out

    def _waves(self, frequencies):
        """Phases of the ways, [element, device, port, path, frequency]."""
        return np.exp(-2j * np.pi * (self.paths.frequency_hz + frequencies) * self.tau[..., None])

    def channel(self, frequencies):
        """[port y or z, element, device, port, frequency]"""
        return np.einsum("qsndpl,sndpl,ndplf->qndpf", self.fields, self.a, self._waves(frequencies), optimize=True)

    def vjp(self, frequencies, cotangent, known):
        """Gradient by the names of the leg's scene, and by what the panel's pattern depends on itself."""
        f0 = self.paths.frequency_hz
        back = np.einsum("qndpf,ndplf->qndpl", cotangent, np.conj(self._waves(frequencies)), optimize=True)
        by_a = np.einsum("qsndpl,qndpl->sndpl", self.fields, back)
        by_fields = np.einsum("qndpl,sndpl->qsndpl", np.conj(back), self.a).real
        waves = np.einsum("qsndpl,sndpl->qndpl", self.fields, self.a)[..., None] * self._waves(frequencies)
        turned = -2j * np.pi * waves * np.conj(cotangent)[..., None, :]
        by_tau = ((f0 + frequencies) * turned).real.sum(axis=(0, -1))
        step = 1e-30
        by_u = np.stack([(by_fields * _patterns(self.local + 1j * step * np.eye(3)[k], f0, self.area).imag / step).sum(axis=(0, 1)) for k in range(3)], axis=-1)
        by_u = np.where(self.there[..., None], by_u, 0.0)
        by_world = by_u @ self.rotation.T
        ct, st, cp, sp = np.cos(self.theta), np.sin(self.theta), np.cos(self.phi), np.sin(self.phi)
        by_theta = by_world[..., 0] * ct * cp + by_world[..., 1] * ct * sp - by_world[..., 2] * st
        by_phi = st * (-by_world[..., 0] * sp + by_world[..., 1] * cp)
        first = lambda x: np.stack([np.where(self.there, x, 0.0), np.zeros_like(x)])  # noqa: E731: the slants share their paths
        words = {"a": self._given(by_a, self.paths.a), "tau": self._given(first(by_tau), self.paths.tau),
                 self.angles[0]: self._given(first(by_theta), self.paths.tau), self.angles[1]: self._given(first(by_phi), self.paths.tau)}
        gradient = self.paths.vjp(wrt=known, **words) if known else {}
        own = np.array([(by_u * (self.world @ d)).sum() for d in self.turned])
        by_frequency = (turned * self.tau[..., None]).real.sum() + (np.conj(cotangent) * self.channel(frequencies)).real.sum() / f0
        return gradient, own, by_frequency
