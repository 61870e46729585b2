# SPDX-License-Identifier: Apache-2.0
# Every library that a room uses; each is a Debian 12 package (tools/apt-packages.txt).
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(embree 3 REQUIRED)
find_package(pugixml REQUIRED)
find_package(assimp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
# FFTW is GPL: only runtime/fft.cpp uses it, so that a library with the same interface can take its place.
pkg_check_modules(fftw REQUIRED IMPORTED_TARGET fftw3)
pkg_check_modules(fftwf REQUIRED IMPORTED_TARGET fftw3f)
if(RAYWAVE_TESTS)
  find_package(GTest REQUIRED)
endif()
