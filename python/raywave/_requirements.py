# SPDX-License-Identifier: Apache-2.0
"""Packages that only a part of raywave needs: imported when they are used, named with the pip line when they are missing."""
import importlib

from ._raywave import Error

# The module that is imported: the extra of pyproject.toml that brings it.
EXTRAS = {"h5py": "formats", "matplotlib": "formats", "rasterio": "formats", "scipy": "formats", "xarray": "formats"}


def need(module: str, purpose: str):
    """The module. @raises Error naming the package and the pip line that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        line = f"pip install 'raywave[{EXTRAS[package]}]'" if package in EXTRAS else f"pip install {package}"
        raise Error(f"{purpose} needs the package '{package}', which cannot be imported ({error}): {line}") from None
