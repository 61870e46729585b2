// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/flow_sampler.h"

#include <ctime>

#include "raywave/nn/flow_training.h"

namespace raywave::nn {

Comb::Comb(int count, uint64_t seed, uint64_t key) {
  const double first = random_uniform(seed, key, 0, 0);
  for (int i = 0; i < count; ++i) teeth_.push_back((i + first) / count);
}

std::vector<Comb> Comb::split(std::span<const double> flow) const {
  std::vector<std::vector<double>> parts(flow.size());
  double sum = 0;
  for (const double f : flow) sum += f;
  double begin = 0;
  size_t i = 0;
  for (const double tooth : teeth_) {
    if (flow.empty()) break;
    const double at = tooth * sum;
    while (i + 1 < flow.size() && at >= begin + flow[i]) begin += flow[i++];
    parts[i].push_back(std::clamp((at - begin) / flow[i], 0.0, 1.0));
  }
  std::vector<Comb> out;
  out.reserve(parts.size());
  for (auto& teeth : parts) out.emplace_back(std::move(teeth));
  return out;
}

void TrainOptions::validate() const {
  if (episodes < 1) throw Error(message("episodes must be >= 1, got ", episodes));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
  if (trajectories < 1 || batch < 1)
    throw Error(message("trajectories and batch must be >= 1, got ", trajectories, " and ", batch));
  if (!(explore >= 0 && explore <= 1) || !(replay >= 0 && replay <= 1))
    throw Error(message("explore and replay are shares, 0 to 1, got ", explore, " and ", replay));
  if (!(rate > 0)) throw Error(message("rate must be > 0, got ", rate));
}

void EvaluateOptions::validate() const {
  if (num_walls != 0 && (num_walls < 4 || num_walls > 100000))
    throw Error(message("num_walls must be 0 or 4 to 100000, got ", num_walls));
  if (num_scenes < 1 || num_samples < 1)
    throw Error(message("num_scenes and num_samples must be >= 1, got ", num_scenes, " and ", num_samples));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
}

double processor_s() { return double(std::clock()) / CLOCKS_PER_SEC; }

void clip(std::vector<float>& slope) {
  double square = 0;
  for (const float g : slope) square += double(g) * double(g);
  if (square > 1)
    for (float& g : slope) g = float(g / std::sqrt(square));
}

SamplerScore Tally::score(std::string method, int order) const {
  const auto interval = [this](double sum, double sum2) {
    return 1.96 * std::sqrt(std::max(0.0, sum2 / n - sum * sum / (n * n)) / n);
  };
  return {std::move(method),     order,      tried / n, accuracy / n, interval(accuracy, accuracy2), hits / n,
          interval(hits, hits2), seconds / n};
}

}  // namespace raywave::nn
