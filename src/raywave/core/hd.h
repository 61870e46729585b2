// SPDX-License-Identifier: Apache-2.0
// RAYWAVE_HD marks functions that compile for the CPU and, under nvcc, for the GPU too.
#pragma once

#ifdef __CUDACC__
#define RAYWAVE_HD __host__ __device__
#else
#define RAYWAVE_HD
#endif
