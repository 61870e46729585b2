// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/layers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "raywave/core/error.h"
#include "raywave/core/random.h"

namespace raywave::nn {
namespace {

constexpr double kLeak = 0.01;

/// c += a b in tiles that stay in registers; sums in one order whatever the sizes.
/// @param a  [m, k], a_row and a_col apart. @param b  [k, n]. @param c  [m, n].
template <class T>
void add_product(size_t m, size_t n, size_t k, const T* a, size_t a_row, size_t a_col, const T* b, T* c) {
  constexpr size_t kRows = 4, kColumns = 64 / sizeof(T);
  std::vector<T> padded;
  for (size_t j = 0; j < n; j += kColumns) {
    const size_t columns = std::min(kColumns, n - j);
    const T* block = b + j;
    size_t b_row = n;
    if (columns < kColumns) {
      padded.assign(k * kColumns, T(0));
      for (size_t l = 0; l < k; ++l) std::copy(block + l * n, block + l * n + columns, padded.data() + l * kColumns);
      block = padded.data(), b_row = kColumns;
    }
    for (size_t i = 0; i < m; i += kRows) {
      const size_t rows = std::min(kRows, m - i);
      // rows beyond the last are the last again, and not written
      size_t at[kRows];
      for (size_t r = 0; r < kRows; ++r) at[r] = (i + std::min(r, rows - 1)) * a_row;
      T sum[kRows][kColumns] = {};
      for (size_t l = 0; l < k; ++l)
        for (size_t r = 0; r < kRows; ++r)
          for (size_t q = 0; q < kColumns; ++q) sum[r][q] += a[at[r] + l * a_col] * block[l * b_row + q];
      for (size_t r = 0; r < rows; ++r)
        for (size_t q = 0; q < columns; ++q) c[(i + r) * n + j + q] += sum[r][q];
    }
  }
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
    // He et al., 2015: the variance 2 / in, uniform; what comes out at last begins small
    const double last = l + 2 == sizes_.size() ? 0.3 : 1;
    weights_.push_back(p.add(in * out, last * std::sqrt(6.0 / double(in)), seed));
    biases_.push_back(p.add(out, 0, seed));
  }
}

template <class T>
std::span<const T> Mlp<T>::forward(const Parameters<T>& p, std::span<const T> x, size_t rows, MlpTape<T>& tape) const {
  RAYWAVE_DCHECK_EQ(x.size(), rows * num_in());
  tape.rows = rows;
  tape.layer.resize(sizes_.size());
  tape.layer[0].assign(x.begin(), x.end());
  for (size_t l = 0; l + 1 < sizes_.size(); ++l) {
    const auto in = size_t(sizes_[l]), out = size_t(sizes_[l + 1]);
    const T *w = p.value.data() + weights_[l], *b = p.value.data() + biases_[l];
    auto& y = tape.layer[l + 1];
    y.resize(rows * out);
    for (size_t r = 0; r < rows; ++r) std::copy(b, b + out, y.data() + r * out);
    add_product(rows, out, in, tape.layer[l].data(), in, 1, w, y.data());
    if (l + 2 < sizes_.size())
      for (T& v : y) v = v > 0 ? v : T(kLeak) * v;
  }
  return tape.layer.back();
}

template <class T>
void Mlp<T>::backward(const Parameters<T>& p, const MlpTape<T>& tape, std::span<const T> out_bar, std::span<T> slope,
                      std::vector<T>& x_bar) const {
  std::vector<T> bar(out_bar.begin(), out_bar.end()), turned;
  for (size_t l = sizes_.size() - 1; l-- > 0;) {
    const auto in = size_t(sizes_[l]), out = size_t(sizes_[l + 1]);
    const T* w = p.value.data() + weights_[l];
    T *dw = slope.data() + weights_[l], *db = slope.data() + biases_[l];
    if (l + 2 < sizes_.size()) {
      // the sign of what came out is that of what went in
      const auto& y = tape.layer[l + 1];
      for (size_t i = 0; i < bar.size(); ++i) bar[i] = y[i] > 0 ? bar[i] : T(kLeak) * bar[i];
    }
    for (size_t r = 0; r < tape.rows; ++r)
      for (size_t o = 0; o < out; ++o) db[o] += bar[r * out + o];
    add_product(in, out, tape.rows, tape.layer[l].data(), 1, in, bar.data(), dw);
    turned.resize(in * out);
    for (size_t i = 0; i < in; ++i)
      for (size_t o = 0; o < out; ++o) turned[o * in + i] = w[i * out + o];
    x_bar.assign(tape.rows * in, T(0));
    add_product(tape.rows, in, out, bar.data(), out, 1, turned.data(), x_bar.data());
    if (l > 0) bar.swap(x_bar);
  }
}

template <class T>
std::span<const T> DeepSets<T>::forward(const Parameters<T>& p, std::span<const T> x, std::span<const size_t> begin,
                                        DeepSetsTape<T>& tape) const {
  const size_t sets = begin.size() - 1, n = each_.num_out();
  const auto e = each_.forward(p, x, begin.back(), tape.each);
  tape.begin.assign(begin.begin(), begin.end());
  tape.top.assign(sets * n, 0);
  tape.pooled.assign(sets * 2 * n, T(0));
  for (size_t s = 0; s < sets; ++s) {
    T *sum = tape.pooled.data() + 2 * s * n, *most = sum + n;
    size_t* top = tape.top.data() + s * n;
    for (size_t r = begin[s]; r < begin[s + 1]; ++r) {
      const T* row = e.data() + r * n;
      for (size_t k = 0; k < n; ++k) {
        sum[k] += T(1 / kSetScale) * row[k];
        if (r == begin[s] || row[k] > most[k]) most[k] = row[k], top[k] = r;
      }
    }
  }
  return tape.pooled;
}

template <class T>
void DeepSets<T>::backward(const Parameters<T>& p, const DeepSetsTape<T>& tape, std::span<const T> out_bar,
                           std::span<T> slope, std::vector<T>& x_bar) const {
  const size_t n = each_.num_out();
  std::vector<T> bar(tape.each.rows * n);
  for (size_t s = 0; s + 1 < tape.begin.size(); ++s) {
    const T *sum = out_bar.data() + 2 * s * n, *most = sum + n;
    if (tape.begin[s] == tape.begin[s + 1]) continue;
    for (size_t r = tape.begin[s]; r < tape.begin[s + 1]; ++r)
      for (size_t k = 0; k < n; ++k) bar[r * n + k] += T(1 / kSetScale) * sum[k];
    for (size_t k = 0; k < n; ++k) bar[tape.top[s * n + k] * n + k] += most[k];
  }
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

std::string model_name(const std::string& path) {
  constexpr std::string_view kBegin = "raywave model ";
  std::ifstream in(path, std::ios::binary);
  std::string head(256, '\0');
  in.read(head.data(), std::streamsize(head.size()));
  head.resize(size_t(in.gcount()));
  head.resize(std::min(head.size(), head.find('\n')));
  return head.starts_with(kBegin) ? head.substr(kBegin.size()) : "";
}

ModelFile load_model(const std::string& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(message("cannot read ", path));
  std::string head;
  std::getline(in, head);
  if (head != "raywave model " + name) {
    const std::string other = model_name(path);
    throw Error(other.empty() ? message(path, ": is no model of raywave")
                              : message(path, ": is a model '", other, "', wanted '", name, "'"));
  }
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
