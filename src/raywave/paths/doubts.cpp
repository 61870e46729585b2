// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/doubts.h"

#include <algorithm>

#include "raywave/core/units.h"
#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

bool Ground::spans_scene(int object) {
  const auto [at, is_new] = spanning_.try_emplace(object, false);
  if (!is_new) return at->second;
  if (spanning_.size() == 1) scene_.bounding_box(lo_, hi_);
  const double x = 0.01 * (hi_.x - lo_.x), y = 0.01 * (hi_.y - lo_.y);
  bool left = false, right = false, front = false, back = false;
  for (const Vec3d& v : scene_.objects[size_t(object)].mesh.vertices_m) {
    left |= v.x <= lo_.x + x, right |= v.x >= hi_.x - x;
    front |= v.y <= lo_.y + y, back |= v.y >= hi_.y - y;
  }
  return at->second = left && right && front && back;
}

std::string Ground::above(const scene::Device& device, bool is_dark) {
  if (prepared_.queries().empty()) return {};
  double height = 0, depth = 0;
  const int facet_above = prepared_.queries().closest_hit(device.position_m, {0, 0, 1}, height);
  // on the ground, or within the rounding of the ray engine
  if (facet_above < 0 || height < 10 * double(prepared_.queries().offset_m())) return {};
  if (prepared_.queries().closest_hit(device.position_m, {0, 0, -1}, depth) >= 0) return {};
  const scene::Facet& facet = prepared_.facets().facets[size_t(facet_above)];
  if (!spans_scene(facet.object)) return {};
  // a body is left again above, ground is not
  std::vector<Crossing> crossings;
  const Vec3d beyond{device.position_m.x, device.position_m.y, hi_.z + (hi_.z - device.position_m.z)};
  prepared_.queries().crossings(device.position_m, beyond, {}, {}, crossings);
  const auto faces = std::count_if(crossings.begin(), crossings.end(), [&](const Crossing& c) {
    return prepared_.facets().facets[size_t(c.facet)].object == facet.object;
  });
  if (faces % 2 == 0) return {};
  const double top = device.position_m.z + height;
  const bool goes_on = hi_.z > top + 0.01 * (hi_.z - device.position_m.z);
  return is_dark || goes_on ? scene_.objects[size_t(facet.object)].name : std::string();
}

std::string gain_doubt(double gain, double distance_m, double wavelength_m) {
  return message("a gain of +", power_to_db(gain), " dB, but no passive channel brings more than was sent: ",
                 distance_m < 10 * wavelength_m
                     ? message("the ends are ", distance_m, " m or ", distance_m / wavelength_m,
                               " wavelengths apart, nearer than their far fields (is the frequency right?)")
                     : std::string("the powers of many paths were added as if they did not interfere"));
}

void warn_of_doubts(const scene::Scene& scene, const scene::Scene& centred, const PreparedScene& prepared,
                    const Paths& paths, const LogSink& log) {
  if (!log) return;
  Ground ground(centred, prepared);
  bool buried = false;
  std::vector<uint8_t> tx_lit(scene.transmitters.size(), 0), rx_lit(scene.receivers.size(), 0);
  for (const Link& l : paths.links) {
    if (l.path_begin < l.path_end) tx_lit[size_t(l.tx)] = rx_lit[size_t(l.rx)] = 1;
  }
  const auto look = [&](const char* what, const std::vector<scene::Device>& given,
                        const std::vector<scene::Device>& moved, const std::vector<uint8_t>& lit) {
    for (size_t i = 0; i < given.size(); ++i) {
      const std::string object = ground.above(moved[i], !lit[i]);
      if (object.empty()) continue;
      log(message(what, " '", given[i].name, "' at z = ", given[i].position_m.z, " m lies under '", object,
                  "', which spans the scene, with nothing below"));
      buried = true;
      return;  // one of each kind says it
    }
  };
  look("transmitter", scene.transmitters, centred.transmitters, tx_lit);
  look("receiver", scene.receivers, centred.receivers, rx_lit);
  const Link* loudest = nullptr;
  double most = 1;
  for (const Link& l : paths.links) {
    double gain = 0;
    for (auto k = size_t(paths.a_begin[size_t(l.path_begin)]); k < size_t(paths.a_begin[size_t(l.path_end)]); ++k)
      gain += norm2(paths.a[k]);
    gain /= double(paths.num_rx_ports(l)) * paths.num_tx_ports(l);
    if (gain > most) most = gain, loudest = &l;
  }
  if (loudest) {
    const auto tx = size_t(loudest->tx), rx = size_t(loudest->rx);
    log(message("'", paths.tx_names[tx], "' to '", paths.rx_names[rx], "': ",
                gain_doubt(most, norm(paths.tx_positions_m[tx] - paths.rx_positions_m[rx]), scene.wavelength_m())));
  }
  if (paths.num_paths() == 0 && !buried) {
    log("no path was found: whatever lies between the devices blocks all that the options allow "
        "(max_depth, los, reflections, refraction, diffraction)");
  }
}

}  // namespace raywave::paths
