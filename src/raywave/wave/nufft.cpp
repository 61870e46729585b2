// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/nufft.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/spread_kernel.h"

namespace raywave::wave {
namespace {

using C = std::complex<double>;
constexpr int kMost = SpreadKernel::kMostWidth;

int smooth_even(int n) {
  for (n += n % 2;; n += 2) {
    int r = n;
    for (const int p : {2, 3, 5})
      while (r % p == 0) r /= p;
    if (r == 1) return n;
  }
}

/// Points that are worked on together, a multiple of four: what is beyond the kernel has the weight 0.
int lanes_of(const SpreadKernel& kernel) { return (kernel.width() + 3) / 4 * 4; }

/// Calls f with the lanes as a constant.
template <class F>
void with_lanes(int lanes, F&& f) {
  switch (lanes) {
    case 4:
      return f(std::integral_constant<int, 4>());
    case 8:
      return f(std::integral_constant<int, 8>());
    case 12:
      return f(std::integral_constant<int, 12>());
    default:
      return f(std::integral_constant<int, 16>());
  }
}

/// A row of the grid += values times v.
template <int kLanes>
void add_to(C* row, const double* values, C v) {
  auto* to = reinterpret_cast<double*>(row);
  for (int q = 0; q < kLanes; ++q) {
    to[2 * q] += values[q] * v.real();
    to[2 * q + 1] += values[q] * v.imag();
  }
}

template <int kLanes>
C sum_of(const C* row, const double* values) {
  const auto* from = reinterpret_cast<const double*>(row);
  double re[4] = {}, im[4] = {};
  for (int q = 0; q < kLanes; q += 4) {
    for (int k = 0; k < 4; ++k) {
      re[k] += values[q + k] * from[2 * (q + k)];
      im[k] += values[q + k] * from[2 * (q + k) + 1];
    }
  }
  return {(re[0] + re[1]) + (re[2] + re[3]), (im[0] + im[1]) + (im[2] + im[3])};
}

/// Of a point anywhere in radians: where on a ring of `fine` points?
double place_on_ring(double x, int fine) {
  const double turns = x / (2 * kPi);
  return (turns - std::floor(turns)) * fine;
}

/// Of modes -modes/2 ... on a ring of `fine` points.
std::vector<double> corrections(const SpreadKernel& kernel, int modes, int fine) {
  std::vector<double> out(static_cast<size_t>(modes));
  const double step = 2 * kPi / fine;
  const int middle = modes / 2;
  for (int i = 0; i < modes; ++i) out[size_t(i)] = kernel.correction(step * (i - middle));
  return out;
}

/// A ring of the fine grid, some points more at either side.
class Ring {
 public:
  Ring(int fine, int margin) : fine_(fine), margin_(margin), points_(size_t(fine + 2 * margin)) {}
  C* at(int i) { return &points_[size_t(margin_ + i)]; }
  void fold() {
    for (int i = 0; i < margin_; ++i) {
      *at(fine_ - margin_ + i) += *at(i - margin_);
      *at(i) += *at(fine_ + i);
    }
  }
  void unfold() {
    for (int i = 0; i < margin_; ++i) {
      *at(i - margin_) = *at(fine_ - margin_ + i);
      *at(fine_ + i) = *at(i);
    }
  }

 private:
  int fine_, margin_;
  std::vector<C> points_;
};

}  // namespace

struct Nufft::Plan {
  const SpreadKernel& kernel;
  int modes, fine, lanes;
  std::vector<double> places;      // of the points on the ring
  std::vector<double> correction;  // per mode
  runtime::Fft<double> fft;

  Plan(const std::vector<double>& x, int m, double tolerance)
      : kernel(SpreadKernel::for_tolerance(tolerance)),
        modes(m),
        fine(smooth_even(std::max(2 * m, 2 * kernel.width()))),
        lanes(lanes_of(kernel)),
        fft(fine) {
    places.reserve(x.size());
    for (const double v : x) {
      require_finite("points_rad", v);
      places.push_back(place_on_ring(v, fine));
    }
    correction = corrections(kernel, modes, fine);
  }
  int wrap(int l) const { return l < 0 ? l + fine : l; }
};

Nufft::Nufft(const std::vector<double>& points, int num_modes, double tolerance) {
  if (points.empty()) throw Error("a nonuniform transform needs at least one point");
  if (num_modes < 1) throw Error(message("num_modes must be >= 1, got ", num_modes));
  require_in_range("tolerance", tolerance, 1e-14, 0.1);
  plan_ = std::make_unique<Plan>(points, num_modes, tolerance);
}
Nufft::~Nufft() = default;
Nufft::Nufft(Nufft&&) noexcept = default;

void Nufft::type1(const C* c, C* f) const {
  const Plan& p = *plan_;
  Ring grid(p.fine, p.lanes);
  with_lanes(p.lanes, [&](auto lanes) {
    double w[kMost];
    for (size_t j = 0; j < p.places.size(); ++j) {
      const int first = p.kernel.spread(p.places[j], w);
      add_to<lanes>(grid.at(first), w, c[j]);
    }
  });
  grid.fold();
  p.fft.forward(grid.at(0));
  for (int i = 0; i < p.modes; ++i) f[i] = p.correction[size_t(i)] * *grid.at(p.wrap(i - p.modes / 2));
}

void Nufft::type2(const C* f, C* c) const {
  const Plan& p = *plan_;
  Ring grid(p.fine, p.lanes);
  for (int i = 0; i < p.modes; ++i) *grid.at(p.wrap(i - p.modes / 2)) = p.correction[size_t(i)] * f[i];
  p.fft.backward(grid.at(0));
  grid.unfold();
  with_lanes(p.lanes, [&](auto lanes) {
    double w[kMost];
    for (size_t j = 0; j < p.places.size(); ++j) {
      const int first = p.kernel.spread(p.places[j], w);
      c[j] = sum_of<lanes>(grid.at(first), w);
    }
  });
}

namespace {

/// One axis of a type 3: points x and targets s about their middles; points are scaled by 1/gamma onto a period of
/// `fine` cells, with a margin of more than half a kernel at either end.
struct Type3Axis {
  double xc, sc, h, gamma;
  int fine;
  Type3Axis(const std::vector<double>& x, const std::vector<double>& s, int width) {
    const auto middle = [](const char* what, const std::vector<double>& v) {
      for (const double a : v) require_finite(what, a);
      const auto [lo, hi] = std::minmax_element(v.begin(), v.end());
      return std::pair{0.5 * (*lo + *hi), std::max(0.5 * (*hi - *lo), 1e-300)};
    };
    const auto [x_middle, x_half] = middle("points", x);
    const auto [s_middle, s_half] = middle("targets", s);
    xc = x_middle, sc = s_middle;
    const double cells = std::ceil(4 * x_half * s_half / kPi) + 2 * width + 2;
    if (!(cells <= kType3Points)) throw Error(message("type 3 would need a fine grid of ", cells, " points"));
    fine = smooth_even(int(cells));
    h = 2 * kPi / fine, gamma = fine / (4 * s_half);
  }
  double place(double x) const { return (x - xc) / gamma / h + 0.5 * fine; }  // in fine points
  double target(double s, int sign) const { return sign * h * gamma * (s - sc); }
};

void check_type3(size_t points, size_t strengths, size_t targets, int sign, double tolerance) {
  if (points != strengths) throw Error(message("type 3 has ", points, " points and ", strengths, " strengths"));
  if (points == 0 || targets == 0) throw Error("type 3 needs at least one point and one target");
  if (sign != 1 && sign != -1) throw Error(message("sign must be 1 or -1, got ", sign));
  require_in_range("tolerance", tolerance, 1e-14, 0.1);
}

/// The order in which points on a plane's grid [rows, columns] are gone through, neighbours together: what they touch
/// of a large grid stays near.
std::vector<uint32_t> by_neighbourhood(const std::vector<double>& row, const std::vector<double>& column, int columns) {
  constexpr int kRows = 8, kColumns = 32;
  const auto across = size_t(columns / kColumns + 1);
  std::vector<size_t> block(row.size());
  size_t num_blocks = 0;
  for (size_t j = 0; j < row.size(); ++j) {
    block[j] = size_t(row[j] / kRows) * across + size_t(column[j] / kColumns);
    num_blocks = std::max(num_blocks, block[j] + 1);
  }
  std::vector<uint32_t> next(num_blocks + 1), order(row.size());
  for (const size_t b : block) ++next[b + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (size_t j = 0; j < row.size(); ++j) order[next[block[j]]++] = uint32_t(j);
  return order;
}

/// The value between the points of a plane's periodic grid.
template <int kLanes>
C between(const std::vector<C>& grid, int na, int nb, int first_a, const double* wa, int first_b, const double* wb) {
  double sum[2 * kLanes] = {};
  C wrapped[kLanes];
  const bool inside = first_b >= 0 && first_b + kLanes <= nb;
  for (int p = 0; p < kLanes; ++p) {
    if (wa[p] == 0) continue;
    const C* row = &grid[size_t((first_a + p + na) % na) * size_t(nb)];
    if (!inside) {
      for (int q = 0; q < kLanes; ++q) wrapped[q] = row[(first_b + q + nb) % nb];
    }
    const auto* from = reinterpret_cast<const double*>(inside ? row + first_b : wrapped);
    for (int i = 0; i < 2 * kLanes; ++i) sum[i] += wa[p] * from[i];
  }
  return sum_of<kLanes>(reinterpret_cast<const C*>(sum), wb);
}

/// Type 2 on a plane: c_t = sum over modes (-A/2 ..., -B/2 ...) of f exp(j (m a_t + n b_t)).
std::vector<C> plane_type2(const std::vector<C>& f, int modes_a, int modes_b, const std::vector<double>& a,
                           const std::vector<double>& b, const SpreadKernel& kernel) {
  const int na = smooth_even(2 * modes_a), nb = smooth_even(2 * modes_b);
  const auto ca = corrections(kernel, modes_a, na), cb = corrections(kernel, modes_b, nb);
  std::vector<C> grid(size_t(na) * size_t(nb));
  for (int i = 0; i < modes_a; ++i) {
    C* row = &grid[size_t((i - modes_a / 2 + na) % na) * size_t(nb)];
    for (int j = 0; j < modes_b; ++j)
      row[(j - modes_b / 2 + nb) % nb] = ca[size_t(i)] * cb[size_t(j)] * f[size_t(i) * size_t(modes_b) + size_t(j)];
  }
  runtime::Fft<double>::two_dimensional(na, nb).backward(grid.data());
  std::vector<double> at_a, at_b;
  for (const double x : a) at_a.push_back(place_on_ring(x, na));
  for (const double x : b) at_b.push_back(place_on_ring(x, nb));
  std::vector<C> out(a.size());
  with_lanes(lanes_of(kernel), [&](auto lanes) {
    double wa[kMost], wb[kMost];
    for (const uint32_t t : by_neighbourhood(at_a, at_b, nb)) {
      const int first_a = kernel.spread(at_a[t], wa), first_b = kernel.spread(at_b[t], wb);
      out[t] = between<lanes>(grid, na, nb, first_a, wa, first_b, wb);
    }
  });
  return out;
}

}  // namespace

int nufft_kernel_width(double tolerance) { return SpreadKernel::for_tolerance(tolerance).width(); }

double type3_grid_points(const Pairs& x, const Pairs& s, double tolerance) {
  const int width = nufft_kernel_width(tolerance);
  return 4.0 * Type3Axis(x.a, s.a, width).fine * Type3Axis(x.b, s.b, width).fine;
}

std::vector<C> nufft_type3(const std::vector<double>& x, const std::vector<C>& c, const std::vector<double>& s,
                           int sign, double tolerance) {
  check_type3(x.size(), c.size(), s.size(), sign, tolerance);
  const SpreadKernel& kernel = SpreadKernel::for_tolerance(tolerance);
  const Type3Axis axis(x, s, kernel.width());
  std::vector<C> grid(size_t(axis.fine));
  with_lanes(lanes_of(kernel), [&](auto lanes) {
    double w[kMost];
    for (size_t j = 0; j < x.size(); ++j) {
      const int first = kernel.spread(axis.place(x[j]), w);
      add_to<lanes>(&grid[size_t(first)], w, c[j] * std::polar(1.0, sign * axis.sc * (x[j] - axis.xc)));
    }
  });
  std::vector<double> targets;
  for (const double v : s) targets.push_back(axis.target(v, sign));
  std::vector<C> out(s.size());
  Nufft(targets, axis.fine, tolerance).type2(grid.data(), out.data());
  for (size_t t = 0; t < s.size(); ++t) out[t] *= std::polar(kernel.correction(targets[t]), sign * s[t] * axis.xc);
  return out;
}

std::vector<C> nufft_type3(const Pairs& x, const std::vector<C>& c, const Pairs& s, int sign, double tolerance) {
  check_type3(x.a.size(), c.size(), s.a.size(), sign, tolerance);
  const SpreadKernel& kernel = SpreadKernel::for_tolerance(tolerance);
  const Type3Axis a(x.a, s.a, kernel.width()), b(x.b, s.b, kernel.width());
  if (!(4.0 * a.fine * b.fine <= kType3Points))
    throw Error(message("type 3 would need a fine grid of ", 4.0 * a.fine * b.fine, " points"));
  std::vector<C> grid(size_t(a.fine) * size_t(b.fine));
  std::vector<double> at_a, at_b;
  for (const double v : x.a) at_a.push_back(a.place(v));
  for (const double v : x.b) at_b.push_back(b.place(v));
  with_lanes(lanes_of(kernel), [&](auto lanes) {
    double wa[kMost], wb[kMost];
    for (const uint32_t j : by_neighbourhood(at_a, at_b, b.fine)) {
      const int first_a = kernel.spread(at_a[j], wa), first_b = kernel.spread(at_b[j], wb);
      const C v = c[j] * std::polar(1.0, sign * (a.sc * (x.a[j] - a.xc) + b.sc * (x.b[j] - b.xc)));
      for (int p = 0; p < kernel.width(); ++p)
        add_to<lanes>(&grid[size_t(first_a + p) * size_t(b.fine) + size_t(first_b)], wb, wa[p] * v);
    }
  });
  std::vector<double> ta, tb;
  for (const double v : s.a) ta.push_back(a.target(v, sign));
  for (const double v : s.b) tb.push_back(b.target(v, sign));
  std::vector<C> out = plane_type2(grid, a.fine, b.fine, ta, tb, kernel);
  for (size_t t = 0; t < out.size(); ++t)
    out[t] *= std::polar(kernel.correction(ta[t]) * kernel.correction(tb[t]), sign * (s.a[t] * a.xc + s.b[t] * b.xc));
  return out;
}

}  // namespace raywave::wave
