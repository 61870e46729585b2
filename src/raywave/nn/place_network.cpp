// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/place_network.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"

namespace raywave::nn {
namespace {

constexpr size_t kGridNumbers = 2;

std::array<double, 3> axes(const Vec3d& v) { return {v.x, v.y, v.z}; }

std::vector<std::pair<size_t, double>> waves_of(const PlaceNetwork::Shape& s) {
  const auto low = axes(s.low_m), high = axes(s.high_m), detail = axes(s.detail_m);
  std::vector<std::pair<size_t, double>> out;
  for (size_t a = 0; a < 3 && s.sines; ++a) {
    for (double length = 2 * (high[a] - low[a]); high[a] > low[a] && length >= 2 * detail[a]; length /= 2)
      out.emplace_back(a, 2 * kPi / length);
  }
  return out;
}

/// From the finest, each half as fine as the one before.
std::vector<std::array<size_t, 3>> levels_of(const PlaceNetwork::Shape& s) {
  constexpr size_t kMost = 9;
  constexpr double kMostCells = 5e6;
  std::vector<std::array<size_t, 3>> out;
  if (!s.grids) return out;
  const auto low = axes(s.low_m), high = axes(s.high_m), detail = axes(s.detail_m);
  std::array<double, 3> cells;
  for (size_t a = 0; a < 3; ++a) cells[a] = std::max(1.0, std::ceil((high[a] - low[a]) / detail[a] - 1e-9));
  if (!(cells[0] * cells[1] * cells[2] <= kMostCells)) throw Error("its finest grid has more than 5 million cells");
  while (true) {
    std::array<size_t, 3> points;
    for (size_t a = 0; a < 3; ++a) points[a] = high[a] > low[a] ? size_t(cells[a]) + 1 : 1;
    out.push_back(points);
    if (out.size() >= kMost || (cells[0] <= 1 && cells[1] <= 1 && cells[2] <= 1)) return out;
    for (double& c : cells) c = std::max(1.0, std::floor((c + 1) / 2));
  }
}

/// What a grid holds at a place, linear between its points. @param u  from 0 to 1 along each axis
void add_from_grid(const std::array<double, 3>& u, const std::array<size_t, 3>& level, const double* grid,
                   std::vector<double>& out) {
  std::array<size_t, 3> low;
  std::array<double, 3> t;
  for (size_t a = 0; a < 3; ++a) {
    const double at = u[a] * double(level[a] - 1);
    low[a] = std::min(size_t(at), level[a] < 2 ? 0 : level[a] - 2);
    t[a] = at - double(low[a]);
  }
  std::array<double, kGridNumbers> sum{};
  for (size_t corner = 0; corner < 8; ++corner) {
    double weight = 1;
    size_t index = 0;
    for (size_t a = 0; a < 3; ++a) {
      const size_t bit = corner >> a & 1;
      weight *= bit ? t[a] : 1 - t[a];
      index = index * level[a] + std::min(low[a] + bit, level[a] - 1);
    }
    for (size_t k = 0; k < kGridNumbers; ++k) sum[k] += weight * grid[kGridNumbers * index + k];
  }
  out.insert(out.end(), sum.begin(), sum.end());
}

}  // namespace

PlaceNetwork::PlaceNetwork(Shape shape, std::vector<double> weights)
    : shape_(std::move(shape)), weights_(std::move(weights)) {
  const auto low = axes(shape_.low_m), high = axes(shape_.high_m), detail = axes(shape_.detail_m);
  for (size_t a = 0; a < 3; ++a) {
    if (!(high[a] >= low[a] && std::isfinite(high[a] - low[a]) && detail[a] > 0 && std::isfinite(detail[a])))
      throw Error("its box and the detail in it must be finite, the detail > 0");
  }
  waves_ = waves_of(shape_), levels_ = levels_of(shape_);
  sizes_.push_back(3 + 2 * waves_.size() + kGridNumbers * levels_.size());
  for (const int h : shape_.hidden) {
    if (h < 1) throw Error(message("its layers have ", h, " numbers"));
    sizes_.push_back(size_t(h));
  }
  sizes_.push_back(size_t(shape_.num_out));
  for (size_t i = 0; i + 1 < sizes_.size(); ++i) grids_begin_ += (sizes_[i] + 1) * sizes_[i + 1];
  size_t wanted = grids_begin_;
  for (const auto& n : levels_) wanted += kGridNumbers * n[0] * n[1] * n[2];
  if (weights_.size() != wanted) throw Error(message("it has ", weights_.size(), " weights, its layers ", wanted));
}

std::vector<double> PlaceNetwork::features(const Vec3d& point_m) const {
  const auto low = axes(shape_.low_m), high = axes(shape_.high_m), point = axes(point_m);
  std::array<double, 3> u, size;
  std::vector<double> out;
  for (size_t a = 0; a < 3; ++a) {
    size[a] = high[a] - low[a];
    u[a] = std::clamp((point[a] - low[a]) / (size[a] > 0 ? size[a] : 1.0), 0.0, 1.0);
    out.push_back(2 * u[a] - 1);
  }
  for (const auto& [axis, k] : waves_) {
    const double phase = k * size[axis] * u[axis];
    out.push_back(std::sin(phase));
    out.push_back(std::cos(phase));
  }
  const double* grid = weights_.data() + grids_begin_;
  for (const auto& level : levels_) {
    add_from_grid(u, level, grid, out);
    grid += kGridNumbers * level[0] * level[1] * level[2];
  }
  return out;
}

std::vector<double> PlaceNetwork::operator()(const Vec3d& point_m) const {
  std::vector<double> x = features(point_m);
  const double* w = weights_.data();
  for (size_t layer = 0; layer + 1 < sizes_.size(); ++layer) {
    const size_t in = sizes_[layer], out = sizes_[layer + 1];
    std::vector<double> y(w + in * out, w + (in + 1) * out);
    for (size_t i = 0; i < in; ++i) {
      for (size_t o = 0; o < out; ++o) y[o] += x[i] * w[i * out + o];
    }
    w += (in + 1) * out;
    if (layer + 2 < sizes_.size()) {
      for (double& v : y) v /= 1 + std::exp(-std::clamp(v, -500.0, 500.0));
    }
    x = std::move(y);
  }
  return x;
}

}  // namespace raywave::nn
