// SPDX-License-Identifier: Apache-2.0
// Small networks of dense layers with their adjoints, and Deep Sets: what a set of things is, whatever their order and
// number (after Zaheer et al., 2017): sum_i each(x_i) and max_i each(x_i). Rows are things, one after the other; T is
// float or double. A model's numbers stand in one run (Parameters), so that an optimiser and a file see one vector.
// Between layers x -> max(x, 0.01 x), which has a kink at 0, as max has where two are equal. Differentiable in: inputs
// and all parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace raywave::nn {

template <class T>
struct Parameters {
  std::vector<T> value;
  /// `count` more, uniform within +-spread, a pure function of the seed; where they begin.
  size_t add(size_t count, double spread, uint64_t seed);
};

/// What a pass keeps for its adjoint.
template <class T>
struct MlpTape {
  size_t rows = 0;
  std::vector<std::vector<T>> layer;  // [layers + 1][rows, size]
};

/// Dense layers: y = W x + b.
template <class T>
class Mlp {
 public:
  Mlp() = default;
  /// @param sizes  of input, hidden layers, output.
  Mlp(std::vector<int> sizes, Parameters<T>& p, uint64_t seed);

  size_t num_in() const { return size_t(sizes_.front()); }
  size_t num_out() const { return size_t(sizes_.back()); }
  /// @param x  [rows, in]. @return [rows, out], of the tape.
  std::span<const T> forward(const Parameters<T>& p, std::span<const T> x, size_t rows, MlpTape<T>& tape) const;
  /// Adds to the parameters' slopes. @param out_bar  [rows, out]. @param x_bar  [rows, in], written.
  void backward(const Parameters<T>& p, const MlpTape<T>& tape, std::span<const T> out_bar, std::span<T> slope,
                std::vector<T>& x_bar) const;

 private:
  std::vector<int> sizes_;
  std::vector<size_t> weights_, biases_;  // where they begin; weights [in, out]
};

template <class T>
struct DeepSetsTape {
  MlpTape<T> each;
  std::vector<size_t> begin;
  std::vector<size_t> top;  // [sets, each], the row that has the greatest
  std::vector<T> pooled;    // [sets, out]
};

/// Several sets at once. Of each: the sum of its things' embeddings over kSetScale, and their greatest; of none: 0.
template <class T>
class DeepSets {
 public:
  static constexpr double kSetScale = 8;  // sets have some ten to a hundred things
  DeepSets() = default;
  /// @param each  sizes of the dense layers that embed a thing.
  DeepSets(std::vector<int> each, Parameters<T>& p, uint64_t seed) : each_(std::move(each), p, seed) {}
  size_t num_in() const { return each_.num_in(); }
  size_t num_out() const { return 2 * each_.num_out(); }
  /// @param x  [rows, in]. @param begin  [sets + 1], the first row of each. @return [sets, out], of the tape.
  std::span<const T> forward(const Parameters<T>& p, std::span<const T> x, std::span<const size_t> begin,
                             DeepSetsTape<T>& tape) const;
  /// @param out_bar  [sets, out]. @param x_bar  [rows, in], written.
  void backward(const Parameters<T>& p, const DeepSetsTape<T>& tape, std::span<const T> out_bar, std::span<T> slope,
                std::vector<T>& x_bar) const;

 private:
  Mlp<T> each_;
};

/// Kingma and Ba, 2015, with its bias corrections; slopes that are no numbers leave a step out.
template <class T>
class Adam {
 public:
  explicit Adam(double rate, double beta1 = 0.9, double beta2 = 0.999) : rate_(rate), beta1_(beta1), beta2_(beta2) {}
  void set_rate(double rate) { rate_ = rate; }
  void step(std::span<T> value, std::span<const T> slope);

 private:
  double rate_, beta1_, beta2_;
  int64_t steps_ = 0;
  std::vector<double> mean_, square_;
};

/// A file of a name, whole numbers that describe the model, and its numbers as 32-bit floats (little-endian).
void save_model(const std::string& path, const std::string& name, std::span<const int64_t> shape,
                std::span<const float> value);
struct ModelFile {
  std::vector<int64_t> shape;
  std::vector<float> value;
};
/// The name that a file of a model has; "" where it has none.
std::string model_name(const std::string& path);
/// @throws Error naming the file, and what is wrong with it.
ModelFile load_model(const std::string& path, const std::string& name);

}  // namespace raywave::nn
