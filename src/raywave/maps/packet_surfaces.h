// SPDX-License-Identifier: Apache-2.0
// What 16 rays meet, and how their fields go on from there, in vectors.
#pragma once

#include <array>

#include "raywave/maps/tile_fields.h"
#include "raywave/paths/coefficient_entry.h"

namespace raywave::maps {

/// What the rays of a packet meet, whole vectors a ray. Of rays that end: anything.
struct PacketSurfaces {
  struct Side {
    float x, y, z, turn;  // its normal; 2 for a reflection or 0 for a transmission
  };
  alignas(64) Side side[16] = {};
  alignas(64) paths::CoefficientEntry coefficients[16] = {};
  void set(int i, const Vec3f& n, const Complex<float>& te, const Complex<float>& tm, bool reflects) {
    side[i] = {n.x, n.y, n.z, reflects ? 2.0f : 0.0f};
    coefficients[i] = {te, tm};
  }
};

/// Of a packet, those that scatter, and their fields behind.
struct ScatteredRays {
  size_t count = 0;
  std::array<int, 16> lane;
  std::array<CVec3<float>, 16> behind;
  void put(TileFields& fields) const {
    for (size_t i = 0; i < count; ++i) fields.put(lane[i], behind[i]);
  }
};

/// E -> c_te (E . te) te + c_tm (E . tm) tm' with te along k x n and tm = k x te; written with w = k x n
/// unnormalised, so that it needs one division and no branch. At normal incidence, where w vanishes, any w across k
/// will do.
inline void carry(const paths::RayPacket& p, const PacketSurfaces& s, TileFields& fields, int begin) {
  float *ax = fields.re_x + begin, *ay = fields.re_y + begin, *az = fields.re_z + begin;
  float *bx = fields.im_x + begin, *by = fields.im_y + begin, *bz = fields.im_z + begin;
#pragma GCC ivdep
  for (int i = 0; i < 16; ++i) {
    const float kx = p.dx[i], ky = p.dy[i], kz = p.dz[i], nx = s.side[i].x, ny = s.side[i].y, nz = s.side[i].z;
    const float turn = s.side[i].turn * (kx * nx + ky * ny + kz * nz);
    float wx = ky * nz - kz * ny, wy = kz * nx - kx * nz, wz = kx * ny - ky * nx;
    const bool normal = wx * wx + wy * wy + wz * wz < 1e-12f;
    const bool steep = kz * kz > 0.5f;
    wx = normal ? (steep ? 0.0f : ky) : wx;
    wy = normal ? (steep ? kz : -kx) : wy;
    wz = normal ? (steep ? -ky : 0.0f) : wz;
    const float inv = 1 / (wx * wx + wy * wy + wz * wz);
    const float vx = ky * wz - kz * wy, vy = kz * wx - kx * wz, vz = kx * wy - ky * wx;  // k x w
    const float ox = kx - turn * nx, oy = ky - turn * ny, oz = kz - turn * nz;
    const float ux = oy * wz - oz * wy, uy = oz * wx - ox * wz, uz = ox * wy - oy * wx;  // k' x w
    const float aw = inv * (ax[i] * wx + ay[i] * wy + az[i] * wz), av = inv * (ax[i] * vx + ay[i] * vy + az[i] * vz);
    const float bw = inv * (bx[i] * wx + by[i] * wy + bz[i] * wz), bv = inv * (bx[i] * vx + by[i] * vy + bz[i] * vz);
    const Complex<float> te = s.coefficients[i].te, tm = s.coefficients[i].tm;
    const float te_re = te.re * aw - te.im * bw, te_im = te.re * bw + te.im * aw;
    const float tm_re = tm.re * av - tm.im * bv, tm_im = tm.re * bv + tm.im * av;
    ax[i] = te_re * wx + tm_re * ux, ay[i] = te_re * wy + tm_re * uy, az[i] = te_re * wz + tm_re * uz;
    bx[i] = te_im * wx + tm_im * ux, by[i] = te_im * wy + tm_im * uy, bz[i] = te_im * wz + tm_im * uz;
  }
}

}  // namespace raywave::maps
