// SPDX-License-Identifier: Apache-2.0
// Lobes that a user writes. A struct with one template is enough:
//
//   struct Snow {
//     template <class T>
//     T operator()(const Vec3<T>& u_i, const Vec3<T>& u_o) const {
//       return (T(1) + u_o.z) * (T(1) - u_i.z * u_i.z * T(0.5));
//     }
//   };
//   em::make_lobe("snow", Snow{});
//   material.scattering_pattern = "snow";  // or material.lobe, options.lobe, --lobe
//
// u_i and u_o are the unit directions of travel before and behind the surface, in a frame whose z axis is the normal on
// the side where the wave comes from: u_i.z < 0 < u_o.z. The function is >= 0, and what turns both directions about z
// does not change it: a surface has no other axis. It is asked by several threads at once.
//
// Energy: by default the function gives a shape, which is divided by its integral over the hemisphere; with
// `normalize` off it is f in 1/sr as it is, and refused where that integral exceeds 1 (what is missing is absorbed).
// The integral is found by quadrature at Chebyshev's places in cos_theta_i, and a polynomial lies through them: to
// 1e-6 of it, or as `integral_error` says. Reciprocity: what paths use is the reciprocal kernel of em/lobes.h, the
// geometric mean of both ways; `reciprocity_error` says how far they are apart.
// Differentiable in: directions and normal. Numbers that the struct holds are no parameters of a scene.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/vec.h"

namespace raywave::em {

/// A pair of directions in the surface's frame.
struct LobeDirections {
  Vec3d u_i, u_o;
  bool operator==(const LobeDirections&) const = default;
};

/// Asked once for many pairs of directions.
class LobeFunction {
 public:
  virtual ~LobeFunction() = default;
  /// @param values  [at.size()]. @param slopes  [at.size()], by the components of u_i and u_o, or empty when they are
  /// not asked for
  virtual void evaluate(std::span<const LobeDirections> at, std::span<double> values,
                        std::span<LobeDirections> slopes) const = 0;
  /// Does it draw directions by itself? Else they are drawn from a table of its values.
  virtual bool draws() const { return false; }
  /// A direction from three numbers in [0, 1); one with z <= 0 is none.
  virtual Vec3d draw(const Vec3d& /*u_i*/, const std::array<double, 3>& /*random*/) const { return {}; }
  /// The density of draw(), in 1/sr.
  virtual double density(const LobeDirections& /*at*/) const { return 0; }
};

/// The function of a struct as in the example. Where it also has
///   Vec3d draw(const Vec3d& u_i, const std::array<double, 3>& random) const;
///   double density(const Vec3d& u_i, const Vec3d& u_o) const;
/// these draw directions.
template <class F>
class LobeFunctionOf final : public LobeFunction {
 public:
  explicit LobeFunctionOf(F f) : f_(std::move(f)) {}
  void evaluate(std::span<const LobeDirections> at, std::span<double> values,
                std::span<LobeDirections> slopes) const override {
    for (size_t i = 0; i < at.size(); ++i) {
      values[i] = f_(at[i].u_i, at[i].u_o);
      if (slopes.empty()) continue;
      Vec3<ad::Dual> in(at[i].u_i), out(at[i].u_o);
      const auto slope = [&](ad::Dual& by) {
        by.d = 1;
        const ad::Dual moved = f_(in, out);
        by.d = 0;
        return moved.d;
      };
      slopes[i].u_i = {slope(in.x), slope(in.y), slope(in.z)};
      slopes[i].u_o = {slope(out.x), slope(out.y), slope(out.z)};
    }
  }
  bool draws() const override { return kDraws; }
  Vec3d draw(const Vec3d& u_i, const std::array<double, 3>& random) const override {
    if constexpr (kDraws) return f_.draw(u_i, random);
    return LobeFunction::draw(u_i, random);
  }
  double density(const LobeDirections& at) const override {
    if constexpr (kDraws) return f_.density(at.u_i, at.u_o);
    return LobeFunction::density(at);
  }

 private:
  static constexpr bool kDraws = requires(const F& f, const Vec3d& u, const std::array<double, 3>& r) {
    f.draw(u, r);
    f.density(u, u);
  };
  F f_;
};

struct OwnLobeOptions {
  bool normalize = true;            // divide by the integral over the hemisphere
  std::optional<double> width_rad;  // over which it changes, > 0: surfaces are cut finer; default: from its peak
};

/// A lobe of one's own, measured.
class OwnLobe {
 public:
  /// @throws Error for a function that is negative or not finite somewhere, that depends on more than an isotropic
  /// surface has, that gives nothing where it is to be normalised, or gives more than it gets where it is not; for a
  /// lobe too narrow for the quadrature.
  OwnLobe(std::string name, std::shared_ptr<const LobeFunction> function, const OwnLobeOptions& options = {});

  const std::string& name() const { return name_; }
  const LobeFunction& function() const { return *function_; }
  bool is_normalized() const { return options_.normalize; }
  double width_rad() const { return width_rad_; }
  /// The largest difference between the ways there and back, f(u_o; u_i) cos_theta_i and f(-u_i; -u_o) cos_theta_o,
  /// over the largest value of these, of some hundred pairs of directions; 0: reciprocal.
  double reciprocity_error() const { return reciprocity_error_; }
  /// Estimated, of the largest integral.
  double integral_error() const { return integral_error_; }
  /// The integral of the function over the hemisphere, and its slope by cos_theta_i.
  double integral(double cos_i, double* slope = nullptr) const;

  /// f(u_o; u_i) in 1/sr for directions of the scene, above the horizon; slopes by them and by the normal.
  struct Slopes {
    Vec3d n, u_i, u_o;
  };
  double value(const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o, Slopes* slopes = nullptr) const;
  /// What value() will be asked for by this thread, in one call of the function: a matter of speed alone.
  struct Ask {
    Vec3d n, u_i, u_o;
  };
  void prepare(std::span<const Ask> asks, bool with_slopes) const;
  /// Runs work(), in which values are not asked but taken as 1, and then asks for all of them in one call of each
  /// lobe: work() that is run again finds them known.
  template <class Work>
  static void foresee(bool with_slopes, Work&& work) {
    std::vector<Foreseen> all;
    const Foreseeing here(all);
    work();
    here.ask(with_slopes);
  }

  std::optional<Vec3d> sample(const Vec3d& n, const Vec3d& u_i, const std::array<double, 3>& random) const;
  double density(const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o) const;

 private:
  struct Table;
  struct Foreseen {
    const OwnLobe* lobe;
    Ask ask;
  };
  class Foreseeing {
   public:
    explicit Foreseeing(std::vector<Foreseen>& all);
    ~Foreseeing();
    Foreseeing(const Foreseeing&) = delete;
    Foreseeing& operator=(const Foreseeing&) = delete;
    void ask(bool with_slopes) const;

   private:
    std::vector<Foreseen>& all_;
  };
  static std::vector<Foreseen>*& foreseen();
  std::vector<double> checked(std::span<const LobeDirections> at) const;
  struct Measured {
    double integral, peak, error;
  };
  Measured measure(double cos_i, int& level) const;
  void check_isotropy() const;
  void measure_integral();
  void measure_reciprocity();
  double chebyshev(double cos_i, double* slope) const;
  const Table& table() const;

  std::string name_;
  std::shared_ptr<const LobeFunction> function_;
  OwnLobeOptions options_;
  int64_t serial_ = 0;
  std::vector<double> coefficients_;  // of Chebyshev's polynomials in 2 cos_theta_i - 1
  double width_rad_ = 1, reciprocity_error_ = 0, integral_error_ = 0;
  mutable std::once_flag made_table_;
  mutable std::shared_ptr<const Table> table_;
};

/// Measures a lobe and makes it known by its name to lobe_from_text(), in this process, until another of that name
/// takes its place. What was solved before keeps the lobe that it was solved with.
/// @param name  letters, digits, '_', '-', '.'; not that of a LobeKind. @throws Error as OwnLobe.
const OwnLobe& make_lobe(std::string name, std::shared_ptr<const LobeFunction> function,
                         const OwnLobeOptions& options = {});
template <class F>
requires requires(const F& f, const Vec3d& u) { f(u, u); }
const OwnLobe& make_lobe(std::string name, F f, const OwnLobeOptions& options = {}) {
  return make_lobe(std::move(name), std::make_shared<LobeFunctionOf<F>>(std::move(f)), options);
}
/// That of a name, or nothing; all names.
const OwnLobe* own_lobe(std::string_view name);
std::vector<std::string> own_lobe_names();

}  // namespace raywave::em
