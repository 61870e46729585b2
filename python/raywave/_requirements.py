# SPDX-License-Identifier: Apache-2.0
"""Packages that only a part of raywave needs: imported when they are used, named with the pip line when they are missing."""
import importlib

from ._raywave import Error

# The package: the extra of pyproject.toml that brings it; where several do, the first that is not asked for another.
EXTRAS = {
    "dask": "campaigns", "distributed": "campaigns", "h5py": "formats", "matplotlib": "formats", "numcodecs": "campaigns", "osmium": "geo",
    "pyogrio": "geo", "pyproj": "geo", "rasterio": "formats", "scipy": "inverse", "shapely": "geo", "skimage": "scan", "tornado": "explore", "xarray": "formats",
    "zarr": "campaigns",
}


def need(module: str, purpose: str, extra: str = ""):
    """The module. extra: the one that brings its package here, where several do. @raises Error naming the package and the pip line that
    brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        extra = extra or EXTRAS.get(package, "")
        line = f"pip install 'raywave[{extra}]'" if extra else f"pip install {package}"
        raise Error(f"{purpose} needs the package '{package}', which cannot be imported ({error}): {line}") from None
