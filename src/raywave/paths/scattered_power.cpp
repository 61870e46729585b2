// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_power.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <queue>
#include <type_traits>

#include "raywave/core/constants.h"
#include "raywave/paths/field.h"
#include "raywave/paths/port_fields.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/scene_over.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/stop.h"
#include "raywave/runtime/threads.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::paths {
namespace {

using ad::Dual;
using ad::Var;

/// Radon's rule of degree 5 on a triangle: barycentric coordinates and weight.
struct RulePoint {
  double a, b, weight;
};
constexpr int kRule = 7;
const std::array<RulePoint, kRule>& rule() {
  static const std::array<RulePoint, kRule> points = [] {
    const double r = std::sqrt(15.0), a1 = (6 - r) / 21, a2 = (6 + r) / 21, w1 = (155 - r) / 1200,
                 w2 = (155 + r) / 1200;
    return std::array<RulePoint, kRule>{{{1.0 / 3, 1.0 / 3, 9.0 / 40},
                                         {a1, a1, w1},
                                         {a1, 1 - 2 * a1, w1},
                                         {1 - 2 * a1, a1, w1},
                                         {a2, a2, w2},
                                         {a2, 1 - 2 * a2, w2},
                                         {1 - 2 * a2, a2, w2}}};
  }();
  return points;
}

/// A place of a tile's rule, as barycentric coordinates of its triangle, and the tile's share of the triangle's area.
Vec2d place_of(const Tile& t, const RulePoint& p) {
  const double c = 1 - p.a - p.b;
  return {p.a * t.corners[0][0] + p.b * t.corners[1][0] + c * t.corners[2][0],
          p.a * t.corners[0][1] + p.b * t.corners[1][1] + c * t.corners[2][1]};
}
double share_of(const Tile& t) {
  const auto& c = t.corners;
  return std::abs((c[1][0] - c[0][0]) * (c[2][1] - c[0][1]) - (c[2][0] - c[0][0]) * (c[1][1] - c[0][1]));
}

/// What scattering needs of a material beside its slab, over a scalar.
template <class T>
struct Scatterer {
  T scattering{}, xpd{};
  em::BasicLobe<T> lobe;
};

template <class T>
em::BasicLobe<T> constant_lobe(const em::Lobe& l) {
  return {l.kind, T(l.alpha_r), T(l.alpha_i), T(l.lambda), T(l.kappa), T(l.slope)};
}

/// The two ends of a link and what lies between.
template <class T>
struct LinkOver {
  EndPoint<T> tx, rx;
  T wavelength_m{};
  std::optional<em::BasicLobe<T>> reflection;
  bool diffuse = true;
};

template <class T>
T squared(const Complex<T>& z) {
  return z.re * z.re + z.im * z.im;
}

/// The integrand at a place p of a surface of normal n, times (lambda / 4 pi)^2; 0 where the ends are not on one side.
template <class T>
T density(const LinkOver<T>& link, const Vec3<T>& p, Vec3<T> n, const em::BasicMaterialProperties<T>& slab,
          const Scatterer<T>& s) {
  const Vec3<T> in = p - link.tx.position_m, out = link.rx.position_m - p;
  const T r1 = norm(in), r2 = norm(out);
  const Vec3<T> u_i = in / r1, u_o = out / r2;
  if (dot(u_i, n) > T(0)) n = -n;
  if (!(dot(u_i, n) < T(0)) || !(dot(u_o, n) > T(0))) return T(0);
  T weight(0);
  const T diffuse = s.scattering * s.scattering;
  if (link.diffuse) weight = weight + diffuse * em::reciprocal_kernel(s.lobe, n, u_i, u_o);
  if (link.reflection) weight = weight + (T(1) - diffuse) * em::reciprocal_kernel(*link.reflection, n, u_i, u_o);
  const Vec3<T> h = normalized(u_o - u_i);
  const auto c = em::coefficients(dot(u_o, h), slab, link.wavelength_m);
  const JonesBasis<T> from = transfer_basis(u_i), to = transfer_basis(-u_o);
  const auto sent = port_fields(link.tx, link.wavelength_m, u_i), taken = port_fields(link.rx, link.wavelength_m, -u_o);
  T sum(0);
  const T half_across = T(0.5) * s.xpd;
  for (const em::BasicJonesVector<T>& port : sent) {
    const auto mirrored = [&](const Complex<T>& theta, const Complex<T>& phi) {
      CVec3<T> e = theta * from.theta_hat + phi * from.phi_hat;
      Vec3<T> k = u_i;
      reflect(h, c, T(1), k, e);
      return em::BasicJonesVector<T>{dot(e, to.theta_hat), dot(e, to.phi_hat)};
    };
    // turned across before the mirror and behind it: half each, so that both ends see the same
    const auto kept = mirrored(port.theta, port.phi), before = mirrored(-port.phi, port.theta);
    for (const em::BasicJonesVector<T>& receiver : taken) {
      sum = sum + (T(1) - s.xpd) * squared(receiver.theta * kept.theta + receiver.phi * kept.phi) +
            half_across * (squared(receiver.theta * kept.phi - receiver.phi * kept.theta) +
                           squared(receiver.theta * before.theta + receiver.phi * before.phi));
    }
  }
  const T scale = link.wavelength_m / (T(4 * kPi) * r1 * r2);
  return scale * scale * weight * sum / T(double(sent.size() * taken.size()));
}

/// A scene's numbers that SceneOver has not, over Dual and Var.
template <class T>
class Scatterers {
 public:
  Scatterers(const scene::Scene& scene, typename SceneOver<T>::Derivative& derivative) {
    for (size_t i = 0; i < scene.materials.size(); ++i) {
      const em::Material& m = scene.materials[i];
      auto& places = derivative.materials[i];
      const size_t s = size_t(em::MaterialNumber::kScattering), x = size_t(em::MaterialNumber::kXpd);
      all_.push_back({number(m.scattering_coefficient, places.numbers[s]), number(m.xpd_coefficient, places.numbers[x]),
                      constant_lobe<T>(em::lobe_from_text(m.scattering_pattern))});
    }
  }
  const Scatterer<T>& operator[](int32_t material) const { return all_[size_t(material)]; }
  /// After the tape's end.
  void collect(const ad::Tape& tape) {
    if constexpr (std::is_same_v<T, Var>) {
      for (const auto& [input, place] : taken_) *place += tape.adjoint(input);
    }
  }

 private:
  using Slot = typename SceneOver<T>::Slot;
  T number(double value, Slot& place) {
    if constexpr (std::is_same_v<T, Var>) {
      const Var input = ad::Tape::current()->input(value);
      taken_.emplace_back(input, &place);
      return input;
    } else {
      return {value, place};
    }
  }
  std::vector<Scatterer<T>> all_;
  std::vector<std::pair<Var, Slot*>> taken_;
};

/// How wide a lobe is, radians.
double width_of(const em::Lobe& l) {
  switch (l.kind) {
    case em::LobeKind::kLambertian:
      return 1;
    case em::LobeKind::kDirective:
      return std::sqrt(2 / (l.alpha_r + 2));
    case em::LobeKind::kBackscattering:
      return std::sqrt(2 / (std::max(l.alpha_r, l.alpha_i) + 2));
    case em::LobeKind::kVonMisesFisher:
      return std::sqrt(1 / (l.kappa + 1));
    case em::LobeKind::kHalfVector:
      return std::min(1.0, 2 * l.slope);
  }
  return 1;
}

/// Cuts what one link's ends see into tiles.
class Tiler {
 public:
  Tiler(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
        const std::vector<Scatterer<double>>& scatterers, const ScatterOptions& options, const LinkOver<double>& link)
      : scene_(scene),
        prepared_(prepared),
        table_(prepared.facets()),
        context_(context),
        scatterers_(scatterers),
        options_(options),
        link_(link) {}

  void solve(double& gain, double& error, double& shaded, std::vector<Tile>& tiles) {
    for (size_t i = 0; i < table_.triangles.size(); ++i) begin(int32_t(i));
    while (!queue_.empty() && error_ > options_.tolerance * sum_ && num_tiles() < options_.max_tiles) {
      runtime::check_stop();
      const Part worst = queue_.top();
      queue_.pop();
      if (worst.error <= 1e-3 * options_.tolerance * sum_ / double(queue_.size() + 1)) {
        queue_.push(worst);
        break;
      }
      sum_ -= worst.value, error_ -= worst.error;
      split(worst.tile, worst.value);
    }
    // summed anew, in a fixed order: differences above leave rounding
    std::vector<Part> parts;
    for (; !queue_.empty(); queue_.pop()) parts.push_back(queue_.top());
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.serial < b.serial; });
    gain = error = shaded = 0;
    for (const Part& p : parts) {
      if (p.value == 0 && p.error == 0) continue;
      gain += p.value, error += p.error;
      if (p.tile.is_shaded) shaded += p.value;
      tiles.push_back(p.tile);
    }
    if (gain > 0) shaded /= gain;
    if (cut_short_) {
      error = std::numeric_limits<double>::infinity();
      if (options_.log)
        options_.log(message("scattering from '", link_.tx.device->name, "' to '", link_.rx.device->name,
                             "': max_tiles = ", options_.max_tiles, " are fewer than finding its lobe takes"));
    } else if (options_.log && error > 10 * options_.tolerance * gain)
      options_.log(message("scattering from '", link_.tx.device->name, "' to '", link_.rx.device->name, "': after ",
                           parts.size(), " tiles the estimated error is ", error / gain, " of the power; max_tiles"));
  }

 private:
  struct Part {
    double error = 0, value = 0;
    int64_t serial = 0;
    Tile tile;
    bool operator<(const Part& o) const { return error != o.error ? error < o.error : serial > o.serial; }
  };

  int64_t num_tiles() const { return int64_t(queue_.size()); }

  Vec3d point(const Tile& t, const Vec2d& at) const {
    const scene::Triangle& tri = table_.triangles[size_t(t.triangle)];
    return at.x * tri.a + at.y * tri.b + (1 - at.x - at.y) * tri.c;
  }

  /// The tile's integral; says in it whether some places see both ends and others not.
  double value(Tile& t) const {
    const scene::Triangle& tri = table_.triangles[size_t(t.triangle)];
    const scene::Facet& f = table_.facets[size_t(t.facet)];
    const Vec3d twice = cross(tri.b - tri.a, tri.c - tri.a);
    const Vec3d n = normalized(twice);
    double sum = 0;
    int seen = 0;
    for (const RulePoint& p : rule()) {
      const Vec3d at = point(t, place_of(t, p));
      if (!sees_both(t.facet, at)) continue;
      ++seen;
      sum += p.weight * density(link_, at, n, context_.materials[size_t(f.material)], scatterers_[size_t(f.material)]);
    }
    t.is_shaded = seen > 0 && seen < kRule;
    return sum * 0.5 * norm(twice) * share_of(t);
  }

  bool sees_both(int32_t facet, const Vec3d& p) const {
    const double from = table_.distance(facet, link_.tx.position_m), to = table_.distance(facet, link_.rx.position_m);
    if (!(from * to > 0)) return false;
    if (table_.canonical(facet, p) != facet) return false;  // another's place
    return !prepared_.queries().occluded(link_.tx.position_m, p, {}, facet) &&
           !prepared_.queries().occluded(p, link_.rx.position_m, facet, {});
  }

  /// A triangle, cut until no tile is large as seen from an end, nor larger than the lobe where the lobe is.
  void begin(int32_t triangle) {
    const int32_t facet = table_.triangles[size_t(triangle)].facet;
    const Scatterer<double>& s = scatterers_[size_t(table_.facets[size_t(facet)].material)];
    const bool scatters = (options_.diffuse && s.scattering > 0) || (link_.reflection && s.scattering < 1);
    const double from = table_.distance(facet, link_.tx.position_m), to = table_.distance(facet, link_.rx.position_m);
    if (!scatters || !(from * to > 0)) return;
    double width = options_.diffuse && s.scattering > 0 ? width_of(s.lobe) : 1;
    if (link_.reflection) width = std::min(width, width_of(*options_.reflection));
    const auto sends_back = [](const em::Lobe& l) { return l.kind == em::LobeKind::kBackscattering && l.lambda < 1; };
    sends_back_ = (options_.diffuse && s.scattering > 0 && sends_back(s.lobe)) ||
                  (link_.reflection && sends_back(*options_.reflection));
    Tile whole{facet, triangle, {{1, 0}, {0, 1}, {0, 0}}, false};
    begin(whole, width, 0);
  }
  void begin(const Tile& t, double width, int depth) {
    // where a lobe is, as many tiles a level: deep levels cost little
    runtime::check_stop();
    const bool large = depth < 30 && is_large(t, width);
    cut_short_ |= large && num_tiles() >= options_.max_tiles;
    if (large && !cut_short_) {
      for (const Tile& part : quarters(t)) begin(part, width, depth + 1);
      return;
    }
    Tile own = t;
    split(own, value(own));
  }
  bool is_large(const Tile& t, double width) const {
    const Vec3d a = point(t, {t.corners[0][0], t.corners[0][1]}), b = point(t, {t.corners[1][0], t.corners[1][1]}),
                c = point(t, {t.corners[2][0], t.corners[2][1]}), p = (1.0 / 3) * (a + b + c);
    const double size = std::max({norm(b - a), norm(c - b), norm(a - c)});
    const Vec3d in = p - link_.tx.position_m, out = link_.rx.position_m - p;
    const double r1 = norm(in), r2 = norm(out);
    if (size > std::min(r1, r2)) return true;
    // what the lobe's axes turn by over the tile
    const double turn = size * (1 / r1 + 1 / r2);
    const Vec3d u_i = in / r1, u_o = out / r2, n = table_.facets[size_t(t.facet)].normal;
    const Vec3d u_r = u_i - 2 * dot(u_i, n) * n;
    const double off = sends_back_ ? std::min(norm(u_o - u_r), norm(u_o + u_i)) : norm(u_o - u_r);
    return turn > width && off < turn + 6 * width;
  }

  static std::array<Tile, 4> quarters(const Tile& t) {
    double m[3][2];
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 2; ++k) m[i][k] = 0.5 * (t.corners[i][k] + t.corners[(i + 1) % 3][k]);
    }
    const auto tile = [&](const double(&a)[2], const double(&b)[2], const double(&c)[2]) {
      return Tile{t.facet, t.triangle, {{a[0], a[1]}, {b[0], b[1]}, {c[0], c[1]}}, false};
    };
    return {tile(t.corners[0], m[0], m[2]), tile(t.corners[1], m[1], m[0]), tile(t.corners[2], m[2], m[1]),
            tile(m[0], m[1], m[2])};
  }

  /// Puts a tile's quarters in its place, each with a quarter of what that changed as its error: more than it has where
  /// the integrand is smooth (the rule's error falls to 1/64), about as much where a shadow's border cuts it.
  void split(const Tile& t, double whole) {
    std::array<Tile, 4> parts = quarters(t);
    std::array<double, 4> values{};
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) {
      values[i] = value(parts[i]);
      sum += values[i];
    }
    const double change = std::abs(sum - whole) / 4;
    for (size_t i = 0; i < 4; ++i) {
      queue_.push({change, values[i], serial_++, parts[i]});
      sum_ += values[i], error_ += change;
    }
  }

  const scene::Scene& scene_;
  const PreparedScene& prepared_;
  const scene::FacetTable& table_;
  const FieldContext& context_;
  const std::vector<Scatterer<double>>& scatterers_;
  const ScatterOptions& options_;
  const LinkOver<double>& link_;
  bool cut_short_ = false;   // were there no tiles left while some were still larger than a lobe?
  bool sends_back_ = false;  // does a lobe of the triangle that is cut look back where waves come from?
  std::priority_queue<Part> queue_;
  double sum_ = 0, error_ = 0;
  int64_t serial_ = 0;
};

/// The tiles' sum with its derivative: visit(place's part of the power) for each.
template <class T, class Visit>
void for_places(const scene::Scene& scene, const PreparedScene& prepared, SceneOver<T>& over,
                typename SceneOver<T>::Derivative& derivative, const Scatterers<T>& scatterers, const LinkOver<T>& link,
                const std::vector<Tile>& tiles, Visit&& visit) {
  const scene::FacetTable& table = prepared.facets();
  const auto blocked = [&](int32_t facet, const Vec3d& p, const Vec3d& from, const Vec3d& to) {
    return table.canonical(facet, p) != facet || prepared.queries().occluded(from, p, {}, facet) ||
           prepared.queries().occluded(p, to, facet, {});
  };
  const Vec3d from = unfold_detail::values(link.tx.position_m), to = unfold_detail::values(link.rx.position_m);
  for (const Tile& t : tiles) {
    const scene::Triangle& tri = table.triangles[size_t(t.triangle)];
    const scene::Facet& f = table.facets[size_t(t.facet)];
    const auto& corners = scene.objects[size_t(f.object)].mesh.triangles[tri.source];
    for (const RulePoint& p : rule()) {
      const Vec2d at = place_of(t, p);
      const Vec3d here = at.x * tri.a + at.y * tri.b + (1 - at.x - at.y) * tri.c;
      if (blocked(t.facet, here, from, to)) continue;
      visit([&] {
        const auto vertex = [&](size_t k) {
          return over.vec(scene.objects[size_t(f.object)].mesh.vertices_m[corners[k]],
                          derivative.objects[size_t(f.object)].vertices_m[corners[k]]);
        };
        const Vec3<T> a = vertex(0), b = vertex(1), c = vertex(2);
        const Vec3<T> twice = cross(b - a, c - a), place = T(at.x) * a + T(at.y) * b + T(1 - at.x - at.y) * c;
        return T(0.5 * p.weight * share_of(t)) * norm(twice) *
               density(link, place, normalized(twice), over.material(f.material), scatterers[f.material]);
      });
    }
  }
}

template <class T>
LinkOver<T> link_over(SceneOver<T>& over, const ScatterOptions& options, int tx, int rx) {
  LinkOver<T> link;
  link.tx = over.transmitter(tx, -1);
  link.rx = over.receiver(rx, -1);
  link.wavelength_m = over.wavelength_m();
  if (options.reflection) link.reflection = constant_lobe<T>(*options.reflection);
  link.diffuse = options.diffuse;
  return link;
}

void check(const scene::Scene& scene, const ScatterOptions& options, const ScatteredPower& power) {
  options.validate();
  if (size_t(power.num_rx) != scene.receivers.size() || size_t(power.num_tx) != scene.transmitters.size())
    throw Error("the scattered power belongs to a scene with other devices");
}

}  // namespace

void ScatterOptions::validate() const {
  if (!diffuse && !reflection) throw Error("scattering needs diffuse or a lobe for reflection, or both");
  if (reflection) em::validate(*reflection, "reflection: ");
  require_positive("tolerance", tolerance);
  if (max_tiles < 1) throw Error(message("max_tiles must be >= 1, got ", max_tiles));
  if (num_threads < 0) throw Error(message("num_threads must be >= 0 (0: all), got ", num_threads));
}

const scene::Differentiable kDifferentiableByScattering{"scattered power", [](const scene::ParameterRow& row) {
                                                          return row.name != "power_dbm" && row.name != "precoding" &&
                                                                 row.name != "velocity_m_per_s";
                                                        }};

ScatteredPower scattered_power(const scene::Scene& scene, const PreparedScene& prepared,
                               const ScatterOptions& options) {
  options.validate();
  scene.validate();
  if (scene.transmitters.empty()) throw Error("the scene has no transmitter: add one before solving");
  if (scene.receivers.empty()) throw Error("the scene has no receiver: add one before solving");
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = field_context(scene, false, options.log);
  std::vector<Scatterer<double>> scatterers;
  for (const em::Material& m : scene.materials)
    scatterers.push_back({m.scattering_coefficient, m.xpd_coefficient, em::lobe_from_text(m.scattering_pattern)});
  ScatteredPower out;
  for (const auto& d : scene.transmitters) out.tx_names.push_back(d.name);
  for (const auto& d : scene.receivers) out.rx_names.push_back(d.name);
  out.num_rx = int(scene.receivers.size()), out.num_tx = int(scene.transmitters.size());
  const size_t n = scene.receivers.size() * scene.transmitters.size();
  out.gain.resize(n), out.error.resize(n), out.shaded.resize(n), out.tiles.resize(n);
  std::vector<std::vector<std::string>> warnings(n);
  SceneOver<double> numbers(centred, prepared, context);
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(n), options.num_threads, [&](int64_t i) {
      ScatterOptions own = options;
      own.log = [&](std::string_view text) { warnings[size_t(i)].emplace_back(text); };
      const LinkOver<double> link = link_over(numbers, own, int(i % out.num_tx), int(i / out.num_tx));
      const auto k = size_t(i);
      Tiler(centred, prepared, context, scatterers, own, link)
          .solve(out.gain[k], out.error[k], out.shaded[k], out.tiles[k]);
    });
  });
  for (const auto& of_link : warnings) {
    for (const std::string& text : of_link) {
      if (options.log) options.log(text);
    }
  }
  return out;
}

scene::SceneDerivative scattered_power_vjp(const scene::Scene& scene, const PreparedScene& prepared,
                                           const ScatterOptions& options, const ScatteredPower& power,
                                           const std::vector<double>& cotangent) {
  check(scene, options, power);
  if (cotangent.size() != power.gain.size())
    throw Error(message("the cotangent of gain has ", cotangent.size(), " numbers, the gain ", power.gain.size()));
  for (const double c : cotangent) require_finite("the cotangent of gain", c);
  const scene::Scene centred = prepared.centred(scene);
  std::vector<scene::SceneDerivative> parts(power.gain.size(), scene::SceneDerivative(scene));
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(parts.size()), options.num_threads, [&](int64_t i) {
      scene::SceneDerivative& gradient = parts[size_t(i)];
      if (cotangent[size_t(i)] == 0) return;
      ad::Tape tape;
      const ad::Recording recording(tape);
      SceneOver<Var> over(centred, prepared, false, gradient);
      over.restart();
      const LinkOver<Var> link = link_over(over, options, int(i % power.num_tx), int(i / power.num_tx));
      Scatterers<Var> scatterers(centred, gradient);
      over.share(tape);
      for_places(centred, prepared, over, gradient, scatterers, link, power.tiles[size_t(i)], [&](auto&& value) {
        tape.seed(value(), cotangent[size_t(i)]);
        tape.sweep();
        over.collect(tape);
        tape.back_to_mark();
      });
      over.finish(tape);
      scatterers.collect(tape);
    });
  });
  for (size_t i = 1; i < parts.size(); ++i) parts[0] += parts[i];
  parts[0].check_finite(scene);
  return std::move(parts[0]);
}

std::vector<double> scattered_power_jvp(const scene::Scene& scene, const PreparedScene& prepared,
                                        const ScatterOptions& options, const ScatteredPower& power,
                                        const scene::SceneDerivative& direction) {
  check(scene, options, power);
  direction.check_finite(scene);
  const scene::Scene centred = prepared.centred(scene);
  std::vector<double> out(power.gain.size());
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(out.size()), options.num_threads, [&](int64_t i) {
      SceneOver<Dual> over(centred, prepared, false, direction);
      over.restart();
      const LinkOver<Dual> link = link_over(over, options, int(i % power.num_tx), int(i / power.num_tx));
      const Scatterers<Dual> scatterers(centred, direction);
      for_places(centred, prepared, over, direction, scatterers, link, power.tiles[size_t(i)],
                 [&](auto&& value) { out[size_t(i)] += value().d; });
    });
  });
  return out;
}

}  // namespace raywave::paths
