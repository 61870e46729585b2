// SPDX-License-Identifier: Apache-2.0
#include "raywave/validate/mirror_chain.h"

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"

namespace raywave::validate {
namespace {

/// He_m and He_{m - 1} of x: He_{k + 1} = x He_k - k He_{k - 1}.
std::array<double, 2> hermite(int m, double x) {
  double last = 0, value = 1;
  for (int k = 0; k < m; ++k) {
    const double next = x * value - k * last;
    last = value, value = next;
  }
  return {value, last};
}

struct Rule {
  std::vector<double> x, weight;
};
/// Gauss's rule for the mean over a normal deviate (Abramowitz and Stegun 25.4.46, for He).
Rule gauss_hermite(int nodes) {
  std::vector<double> roots;
  for (int m = 1; m <= nodes; ++m) {  // the roots of He_m lie between those of He_{m - 1}
    const double end = 2 * std::sqrt(double(m)) + 1;
    std::vector<double> borders{-end};
    borders.insert(borders.end(), roots.begin(), roots.end());
    borders.push_back(end);
    roots.clear();
    for (size_t i = 0; i + 1 < borders.size(); ++i) {
      double low = borders[i], high = borders[i + 1];
      const bool below = hermite(m, low)[0] < 0;
      for (int k = 0; k < 100; ++k) {
        const double middle = 0.5 * (low + high);
        ((hermite(m, middle)[0] < 0) == below ? low : high) = middle;
      }
      roots.push_back(0.5 * (low + high));
    }
  }
  Rule rule{roots, {}};
  const double factorial = std::tgamma(double(nodes) + 1);
  for (const double x : roots) {
    const double derivative = double(nodes) * hermite(nodes, x)[1];
    rule.weight.push_back(factorial / (derivative * derivative));
  }
  return rule;
}

}  // namespace

MirrorChain::MirrorChain(std::vector<Vec3d> corners) : corners_(std::move(corners)) {
  for (size_t k = 1; k + 1 < corners_.size(); ++k) {
    const Vec3d in = normalized(corners_[k] - corners_[k - 1]), out = normalized(corners_[k + 1] - corners_[k]);
    const Vec3d n = normalized(out - in), across = normalized(cross(n, in));
    mirrors_.push_back({corners_[k], n, across, cross(n, across)});
  }
  // At the path of the images the turns vanish: the exponent is kappa / 2 |J x|^2, and x = stretch / sqrt(kappa) of
  // unit deviates with stretch = L^-T, L L^T = J^T J.
  const size_t size = 2 * mirrors_.size();
  constexpr double kStep = 1e-4;
  Square by(size);
  for (size_t j = 0; j < size; ++j) {
    std::vector<double> x(size, 0);
    x[j] = kStep;
    by[j] = turns(x);
    x[j] = -kStep;
    const std::vector<double> back = turns(x);
    for (size_t i = 0; i < back.size(); ++i) by[j][i] = (by[j][i] - back[i]) / (2 * kStep);
  }
  Square lower(size, std::vector<double>(size, 0));
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t k = 0; k < by[i].size(); ++k) sum += by[i][k] * by[j][k];
      for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(sum) : sum / lower[j][j];
    }
  }
  stretch_.assign(size, std::vector<double>(size, 0));  // of L^T x = e_j, from the last row up
  for (size_t j = 0; j < size; ++j) {
    for (size_t i = j + 1; i-- > 0;) {
      double sum = i == j ? 1 : 0;
      for (size_t k = i + 1; k <= j; ++k) sum -= lower[k][i] * stretch_[k][j];
      stretch_[i][j] = sum / lower[i][i];
    }
  }
}

double MirrorChain::length_m() const {
  double sum = 0;
  for (size_t k = 0; k + 1 < corners_.size(); ++k) sum += norm(corners_[k + 1] - corners_[k]);
  return sum;
}

std::vector<Vec3d> MirrorChain::points(const std::vector<double>& x) const {
  std::vector<Vec3d> p = corners_;
  for (size_t k = 0; k < mirrors_.size(); ++k)
    p[k + 1] = p[k + 1] + x[2 * k] * mirrors_[k].across + x[2 * k + 1] * mirrors_[k].up;
  return p;
}

/// How far the path leaves each mirror's direction, three numbers a mirror.
std::vector<double> MirrorChain::turns(const std::vector<double>& x) const {
  const std::vector<Vec3d> p = points(x);
  std::vector<double> out;
  for (size_t k = 0; k < mirrors_.size(); ++k) {
    const Vec3d &n = mirrors_[k].normal, in = normalized(p[k + 1] - p[k]), way = normalized(p[k + 2] - p[k + 1]);
    const Vec3d turn = way - (in - 2 * dot(in, n) * n);
    for (const double t : {turn.x, turn.y, turn.z}) out.push_back(t);
  }
  return out;
}

double MirrorChain::integrand(const em::Lobe& lobe, const std::vector<double>& x) const {
  const std::vector<Vec3d> p = points(x);
  double product = 1;
  for (size_t k = 0; k + 1 < p.size(); ++k) product /= norm2(p[k + 1] - p[k]);
  for (size_t k = 0; k < mirrors_.size() && product > 0; ++k) {
    const Vec3d &n = mirrors_[k].normal, in = normalized(p[k + 1] - p[k]), out = normalized(p[k + 2] - p[k + 1]);
    product *= dot(in, n) < 0 && dot(out, n) > 0 ? em::reciprocal_kernel(lobe, n, in, out) : 0;
  }
  return product;
}

double MirrorChain::over_image(const em::Lobe& lobe, int nodes) const {
  const size_t size = stretch_.size();
  const double kappa = lobe.kind == em::LobeKind::kDirective ? 0.5 * lobe.alpha_r : lobe.kappa;
  const Rule rule = gauss_hermite(nodes);
  double whole = 1;  // of the stretched places, over the density of unit deviates
  for (size_t i = 0; i < size; ++i) whole *= stretch_[i][i] * std::sqrt(2 * kPi / kappa);
  std::vector<size_t> at(size, 0);
  std::vector<double> x(size);
  double sum = 0;
  for (bool more = true; more;) {
    double weight = 1, square = 0;
    for (size_t i = 0; i < size; ++i) {
      weight *= rule.weight[at[i]], square += rule.x[at[i]] * rule.x[at[i]];
      x[i] = 0;
      for (size_t j = i; j < size; ++j) x[i] += stretch_[i][j] * rule.x[at[j]] / std::sqrt(kappa);
    }
    sum += weight * std::exp(0.5 * square) * integrand(lobe, x);
    more = false;
    for (size_t i = 0; i < size && !more; ++i) {
      more = ++at[i] < rule.x.size();
      if (!more) at[i] = 0;
    }
  }
  const double d = length_m();
  return sum * whole * d * d;
}

std::vector<std::array<double, 2>> MirrorChain::footprint_m(double kappa) const {
  std::vector<std::array<double, 2>> out;
  for (size_t k = 0; k < mirrors_.size(); ++k) {
    std::array<double, 2> deviation{};
    for (size_t axis = 0; axis < 2; ++axis) {
      double square = 0;
      for (const double s : stretch_[2 * k + axis]) square += s * s;
      deviation[axis] = std::sqrt(square / kappa);
    }
    out.push_back(deviation);
  }
  return out;
}

}  // namespace raywave::validate
