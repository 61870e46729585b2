// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/nufft.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/backends.h"

namespace raywave::wave {
namespace {

using C = std::complex<double>;

// The spreading kernel on |x| <= 1 and its width in points of the fine grid, for an oversampling of two.
struct Kernel {
  int width = 0;
  double beta = 0;
  explicit Kernel(double tolerance)
      : width(std::clamp(int(std::ceil(-std::log10(tolerance))) + 2, 3, 16)), beta(2.3 * width) {}
  double operator()(double x) const { return x * x >= 1 ? 0.0 : std::exp(beta * (std::sqrt(1 - x * x) - 1)); }
  // Fourier integral of the kernel over x at angular frequency a; x = sin(t) makes the midpoint rule converge
  // exponentially.
  double transform(double a) const {
    const int n = 24 + 6 * width;
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      const double t = kPi / 2 * (i + 0.5) / n;
      sum += std::exp(beta * (std::cos(t) - 1)) * std::cos(a * std::sin(t)) * std::cos(t);
    }
    return sum * kPi / n;
  }
};

int smooth_even(int n) {
  for (n += n % 2;; n += 2) {
    int r = n;
    for (const int p : {2, 3, 5})
      while (r % p == 0) r /= p;
    if (r == 1) return n;
  }
}

}  // namespace

struct Nufft::Plan {
  Kernel kernel;
  int modes, fine;
  std::vector<int> first;          // per point, leftmost fine index (unwrapped)
  std::vector<double> weights;     // [points, width]
  std::vector<double> correction;  // per mode
  runtime::Fft<double> fft;

  Plan(const std::vector<double>& x, int m, double tolerance)
      : kernel(tolerance), modes(m), fine(smooth_even(std::max(2 * m, 2 * kernel.width))), fft(fine) {
    const double h = 2 * kPi / fine;
    first.resize(x.size()), weights.resize(x.size() * size_t(kernel.width));
    for (size_t j = 0; j < x.size(); ++j) {
      require_finite("points_rad", x[j]);
      const double t = (x[j] / (2 * kPi) - std::floor(x[j] / (2 * kPi))) * fine;
      first[j] = int(std::ceil(t - 0.5 * kernel.width));
      for (int q = 0; q < kernel.width; ++q)
        weights[j * size_t(kernel.width) + size_t(q)] = kernel(2 * (first[j] + q - t) / kernel.width);
    }
    for (int i = 0; i < modes; ++i) {
      const int k = i - modes / 2;
      // sum over the fine grid of kernel * exp(j k y) = transform of the kernel / h
      correction.push_back(2 / (kernel.width * kernel.transform(0.5 * k * kernel.width * h)));
    }
  }
  int wrap(int l) const { return ((l % fine) + fine) % fine; }
};

Nufft::Nufft(std::vector<double> points, int num_modes, double tolerance) {
  if (points.empty()) throw Error("a nonuniform transform needs at least one point");
  if (num_modes < 1) throw Error(message("num_modes must be >= 1, got ", num_modes));
  require_in_range("tolerance", tolerance, 1e-14, 0.1);
  plan_ = std::make_unique<Plan>(points, num_modes, tolerance);
}
Nufft::~Nufft() = default;
Nufft::Nufft(Nufft&&) noexcept = default;

void Nufft::type1(const C* c, C* f) const {
  const Plan& p = *plan_;
  std::vector<C> grid(size_t(p.fine));
  const int w = p.kernel.width;
  for (size_t j = 0; j < p.first.size(); ++j)
    for (int q = 0; q < w; ++q) grid[size_t(p.wrap(p.first[j] + q))] += p.weights[j * size_t(w) + size_t(q)] * c[j];
  p.fft.forward(grid.data());
  for (int i = 0; i < p.modes; ++i) f[i] = p.correction[size_t(i)] * grid[size_t(p.wrap(i - p.modes / 2))];
}

void Nufft::type2(const C* f, C* c) const {
  const Plan& p = *plan_;
  std::vector<C> grid(size_t(p.fine));
  for (int i = 0; i < p.modes; ++i) grid[size_t(p.wrap(i - p.modes / 2))] = p.correction[size_t(i)] * f[i];
  p.fft.backward(grid.data());
  const int w = p.kernel.width;
  for (size_t j = 0; j < p.first.size(); ++j) {
    C sum;
    for (int q = 0; q < w; ++q) sum += p.weights[j * size_t(w) + size_t(q)] * grid[size_t(p.wrap(p.first[j] + q))];
    c[j] = sum;
  }
}

namespace {

// One axis of a type 3: points x and targets s about their middles; points are scaled by 1/gamma onto a period of
// `fine` cells.
struct Type3Axis {
  double xc, sc, h, gamma;
  int fine;
  Type3Axis(const std::vector<double>& x, const std::vector<double>& s, int width) {
    const auto middle = [](const std::vector<double>& v) {
      const auto [lo, hi] = std::minmax_element(v.begin(), v.end());
      return std::pair{0.5 * (*lo + *hi), std::max(0.5 * (*hi - *lo), 1e-300)};
    };
    const auto [x_middle, x_half] = middle(x);
    const auto [s_middle, s_half] = middle(s);
    xc = x_middle, sc = s_middle;
    const double cells = std::ceil(4 * x_half * s_half / kPi) + 2 * width + 2;
    if (!(cells <= kType3Points)) throw Error(message("type 3 would need a fine grid of ", cells, " points"));
    fine = smooth_even(int(cells));
    h = 2 * kPi / fine, gamma = fine / (4 * s_half);
  }
  double place(double x) const { return (x - xc) / gamma / h + fine / 2; }  // in fine points
  double target(double s, int sign) const { return sign * h * gamma * (s - sc); }
};

void check_type3(size_t points, size_t strengths, size_t targets, int sign, double tolerance) {
  if (points != strengths) throw Error(message("type 3 has ", points, " points and ", strengths, " strengths"));
  if (points == 0 || targets == 0) throw Error("type 3 needs at least one point and one target");
  if (sign != 1 && sign != -1) throw Error(message("sign must be 1 or -1, got ", sign));
  require_in_range("tolerance", tolerance, 1e-14, 0.1);
}

// Where the kernel of a place begins, and its values.
int spread(const Kernel& kernel, double place, double* weights) {
  const int first = int(std::ceil(place - 0.5 * kernel.width));
  for (int q = 0; q < kernel.width; ++q) weights[q] = kernel(2 * (first + q - place) / kernel.width);
  return first;
}

double correction(const Kernel& kernel, double target) {
  return 2 / (kernel.width * kernel.transform(target * kernel.width / 2));
}

// Type 2 on a plane: c_t = sum over modes (-A/2 ..., -B/2 ...) of f exp(j (m a_t + n b_t)).
std::vector<C> plane_type2(const std::vector<C>& f, int modes_a, int modes_b, const std::vector<double>& a,
                           const std::vector<double>& b, const Kernel& kernel) {
  const int na = smooth_even(2 * modes_a), nb = smooth_even(2 * modes_b), w = kernel.width;
  const auto corrections = [&](int modes, int fine) {
    std::vector<double> out;
    for (int i = 0; i < modes; ++i) out.push_back(correction(kernel, 2 * kPi / fine * (i - modes / 2)));
    return out;
  };
  const auto ca = corrections(modes_a, na), cb = corrections(modes_b, nb);
  std::vector<C> grid(size_t(na) * size_t(nb));
  for (int i = 0; i < modes_a; ++i)
    for (int j = 0; j < modes_b; ++j)
      grid[size_t((i - modes_a / 2 + na) % na) * size_t(nb) + size_t((j - modes_b / 2 + nb) % nb)] =
          ca[size_t(i)] * cb[size_t(j)] * f[size_t(i) * size_t(modes_b) + size_t(j)];
  runtime::Fft<double>::two_dimensional(na, nb).backward(grid.data());
  std::vector<C> out(a.size());
  double wa[16], wb[16];
  for (size_t t = 0; t < a.size(); ++t) {
    const auto turn = [](double x) { return x / (2 * kPi) - std::floor(x / (2 * kPi)); };
    const int fa = spread(kernel, turn(a[t]) * na, wa), fb = spread(kernel, turn(b[t]) * nb, wb);
    for (int p = 0; p < w; ++p) {
      const C* row = &grid[size_t((fa + p + na) % na) * size_t(nb)];
      C sum;
      for (int q = 0; q < w; ++q) sum += wb[q] * row[(fb + q + nb) % nb];
      out[t] += wa[p] * sum;
    }
  }
  return out;
}

}  // namespace

int nufft_kernel_width(double tolerance) { return Kernel(tolerance).width; }

double type3_grid_points(const Pairs& x, const Pairs& s, double tolerance) {
  const int width = nufft_kernel_width(tolerance);
  return 4.0 * Type3Axis(x.a, s.a, width).fine * Type3Axis(x.b, s.b, width).fine;
}

std::vector<C> nufft_type3(const std::vector<double>& x, const std::vector<C>& c, const std::vector<double>& s,
                           int sign, double tolerance) {
  check_type3(x.size(), c.size(), s.size(), sign, tolerance);
  const Kernel kernel(tolerance);
  const Type3Axis axis(x, s, kernel.width);
  std::vector<C> grid(size_t(axis.fine));
  double w[16];
  for (size_t j = 0; j < x.size(); ++j) {
    const int first = spread(kernel, axis.place(x[j]), w);
    const C v = c[j] * std::polar(1.0, sign * axis.sc * (x[j] - axis.xc));
    for (int q = 0; q < kernel.width; ++q) grid[size_t(std::clamp(first + q, 0, axis.fine - 1))] += w[q] * v;
  }
  std::vector<double> targets;
  for (const double v : s) targets.push_back(axis.target(v, sign));
  std::vector<C> out(s.size());
  Nufft(targets, axis.fine, tolerance).type2(grid.data(), out.data());
  for (size_t t = 0; t < s.size(); ++t) out[t] *= std::polar(correction(kernel, targets[t]), sign * s[t] * axis.xc);
  return out;
}

std::vector<C> nufft_type3(const Pairs& x, const std::vector<C>& c, const Pairs& s, int sign, double tolerance) {
  check_type3(x.a.size(), c.size(), s.a.size(), sign, tolerance);
  const Kernel kernel(tolerance);
  const Type3Axis a(x.a, s.a, kernel.width), b(x.b, s.b, kernel.width);
  if (!(4.0 * a.fine * b.fine <= kType3Points))
    throw Error(message("type 3 would need a fine grid of ", 4.0 * a.fine * b.fine, " points"));
  std::vector<C> grid(size_t(a.fine) * size_t(b.fine));
  double wa[16], wb[16];
  for (size_t j = 0; j < c.size(); ++j) {
    const int fa = spread(kernel, a.place(x.a[j]), wa), fb = spread(kernel, b.place(x.b[j]), wb);
    const C v = c[j] * std::polar(1.0, sign * (a.sc * (x.a[j] - a.xc) + b.sc * (x.b[j] - b.xc)));
    for (int p = 0; p < kernel.width; ++p)
      for (int q = 0; q < kernel.width; ++q)
        grid[size_t(std::clamp(fa + p, 0, a.fine - 1)) * size_t(b.fine) + size_t(std::clamp(fb + q, 0, b.fine - 1))] +=
            wa[p] * wb[q] * v;
  }
  std::vector<double> ta, tb;
  for (const double v : s.a) ta.push_back(a.target(v, sign));
  for (const double v : s.b) tb.push_back(b.target(v, sign));
  std::vector<C> out = plane_type2(grid, a.fine, b.fine, ta, tb, kernel);
  for (size_t t = 0; t < out.size(); ++t)
    out[t] *= std::polar(correction(kernel, ta[t]) * correction(kernel, tb[t]), sign * (s.a[t] * a.xc + s.b[t] * b.xc));
  return out;
}

namespace {

// Modes from points: on uniform points their plain sum, elsewhere the weighted least squares fit by conjugate
// gradients.
class NufftBackend : public Backend {
 public:
  NufftBackend(const Grid& grid, double tolerance)
      : n_(grid.num_y),
        uniform_(grid.uniform()),
        modes_(uniform_ ? n_ : int(n_ / 1.6)),
        tolerance_(tolerance),
        nufft_(angles(grid), modes_, tolerance) {
    const double length = grid.length_m();
    for (int i = 0; i < modes_; ++i) ky_.push_back(2 * kPi * (i - modes_ / 2) / length);
    const auto edges = grid.cell_edges_m();
    for (int j = 0; j < n_; ++j) weight_.push_back((edges[size_t(j) + 1] - edges[size_t(j)]) * n_ / length);
  }
  void analyze(const Complexc* u, Complexc* s) const override {
    if (uniform_) return nufft_.type1(u, s);
    Field w(u, u + n_);
    for (int j = 0; j < n_; ++j) w[size_t(j)] *= weight_[size_t(j)];
    Field b(static_cast<size_t>(modes_));
    nufft_.type1(w.data(), b.data());
    const Field x = solve(b);
    for (int m = 0; m < modes_; ++m) s[m] = x[size_t(m)] * double(modes_);
  }
  void synthesize(const Complexc* s, Complexc* u) const override {
    nufft_.type2(s, u);
    for (int j = 0; j < n_; ++j) u[j] /= double(modes_);
  }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override {
    if (uniform_) return nufft_.type2(s, u);
    const Field x = solve(Field(s, s + modes_));
    nufft_.type2(x.data(), u);
    for (int j = 0; j < n_; ++j) u[j] *= weight_[size_t(j)] * modes_;
  }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override {
    nufft_.type1(u, s);
    for (int m = 0; m < modes_; ++m) s[m] /= double(modes_);
  }

 private:
  static std::vector<double> angles(const Grid& grid) {
    std::vector<double> x;
    for (int j = 0; j < grid.num_y; ++j) x.push_back(2 * kPi * (grid.y_m(j) - grid.y_m(0)) / grid.length_m());
    return x;
  }
  // (T2^H W T2) x = b
  Field solve(const Field& b) const {
    Field x(b.size()), r = b, p = b, ap(b.size()), mid(static_cast<size_t>(n_));
    double rr = 0;
    for (const Complexc c : r) rr += std::norm(c);
    const double target = rr * tolerance_ * tolerance_ * 1e-2;
    for (int it = 0; it < 400 && rr > target; ++it) {
      nufft_.type2(p.data(), mid.data());
      for (int j = 0; j < n_; ++j) mid[size_t(j)] *= weight_[size_t(j)];
      nufft_.type1(mid.data(), ap.data());
      double pap = 0;
      for (size_t m = 0; m < b.size(); ++m) pap += (std::conj(p[m]) * ap[m]).real();
      const double alpha = rr / pap;
      double next = 0;
      for (size_t m = 0; m < b.size(); ++m) x[m] += alpha * p[m], r[m] -= alpha * ap[m], next += std::norm(r[m]);
      for (size_t m = 0; m < b.size(); ++m) p[m] = r[m] + next / rr * p[m];
      rr = next;
    }
    if (rr > target * 1e6)
      throw Error(
          "the nonuniform points leave gaps: the spectrum cannot be found from them (conjugate gradients do not "
          "converge)");
    return x;
  }

  int n_;
  bool uniform_;
  int modes_;
  double tolerance_;
  Nufft nufft_;
  std::vector<double> weight_;
};

}  // namespace

std::unique_ptr<Backend> make_nufft_backend(const Grid& grid, double tolerance) {
  return std::make_unique<NufftBackend>(grid, tolerance);
}

}  // namespace raywave::wave
