# SPDX-License-Identifier: Apache-2.0
"""The packages that only raywave.explore needs: imported when they are used, named with the pip line when they are missing."""
import importlib

from .._raywave import Error


def need(module: str, purpose: str):
    """The module. @raises Error naming the package and the pip line that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise Error(f"{purpose} needs the package '{package}', which cannot be imported ({error}): pip install 'raywave[explore]'") from None
