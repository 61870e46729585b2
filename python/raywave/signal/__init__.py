# SPDX-License-Identifier: Apache-2.0
"""From paths to signals and back: FMCW radar cubes, OFDM grids, spectra in closed form, losses that an optimiser can descend.

    radar = signal.Fmcw(slope_hz_per_s=80e12, sampling_frequency_hz=5e6, num_samples=256, num_chirps=128)
    cube = paths.samples(radar)                  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, num_chirps, num_samples]
    spectrum = paths.spectrum(radar)             # range and Doppler, in closed form per path
    gradient = paths.samples_vjp(radar, cotangent)
    grid = paths.samples(signal.ofdm("mu1", num_resource_blocks=24, num_symbols=14))
"""
from .angles import angle_spectrum, delay_angle, virtual_array
from .channels import beamforming_gain, best_beam, capacity, capacity_gradient, dft_codebook, ls_estimate, pilot_mask
from .files import adc_frames, load_cube, save_cube
from .scatterers import cross_section_db, moving_cube, point_echoes, scattering, scattering_vjp
from .surrogates import Annealing, Loss
from .waveforms import Echoes, Fmcw, Ofdm, Spectrum, kernel_tail, ofdm, thermal_noise_power

__all__ = ["Annealing", "Echoes", "Fmcw", "Loss", "Ofdm", "Spectrum", "adc_frames", "angle_spectrum", "beamforming_gain", "best_beam", "capacity", "capacity_gradient",
           "cross_section_db", "delay_angle", "dft_codebook", "kernel_tail", "load_cube", "ls_estimate", "moving_cube", "ofdm", "pilot_mask", "point_echoes", "save_cube",
           "scattering", "scattering_vjp", "thermal_noise_power", "virtual_array"]
