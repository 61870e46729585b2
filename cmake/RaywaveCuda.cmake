# SPDX-License-Identifier: Apache-2.0
# CUDA where it is: nvcc on the path or in /usr/local/cuda, and cuFFT. RAYWAVE_HAS_CUDA says what came of it.
#
# raywave_cuda_plugin(NAME sources...): libNAME.so holds CUDA code and is loaded when a device is asked for, so that
# programs start where neither driver nor toolkit is. cudart is inside; cuFFT (290 MB) stays a shared library.
# RAYWAVE_CUDA_PLUGINS lists them all. No product and sum are fused: kernels give what their emulation on the CPU gives.
set(RAYWAVE_HAS_CUDA OFF)
if(NOT RAYWAVE_CUDA MATCHES "^(AUTO|ON|OFF|TRUE|FALSE|1|0)$")
  message(FATAL_ERROR "RAYWAVE_CUDA must be AUTO, ON or OFF, got ${RAYWAVE_CUDA}")
endif()
if(RAYWAVE_CUDA STREQUAL "AUTO" OR RAYWAVE_CUDA)
  include(CheckLanguage)
  if(NOT CMAKE_CUDA_COMPILER)
    find_program(RAYWAVE_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
    mark_as_advanced(RAYWAVE_NVCC)
    if(RAYWAVE_NVCC)
      set(CMAKE_CUDA_COMPILER ${RAYWAVE_NVCC})
    endif()
  endif()
  # `native` would need a device; machine code for these, and what newer ones can translate
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know it of nvcc
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    endif()
    find_package(CUDAToolkit QUIET)
    if(TARGET CUDA::cufft AND TARGET CUDA::cudart_static)
      set(RAYWAVE_HAS_CUDA ON)
      # the name that the plugin asks for, libcufft.so.12
      file(REAL_PATH "${CUDA_cufft_LIBRARY}" cufft)
      get_filename_component(cufft "${cufft}" NAME)
      string(REGEX MATCH "^libcufft\\.so\\.[0-9]+" RAYWAVE_CUFFT "${cufft}")
    endif()
  endif()
  if(RAYWAVE_HAS_CUDA)
    message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION}: rays and waves on a device are built")
  elseif(RAYWAVE_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA: not built (no nvcc with cuFFT)")
  else()
    message(FATAL_ERROR "RAYWAVE_CUDA=ON needs nvcc (CMAKE_CUDA_COMPILER) and cuFFT; neither may be missing")
  endif()
endif()

function(raywave_cuda_plugin name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX lib
    CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_RUNTIME_LIBRARY Static CUDA_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} INSTALL_RPATH_USE_LINK_PATH ON)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  # parentheses: of what nvcc writes anew
  target_compile_options(${name} PRIVATE --expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra,-Wshadow,-Wno-parentheses --fmad=false)
  if(RAYWAVE_WERROR)
    target_compile_options(${name} PRIVATE --Werror=all-warnings -Xcompiler=-Werror)
  endif()
  target_link_libraries(${name} PRIVATE CUDA::cudart_static)
  set_property(GLOBAL APPEND PROPERTY RAYWAVE_CUDA_PLUGINS ${name})
endfunction()
