// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/layers.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "raywave/core/error.h"
#include "raywave/core/random.h"

namespace raywave::nn {
namespace {

constexpr double kLeak = 0.01;

/// Eight sums side by side: a fixed order that vectors keep.
template <class T>
T dot(const T* a, const T* b, size_t n) {
  std::array<T, 8> sum{};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; ++k) sum[k] += a[i + k] * b[i + k];
  T rest = 0;
  for (; i < n; ++i) rest += a[i] * b[i];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7])) + rest;
}

}  // namespace

template <class T>
size_t Parameters<T>::add(size_t count, double spread, uint64_t seed) {
  const size_t begin = value.size();
  for (size_t i = 0; i < count; ++i) value.push_back(T(spread * (2 * random_uniform(seed, begin, i, 0) - 1)));
  return begin;
}

template <class T>
Mlp<T>::Mlp(std::vector<int> sizes, Parameters<T>& p, uint64_t seed) : sizes_(std::move(sizes)) {
  for (size_t l = 0; l + 1 < sizes_.size(); ++l) {
    const auto in = size_t(sizes_[l]), out = size_t(sizes_[l + 1]);
    // He et al., 2015: the variance 2 / in, uniform
    weights_.push_back(p.add(in * out, std::sqrt(6.0 / double(in)), seed));
    biases_.push_back(p.add(out, 0, seed));
  }
}

template <class T>
std::span<const T> Mlp<T>::forward(const Parameters<T>& p, std::span<const T> x, size_t rows, MlpTape<T>& tape) const {
  tape.rows = rows;
  tape.layer.resize(sizes_.size());
  tape.layer[0].assign(x.begin(), x.end());
  for (size_t l = 0; l + 1 < sizes_.size(); ++l) {
    const auto in = size_t(sizes_[l]), out = size_t(sizes_[l + 1]);
    const T *w = p.value.data() + weights_[l], *b = p.value.data() + biases_[l];
    auto& y = tape.layer[l + 1];
    y.resize(rows * out);
    for (size_t r = 0; r < rows; ++r) {
      T* to = y.data() + r * out;
      const T* from = tape.layer[l].data() + r * in;
      for (size_t o = 0; o < out; ++o) to[o] = b[o];
      for (size_t i = 0; i < in; ++i)
        for (size_t o = 0; o < out; ++o) to[o] += from[i] * w[i * out + o];
      if (l + 2 < sizes_.size())
        for (size_t o = 0; o < out; ++o) to[o] = to[o] > 0 ? to[o] : T(kLeak) * to[o];
    }
  }
  return tape.layer.back();
}

template <class T>
void Mlp<T>::backward(const Parameters<T>& p, const MlpTape<T>& tape, std::span<const T> out_bar, std::span<T> slope,
                      std::vector<T>& x_bar) const {
  std::vector<T> bar(out_bar.begin(), out_bar.end());
  for (size_t l = sizes_.size() - 1; l-- > 0;) {
    const auto in = size_t(sizes_[l]), out = size_t(sizes_[l + 1]);
    const T* w = p.value.data() + weights_[l];
    T *dw = slope.data() + weights_[l], *db = slope.data() + biases_[l];
    x_bar.resize(tape.rows * in);
    for (size_t r = 0; r < tape.rows; ++r) {
      T* y_bar = bar.data() + r * out;
      if (l + 2 < sizes_.size()) {
        // the sign of what came out is that of what went in
        const T* y = tape.layer[l + 1].data() + r * out;
        for (size_t o = 0; o < out; ++o) y_bar[o] = y[o] > 0 ? y_bar[o] : T(kLeak) * y_bar[o];
      }
      const T* x = tape.layer[l].data() + r * in;
      for (size_t o = 0; o < out; ++o) db[o] += y_bar[o];
      for (size_t i = 0; i < in; ++i) {
        for (size_t o = 0; o < out; ++o) dw[i * out + o] += x[i] * y_bar[o];
        x_bar[r * in + i] = dot(w + i * out, y_bar, out);
      }
    }
    if (l > 0) bar.swap(x_bar);
  }
}

template <class T>
DeepSets<T>::DeepSets(std::vector<int> each, std::vector<int> whole, Parameters<T>& p, uint64_t seed)
    : each_(std::move(each), p, seed), whole_(std::move(whole), p, seed) {}

template <class T>
std::span<const T> DeepSets<T>::forward(const Parameters<T>& p, std::span<const T> x, size_t rows,
                                        DeepSetsTape<T>& tape) const {
  const auto e = each_.forward(p, x, rows, tape.each);
  std::vector<T> mean(num_each());
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < mean.size(); ++k) mean[k] += e[r * mean.size() + k];
  for (T& m : mean) m /= T(rows);
  return whole_.forward(p, mean, 1, tape.whole);
}

template <class T>
void DeepSets<T>::backward(const Parameters<T>& p, const DeepSetsTape<T>& tape, std::span<const T> each_bar,
                           std::span<const T> whole_bar, std::span<T> slope) const {
  std::vector<T> mean_bar, x_bar, bar(each_bar.begin(), each_bar.end());
  whole_.backward(p, tape.whole, whole_bar, slope, mean_bar);
  for (size_t r = 0; r < tape.each.rows; ++r)
    for (size_t k = 0; k < mean_bar.size(); ++k) bar[r * mean_bar.size() + k] += mean_bar[k] / T(tape.each.rows);
  each_.backward(p, tape.each, bar, slope, x_bar);
}

template <class T>
void Adam<T>::step(std::span<T> value, std::span<const T> slope) {
  mean_.resize(value.size()), square_.resize(value.size());
  for (const T g : slope)
    if (!std::isfinite(g)) return;
  ++steps_;
  const double c1 = 1 - std::pow(beta1_, double(steps_)), c2 = 1 - std::pow(beta2_, double(steps_));
  for (size_t i = 0; i < value.size(); ++i) {
    const double g = slope[i];
    mean_[i] = beta1_ * mean_[i] + (1 - beta1_) * g;
    square_[i] = beta2_ * square_[i] + (1 - beta2_) * g * g;
    value[i] -= T(rate_ * (mean_[i] / c1) / (std::sqrt(square_[i] / c2) + 1e-8));
  }
}

template struct Parameters<float>;
template struct Parameters<double>;
template class Mlp<float>;
template class Mlp<double>;
template class DeepSets<float>;
template class DeepSets<double>;
template class Adam<float>;
template class Adam<double>;

static_assert(std::endian::native == std::endian::little, "files of models are little-endian");

void save_model(const std::string& path, const std::string& name, std::span<const int64_t> shape,
                std::span<const float> value) {
  std::ofstream out(path, std::ios::binary);
  out << "raywave model " << name << '\n' << shape.size() << ' ' << value.size() << '\n';
  out.write(reinterpret_cast<const char*>(shape.data()), std::streamsize(shape.size_bytes()));
  out.write(reinterpret_cast<const char*>(value.data()), std::streamsize(value.size_bytes()));
  out.close();
  if (!out) throw Error(message("cannot write ", path));
}

ModelFile load_model(const std::string& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(message("cannot read ", path));
  std::string head;
  std::getline(in, head);
  if (head != "raywave model " + name) throw Error(message(path, ": not a model '", name, "'"));
  size_t num_shape = 0, num_values = 0;
  in >> num_shape >> num_values;
  constexpr size_t kMost = size_t(1) << 28;
  if (!in || in.get() != '\n' || num_shape > 64 || num_values > kMost)
    throw Error(message(path, ": its second line must be two numbers, of shape and of values"));
  ModelFile out;
  out.shape.resize(num_shape), out.value.resize(num_values);
  in.read(reinterpret_cast<char*>(out.shape.data()), std::streamsize(num_shape * sizeof(int64_t)));
  in.read(reinterpret_cast<char*>(out.value.data()), std::streamsize(num_values * sizeof(float)));
  if (!in || in.peek() != std::ifstream::traits_type::eof())
    throw Error(message(path, ": must end after ", num_values, " numbers"));
  for (const float x : out.value)
    if (!std::isfinite(x)) throw Error(message(path, ": has a number that is not finite"));
  return out;
}

}  // namespace raywave::nn
