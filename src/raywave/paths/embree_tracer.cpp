// SPDX-License-Identifier: Apache-2.0
// The one place that knows the ray engine Embree.
#include <embree3/rtcore.h>

#include <algorithm>
#include <limits>

#include "raywave/core/error.h"
#include "raywave/paths/ray_tracer.h"

namespace raywave::paths {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();

class EmbreeTracer : public RayTracer {
 public:
  explicit EmbreeTracer(const scene::FacetTable& table) : table_(table), device_(rtcNewDevice(nullptr)) {
    if (!device_) throw Error("the ray engine (Embree) could not be started");
    is_16_wide_ = rtcGetDeviceProperty(device_, RTC_DEVICE_PROPERTY_NATIVE_RAY16_SUPPORTED) != 0;
    scene_ = rtcNewScene(device_);
    rtcSetSceneFlags(scene_, RTC_SCENE_FLAG_ROBUST);
    if (!table.triangles.empty()) add_faces();
    rtcCommitScene(scene_);
  }
  ~EmbreeTracer() override {
    rtcReleaseScene(scene_);
    rtcReleaseDevice(device_);
  }
  EmbreeTracer(const EmbreeTracer&) = delete;
  EmbreeTracer& operator=(const EmbreeTracer&) = delete;

  void closest_hits(std::span<RayPacket> packets) const override {
    for (RayPacket& packet : packets) {
      alignas(64) int32_t together[RayPacket::kSize];
      bool any = false;
      for (int k = 0; k < RayPacket::kSize; ++k) {
        together[k] = packet.alone[k] ? 0 : packet.active[k];
        any |= together[k] != 0;
      }
      if (any) {
        trace(packet, together);
      } else {
        std::fill(packet.t, packet.t + RayPacket::kSize, kFar);
        std::fill(packet.facet, packet.facet + RayPacket::kSize, -1);
      }
      for (int k = 0; k < RayPacket::kSize; ++k) {
        if (packet.alone[k] && packet.active[k]) trace_alone(packet, k);
      }
    }
  }

 private:
  void trace_alone(RayPacket& p, int k) const {
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    RTCRayHit rh;
    rh.ray.org_x = p.ox[k], rh.ray.org_y = p.oy[k], rh.ray.org_z = p.oz[k];
    rh.ray.dir_x = p.dx[k], rh.ray.dir_y = p.dy[k], rh.ray.dir_z = p.dz[k];
    rh.ray.tnear = 0;
    rh.ray.tfar = kFar;
    rh.ray.time = 0;
    rh.ray.mask = ~0u;
    rh.ray.flags = 0;
    rh.hit.geomID = RTC_INVALID_GEOMETRY_ID;
    rh.hit.instID[0] = RTC_INVALID_GEOMETRY_ID;
    rtcIntersect1(scene_, &context, &rh);
    const bool hit = rh.hit.geomID != RTC_INVALID_GEOMETRY_ID;
    p.t[k] = hit ? rh.ray.tfar : kFar;
    p.facet[k] = hit ? table_.triangles[rh.hit.primID].facet : -1;
  }

  /// The engine follows as many rays at once as the processor's vectors hold; wider packets it would take one by one.
  void trace(RayPacket& p, const int32_t* active) const {
    if (is_16_wide_) return trace<RTCRayHit16, 16>(p, active, rtcIntersect16);
    trace<RTCRayHit8, 8>(p, active, rtcIntersect8);
  }

  template <class RayHit, int kWide, class Intersect>
  void trace(RayPacket& p, const int32_t* active, const Intersect& intersect) const {
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    context.flags = RTC_INTERSECT_CONTEXT_FLAG_COHERENT;
    for (int first = 0; first < RayPacket::kSize; first += kWide) {
      RayHit rh;
      for (int i = 0; i < kWide; ++i) {
        const int k = first + i;
        rh.ray.org_x[i] = p.ox[k], rh.ray.org_y[i] = p.oy[k], rh.ray.org_z[i] = p.oz[k];
        rh.ray.dir_x[i] = p.dx[k], rh.ray.dir_y[i] = p.dy[k], rh.ray.dir_z[i] = p.dz[k];
        rh.ray.tnear[i] = 0;
        rh.ray.tfar[i] = kFar;
        rh.ray.time[i] = 0;
        rh.ray.mask[i] = ~0u;
        rh.ray.flags[i] = 0;
        rh.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
        rh.hit.instID[0][i] = RTC_INVALID_GEOMETRY_ID;
      }
      intersect(active + first, scene_, &context, &rh);
      for (int i = 0; i < kWide; ++i) {
        const int k = first + i;
        const bool hit = active[k] && rh.hit.geomID[i] != RTC_INVALID_GEOMETRY_ID;
        p.t[k] = hit ? rh.ray.tfar[i] : kFar;
        p.facet[k] = hit ? table_.triangles[rh.hit.primID[i]].facet : -1;
      }
    }
  }

  void add_faces() {
    const size_t n = table_.triangles.size();
    RTCGeometry geometry = rtcNewGeometry(device_, RTC_GEOMETRY_TYPE_TRIANGLE);
    auto* vertices = static_cast<float*>(
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, 3 * sizeof(float), 3 * n));
    auto* indices = static_cast<uint32_t*>(
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, 3 * sizeof(uint32_t), n));
    if (!vertices || !indices) throw Error(message("not enough memory for the ray structure of ", n, " triangles"));
    for (size_t i = 0; i < n; ++i) {
      int k = 0;
      for (const Vec3f& corner : search_corners(table_, table_.triangles[i])) {
        const float xyz[3] = {corner.x, corner.y, corner.z};
        std::copy(xyz, xyz + 3, vertices + (3 * i + size_t(k)) * 3);
        indices[3 * i + size_t(k)] = uint32_t(3 * i + size_t(k));
        ++k;
      }
    }
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(scene_, geometry);
    rtcReleaseGeometry(geometry);
  }

  const scene::FacetTable& table_;
  RTCDevice device_ = nullptr;
  RTCScene scene_ = nullptr;
  bool is_16_wide_ = false;
};

}  // namespace

std::unique_ptr<RayTracer> embree_tracer(const scene::FacetTable& table) {
  return std::make_unique<EmbreeTracer>(table);
}

}  // namespace raywave::paths
