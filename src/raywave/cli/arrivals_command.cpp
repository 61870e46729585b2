// SPDX-License-Identifier: Apache-2.0
// raywave arrivals: power over azimuth and elevation, as a synthetic aperture or a turned horn sees it.
#include "raywave/cli/arrivals_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/constants.h"
#include "raywave/io/place.h"
#include "raywave/maps/arrival_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/arrival_results.h"
#include "raywave/runs/place_arrays.h"
#include "raywave/runs/solve.h"

namespace raywave::cli {
namespace {

struct ArrivalsCommand {
  SceneFlags scene;
  InteractionFlags interactions;
  PathFlags paths;
  std::string aperture = "8,8", spacing = "0.5", ring, horn, orientation = "0,0,0", grid = "91,180", sines;
  bool coherent = false, departures = false, near_field = false;
  std::vector<double> delays_ns;
  double bandwidth_mhz = 0, within_db = 30;
  std::string json, output;

  maps::ArrivalMapOptions options(double wavelength_m) const;
  int run();
};

std::pair<int, int> counts(std::string_view flag, std::string_view text) {
  const Vec2d v = parse_vec2(flag, text);
  if (!(v.x >= 1 && v.y >= 1 && v.x <= 1e5 && v.y <= 1e5) || v.x != double(int(v.x)) || v.y != double(int(v.y)))
    throw UsageError(message(flag, " takes one or two whole numbers from 1 to 100000, got '", text, "'"));
  return {int(v.x), int(v.y)};
}

constexpr double kDegree = kPi / 180;

maps::ArrivalMapOptions ArrivalsCommand::options(double wavelength_m) const {
  maps::ArrivalMapOptions o;
  if (sines.empty()) {
    const auto [elevations, azimuths] = counts("--grid", grid);
    o.grid = maps::angle_grid(elevations, azimuths, -kPi / 2, kPi / 2);
  } else {
    const auto [rows, columns] = counts("--sines", sines);
    o.grid = maps::sine_grid(rows, columns);
  }
  if (!horn.empty()) {
    const Vec2d width = parse_vec2("--horn", horn);
    o.antenna = maps::ScanAntenna{};
    o.antenna->azimuth_width_rad = width.x * kDegree, o.antenna->elevation_width_rad = width.y * kDegree;
  } else if (!ring.empty()) {
    const Vec2d r = parse_vec2("--ring", ring);
    o.aperture = maps::circular_aperture(counts("--ring", message(r.x)).first, r.y * wavelength_m);
  } else {
    const auto [num_y, num_z] = counts("--aperture", aperture);
    const Vec2d apart = parse_vec2("--spacing", spacing);
    o.aperture = maps::planar_aperture(num_y, num_z, apart.x * wavelength_m, apart.y * wavelength_m);
  }
  o.orientation_rad = kDegree * parse_vec3("--orientation", orientation);
  o.coherent = coherent, o.departures = departures, o.near_field = near_field;
  for (const double t : delays_ns) o.delays_s.push_back(1e-9 * t);
  o.bandwidth_hz = 1e6 * bandwidth_mhz;
  o.num_threads = scene.threads.value_or(0);
  return o;
}

nlohmann::json link_json(const maps::ArrivalMap& map, int rx, int tx, double within_db) {
  nlohmann::json sheets = nlohmann::json::array();
  for (int d = 0; d < map.num_delays; ++d) {
    nlohmann::json peaks = nlohmann::json::array();
    for (const maps::ArrivalPeak& p : maps::arrival_peaks(map, rx, tx, d, 100, within_db))
      peaks.push_back({{"azimuth_rad", p.azimuth_rad}, {"elevation_rad", p.elevation_rad}, {"gain", p.gain}});
    nlohmann::json sheet{{"peaks", peaks}};
    if (!map.delays_s.empty()) sheet["delay_s"] = map.delays_s[size_t(d)];
    if (!peaks.empty()) {
      const maps::AngularSpread s = maps::angular_spread(map, rx, tx, d);
      sheet["mean_azimuth_rad"] = s.mean_azimuth_rad, sheet["azimuth_spread_rad"] = s.azimuth_spread_rad;
      sheet["mean_elevation_rad"] = s.mean_elevation_rad, sheet["elevation_spread_rad"] = s.elevation_spread_rad;
    }
    sheets.push_back(sheet);
  }
  return {{"tx", map.tx_names[size_t(tx)]}, {"rx", map.rx_names[size_t(rx)]}, {"sheets", sheets}};
}

std::string degrees(double rad) { return number(rad / kDegree); }

std::string summary(const maps::ArrivalMap& map, double within_db) {
  std::vector<std::vector<std::string>> rows{
      {"tx", "rx", "delay [ns]", "azimuth [deg]", "elevation [deg]", "gain [dB]", "azimuth spread [deg]"}};
  for (int rx = 0; rx < map.num_rx; ++rx) {
    for (int tx = 0; tx < map.num_tx; ++tx) {
      for (int d = 0; d < map.num_delays; ++d) {
        const std::string delay = map.delays_s.empty() ? "all" : number(1e9 * map.delays_s[size_t(d)]);
        const auto peaks = maps::arrival_peaks(map, rx, tx, d, 5, within_db);
        for (const maps::ArrivalPeak& p : peaks) {
          rows.push_back({map.tx_names[size_t(tx)], map.rx_names[size_t(rx)], delay, degrees(p.azimuth_rad),
                          degrees(p.elevation_rad), decibel(p.gain)});
          if (&p == peaks.data())
            rows.back().push_back(degrees(maps::angular_spread(map, rx, tx, d).azimuth_spread_rad));
        }
        if (peaks.empty()) rows.push_back({map.tx_names[size_t(tx)], map.rx_names[size_t(rx)], delay, "nothing"});
      }
    }
  }
  return layout_table(rows);
}

int ArrivalsCommand::run() {
  check_output("--output", output, {".npz", ".h5", ".hdf5"});
  check_output("--json", json, {});
  const scene::Scene loaded = scene.load();
  if (loaded.transmitters.empty()) throw UsageError("no transmitter: give --tx x,y,z, or one in the file of --config");
  if (loaded.receivers.empty()) throw UsageError("no receiver: give --rx x,y,z, or one in the file of --config");
  const maps::ArrivalMapOptions o = options(loaded.wavelength_m());
  o.validate();
  const auto beside = runs::read_beside(scene.config_file, scene.config, loaded);
  const maps::ArrivalMap map =
      maps::arrival_map(runs::solve_paths(loaded, paths.options(scene, interactions), beside), o);
  const auto place = io::read_place(scene.file);
  if (!output.empty()) runs::save_arrival_map(output, map, place);
  if (!json.empty()) {
    nlohmann::json links = nlohmann::json::array();
    for (int rx = 0; rx < map.num_rx; ++rx) {
      for (int tx = 0; tx < map.num_tx; ++tx) links.push_back(link_json(map, rx, tx, within_db));
    }
    nlohmann::json out{{"frequency_hz", map.frequency_hz}, {"links", links}};
    runs::add_place(out, place);
    write_text(json, out.dump(2) + "\n");
  }
  if (json != "-") std::fputs(summary(map, within_db).c_str(), stdout);
  return kDone;
}

}  // namespace

void add_arrivals_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<ArrivalsCommand>();
  CLI::App* sub = app.add_subcommand("arrivals", "power over azimuth and elevation at receivers");
  command->scene.add_to(*sub, true);
  command->interactions.add_to(*sub);
  command->paths.add_to(*sub);
  auto* aperture = sub->add_option("--aperture", command->aperture, "elements along y and z: 16,16 (8,8)");
  sub->add_option("--spacing", command->spacing, "of --aperture, in wavelengths: 0.5 or along y and z: 0.5,0.7");
  auto* ring = sub->add_option("--ring", command->ring, "a horizontal ring: elements,radius in wavelengths");
  auto* horn =
      sub->add_option("--horn", command->horn, "a turned horn: half-power widths in degrees, azimuth,elevation");
  ring->excludes(aperture)->excludes(horn);
  horn->excludes(aperture);
  sub->add_option("--grid", command->grid, "elevations,azimuths of all directions (91,180)");
  sub->add_option("--sines", command->sines,
                  "rows,columns even in sin(el) and cos(el) sin(az), ahead; instead of --grid");
  sub->add_option("--orientation", command->orientation, "yaw,pitch,roll of grid and aperture, degrees");
  sub->add_flag("--coherent", command->coherent, "fields with their phases; else the mean over these");
  sub->add_flag("--departures", command->departures, "at the transmitters instead");
  sub->add_flag("--near-field", command->near_field, "spherical waves over the aperture");
  sub->add_option("--delays", command->delays_ns, "ns: a map at each, with --bandwidth")->delimiter(',');
  sub->add_option("--bandwidth", command->bandwidth_mhz, "MHz, of --delays");
  sub->add_option("--within", command->within_db, "peaks to this far below the strongest, dB (30)");
  sub->add_option("--json", command->json, "peaks and spreads as JSON; - is standard output");
  sub->add_option("-o,--output", command->output, "the maps as arrays: .npz, .h5");
  sub->footer(
      "Example:\n  raywave arrivals scenes/street_canyon/street_canyon.xml --tx -30,0,10 --rx 30,0,1.5 --max-depth 2 "
      "--aperture 16,16");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
