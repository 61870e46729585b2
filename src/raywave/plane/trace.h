// SPDX-License-Identifier: Apache-2.0
// Paths between all transmitters and receivers of a scene in the plane, and their derivatives by all its numbers.
// Differentiable in: everything in numbers(). Not in: which candidates there are, and hard validity.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "raywave/plane/candidates.h"
#include "raywave/plane/refine.h"

namespace raywave::plane {

struct TraceOptions {
  CandidateOptions candidates;
  RefineOptions refine;
  bool approx = false;  // smoothed conditions
  Activation function = Activation::kHardSigmoid;
  bool keep_invalid = false;  // hard: paths that do not hold, too. Smoothed: all are kept in any case
  int num_threads = 0;

  /// @throws Error naming the field.
  void validate(const Scene2D& scene) const;
};
/// "sigmoid", "hard_sigmoid".
Activation activation_from_name(std::string_view name);

/// One row a path, ordered by transmitter, receiver, candidate.
struct Paths2D {
  std::vector<int32_t> tx, rx, order;
  std::vector<int64_t> begin;    // [paths + 1], of objects and t; vertices of path i start at begin[i] + 2 i
  std::vector<int32_t> objects;  // touched, from the transmitter on
  std::vector<double> t;         // where on each
  std::vector<Vec2d> vertices;   // m, with both ends
  std::vector<double> valid;     // 0 or 1; smoothed: between
  std::vector<double> power, length_m, loss;  // rough power r_coef^n / (height^2 + length^2), without validity
  std::vector<double> departure_rad,
      arrival_rad;  // directions of travel from the transmitter; back along at the receiver
  size_t count() const { return tx.size(); }
};

Paths2D trace(const Scene2D& scene, const TraceOptions& options);

/// Of what may be differentiated: cotangents (empty: 0), or how it moves. t and angles have no derivative.
struct PathsDerivative2D {
  std::vector<double> valid, power, length_m, loss;  // [paths]
  std::vector<Vec2d> vertices;                       // [sum(order + 2)]
};
/// The gradient by numbers(scene) of a loss whose derivatives by the columns are given.
/// @throws Error for a cotangent of another length, or with a number that is not finite.
std::vector<double> paths_vjp(const Scene2D& scene, const TraceOptions& options, const Paths2D& paths,
                              const PathsDerivative2D& cotangent);
/// How the columns move with the numbers. @throws Error as paths_vjp does.
PathsDerivative2D paths_jvp(const Scene2D& scene, const TraceOptions& options, const Paths2D& paths,
                            std::span<const double> direction);

// --- for maps ---

/// Of the trace's method. Objects that no path touches may be of any kind. Keeps references, as Refiner::make.
std::unique_ptr<Refiner> refiner_for(const Scene2D& scene, const Layout& layout, std::span<const double> numbers,
                                     const TraceOptions& options);

/// What a path's conditions and lengths come to.
struct PathNumbers {
  double valid = 0, length_m = 0, loss = 0;
  Verdict verdict;
};
PathNumbers evaluate(const SceneOver<double>& s, const TraceOptions& options, std::span<const int32_t> objects,
                     const Places<double>& places, bool want_least);

/// The same over T, for the path whose numbers are `at`.
template <class T>
struct PathOver {
  Places<T> places;
  T valid, length, loss;
};
template <class T>
PathOver<T> evaluate_over(const Refiner& refiner, const SceneOver<T>& s, const TraceOptions& options, const Vec2<T>& tx,
                          const Vec2<T>& rx, std::span<const int32_t> objects, const Places<double>& places,
                          const PathNumbers& at) {
  PathOver<T> out;
  out.places = refiner.over(s, tx, rx, objects, places);
  out.loss = loss_of(s, objects, out.places);
  out.length = length_of(out.places);
  if (options.approx) {
    const T margin = margin_of(s, at.verdict, out.places, out.loss);
    out.valid = activation(options.function, s.n[Layout::kAlpha] * margin);
  } else {
    out.valid = T(at.valid);
  }
  return out;
}

/// Numbers over Var of which only those that a path depends on are inputs of the tape: makes them so, and adds what
/// came back to a gradient.
class TapeNumbers {
 public:
  TapeNumbers(const Scene2D& scene, const Layout& layout, std::span<const double> numbers);
  SceneOver<ad::Var> over() const { return {scene_, layout_, vars_.data()}; }
  /// Those of the whole scene, of both ends, of the objects touched and of those in the verdict's least conditions.
  void open(ad::Tape& tape, size_t tx, size_t rx, std::span<const int32_t> objects, const Verdict& verdict);
  /// Adds their adjoints times `weight`; to no gradient (empty) nothing.
  void close(const ad::Tape& tape, double weight, std::span<double> gradient);

 private:
  void open_run(ad::Tape& tape, size_t begin, size_t count);
  const Scene2D* scene_;
  const Layout* layout_;
  std::span<const double> plain_;
  std::vector<ad::Var> vars_;
  std::vector<size_t> opened_;
};

}  // namespace raywave::plane
