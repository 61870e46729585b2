// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scatter_tiles.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "raywave/core/random.h"
#include "raywave/em/own_lobe.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/runtime/stop.h"

namespace raywave::paths {
namespace {

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

std::array<Tile, 4> quarters(const Tile& t) {
  double m[3][2];
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 2; ++k) m[i][k] = 0.5 * (t.corners[i][k] + t.corners[(i + 1) % 3][k]);
  }
  const auto tile = [&](const double(&a)[2], const double(&b)[2], const double(&c)[2]) {
    Tile part{t.facet, t.triangle, {{a[0], a[1]}, {b[0], b[1]}, {c[0], c[1]}}, false, 0, t.from, t.to, t.below};
    part.behind_source = t.behind_source, part.behind_target = t.behind_target;
    return part;
  };
  return {tile(t.corners[0], m[0], m[2]), tile(t.corners[1], m[1], m[0]), tile(t.corners[2], m[2], m[1]),
          tile(m[0], m[1], m[2])};
}

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
    case em::LobeKind::kOwn:
      return std::min(1.0, l.own->width_rad());
  }
  return 1;
}

/// The last place before the end of a leg at which it turned, or where it began.
const Vec3d& last_turn(const GeometricPath& leg, const Vec3d& begin_m) {
  for (size_t i = leg.steps.size(); i-- > 0;) {
    if (leg.steps[i].type != Interaction::kRefraction) return leg.steps[i].point_m;
  }
  return begin_m;
}

}  // namespace

size_t ScatterTiler::LegHash::operator()(const LegKey& k) const {
  return size_t(mix64(mix64(mix64(uint64_t(uint32_t(k.node)) << 1 | uint64_t(k.end)) ^ std::bit_cast<uint64_t>(k.x)) ^
                      std::bit_cast<uint64_t>(k.y)));
}

ScatterTiler::ScatterTiler(const PreparedScene& prepared, SceneOver<double>& numbers, const RefineOptions& refine,
                           const ScatterLaw& law, LogSink log, Measure measure)
    : prepared_(prepared),
      table_(prepared.facets()),
      numbers_(numbers),
      refine_(refine),
      law_(law),
      log_(std::move(log)),
      measure_(std::move(measure)),
      refiner_(prepared, refine_),
      kernel_(numbers) {
  refine_.max_depth = law.max_depth - 1;
  if (measure_) return;
  measure_ = [this](const std::vector<Step>& steps) {
    double power = 0;
    (void)kernel_.power(source_->point(), target_->point(), steps, power);
    return power;
  };
}

void ScatterTiler::set_ends(const ScatterEnd& source, const ScatterEnd& target, bool behind_source,
                            bool behind_target) {
  source_ = &source, target_ = &target;
  behind_source_ = behind_source, behind_target_ = behind_target;
  standing_ = {source.standing(target.point().position_m, behind_source),
               target.standing(source.point().position_m, behind_target)};
}

ScatterTiler::Result ScatterTiler::solve(const ScatterEnd& source, const ScatterEnd& target) {
  Result r;
  for (const auto& [behind_source, behind_target] :
       {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}, std::pair{true, true}}) {
    if ((behind_source && !source.on_a_face()) || (behind_target && !target.on_a_face())) continue;
    set_ends(source, target, behind_source, behind_target);
    r = solve_there();
    if (!r.tiles.empty() || cut_short_) break;
  }
  return r;
}

ScatterTiler::Result ScatterTiler::solve_there() {
  queue_ = {}, sum_ = error_ = 0, serial_ = tried_ = 0, cut_short_ = false;
  for (size_t i = 0; i < table_.triangles.size(); ++i) {
    if (table_.triangles[i].source != scene::kNoSource) begin(int32_t(i));
  }
  while (!queue_.empty() && error_ > law_.tolerance * sum_ && num_tiles() < law_.max_tiles) {
    runtime::check_stop();
    const Part worst = queue_.top();
    queue_.pop();
    if (worst.error <= 1e-3 * law_.tolerance * sum_ / double(queue_.size() + 1)) {
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
  Result r;
  for (const Part& p : parts) {
    if (p.value == 0 && p.error == 0) continue;
    r.gain += p.value, r.error += p.error;
    if (p.tile.is_shaded) r.shaded += p.value;
    r.tiles.push_back(p.tile);
  }
  if (r.gain > 0) r.shaded /= r.gain;
  if (cut_short_) r.error = std::numeric_limits<double>::infinity();
  warn(r, parts.size());
  return r;
}

void ScatterTiler::warn(const Result& r, size_t num_parts) const {
  if (!log_) return;
  const auto link = [&] {
    const auto name = [](const EndPoint<double>& e) { return e.device ? e.device->name : std::string("a cell"); };
    return message("scattering from '", name(source_->point()), "' to '", name(target_->point()), "': ");
  };
  if (cut_short_) {
    log_(message(link(), "max_tiles = ", law_.max_tiles, " are fewer than finding its lobe takes"));
  } else if (r.error > 10 * law_.tolerance * r.gain) {
    log_(message(link(), "after ", num_parts, " tiles the estimated error is ", r.error / r.gain,
                 " of the power; max_tiles"));
  }
}

Vec3d ScatterTiler::lift_of(const Tile& t) const {
  const bool sends = t.below == Below::kSource;
  return (sends ? source_ : target_)->lift(kOwnFaceLift * refine_.wavelength_m, standing_[sends ? 0 : 1]);
}

OwnFacePlace<double> ScatterTiler::below_end(const Tile& t, const Vec2d& at) const {
  const Vec3d& end = (t.below == Below::kSource ? source_ : target_)->point().position_m;
  return own_face_place(end, table_.triangles[size_t(t.triangle)].a, table_.facets[size_t(t.facet)].normal, lift_of(t),
                        at);
}

Vec3d ScatterTiler::point(const Tile& t, const Vec2d& at) const {
  if (t.below != Below::kNone) return below_end(t, at).point;
  const scene::Triangle& tri = table_.triangles[size_t(t.triangle)];
  return at.x * tri.a + at.y * tri.b + (1 - at.x - at.y) * tri.c;
}

const ScatterTiler::Leg& ScatterTiler::leg(const ScatterEnd& end, int which, int32_t node, const Vec3d& p,
                                           const Vec2d& at, int32_t facet, bool known) {
  Leg* leg = &own_[which];
  if (keeps_legs_ && !known) {
    const auto [found, is_new] = legs_.try_emplace({which, node, at.x, at.y});
    leg = &found->second;
    if (!is_new) return *leg;
  }
  leg->is_there = end.leg(refiner_, standing_[size_t(which)], node, p, facet, known, leg->path);
  return *leg;
}

/// Is it a place of the tile's facet, and not another's? About a foot near the rim it may be nobody's.
bool ScatterTiler::owns(const Tile& t, const Vec3d& p) const {
  if (t.below == Below::kNone) return table_.canonical(t.facet, p) == t.facet;
  return table_.owner(table_.facets[size_t(t.facet)].mirror, p) == t.facet;
}

/// Sets steps_ to the path over a place, by the material's pattern and not turned. @return false when there is none.
bool ScatterTiler::steps_at(const Tile& t, const Vec2d& at, double share, bool known, size_t& place) {
  const Vec3d p = point(t, at);
  if (!known && !owns(t, p)) return false;
  static const Leg none{true, {}};  // from an end on the face
  const Leg& before = t.below == Below::kSource ? none : leg(*source_, 0, t.from, p, at, t.facet, known);
  if (!before.is_there) return false;
  const Leg& behind = t.below == Below::kTarget ? none : leg(*target_, 1, t.to, p, at, t.facet, known);
  if (!behind.is_there) return false;
  const Vec3d lift = t.below == Below::kNone ? Vec3d() : lift_of(t);
  const double lifted = dot(lift, table_.facets[size_t(t.facet)].normal),
               from = t.below == Below::kSource
                          ? lifted
                          : table_.distance(t.facet, last_turn(before.path, source_->point().position_m)),
               to = t.below == Below::kTarget
                        ? lifted
                        : table_.distance(t.facet, last_turn(behind.path, target_->point().position_m));
  if (!(from * to > 0)) return false;
  place = before.path.steps.size();
  if (place + 1 + behind.path.steps.size() > size_t(law_.max_depth)) return false;
  steps_ = before.path.steps;
  Step step;
  step.type = Interaction::kDiffuseReflection;
  step.surface = SurfaceId::facet(t.facet);
  step.point_m = p;
  step.scatter.triangle = t.triangle;
  step.scatter.below = t.below;
  step.scatter.lift_m = lift;
  step.scatter.at = at;
  step.scatter.share = share;
  steps_.push_back(step);
  steps_.insert(steps_.end(), behind.path.steps.rbegin(), behind.path.steps.rend());
  return true;
}

std::vector<Interaction> ScatterTiler::laws(int32_t facet) const {
  const double scattering = numbers_.scatterer(table_.facets[size_t(facet)].material).scattering;
  std::vector<Interaction> all;
  if (law_.diffuse && scattering > 0) all.push_back(Interaction::kDiffuseReflection);
  if (law_.directional && !prepared_.is_mirror(facet) && scattering < 1)
    all.push_back(Interaction::kDirectionalReflection);
  return all;
}

/// What steps_ bring by all laws.
double ScatterTiler::power(size_t place) {
  double sum = 0;
  for (const Interaction by : laws_) {
    steps_[place].type = by;
    sum += measure_(steps_);
  }
  return sum;
}

void ScatterTiler::for_places(const ScatterEnd& source, const ScatterEnd& target, const Tile& tile,
                              const std::function<void(std::vector<Step>&, size_t)>& visit) {
  set_ends(source, target, tile.behind_source, tile.behind_target);
  if (has_own_lobe(tile.facet)) {
    laws_ = laws(tile.facet);
    Tile copy = tile;
    em::OwnLobe::foresee(true, [&] { (void)sum_of_places(copy, true); });
  }
  for (size_t i = 0; i < rule().size(); ++i) {
    const RulePoint& p = rule()[i];
    size_t place = 0;
    if ((tile.seen >> i & 1) != 0 && steps_at(tile, place_of(tile, p), p.weight * share_of(tile), true, place))
      visit(steps_, place);
  }
}

bool ScatterTiler::has_own_lobe(int32_t facet) const {
  const Scatterer<double>& s = numbers_.scatterer(table_.facets[size_t(facet)].material);
  return s.pattern.own || s.lobe.own;
}

/// The tile's integral; says in it which places see both ends.
double ScatterTiler::value(Tile& t) {
  laws_ = laws(t.facet);
  if (has_own_lobe(t.facet)) em::OwnLobe::foresee(false, [&] { (void)sum_of_places(t, false); });
  return sum_of_places(t, false);
}

/// @param known  the tile says already which places see both ends
double ScatterTiler::sum_of_places(Tile& t, bool known) {
  double sum = 0;
  uint8_t seen = 0;
  for (size_t i = 0; i < rule().size(); ++i) {
    const RulePoint& p = rule()[i];
    size_t place = 0;
    if (known && (t.seen >> i & 1) == 0) continue;
    if (!steps_at(t, place_of(t, p), p.weight * share_of(t), known, place)) continue;
    seen = uint8_t(seen | 1U << i);
    sum += power(place);
  }
  t.seen = seen;
  t.is_shaded = seen != 0 && seen != (1U << kRule) - 1;
  return sum;
}

/// A triangle, cut until no tile is large as seen from an end, nor larger than the lobe where the lobe is.
void ScatterTiler::begin(int32_t triangle) {
  const int32_t facet = table_.triangles[size_t(triangle)].facet;
  const scene::Facet& f = table_.facets[size_t(facet)];
  const Scatterer<double>& s = numbers_.scatterer(f.material);
  const std::vector<Interaction> by = laws(facet);
  if (by.empty()) return;
  double width = 1;
  sends_back_ = sends_anywhere_ = false;
  for (const Interaction i : by) {
    const em::Lobe& l = i == Interaction::kDirectionalReflection ? s.lobe : s.pattern;
    width = std::min(width, width_of(l));
    sends_back_ |= l.kind == em::LobeKind::kBackscattering && l.lambda < 1;
    sends_anywhere_ |= l.kind == em::LobeKind::kOwn;
  }
  const auto &before = source_->chains(f.mirror), &behind = target_->chains(f.mirror);
  keeps_legs_ = before.size() * behind.size() > 1;
  legs_.clear();
  for (const int32_t from : before) {
    for (const int32_t to : behind) {
      if (source_->depth(from) + 1 + target_->depth(to) > law_.max_depth) continue;
      Tile whole{facet, triangle, {{1, 0}, {0, 1}, {0, 0}}, false, 0, from, to, Below::kNone};
      whole.behind_source = behind_source_, whole.behind_target = behind_target_;
      if (from == 0 && source_->stands_on(facet)) whole.below = Below::kSource;
      if (to == 0 && target_->stands_on(facet)) {
        if (whole.below != Below::kNone) continue;  // both: nothing along the face
        whole.below = Below::kTarget;
      }
      if (whole.below != Below::kNone) {
        begin_below(whole, width);
        continue;
      }
      if (from == 0 && to == 0) {
        const double a = table_.distance(facet, source_->point().position_m),
                     b = table_.distance(facet, target_->point().position_m);
        if (!(a * b > 0)) continue;
      }
      begin(whole, width, 0);
    }
  }
  keeps_legs_ = false;
  legs_.clear();
}

void ScatterTiler::begin(const Tile& t, double width, int depth) {
  // where a lobe is, as many tiles a level: deep levels cost little
  runtime::check_stop();
  const bool large = depth < 30 && is_large(t, width);
  constexpr int64_t kTries = 32;  // of a tile that is kept: most of a large scene is unseen
  cut_short_ |= large && (num_tiles() >= law_.max_tiles || tried_ >= kTries * law_.max_tiles);
  if (large && !cut_short_) {
    for (const Tile& part : quarters(t)) begin(part, width, depth + 1);
    return;
  }
  Tile own = t;
  split(own, value(own));
}

/// The directions below an end that stands on the facet, with the first of the triangles that hold its foot.
void ScatterTiler::begin_below(const Tile& t, double width) {
  const bool sends = t.below == Below::kSource;
  const Vec3d& foot = (sends ? source_ : target_)->point().position_m;
  const Vec3d& image = sends ? target_->image(t.to) : source_->image(t.from);
  if (!(dot(lift_of(t), table_.facets[size_t(t.facet)].normal) * table_.distance(t.facet, image) > 0)) return;
  const auto holds_foot = [&](const scene::Triangle& tri) {
    const Vec3d& n = table_.facets[size_t(t.facet)].normal;
    const double within = scene::kSamePlane * table_.rounding_m(foot);
    const double turn = dot(cross(tri.b - tri.a, tri.c - tri.a), n) < 0 ? -1 : 1;
    const auto inside = [&](const Vec3d& a, const Vec3d& b) {
      return turn * dot(cross(b - a, foot - a), n) >= -within * norm(b - a);
    };
    return inside(tri.a, tri.b) && inside(tri.b, tri.c) && inside(tri.c, tri.a);
  };
  for (int32_t i = 0; i < t.triangle; ++i) {
    const scene::Triangle& tri = table_.triangles[size_t(i)];
    if (tri.facet == t.facet && tri.source != scene::kNoSource && holds_foot(tri)) return;
  }
  if (!holds_foot(table_.triangles[size_t(t.triangle)])) return;
  for (const bool upper : {false, true}) {
    Tile half = t;
    const double low = upper ? 1 : 0, high = 1 - low;
    half.corners[0][0] = high, half.corners[0][1] = low;
    half.corners[1][0] = low, half.corners[1][1] = high;
    half.corners[2][0] = half.corners[2][1] = low;
    begin(half, width, 0);
  }
}

bool ScatterTiler::is_large_below(const Tile& t, double width) const {
  const auto direction = [&](double x, double y) {  // from the end down
    const OwnFacePlace<double> own = below_end(t, {std::max(x, 1e-3), y});
    return normalized(own.point - own.end);
  };
  std::array<Vec3d, 4> seen;
  double x = 0, y = 0;
  for (size_t i = 0; i < 3; ++i) {
    seen[i] = direction(t.corners[i][0], t.corners[i][1]);
    x += t.corners[i][0] / 3, y += t.corners[i][1] / 3;
  }
  seen[3] = direction(x, y);
  const double turn = std::max({norm(seen[1] - seen[0]), norm(seen[2] - seen[1]), norm(seen[0] - seen[2])});
  if (turn > 1) return true;
  const bool sends = t.below == Below::kSource;
  const Vec3d other =
      normalized(point(t, {std::max(x, 1e-3), y}) - (sends ? target_->image(t.to) : source_->image(t.from)));
  return may_hold_lobe(t, sends ? seen[3] : other, sends ? -other : -seen[3], turn, width);
}

bool ScatterTiler::is_large(const Tile& t, double width) const {
  if (t.below != Below::kNone) return is_large_below(t, width);
  const Vec3d a = point(t, {t.corners[0][0], t.corners[0][1]}), b = point(t, {t.corners[1][0], t.corners[1][1]}),
              c = point(t, {t.corners[2][0], t.corners[2][1]}), p = (1.0 / 3) * (a + b + c);
  const double size = std::max({norm(b - a), norm(c - b), norm(a - c)});
  const Vec3d in = p - source_->image(t.from), out = target_->image(t.to) - p;
  const double r1 = norm(in), r2 = norm(out);
  if (size > std::min(r1, r2)) return true;
  // what the lobe's axes turn by over the tile
  const double turn = size * (1 / r1 + 1 / r2);
  return may_hold_lobe(t, in / r1, out / r2, turn, width);
}

/// Is the tile larger than the lobe, which may be on it? @param turn  what directions turn by over the tile
bool ScatterTiler::may_hold_lobe(const Tile& t, const Vec3d& u_i, const Vec3d& u_o, double turn, double width) const {
  const Vec3d& n = table_.facets[size_t(t.facet)].normal;
  const Vec3d u_r = u_i - 2 * dot(u_i, n) * n;
  const double off = sends_back_ ? std::min(norm(u_o - u_r), norm(u_o + u_i)) : norm(u_o - u_r);
  // its places are a third of a tile apart: one falls on the lobe
  return turn > 2 * width && (sends_anywhere_ || off < turn + 6 * width);
}

/// Puts a tile's quarters in its place, each with a quarter of what that changed as its error: more than it has where
/// the integrand is smooth (the rule's error falls to 1/64), about as much where a shadow's border cuts it.
void ScatterTiler::split(const Tile& t, double whole) {
  std::array<Tile, 4> parts = quarters(t);
  std::array<double, 4> values{};
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    values[i] = value(parts[i]);
    sum += values[i];
  }
  const double change = std::abs(sum - whole) / 4;
  tried_ += 4;
  for (size_t i = 0; i < 4; ++i) {
    if (change == 0 && values[i] == 0) continue;  // unseen, and nothing comes of halving it again
    queue_.push({change, values[i], serial_++, parts[i]});
    sum_ += values[i], error_ += change;
  }
}

}  // namespace raywave::paths
