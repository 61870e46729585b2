# SPDX-License-Identifier: Apache-2.0
"""Results in the formats of others: xarray, DeepMIMO, GeoTIFF, MATLAB, SigMF, Sionna PHY's CIRDataset.

    from raywave import formats
    paths.to_xarray()                                   # and radio_map.to_xarray(), wave_result.to_xarray()
    formats.save_deepmimo("deepmimo_scenarios/street", scene, paths)
    formats.save_geotiff("gain.tif", radio_map)
    formats.save_matlab("paths.mat", paths)
    formats.save_sigmf("received", samples, sample_rate_hz=20e6, frequency_hz=3.5e9)
    formats.cir_generator([paths])

Needs the packages of the extra, each where it is used: pip install 'raywave[formats]'.
"""
from .cirs import CirGenerator, cir_generator
from .deepmimo import save_deepmimo
from .geotiff import save_geotiff
from .matlab import save_matlab
from .sigmf import save_sigmf

__all__ = ["CirGenerator", "cir_generator", "save_deepmimo", "save_geotiff", "save_matlab", "save_sigmf"]
