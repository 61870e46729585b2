// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_queries.h"

#include <embree3/rtcore.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/error.h"
#include "raywave/paths/wedges.h"

namespace raywave::paths {

struct RayQueries::Engine {
  RTCDevice device = nullptr;
  RTCScene scene = nullptr;
  Engine() : device(rtcNewDevice(nullptr)) {
    if (!device) throw Error("the ray engine (Embree) could not be started");
    scene = rtcNewScene(device);
  }
  ~Engine() {
    rtcReleaseScene(scene);
    rtcReleaseDevice(device);
  }
};

/// Does the line from a along d pass through the triangle, its border included? Neighbours share their border's sign to
/// the bit, so that no line slips through between them.
bool passes_through(const scene::Triangle& t, const Vec3d& a, const Vec3d& d) {
  const Vec3d p = t.a - a, q = t.b - a, r = t.c - a;
  const double u = dot(cross(p, q), d), v = dot(cross(q, r), d), w = dot(cross(r, p), d);
  return (u >= 0 && v >= 0 && w >= 0) || (u <= 0 && v <= 0 && w <= 0);
}

/// The state that Embree hands to a filter: which facets the ray ignores, and where found facets go. Embree's triangles
/// are larger than the scene's by more than its rounding; whether a ray that passes an edge hits is decided here, in
/// double precision. Left to Embree: rays at less than about 5 degrees to a face, within its rounding of the face's
/// border.
struct RayQueries::Filter {
  RTCIntersectContext context;  // first: Embree gives back a pointer to it
  const RayQueries* queries;
  Vec3d origin, direction;
  EndFacets at_a, at_b;
  std::vector<Crossing>* found;

  Filter(const RayQueries& q, const Vec3d& from, const Vec3d& to, const EndFacets& a, const EndFacets& b,
         std::vector<Crossing>* out)
      : queries(&q), origin(from), direction(to - from), at_a(a), at_b(b), found(out) {
    rtcInitIntersectContext(&context);
    context.filter = &run;
  }
  static void run(const RTCFilterFunctionNArguments* args) {
    const auto* self = reinterpret_cast<const Filter*>(args->context);
    for (unsigned i = 0; i < args->N; ++i) {
      if (args->valid[i] == 0) continue;
      const auto& triangle = self->queries->table_.triangles[RTCHitN_primID(args->hit, args->N, i)];
      const int facet = triangle.facet;
      const auto lies_on = [&](const EndFacets& e) {
        return self->queries->same_plane(facet, e.first) || self->queries->same_plane(facet, e.second) ||
               self->queries->same_plane(facet, e.third) || self->queries->same_plane(facet, e.fourth);
      };
      if (lies_on(self->at_a) || lies_on(self->at_b) || !passes_through(triangle, self->origin, self->direction)) {
        args->valid[i] = 0;
      } else if (self->found) {
        self->found->push_back({RTCRayN_tfar(args->ray, args->N, i), facet});
        args->valid[i] = 0;  // go on: all crossings are wanted
      }
    }
  }
};

RayQueries::RayQueries(const scene::FacetTable& table)
    : table_(table), engine_(std::make_unique<Engine>()), num_triangles_(table.triangles.size()) {
  double extent = 0;
  for (const scene::Triangle& t : table.triangles) {
    for (const Vec3d& v : {t.a, t.b, t.c}) extent = std::max({extent, std::abs(v.x), std::abs(v.y), std::abs(v.z)});
  }
  offset_m_ = std::max(1e-6f, 4 * std::numeric_limits<float>::epsilon() * float(extent));
  if (num_triangles_ > 0) {
    RTCGeometry geometry = rtcNewGeometry(engine_->device, RTC_GEOMETRY_TYPE_TRIANGLE);
    auto* vertices = static_cast<float*>(rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3,
                                                                 3 * sizeof(float), 3 * num_triangles_));
    auto* indices = static_cast<uint32_t*>(rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3,
                                                                   3 * sizeof(uint32_t), num_triangles_));
    if (!vertices || !indices)
      throw Error(message("not enough memory for the ray structure of ", num_triangles_, " triangles"));
    for (size_t i = 0; i < num_triangles_; ++i) {
      int k = 0;
      const scene::Triangle& t = table.triangles[i];
      const Vec3d middle = (1.0 / 3) * (t.a + t.b + t.c);
      for (const Vec3d& v : {t.a, t.b, t.c}) {
        const double radius = norm(v - middle);
        const Vec3f corner(radius > 0 ? v + (double(offset_m_) / radius) * (v - middle) : v);
        const float xyz[3] = {corner.x, corner.y, corner.z};
        std::copy(xyz, xyz + 3, vertices + (3 * i + size_t(k)) * 3);
        indices[3 * i + size_t(k)] = uint32_t(3 * i + size_t(k));
        ++k;
      }
    }
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(engine_->scene, geometry);
    rtcReleaseGeometry(geometry);
  }
  rtcSetSceneFlags(engine_->scene, RTCSceneFlags(RTC_SCENE_FLAG_CONTEXT_FILTER_FUNCTION | RTC_SCENE_FLAG_ROBUST));
  rtcCommitScene(engine_->scene);
}

RayQueries::~RayQueries() = default;

EndFacets EndFacets::at_edge(const Wedge& w) {
  EndFacets e(w.facet0, w.facet_n);
  e.third = w.inner0;
  e.fourth = w.inner_n;
  return e;
}

bool RayQueries::same_plane(int facet, int other) const {
  if (facet == other) return true;
  if (other < 0) return false;
  const scene::Facet &f = table_.facets[facet], &g = table_.facets[other];
  // axis_u and axis_v are functions of the plane, so a difference in the normal is one in them
  return std::abs(std::abs(dot(f.normal, g.normal)) - 1) < 1e-10 && norm(f.origin - g.origin) <= double(offset_m_);
}

void RayQueries::closest_hits(RayPacket& p, float t_near) const {
  RTCRayHit16 rh;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (int i = 0; i < RayPacket::kSize; ++i) {
    rh.ray.org_x[i] = p.ox[i], rh.ray.org_y[i] = p.oy[i], rh.ray.org_z[i] = p.oz[i];
    rh.ray.dir_x[i] = p.dx[i], rh.ray.dir_y[i] = p.dy[i], rh.ray.dir_z[i] = p.dz[i];
    rh.ray.tnear[i] = t_near;
    rh.ray.tfar[i] = kInf;
    rh.ray.time[i] = 0;
    rh.ray.mask[i] = ~0u;
    rh.ray.flags[i] = 0;
    rh.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
    rh.hit.instID[0][i] = RTC_INVALID_GEOMETRY_ID;
  }
  RTCIntersectContext context;
  rtcInitIntersectContext(&context);
  context.flags = RTC_INTERSECT_CONTEXT_FLAG_COHERENT;
  rtcIntersect16(p.active, engine_->scene, &context, &rh);
  for (int i = 0; i < RayPacket::kSize; ++i) {
    const bool hit = p.active[i] && rh.hit.geomID[i] != RTC_INVALID_GEOMETRY_ID;
    p.t[i] = hit ? rh.ray.tfar[i] : kInf;
    p.facet[i] = hit ? table_.triangles[rh.hit.primID[i]].facet : -1;
  }
}

namespace {

RTCRay segment_ray(const Vec3d& a, const Vec3d& b) {
  const Vec3d d = b - a;
  RTCRay ray{};
  ray.org_x = float(a.x), ray.org_y = float(a.y), ray.org_z = float(a.z);
  ray.dir_x = float(d.x), ray.dir_y = float(d.y), ray.dir_z = float(d.z);
  ray.tnear = 0;
  ray.tfar = 1;
  ray.mask = ~0u;
  return ray;
}

}  // namespace

bool RayQueries::occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b) const {
  if (empty()) return false;
  Filter filter(*this, a, b, at_a, at_b, nullptr);
  RTCRay ray = segment_ray(a, b);
  rtcOccluded1(engine_->scene, &filter.context, &ray);
  return ray.tfar < 0;
}

void RayQueries::crossings(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                           std::vector<Crossing>& out) const {
  out.clear();
  if (empty()) return;
  Filter filter(*this, a, b, at_a, at_b, &out);
  RTCRay ray = segment_ray(a, b);
  rtcOccluded1(engine_->scene, &filter.context, &ray);
  // A segment crosses a plane once: two triangles of one facet hit at their shared side are one crossing.
  std::sort(out.begin(), out.end(),
            [](const Crossing& x, const Crossing& y) { return x.facet != y.facet ? x.facet < y.facet : x.t < y.t; });
  out.erase(
      std::unique(out.begin(), out.end(), [](const Crossing& x, const Crossing& y) { return x.facet == y.facet; }),
      out.end());
  std::sort(out.begin(), out.end(),
            [](const Crossing& x, const Crossing& y) { return x.t != y.t ? x.t < y.t : x.facet < y.facet; });
}

int RayQueries::closest_hit(const Vec3d& origin, const Vec3d& direction, double& t) const {
  t = std::numeric_limits<double>::infinity();
  if (empty()) return -1;
  RTCIntersectContext context;
  rtcInitIntersectContext(&context);
  RTCRayHit rh{};
  rh.ray = segment_ray(origin, origin + direction);
  rh.ray.tfar = std::numeric_limits<float>::infinity();
  rh.hit.geomID = RTC_INVALID_GEOMETRY_ID;
  rtcIntersect1(engine_->scene, &context, &rh);
  if (rh.hit.geomID == RTC_INVALID_GEOMETRY_ID) return -1;
  t = rh.ray.tfar;
  return table_.triangles[rh.hit.primID].facet;
}

}  // namespace raywave::paths
