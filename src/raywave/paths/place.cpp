// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/place.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/box_tree.h"
#include "raywave/core/constants.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

constexpr Vec3d kUp{0.53, 0.62, 0.58};  // no plane of a scene holds it

/// The side of a mirror, seen from its facet's normal, that its windings point to; towards kUp where they disagree.
double front(const scene::FacetTable& table, int32_t mirror) {
  const Vec3d& n = table.facets[size_t(mirror)].normal;
  bool agree = true;
  table.for_members(mirror, [&](int32_t f) { agree = agree && dot(table.facets[size_t(f)].normal, n) > 0; });
  return agree || dot(n, kUp) > 0 ? 1 : -1;
}

/// Where a place is moved, in units of kAside roundings: different from place to place, so that two ends are not moved
/// alike (what is symmetric about both would stay so, and rounding decide). Of the place alone, so that order and cut
/// of faces say nothing in it.
Vec3d generic_move(const PreparedScene& scene, const Vec3d& p) {
  constexpr double kPerScene = 1e4;  // also places near each other differ
  const double phase = kPerScene * dot(p, kUp) / scene.facets().reach_m;
  // up and down between -1 and 1 with period 2 pi, each value equally often
  const auto wave = [](double x) {
    const double periods = (0.5 / kPi) * x;
    return 4 * std::abs(periods - std::floor(periods) - 0.5) - 1;
  };
  // near kUp, so that ends in one plane are moved to the same side of it
  const Vec3d direction = kUp + 0.15 * Vec3d{wave(phase), wave(1.7 * phase + 1), wave(2.3 * phase + 2)};
  return (1 + (kMostAside / kAside - 1) * (0.5 + 0.5 * wave(2 * kPi * 0.61803398875 * phase))) * direction;
}

Vec3d moved_aside(const PreparedScene& scene, const Place& place, const std::vector<double>& sides) {
  const scene::FacetTable& table = scene.facets();
  const double by = kAside * table.rounding_m(place.position_m), least = 0.3 * by;
  Vec3d p = place.position_m + by * generic_move(scene, place.position_m);
  if (place.faces.empty()) return p;
  for (int round = 0; round < 4; ++round) {  // faces that are not perpendicular disturb each other
    for (size_t i = 0; i < place.faces.size(); ++i) {
      const double height = table.distance(place.faces[i].mirror, p);
      if (sides[i] * height >= least) continue;  // farther from a face that it stands near: still its limit
      p += (sides[i] * std::max(least, std::abs(height)) - height) * table.facets[size_t(place.faces[i].mirror)].normal;
    }
  }
  return p;
}

bool touches_mirror(const scene::FacetTable& table, int32_t mirror, const Vec3d& p, double within_m) {
  bool touches = false;
  table.for_members(mirror, [&](int32_t f) { touches = touches || table.touches(f, p, within_m); });
  return touches;
}

}  // namespace

bool Place::on_a_face() const {
  return std::any_of(faces.begin(), faces.end(), [](const Face& f) { return f.side == 0; });
}

namespace {

/// facet(i) is the i-th of num_facets facets that may be near.
template <class Facet>
Place place_among(const PreparedScene& scene, const Vec3d& position_m, int32_t num_facets, const Facet& facet) {
  const scene::FacetTable& table = scene.facets();
  const double rounding_m = table.rounding_m(position_m), on_m = scene::kSamePlane * rounding_m,
               near_m = 2 * kMostAside * rounding_m;
  Place place{position_m, {}};
  for (int32_t i = 0; i < num_facets; ++i) {
    const int32_t f = facet(i);
    const double d = table.distance(f, position_m);
    if (std::abs(d) > near_m || !table.touches(f, position_m, near_m)) continue;
    const int32_t mirror = table.facets[size_t(f)].mirror;
    const bool known = std::any_of(place.faces.begin(), place.faces.end(),
                                   [&](const Place::Face& other) { return other.mirror == mirror; });
    if (known) continue;
    const double from_mirror = table.distance(mirror, position_m);
    place.faces.push_back({mirror, std::abs(d) <= on_m ? 0 : from_mirror < 0 ? -1 : 1});
  }
  return place;
}

}  // namespace

Place place_at(const PreparedScene& scene, const Vec3d& position_m) {
  return place_among(scene, position_m, int32_t(scene.facets().facets.size()), [](int32_t i) { return i; });
}
std::vector<Place> places_at(const PreparedScene& scene, const std::vector<Vec3d>& positions_m) {
  const scene::FacetTable& table = scene.facets();
  std::vector<Place> places(positions_m.size());
  if (places.size() < 64) {  // a tree takes as long
    std::transform(positions_m.begin(), positions_m.end(), places.begin(),
                   [&](const Vec3d& p) { return place_at(scene, p); });
    return places;
  }
  std::vector<Box> boxes(table.facets.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    const scene::Facet& f = table.facets[i];
    for (const double u : {f.min_uv.x, f.max_uv.x}) {
      for (const double v : {f.min_uv.y, f.max_uv.y}) boxes[i].add(f.origin + u * f.axis_u + v * f.axis_v);
    }
  }
  const BoxTree tree(std::move(boxes));
  constexpr size_t kBlock = 1024;
  runtime::parallel_for(int64_t((places.size() + kBlock - 1) / kBlock), 0, [&](int64_t block) {
    std::vector<int32_t> near;
    const size_t first = size_t(block) * kBlock;
    for (size_t i = first; i < std::min(places.size(), first + kBlock); ++i) {
      near.clear();
      Box box;
      box.add(positions_m[i]);
      // twice what place_among() asks for, and what rounds the corners
      const double within_m = (4 * kMostAside + 64) * table.rounding_m(positions_m[i]);
      tree.overlapping(box.grown(within_m), [&](uint32_t f) { near.push_back(int32_t(f)); });
      std::sort(near.begin(), near.end());
      places[i] = place_at(scene, positions_m[i], near);
    }
  });
  return places;
}
Place place_at(const PreparedScene& scene, const Vec3d& position_m, const std::vector<int32_t>& among) {
  return place_among(scene, position_m, int32_t(among.size()), [&](int32_t i) { return among[size_t(i)]; });
}

Vec3d aside(const PreparedScene& scene, const Place& place, const Vec3d& other_m, bool behind) {
  if (scene.queries().empty()) return place.position_m;
  const scene::FacetTable& table = scene.facets();
  const double tolerance_m = scene::kSamePlane * table.rounding_m(other_m);
  std::vector<double> sides;
  for (const Place::Face& f : place.faces) {
    const double d = table.distance(f.mirror, other_m);
    const bool in_plane = std::abs(d) <= tolerance_m;
    const double side = in_plane ? front(table, f.mirror) : d < 0 ? -1 : 1;
    const bool turned = behind && !(in_plane && touches_mirror(table, f.mirror, other_m, tolerance_m));
    sides.push_back(f.side != 0 ? f.side : turned ? -side : side);
  }
  return moved_aside(scene, place, sides);
}

namespace {

/// The sectors into which planes through a point cut the space around it, as sides of each plane. Of a few planes all
/// combinations; of more only those that there are, each beside a line of two planes.
std::vector<std::vector<double>> sectors(const std::vector<Vec3d>& normals) {
  constexpr size_t kFew = 4;
  const size_t n = normals.size();
  std::vector<std::vector<double>> all;
  std::vector<double> sides(n);
  if (n <= kFew) {
    for (size_t sector = 0; sector < size_t(1) << n; ++sector) {
      for (size_t i = 0; i < n; ++i) sides[i] = (sector >> i & 1) != 0 ? -1 : 1;
      all.push_back(sides);
    }
    return all;
  }
  constexpr double kInPlane = 1e-12;  // of unit vectors: rounding
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + 1; j < n; ++j) {
      const Vec3d line = cross(normals[i], normals[j]);
      for (const Vec3d& along : {line, -line}) {
        for (const double beside_i : {1.0, -1.0}) {
          for (const double beside_j : {1.0, -1.0}) {
            const Vec3d beside = beside_i * cross(normals[j], line) - beside_j * cross(normals[i], line);
            for (size_t k = 0; k < n; ++k) {
              const double d = dot(normals[k], along);
              sides[k] = k == i                                                       ? beside_i
                         : k == j                                                     ? beside_j
                         : (std::abs(d) > kInPlane ? d : dot(normals[k], beside)) < 0 ? -1
                                                                                      : 1;
            }
            if (std::find(all.begin(), all.end(), sides) == all.end()) all.push_back(sides);
          }
        }
      }
    }
  }
  return all;
}

}  // namespace

std::vector<Vec3d> all_asides(const PreparedScene& scene, const Place& place) {
  if (scene.queries().empty()) return {place.position_m};
  std::vector<double> sides;
  std::vector<size_t> open;  // those that it lies on
  std::vector<Vec3d> normals;
  for (size_t i = 0; i < place.faces.size(); ++i) {
    const Place::Face& f = place.faces[i];
    sides.push_back(f.side < 0 ? -1 : 1);
    if (f.side != 0) continue;
    open.push_back(i);
    normals.push_back(scene.facets().facets[size_t(f.mirror)].normal);
  }
  std::vector<Vec3d> all;
  for (const std::vector<double>& sector : sectors(normals)) {
    for (size_t i = 0; i < open.size(); ++i) sides[open[i]] = sector[i];
    all.push_back(moved_aside(scene, place, sides));
  }
  return all;
}

}  // namespace raywave::paths
