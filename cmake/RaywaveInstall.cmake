# SPDX-License-Identifier: Apache-2.0
# `cmake --install` puts headers, libraries and a package file in place: find_package(raywave) then gives raywave::raywave.
