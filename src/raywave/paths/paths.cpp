// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/paths.h"

#include <algorithm>

namespace raywave::paths {

int Paths::num_rx_ports(const Link& l) const {
  return rx_num_slants[size_t(l.rx)] * (l.rx_element < 0 ? rx_num_elements[size_t(l.rx)] : 1);
}
int Paths::num_tx_ports(const Link& l) const {
  return tx_num_slants[size_t(l.tx)] * (l.tx_element < 0 ? tx_num_elements[size_t(l.tx)] : 1);
}

namespace {

int most_ports(const std::vector<int>& elements, const std::vector<int>& slants) {
  int most = 0;
  for (size_t i = 0; i < elements.size(); ++i) most = std::max(most, elements[i] * slants[i]);
  return most;
}

}  // namespace

int Paths::rx_ant(const Link& l, int port) const {
  return l.rx_element < 0 ? port : l.rx_element + port * rx_num_elements[size_t(l.rx)];
}
int Paths::tx_ant(const Link& l, int port) const {
  return l.tx_element < 0 ? port : l.tx_element + port * tx_num_elements[size_t(l.tx)];
}
int Paths::max_rx_ants() const { return most_ports(rx_num_elements, rx_num_slants); }
int Paths::max_tx_ants() const { return most_ports(tx_num_elements, tx_num_slants); }

namespace {

struct Shape {
  int num_rx = 0, rx_ant = 0, num_tx = 0, tx_ant = 0, num_paths = 0;
  bool synthetic = true;
  size_t gain_index(int rx, int ra, int tx, int ta, int64_t p) const {
    return (((size_t(rx) * size_t(rx_ant) + size_t(ra)) * size_t(num_tx) + size_t(tx)) * size_t(tx_ant) + size_t(ta)) *
               size_t(num_paths) +
           size_t(p);
  }
  size_t pair_index(int rx, int ra, int tx, int ta, int64_t p) const {
    return synthetic ? (size_t(rx) * size_t(num_tx) + size_t(tx)) * size_t(num_paths) + size_t(p)
                     : gain_index(rx, ra, tx, ta, p);
  }
  size_t gains() const { return size_t(num_rx) * size_t(rx_ant) * size_t(num_tx) * size_t(tx_ant) * size_t(num_paths); }
  size_t pairs() const { return synthetic ? size_t(num_rx) * size_t(num_tx) * size_t(num_paths) : gains(); }
};

/// Copies what belongs to the path itself, not to its ports.
void put_path(const Paths& paths, int64_t p, size_t at, size_t pairs, PaddedPaths& out) {
  out.tau_s[at] = paths.tau_s[size_t(p)];
  out.theta_t[at] = paths.theta_t[size_t(p)];
  out.phi_t[at] = paths.phi_t[size_t(p)];
  out.theta_r[at] = paths.theta_r[size_t(p)];
  out.phi_r[at] = paths.phi_r[size_t(p)];
  out.doppler_hz[at] = paths.doppler_hz[size_t(p)];
  out.valid[at] = 1;
  const auto begin = size_t(paths.interaction_begin[size_t(p)]), end = size_t(paths.interaction_begin[size_t(p) + 1]);
  for (size_t i = begin; i < end; ++i) {
    const size_t slot = (i - begin) * pairs + at;
    out.interactions[slot] = uint32_t(paths.interactions[i]);
    out.objects[slot] = paths.objects[i];
    out.vertices_m[3 * slot] = paths.vertices_m[i].x;
    out.vertices_m[3 * slot + 1] = paths.vertices_m[i].y;
    out.vertices_m[3 * slot + 2] = paths.vertices_m[i].z;
  }
}

}  // namespace

PaddedPaths padded(const Paths& paths, double max_bytes) {
  PaddedPaths out;
  Shape s;
  s.num_rx = out.num_rx = int(paths.rx_names.size());
  s.num_tx = out.num_tx = int(paths.tx_names.size());
  s.rx_ant = out.num_rx_ant = paths.max_rx_ants();
  s.tx_ant = out.num_tx_ant = paths.max_tx_ants();
  s.synthetic = paths.synthetic_array;
  for (const Link& l : paths.links) s.num_paths = std::max(s.num_paths, int(l.path_end - l.path_begin));
  for (size_t p = 0; p < size_t(paths.num_paths()); ++p) {
    out.max_depth = std::max(out.max_depth, int(paths.interaction_begin[p + 1] - paths.interaction_begin[p]));
  }
  out.num_paths = s.num_paths;
  const double bytes = 16.0 * double(s.gains()) + double(s.pairs()) * (49 + 32.0 * out.max_depth);
  if (bytes > max_bytes) {
    throw Error(message("padded paths would need ", bytes / 1e9, " GB, more than ", max_bytes / 1e9,
                        " GB; use the ragged arrays, which need no padding"));
  }
  const size_t pairs = s.pairs();
  out.a.assign(s.gains(), {});
  out.tau_s.assign(pairs, -1);
  for (auto* v : {&out.theta_t, &out.phi_t, &out.theta_r, &out.phi_r, &out.doppler_hz}) v->assign(pairs, 0);
  out.valid.assign(pairs, 0);
  out.interactions.assign(pairs * size_t(out.max_depth), 0);
  out.objects.assign(pairs * size_t(out.max_depth), -1);
  out.vertices_m.assign(3 * pairs * size_t(out.max_depth), 0);
  for (const Link& l : paths.links) {
    const int rx_ports = paths.num_rx_ports(l), tx_ports = paths.num_tx_ports(l);
    for (int64_t p = l.path_begin; p < l.path_end; ++p) {
      const int64_t k = p - l.path_begin;
      for (int r = 0; r < rx_ports; ++r) {
        for (int t = 0; t < tx_ports; ++t) {
          const int ra = paths.rx_ant(l, r), ta = paths.tx_ant(l, t);
          out.a[s.gain_index(l.rx, ra, l.tx, ta, k)] =
              paths.a[size_t(paths.a_begin[size_t(p)]) + size_t(r * tx_ports + t)];
          if (!s.synthetic || (r == 0 && t == 0)) put_path(paths, p, s.pair_index(l.rx, ra, l.tx, ta, k), pairs, out);
        }
      }
    }
  }
  return out;
}

}  // namespace raywave::paths
