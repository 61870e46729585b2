// SPDX-License-Identifier: Apache-2.0
// raywave sampler: train and judge the learned choice of sequences, in the plane and in space.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/paths/facet_training.h"
#include "raywave/plane/sampler_training.h"

namespace raywave::cli {
namespace {

struct SamplerCommand {
  std::string model, output, json;
  int dimensions = 2;
  nn::SamplerShape shape;
  nn::TrainOptions train;
  nn::EvaluateOptions eval;

  int run_train();
  int run_eval() const;
};

bool is_of_space(const std::string& model) { return nn::model_name(model) == paths::FacetBuild::kModelName; }

template <class Sampler>
void train_and_save(Sampler sampler, const SamplerCommand& c) {
  const auto losses = train(sampler, c.train);
  sampler.save(c.output);
  std::printf("%lld episodes, %zu numbers; loss by tenths:", static_cast<long long>(c.train.episodes),
              sampler.num_numbers());
  for (const double loss : losses) std::printf(" %.4f", loss);
  std::printf("\nwrote %s\n", c.output.c_str());
}

int SamplerCommand::run_train() {
  train.validate();
  train.progress = progress_bar("training");
  if (model.empty() ? dimensions == 3 : is_of_space(model)) {
    train_and_save(model.empty() ? paths::FacetSampler(shape) : paths::FacetSampler::load(model), *this);
  } else {
    train_and_save(model.empty() ? plane::FlowSampler(shape) : plane::FlowSampler::load(model), *this);
  }
  return kDone;
}

int SamplerCommand::run_eval() const {
  check_output("--json", json, {});
  std::vector<nn::SamplerScore> scores;
  std::optional<paths::CoverageError> coverage;
  if (is_of_space(model)) {
    const auto sampler = paths::FacetSampler::load(model);
    scores = evaluate_sampler(sampler, eval);
    if (eval.num_walls == 0) coverage = paths::coverage_error(sampler, eval);
  } else {
    scores = evaluate_sampler(plane::FlowSampler::load(model), eval);
  }
  if (!json.empty()) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& s : scores)
      rows.push_back({{"method", s.method},
                      {"order", s.order},
                      {"sequences", s.tried},
                      {"accuracy", s.accuracy},
                      {"accuracy_interval", s.accuracy_interval},
                      {"hit_rate", s.hit_rate},
                      {"hit_rate_interval", s.hit_rate_interval},
                      {"seconds", s.seconds}});
    nlohmann::ordered_json all{{"scenes", eval.num_scenes}, {"samples", eval.num_samples}, {"rows", rows}};
    if (coverage)
      all["coverage"] = {{"rms_db", coverage->rms_db},
                         {"interval_db", coverage->interval_db},
                         {"nothing_found", coverage->nothing_found},
                         {"learned_s", coverage->learned_s},
                         {"exhaustive_s", coverage->exhaustive_s}};
    write_text(json, all.dump(1));
  }
  if (json == "-") return kDone;
  std::vector<std::vector<std::string>> table{
      {"order", "method", "sequences", "accuracy [%]", "hit rate [%]", "ms of the processor a link"}};
  for (const auto& s : scores)
    table.push_back({std::to_string(s.order), s.method, number(s.tried, 3),
                     message(number(100 * s.accuracy, 3), " +- ", number(100 * s.accuracy_interval, 2)),
                     message(number(100 * s.hit_rate, 3), " +- ", number(100 * s.hit_rate_interval, 2)),
                     number(1e3 * s.seconds, 3)});
  std::printf("%d scenes, %d samples a link\n\n%s", eval.num_scenes, eval.num_samples, layout_table(table).c_str());
  if (coverage)
    std::printf(
        "\nreflected power, orders 1 to %d: %s +- %s dB rms off (nothing found on %s %% of links: %g dB); "
        "%s ms a link, exhaustive %s ms\n",
        eval.max_order, number(coverage->rms_db, 3).c_str(), number(coverage->interval_db, 2).c_str(),
        number(100 * coverage->nothing_found, 2).c_str(), paths::kNothingFoundDb,
        number(1e3 * coverage->learned_s, 3).c_str(), number(1e3 * coverage->exhaustive_s, 3).c_str());
  return kDone;
}

}  // namespace

void add_sampler_command(CLI::App& app, Action& action) {
  CLI::App* parent = app.add_subcommand("sampler", "learned choice of paths, in the plane and in space");
  parent->require_subcommand(1);
  parent->footer("Example:\n  raywave sampler train --episodes 200 -o sampler.bin");
  auto command = std::make_shared<SamplerCommand>();
  CLI::App* train = parent->add_subcommand("train", "train on streets with walls or houses left out by chance");
  auto& t = command->train;
  train->add_option("-o,--output", command->output, "file of the model")->required();
  train->add_option("--from", command->model, "go on from this model");
  train->add_option("--dimensions", command->dimensions, "2: walls in the plane (default); 3: facets")
      ->check(CLI::IsMember({2, 3}));
  train->add_option("--episodes", t.episodes, "scenes, one order each");
  train->add_option("--max-order", t.max_order, "orders 1 to this");
  train->add_option("--trajectories", t.trajectories, "of an episode");
  train->add_option("--explore", t.explore, "share of surfaces taken by chance alone");
  train->add_option("--replay", t.replay, "share of trajectories that go down a sequence that holds");
  train->add_option("--batch", t.batch, "episodes in a step");
  train->add_option("--rate", t.rate, "of Adam at the start");
  train->add_option("--width", command->shape.width, "of the dense layers");
  train->add_option("--embedding", command->shape.embedding, "numbers for a pair of surfaces");
  train->add_option("--seed", t.seed);
  train->add_option("--threads", t.num_threads, "0: all (default)");
  train->footer("Example:\n  raywave sampler train --episodes 200 -o sampler.bin");
  train->callback([command, &action] { action = [command] { return command->run_train(); }; });

  CLI::App* eval = parent->add_subcommand("eval", "accuracy and hit rate beside other ways to choose sequences");
  auto& e = command->eval;
  eval->add_option("MODEL", command->model, "file of the model")->required();
  eval->add_option("--scenes", e.num_scenes, "held out, with a path of the order");
  eval->add_option("--samples", e.num_samples, "of a link");
  eval->add_option("--walls", e.num_walls, "towns of so many walls (facets in space) in place of streets");
  eval->add_option("--max-order", e.max_order, "orders 1 to this");
  eval->add_option("--seed", e.seed);
  eval->add_option("--json", command->json, "the table as JSON; - is standard output");
  eval->footer("Example:\n  raywave sampler eval sampler.bin --scenes 100");
  eval->callback([command, &action] { action = [command] { return command->run_eval(); }; });
}

}  // namespace raywave::cli
