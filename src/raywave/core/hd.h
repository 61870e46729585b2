// SPDX-License-Identifier: Apache-2.0
// RAYWAVE_HD marks functions that compile for the CPU and, under nvcc, for the GPU too. RAYWAVE_HD_CALL: large ones,
// which the GPU calls (kernels that hold all of them in line take its assembler hours). RAYWAVE_HD_OF_CPP: large
// ones that one .cpp defines for the CPU and a header for the GPU.
#pragma once

#ifdef __CUDACC__
#define RAYWAVE_HD __host__ __device__
#define RAYWAVE_HD_CALL __host__ __device__ __noinline__
#define RAYWAVE_HD_OF_CPP [[maybe_unused]] static __host__ __device__ __noinline__
#else
#define RAYWAVE_HD
#define RAYWAVE_HD_CALL
#define RAYWAVE_HD_OF_CPP
#endif
