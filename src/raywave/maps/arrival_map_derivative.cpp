// SPDX-License-Identifier: Apache-2.0
// Adjoints of arrival maps, written by hand: rows of directions back to elements, elements to rays, rays to paths.
#include "raywave/maps/arrival_map.h"
#include "raywave/maps/arrival_terms.h"

namespace raywave::maps {

using namespace arrival_detail;

namespace {

/// One number for each of a ray's.
struct RayAdjoint {
  Complexd b;
  Vec3d k;
  double distance_m = 0;
};
/// Of a sheet.
struct Adjoint {
  std::vector<RayAdjoint> rays;
  std::vector<Complexd> signals;  // [num_elements, num_rays], where powers are summed
  std::vector<Complexd> h;        // [num_elements]
  double wavenumber = 0;

  Adjoint(size_t num_rays, size_t num_signals, size_t num_elements)
      : rays(num_rays), signals(num_signals), h(num_elements) {}
  Adjoint& operator+=(const Adjoint& o) {
    for (size_t i = 0; i < rays.size(); ++i) {
      rays[i].b = rays[i].b + o.rays[i].b;
      rays[i].k += o.rays[i].k;
      rays[i].distance_m += o.rays[i].distance_m;
    }
    for (size_t i = 0; i < signals.size(); ++i) signals[i] = signals[i] + o.signals[i];
    for (size_t i = 0; i < h.size(); ++i) h[i] = h[i] + o.h[i];
    wavenumber += o.wavenumber;
    return *this;
  }
};
/// Re(conj(a) b): how far b moves the loss whose adjoint is a.
double moves(const Complexd& a, const Complexd& b) { return a.re * b.re + a.im * b.im; }
Complexd times_j(const Complexd& z) { return {-z.im, z.re}; }

void separable_back(const Setup& s, const std::vector<Ray<double>>& rays, double wavenumber, size_t row,
                    const double* cotangent, Adjoint& to) {
  const Aperture::Grid& g = *s.options.aperture.grid;
  const double step_y = g.spacing_y_m * wavenumber, step_z = g.spacing_z_m * wavenumber;
  const double z = s.row_sine(row);
  const size_t num_lags = s.lags_y.size();
  std::vector<Complexd> v(num_lags), v_y(num_lags);  // by lag; and its slope by the wavenumber
  for (size_t c = 0; c < s.columns; ++c) {
    if (!s.there(row * s.columns + c) || cotangent[c] == 0) continue;
    const double y = s.directions[row * s.columns + c].y;
    const Complexd step = expj(-step_y * y);
    Complexd turn{cotangent[c], 0};
    for (size_t l = 0; l < num_lags; ++l) {
      v[l] = v[l] + turn;
      v_y[l] = v_y[l] + (-double(l) * g.spacing_y_m * y) * times_j(turn);
      turn = turn * step;
    }
  }
  for (size_t l = 0; l < num_lags; ++l) {
    const Complexd c = (l == 0 ? 1.0 : 2.0) * s.lags_y[l];
    v[l] = c * v[l], v_y[l] = c * v_y[l];
  }
  for (size_t i = 0; i < rays.size(); ++i) {
    const Ray<double>& ray = rays[i];
    double power, slope, sum = 0, by_phase = 0, by_wavenumber = 0;
    grid_power(s.weights_z, step_z * (ray.k.z - z), power, &slope);
    const Complexd step = expj(step_y * ray.k.y);
    Complexd turn{1, 0};
    for (size_t l = 0; l < num_lags; ++l) {
      const Complexd term = v[l] * turn;
      sum += term.re;
      by_phase -= double(l) * term.im;
      by_wavenumber += (v_y[l] * turn).re;
      turn = turn * step;
    }
    const double p = norm2(ray.b);
    to.rays[i].b = to.rays[i].b + (2 * power * sum) * ray.b;
    to.rays[i].k.y += p * power * by_phase * step_y;
    to.rays[i].k.z += p * slope * sum * step_z;
    to.wavenumber += p * (power * (by_phase * g.spacing_y_m * ray.k.y + by_wavenumber) +
                          slope * sum * g.spacing_z_m * (ray.k.z - z));
  }
}

/// Re(sum over m of conj(by) j q_m a_m), q_m where an axis' elements lie: how far a grows by its phases' scale.
double turned_along(const std::vector<Complexd>& a, double spacing_m, const Complexd& by) {
  Complexd sum{0, 0};
  for (size_t m = 0; m < a.size(); ++m) sum = sum + (along_axis(m, a.size()) * spacing_m) * a[m];
  return moves(by, times_j(sum));
}

void grid_row_back(const Setup& s, const std::vector<Complexd>& h, double wavenumber, size_t row,
                   const double* cotangent, Adjoint& to) {
  if (h.empty()) return;
  const Aperture::Grid& g = *s.options.aperture.grid;
  const GridSteps<double> step(s, wavenumber);
  const std::vector<Complexd> columns = columns_of(s, h, wavenumber, row);
  std::vector<Complexd> columns_adjoint(columns.size()), terms(columns.size());
  for (size_t c = 0; c < s.columns; ++c) {
    const size_t at = row * s.columns + c;
    if (!s.there(at) || cotangent[c] == 0) continue;
    const auto y = axis_steering(s.weights_y, step.y * s.directions[at].y);
    Complexd sum{0, 0};
    for (size_t m = 0; m < y.size(); ++m) sum = sum + (terms[m] = y[m] * columns[m]);
    const Complexd adjoint = (2 * cotangent[c]) * sum;
    for (size_t m = 0; m < y.size(); ++m) columns_adjoint[m] = columns_adjoint[m] + conj(y[m]) * adjoint;
    to.wavenumber -= s.directions[at].y * turned_along(terms, g.spacing_y_m, adjoint);
  }
  const double sine = s.row_sine(row);
  const auto z = axis_steering(s.weights_z, step.z * sine);
  terms.resize(z.size());
  for (size_t m = 0; m < columns.size(); ++m) {
    const size_t first = m * z.size();
    for (size_t n = 0; n < z.size(); ++n) {
      to.h[first + n] = to.h[first + n] + conj(z[n]) * columns_adjoint[m];
      terms[n] = z[n] * h[first + n];
    }
    to.wavenumber -= sine * turned_along(terms, g.spacing_z_m, columns_adjoint[m]);
  }
}

/// From a grid's elements to the plane waves that they receive.
void grid_waves_back(const Setup& s, const std::vector<Ray<double>>& rays, double wavenumber, Adjoint& to) {
  const Aperture::Grid& g = *s.options.aperture.grid;
  const size_t ny = s.weights_y.size(), nz = s.weights_z.size();
  const GridSteps<double> step(s, wavenumber);
  for (size_t i = 0; i < rays.size(); ++i) {
    const Ray<double>& ray = rays[i];
    const auto y = axis_turns(step.y * ray.k.y, ny), z = axis_turns(step.z * ray.k.z, nz);
    Complexd sum{0, 0}, along_y{0, 0}, along_z{0, 0};  // of conj(adjoint) exp(j ...), times where its element lies
    for (size_t m = 0; m < ny; ++m) {
      Complexd column{0, 0}, column_z{0, 0};
      for (size_t n = 0; n < nz; ++n) {
        const Complexd term = conj(to.h[m * nz + n]) * z[n];
        column = column + term;
        column_z = column_z + along_axis(n, nz) * term;
      }
      sum = sum + y[m] * column;
      along_y = along_y + along_axis(m, ny) * (y[m] * column);
      along_z = along_z + y[m] * column_z;
    }
    to.rays[i].b = to.rays[i].b + conj(sum);
    const double by_y = -g.spacing_y_m * (ray.b * along_y).im, by_z = -g.spacing_z_m * (ray.b * along_z).im;
    to.rays[i].k.y += wavenumber * by_y;
    to.rays[i].k.z += wavenumber * by_z;
    to.wavenumber += by_y * ray.k.y + by_z * ray.k.z;
  }
}

/// exp(-j k k(Omega) . q_m) turns with the wavenumber.
void steering_back(const Setup& s, size_t at, const std::vector<Complexd>& v, size_t m, const Complexd& v_adjoint,
                   Adjoint& to) {
  to.wavenumber -= dot(s.directions[at], s.options.aperture.positions_m[m]) * moves(v_adjoint, times_j(v[m]));
}

void elements_back(const Setup& s, const std::vector<Complexd>& h, double wavenumber, size_t row,
                   const double* cotangent, Adjoint& to) {
  std::vector<Complexd> v;
  for (size_t c = 0; c < s.columns; ++c) {
    const size_t at = row * s.columns + c;
    if (h.empty() || !s.there(at) || cotangent[c] == 0) continue;
    steering(s, at, wavenumber, v);
    Complexd y{0, 0};
    for (size_t m = 0; m < h.size(); ++m) y = y + v[m] * h[m];
    y = (2 * cotangent[c]) * y;
    for (size_t m = 0; m < h.size(); ++m) {
      to.h[m] = to.h[m] + conj(v[m]) * y;
      steering_back(s, at, v, m, conj(h[m]) * y, to);
    }
  }
}

/// How the response of the turned antenna moves with the ray's direction, which moves across itself.
void scan_back(const Setup& s, size_t at, const Ray<double>& ray, double wavenumber, const Complexd& response,
               const Complexd& adjoint, RayAdjoint& to, double& wavenumber_adjoint) {
  const Vec3d helper = std::abs(ray.k.z) < 0.7 ? Vec3d{0, 0, 1} : Vec3d{1, 0, 0};
  const Vec3d t1 = normalized(cross(helper, ray.k)), t2 = cross(ray.k, t1);
  for (const Vec3d& t : {t1, t2}) {
    const Vec3<Dual> k{Dual(ray.k.x, t.x), Dual(ray.k.y, t.y), Dual(ray.k.z, t.z)};
    const Complex<Dual> r = scan_response(s, at, k, Dual(wavenumber));
    to.k += moves(adjoint, {r.re.d, r.im.d}) * t;
  }
  wavenumber_adjoint += ahead_of_axes(s, at, ray.k) * moves(adjoint, times_j(response));
}

void direct_back(const Setup& s, const std::vector<Ray<double>>& rays, const std::vector<Complexd>& signals,
                 double wavenumber, size_t row, const double* cotangent, Adjoint& to) {
  std::vector<Complexd> v, r, v_adjoint;
  for (size_t c = 0; c < s.columns; ++c) {
    const size_t at = row * s.columns + c;
    if (!s.there(at) || cotangent[c] == 0) continue;
    responses(s, rays, signals, wavenumber, at, v, r);
    Complexd sum{0, 0};
    for (size_t i = 0; i < rays.size(); ++i) sum = sum + rays[i].b * r[i];
    for (size_t i = 0; i < rays.size(); ++i) {
      const Complexd y = (2 * cotangent[c]) * (s.options.coherent ? sum : rays[i].b * r[i]);
      to.rays[i].b = to.rays[i].b + conj(r[i]) * y;
      const Complexd response = r[i];
      r[i] = conj(rays[i].b) * y;  // now its adjoint
      if (s.options.antenna) scan_back(s, at, rays[i], wavenumber, response, r[i], to.rays[i], to.wavenumber);
    }
    for (size_t m = 0; m < v.size(); ++m) {
      Complexd v_m{0, 0};
      for (size_t i = 0; i < rays.size(); ++i) {
        Complexd& signal = to.signals[m * rays.size() + i];
        signal = signal + conj(v[m]) * r[i];
        v_m = v_m + conj(signals[m * rays.size() + i]) * r[i];
      }
      steering_back(s, at, v, m, v_m, to);
    }
  }
}

/// From the elements' signals to the rays.
void signals_back(const Setup& s, const std::vector<Ray<double>>& rays, const std::vector<Complexd>& signals,
                  double wavenumber, Adjoint& to) {
  const auto& q = s.options.aperture.positions_m;
  ad::Tape tape;
  for (size_t m = 0; m < q.size(); ++m) {
    for (size_t i = 0; i < rays.size(); ++i) {
      const Complexd& signal = signals[m * rays.size() + i];
      if (s.options.coherent) to.rays[i].b = to.rays[i].b + conj(signal) * to.h[m];
      const Complexd adjoint = s.options.coherent ? conj(rays[i].b) * to.h[m] : to.signals[m * rays.size() + i];
      if (!s.options.near_field) {
        const double turn = moves(adjoint, times_j(signal));
        to.rays[i].k += (turn * wavenumber) * q[m];
        to.wavenumber += turn * dot(rays[i].k, q[m]);
        continue;
      }
      const ad::Recording recording(tape);
      const Vec3d& k = rays[i].k;
      const Ray<Var> ray{{}, {tape.input(k.x), tape.input(k.y), tape.input(k.z)}, tape.input(rays[i].distance_m)};
      const Var number = tape.input(wavenumber);
      const Complex<Var> e = element_signal(ray, q[m], number, true);
      tape.seed(e.re, adjoint.re);
      tape.seed(e.im, adjoint.im);
      tape.sweep();
      to.rays[i].k += Vec3d{tape.adjoint(ray.k.x), tape.adjoint(ray.k.y), tape.adjoint(ray.k.z)};
      to.rays[i].distance_m += tape.adjoint(ray.distance_m);
      to.wavenumber += tape.adjoint(number);
    }
  }
}

/// From a ray to its path.
void ray_back(const Setup& s, const Paths& p, const Link& l, int64_t path, double delay_s, const RayAdjoint& adjoint,
              ad::Tape& tape, PathsDerivative& to) {
  const ArrivalMapOptions& o = s.options;
  const PathNumbers<double> n = numbers_at<double>(p, o, l, path, nullptr);
  const ad::Recording recording(tape);
  const PathNumbers<Var> in{{tape.input(n.a.re), tape.input(n.a.im)},
                            tape.input(n.tau_s),
                            tape.input(n.theta),
                            tape.input(n.phi),
                            tape.input(n.frequency_hz)};
  const Ray<Var> ray = ray_of(s, in, std::nullopt, delay_s);
  tape.seed(ray.b.re, adjoint.b.re);
  tape.seed(ray.b.im, adjoint.b.im);
  tape.seed(ray.k.x, adjoint.k.x);
  tape.seed(ray.k.y, adjoint.k.y);
  tape.seed(ray.k.z, adjoint.k.z);
  tape.seed(ray.distance_m, adjoint.distance_m);
  tape.sweep();
  const auto i = size_t(path);
  Complexd& a = to.a[gain_index(p, o, l, path)];
  a = a + Complexd{tape.adjoint(in.a.re), tape.adjoint(in.a.im)};
  to.tau_s[i] += tape.adjoint(in.tau_s);
  (o.departures ? to.theta_t : to.theta_r)[i] += tape.adjoint(in.theta);
  (o.departures ? to.phi_t : to.phi_r)[i] += tape.adjoint(in.phi);
  to.frequency_hz += tape.adjoint(in.frequency_hz);
}

/// Rows in a fixed number of parts, side by side.
constexpr size_t kParts = 16;

void sheet_back(const Setup& s, const Paths& p, const Sheet& sheet, const double* cotangent, PathsDerivative& to) {
  const double wavenumber = wavenumber_of<double>(p, nullptr);
  std::vector<Ray<double>> rays;
  std::vector<Complexd> signals, h;
  prepare(s, p, sheet, wavenumber, nullptr, rays, signals, h);
  const size_t num_signals = s.of_elements() ? 0 : signals.size();
  std::vector<Adjoint> parts(kParts, Adjoint(rays.size(), num_signals, s.weights.size()));
  runtime::parallel_for(kParts, s.options.num_threads, [&](int64_t part) {
    for (size_t row = s.rows * size_t(part) / kParts; row < s.rows * size_t(part + 1) / kParts; ++row) {
      const double* c = cotangent + row * s.columns;
      if (s.separable()) {
        separable_back(s, rays, wavenumber, row, c, parts[size_t(part)]);
      } else if (s.of_elements() && s.on_grid()) {
        grid_row_back(s, h, wavenumber, row, c, parts[size_t(part)]);
      } else if (s.of_elements()) {
        elements_back(s, h, wavenumber, row, c, parts[size_t(part)]);
      } else {
        direct_back(s, rays, signals, wavenumber, row, c, parts[size_t(part)]);
      }
    }
  });
  for (size_t i = 1; i < kParts; ++i) parts[0] += parts[i];
  Adjoint& sum = parts[0];
  if (!rays.empty() && s.of_elements() && s.plane_waves_on_grid()) grid_waves_back(s, rays, wavenumber, sum);
  if (!signals.empty()) signals_back(s, rays, signals, wavenumber, sum);
  to.frequency_hz += 2 * kPi / kSpeedOfLight * sum.wavenumber;
  ad::Tape tape;
  for (const Link* l : sheet.links) {
    for (int64_t i = l->path_begin; i < l->path_end; ++i) {
      const RayAdjoint own = p.synthetic_array ? sum.rays[size_t(i - l->path_begin)]
                                               : RayAdjoint{sum.h[element_of(*l, s.options.departures)], {}, 0};
      ray_back(s, p, *l, i, sheet.delay_s, own, tape, to);
    }
  }
}

void require_differentiable(const Paths& p, const ArrivalMapOptions& o) {
  o.validate();
  check_paths(p, o);
  if (!o.near_field) return;
  for (const Link& l : p.links) {
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      if (distance_to_edge(p, l, i, o.departures))
        throw Error("near fields of paths over edges have no derivative: their sources move with the edge");
    }
  }
}

}  // namespace

std::vector<double> arrival_map_jvp(const Paths& paths, const ArrivalMapOptions& options,
                                    const PathsDerivative& tangent) {
  require_differentiable(paths, options);
  const Setup setup(options);
  const auto sheets = sheets_of(paths, options);
  const size_t size = setup.rows * setup.columns;
  std::vector<double> out;
  for (const Sheet& sheet : sheets) {
    std::vector<Dual> moved(size);
    fill(setup, paths, sheet, wavenumber_of<Dual>(paths, &tangent), &tangent, moved.data());
    for (const Dual& x : moved) out.push_back(x.d);
  }
  return out;
}

PathsDerivative arrival_map_vjp(const Paths& paths, const ArrivalMapOptions& options,
                                const std::vector<double>& cotangent) {
  require_differentiable(paths, options);
  const Setup setup(options);
  const auto sheets = sheets_of(paths, options);
  const size_t size = setup.rows * setup.columns;
  if (cotangent.size() != sheets.size() * size) {
    throw Error(
        message("the cotangent of gain has ", cotangent.size(), " numbers, the map has ", sheets.size() * size));
  }
  for (const double x : cotangent) require_finite("the cotangent of gain", x);
  PathsDerivative to;
  const auto n = size_t(paths.num_paths());
  to.a.resize(paths.a.size());
  for (auto* v : {&to.tau_s, &to.theta_t, &to.phi_t, &to.theta_r, &to.phi_r}) v->resize(n);
  for (size_t i = 0; i < sheets.size(); ++i) sheet_back(setup, paths, sheets[i], cotangent.data() + i * size, to);
  return to;
}

}  // namespace raywave::maps
