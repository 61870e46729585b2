// SPDX-License-Identifier: Apache-2.0
// Sampled tones: FMCW and OFDM of paths and of echoes given as arrays. Words and shapes are raywave/signal's.
#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "raywave/signal/facet_scattering.h"
#include "raywave/signal/waveforms.h"
#include "results.h"

namespace raywave::python {
namespace {

using paths::Paths;
using paths::PathsDerivative;
using signal::ToneGrid;
using Shape = std::vector<int64_t>;

/// Echoes that no scene has made: one radar, gains [num_rx_ant, num_tx_ant, num_paths] over common delays.
struct PyEchoes {
  Paths paths;
};

PyEchoes echoes(const nb::object& a, const nb::object& tau, const nb::object& doppler, double frequency_hz) {
  const nb::object shape = nb::module_::import_("numpy").attr("shape")(a);
  const auto axes = nb::cast<std::vector<int64_t>>(nb::list(shape));
  if (axes.size() != 3)
    throw Error(message("a has the shape [num_rx_ant, num_tx_ant, num_paths], got ", shape_text(axes)));
  const auto gains = complexes_from(a, "a", axes);
  const auto r = size_t(axes[0]), t = size_t(axes[1]), count = size_t(axes[2]);
  if (r == 0 || t == 0) throw Error("a must have at least one antenna at either end");
  PyEchoes out;
  Paths& p = out.paths;
  require_positive("frequency_hz", frequency_hz);
  p.frequency_hz = frequency_hz;
  p.tx_names = {"tx"}, p.rx_names = {"rx"};
  p.tx_num_elements = {int(t)}, p.rx_num_elements = {int(r)};
  p.tx_num_slants = {1}, p.rx_num_slants = {1};
  p.tau_s = reals_from(tau, "tau", {axes[2]});
  p.doppler_hz = reals_from(doppler, "doppler", {axes[2]});
  p.links = {{0, -1, 0, -1, 0, axes[2]}};
  p.a.resize(gains.size());
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < r * t; ++k) p.a[i * r * t + k] = gains[k * count + i];
    p.a_begin.push_back(int64_t((i + 1) * r * t));
    p.interaction_begin.push_back(0);
  }
  return out;
}

/// Its transpose: of gains, delays, Doppler shifts and the carrier.
nb::dict echo_arrays(const Paths& p, const PathsDerivative& d) {
  const size_t count = p.tau_s.size(), ports = count ? p.a.size() / count : 0;
  std::vector<Complexd> a(p.a.size());
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < ports; ++k) a[k * count + i] = d.a[i * ports + k];
  }
  nb::dict out;
  out["a"] =
      array<std::complex<double>>(std::move(a), {size_t(p.rx_num_elements[0]), size_t(p.tx_num_elements[0]), count});
  out["tau"] = array<double>(std::vector<double>(d.tau_s), {count});
  out["doppler"] = array<double>(std::vector<double>(d.doppler_hz), {count});
  out["frequency_hz"] = d.frequency_hz;
  return out;
}

PathsDerivative echo_tangent(const Paths& p, const nb::dict& given) {
  const auto count = int64_t(p.tau_s.size());
  PathsDerivative d;
  for (const auto& [key, value] : given) {
    const auto name = nb::cast<std::string>(key);
    const auto object = nb::borrow(value);
    if (name == "a") {
      const auto gains =
          complexes_from(object, "the tangent of a", {p.rx_num_elements[0], p.tx_num_elements[0], count});
      const size_t ports = gains.size() / std::max<size_t>(1, size_t(count));
      d.a.resize(gains.size());
      for (size_t k = 0; k < ports; ++k) {
        for (size_t i = 0; i < size_t(count); ++i) d.a[i * ports + k] = gains[k * size_t(count) + i];
      }
    } else if (name == "tau") {
      d.tau_s = reals_from(object, "the tangent of tau", {count});
    } else if (name == "doppler") {
      d.doppler_hz = reals_from(object, "the tangent of doppler", {count});
    } else if (name == "frequency_hz") {
      d.frequency_hz = nb::cast<double>(object);
    } else {
      throw Error(message("unknown tangent '", name, "'", did_you_mean(name, {"a", "tau", "doppler", "frequency_hz"})));
    }
  }
  return d;
}

/// A field by its name. @throws Error for what is no such number.
double real_field(const nb::dict& d, const char* name) {
  const nb::object value = nb::borrow(d[name]);
  try {
    return nb::cast<double>(value);
  } catch (const nb::cast_error&) {
    throw Error(message(name, " must be a number, got ", nb::repr(value).c_str()));
  }
}
template <class Int>
Int whole_field(const nb::dict& d, const char* name) {
  const nb::object value = nb::borrow(d[name]);
  try {
    if (PyIndex_Check(value.ptr())) return nb::cast<Int>(value);
  } catch (const nb::cast_error&) {
    // negative or too large: said below
  }
  throw Error(message(name, " must be a whole number", std::is_unsigned_v<Int> ? " >= 0" : "", ", got ",
                      nb::repr(value).c_str()));
}
bool flag_field(const nb::dict& d, const char* name) {
  const nb::object value = nb::borrow(d[name]);
  const int truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw nb::python_error();
  return truth != 0;
}

signal::FmcwWaveform fmcw_from(const nb::dict& d) {
  static constexpr std::pair<const char*, signal::Multiplexing> kMultiplexing[] = {{"tdm", signal::Multiplexing::kTdm},
                                                                                   {"ddm", signal::Multiplexing::kDdm}};
  signal::FmcwWaveform w;
  w.slope_hz_per_s = real_field(d, "slope_hz_per_s");
  w.sampling_frequency_hz = real_field(d, "sampling_frequency_hz");
  w.num_samples = whole_field<int>(d, "num_samples");
  w.num_chirps = whole_field<int>(d, "num_chirps");
  w.num_frames = whole_field<int>(d, "num_frames");
  w.chirp_period_s = real_field(d, "chirp_period_s");
  w.frame_period_s = real_field(d, "frame_period_s");
  w.adc_start_s = real_field(d, "adc_start_s");
  w.ramp_duration_s = real_field(d, "ramp_duration_s");
  w.first_frequency_offset_hz = real_field(d, "first_frequency_offset_hz");
  w.residual_video_phase = flag_field(d, "residual_video_phase");
  w.complex_sampling = flag_field(d, "complex_sampling");
  w.multiplexing = value_named(kMultiplexing, "multiplexing", nb::cast<std::string>(d["multiplexing"]));
  return w;
}

signal::OfdmWaveform ofdm_from(const nb::dict& d) {
  signal::OfdmWaveform w;
  w.num_subcarriers = whole_field<int>(d, "num_subcarriers");
  w.subcarrier_spacing_hz = real_field(d, "subcarrier_spacing_hz");
  w.num_symbols = whole_field<int>(d, "num_symbols");
  w.cyclic_prefix_s = real_field(d, "cyclic_prefix_s");
  w.long_prefix_extra_s = real_field(d, "long_prefix_extra_s");
  w.long_every = whole_field<int>(d, "long_every");
  return w;
}

nb::dict ofdm_words(const signal::OfdmWaveform& w) {
  nb::dict d;
  d["num_subcarriers"] = w.num_subcarriers;
  d["subcarrier_spacing_hz"] = w.subcarrier_spacing_hz;
  d["num_symbols"] = w.num_symbols;
  d["cyclic_prefix_s"] = w.cyclic_prefix_s;
  d["long_prefix_extra_s"] = w.long_prefix_extra_s;
  d["long_every"] = w.long_every;
  return d;
}

/// A waveform: the dict of the fields of one kind. Doppler spectra of symbols with longer prefixes between them are not
/// even.
struct Waveform {
  bool is_fmcw = true;
  signal::FmcwWaveform fmcw;
  signal::OfdmWaveform ofdm;
  explicit Waveform(const nb::dict& d) : is_fmcw(d.contains("slope_hz_per_s")) {
    if (is_fmcw) {
      fmcw = fmcw_from(d);
    } else {
      ofdm = ofdm_from(d);
    }
  }
  ToneGrid grid(const Paths& p) const { return is_fmcw ? fmcw.grid(std::max(1, p.max_tx_ants())) : ofdm.grid(); }
  void warn(const Paths& p) const {
    for (const std::string& text : is_fmcw ? signal::doubts(p, fmcw) : signal::doubts(p, ofdm)) {
      if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 2) < 0) throw nb::python_error();
    }
  }
};

signal::SpectrumOptions spectrum_from(const nb::dict& d) {
  static constexpr std::pair<const char*, signal::Window> kWindows[] = {{"rectangular", signal::Window::kRectangular},
                                                                        {"hann", signal::Window::kHann},
                                                                        {"hamming", signal::Window::kHamming},
                                                                        {"blackman", signal::Window::kBlackman}};
  signal::SpectrumOptions o;
  o.range_window = value_named(kWindows, "window", nb::cast<std::string>(d["range_window"]));
  o.doppler_window = value_named(kWindows, "window", nb::cast<std::string>(d["doppler_window"]));
  o.range_bins = whole_field<int>(d, "range_bins");
  o.doppler_bins = whole_field<int>(d, "doppler_bins");
  o.kernel_bins = whole_field<int>(d, "kernel_bins");
  return o;
}

Shape sampled_shape(const Paths& p, const ToneGrid& g, int slow, int fast) {
  return {int64_t(p.rx_names.size()),
          p.max_rx_ants(),
          int64_t(p.tx_names.size()),
          g.sum_ports ? 1 : p.max_tx_ants(),
          g.num_frames,
          slow,
          fast};
}
Shape tone_shape(const Paths& p, const ToneGrid& g) { return sampled_shape(p, g, g.times_per_frame(), g.num_samples); }
Shape spectrum_shape(const Paths& p, const ToneGrid& g, const signal::SpectrumOptions& o) {
  return sampled_shape(p, g, o.doppler_bins ? o.doppler_bins : g.times_per_frame(),
                       o.range_bins ? o.range_bins : g.num_samples);
}

nb::object dense(std::vector<Complexd>&& values, const Shape& shape) {
  return array<std::complex<double>>(std::move(values), {shape.begin(), shape.end()});
}

nb::object sample(const Paths& p, const nb::dict& waveform, const nb::dict& noise) {
  const Waveform w(waveform);
  const ToneGrid g = w.grid(p);
  const signal::PhaseNoise phase{real_field(noise, "linewidth_hz"), flag_field(noise, "shared_oscillator"),
                                 whole_field<uint64_t>(noise, "seed")};
  const double power = real_field(noise, "noise_power");
  std::vector<Complexd> y;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    y = signal::tones(p, g, nullptr, phase);
    signal::add_noise(y, power, phase.seed, 0x6e6f697365);  // a stream of its own
  });
  w.warn(p);
  return dense(std::move(y), tone_shape(p, g));
}

nb::object spectrum(const Paths& p, const nb::dict& waveform, const nb::dict& options) {
  const Waveform w(waveform);
  const ToneGrid g = w.grid(p);
  const signal::SpectrumOptions o = spectrum_from(options);
  std::vector<Complexd> y;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { y = signal::tone_spectrum(p, g, o); });
  w.warn(p);
  return dense(std::move(y), spectrum_shape(p, g, o));
}

/// Both have the methods; what a cotangent goes back to differs: `back(holder, wrt, function)`, `tangent(holder,
/// dict)`.
template <class Holder, class Back, class Tangent>
void bind_sampling(nb::class_<Holder>& c, Back back, Tangent tangent) {
  c.def("_tones", [](const Holder& h, const nb::dict& w, const nb::dict& noise) { return sample(h.paths, w, noise); });
  c.def("_spectrum", [](const Holder& h, const nb::dict& w, const nb::dict& o) { return spectrum(h.paths, w, o); });
  c.def(
      "_tones_vjp",
      [back](const Holder& h, const nb::dict& w, const nb::object& cotangent, const nb::object& wrt) {
        const ToneGrid g = Waveform(w).grid(h.paths);
        const auto c2 = complexes_from(cotangent, "the cotangent of the samples", tone_shape(h.paths, g));
        return back(h, wrt, [&] { return signal::tones_vjp(h.paths, g, c2); });
      },
      nb::arg(), nb::arg(), nb::arg().none());
  c.def(
      "_spectrum_vjp",
      [back](const Holder& h, const nb::dict& w, const nb::dict& options, const nb::object& cotangent,
             const nb::object& wrt) {
        const ToneGrid g = Waveform(w).grid(h.paths);
        const signal::SpectrumOptions o = spectrum_from(options);
        const auto c2 = complexes_from(cotangent, "the cotangent of the spectrum", spectrum_shape(h.paths, g, o));
        return back(h, wrt, [&] { return signal::tone_spectrum_vjp(h.paths, g, o, c2); });
      },
      nb::arg(), nb::arg(), nb::arg(), nb::arg().none());
  c.def("_tones_jvp", [tangent](const Holder& h, const nb::dict& w, const nb::dict& t) {
    const ToneGrid g = Waveform(w).grid(h.paths);
    return dense(signal::tones_jvp(h.paths, g, tangent(h, t)), tone_shape(h.paths, g));
  });
  c.def("_spectrum_jvp", [tangent](const Holder& h, const nb::dict& w, const nb::dict& options, const nb::dict& t) {
    const ToneGrid g = Waveform(w).grid(h.paths);
    const signal::SpectrumOptions o = spectrum_from(options);
    return dense(signal::tone_spectrum_jvp(h.paths, g, o, tangent(h, t)), spectrum_shape(h.paths, g, o));
  });
  c.def("_times_s", [](const Holder& h, const nb::dict& w) {
    const ToneGrid g = Waveform(w).grid(h.paths);
    return array<double>(std::vector<double>(g.times_s), {size_t(g.num_frames), size_t(g.times_per_frame())});
  });
}

signal::ScatteringMesh mesh_from(const nb::object& vertices, const nb::object& triangles) {
  const auto rows = [](const nb::object& o, const char* name) {
    const auto axes = nb::cast<Shape>(nb::list(nb::module_::import_("numpy").attr("shape")(o)));
    if (axes.size() != 2 || axes[1] != 3) throw Error(message(name, " has the shape [n, 3], got ", shape_text(axes)));
    return axes;
  };
  signal::ScatteringMesh m;
  const auto v = reals_from(vertices, "vertices_m", rows(vertices, "vertices_m"));
  const auto t = reals_from(triangles, "triangles", rows(triangles, "triangles"));
  for (size_t i = 0; i + 2 < v.size(); i += 3) m.vertices_m.push_back({v[i], v[i + 1], v[i + 2]});
  for (size_t i = 0; i + 2 < t.size(); i += 3) m.triangles.push_back({int(t[i]), int(t[i + 1]), int(t[i + 2])});
  return m;
}

std::vector<signal::ScatteringAngles> angles_from(const nb::object& transmit, const nb::object& receive) {
  const auto axes = nb::cast<Shape>(nb::list(nb::module_::import_("numpy").attr("shape")(transmit)));
  if (axes.size() != 2 || axes[1] != 3)
    throw Error(message("directions have the shape [n, 3], got ", shape_text(axes)));
  const auto t = reals_from(transmit, "to_transmitter", axes), r = reals_from(receive, "to_receiver", axes);
  std::vector<signal::ScatteringAngles> out;
  for (size_t i = 0; i + 2 < t.size(); i += 3) out.push_back({{t[i], t[i + 1], t[i + 2]}, {r[i], r[i + 1], r[i + 2]}});
  return out;
}

}  // namespace

void bind_signal(nb::module_& m, nb::class_<PyPaths>& paths_class) {
  bind_sampling(
      paths_class,
      [](const PyPaths& p, const nb::object& wrt, const std::function<PathsDerivative()>& function) {
        return path_gradient(p, wrt, function);
      },
      [](const PyPaths& p, const nb::dict& t) { return moved_paths(p, t); });
  auto c = nb::class_<PyEchoes>(m, "Echoes", "Echoes of one radar given as arrays, sampled as those of paths are.");
  c.def(
      "__init__",
      [](PyEchoes* self, const nb::object& a, const nb::object& tau, const nb::object& doppler, double frequency_hz) {
        new (self) PyEchoes(echoes(a, tau, doppler, frequency_hz));
      },
      "a"_a, "tau"_a, "doppler"_a, nb::kw_only(), "frequency_hz"_a,
      "a: gains without the carrier's phase, [num_rx_ant, num_tx_ant, num_paths]; tau in seconds and doppler in hertz, "
      "[num_paths].");
  c.def_prop_ro("frequency_hz", [](const PyEchoes& e) { return e.paths.frequency_hz; });
  const auto part = [](const char* name) {
    return [name](const PyEchoes& e) {
      PathsDerivative d;
      d.a = e.paths.a, d.tau_s = e.paths.tau_s, d.doppler_hz = e.paths.doppler_hz;
      return nb::object(echo_arrays(e.paths, d)[name]);
    };
  };
  c.def_prop_ro("a", part("a"), "[num_rx_ant, num_tx_ant, num_paths]");
  c.def_prop_ro("tau", part("tau"), "seconds, [num_paths]");
  c.def_prop_ro("doppler", part("doppler"), "hertz, [num_paths]");
  c.def("__len__", [](const PyEchoes& e) { return e.paths.tau_s.size(); });
  c.def("__getstate__", [](const PyEchoes& e) { return state_bytes(e.paths); });
  c.def("__setstate__", [](PyEchoes& e, const nb::bytes& bytes) {
    PyEchoes made;
    read_state(bytes, made.paths);
    new (&e) PyEchoes(std::move(made));
  });
  bind_sampling(
      c,
      [](const PyEchoes& e, const nb::object&, const std::function<PathsDerivative()>& function) {
        PathsDerivative d;
        run_interruptibly(nb::none(), [&](const runtime::Progress&) { d = function(); });
        return echo_arrays(e.paths, d);
      },
      [](const PyEchoes& e, const nb::dict& t) { return echo_tangent(e.paths, t); });
  m.def("_numerology", [](const std::string& name, int blocks, int symbols) {
    return ofdm_words(signal::numerology(name, blocks, symbols));
  });
  m.def("_check_waveform", [](const nb::dict& d, int ports) {
    const Waveform w(d);
    if (w.is_fmcw) {
      (void)w.fmcw.grid(ports);
    } else {
      w.ofdm.validate();
    }
    return w.is_fmcw ? w.fmcw.slow_period_s(ports) : 0;
  });
  m.def("_kernel_tail", [](const std::string& window, int samples, int bins) {
    nb::dict d;
    d["range_window"] = d["doppler_window"] = window;
    d["range_bins"] = d["doppler_bins"] = d["kernel_bins"] = 0;
    return signal::kernel_tail(spectrum_from(d).range_window, samples, bins);
  });
  m.def("_window", [](const std::string& window, int samples) {
    nb::dict d;
    d["range_window"] = d["doppler_window"] = window;
    d["range_bins"] = d["doppler_bins"] = d["kernel_bins"] = 0;
    return array<double>(signal::window_values(spectrum_from(d).range_window, samples), {size_t(samples)});
  });
  m.def("_scattering", [](const nb::object& vertices, const nb::object& triangles, double frequency_hz,
                          const nb::object& transmit, const nb::object& receive, int bounces, int threads) {
    const auto mesh = mesh_from(vertices, triangles);
    const auto angles = angles_from(transmit, receive);
    std::vector<Complexd> s;
    run_interruptibly(nb::none(), [&](const runtime::Progress&) {
      s = signal::scattering(mesh, frequency_hz, angles, {bounces, threads});
    });
    return array<std::complex<double>>(std::move(s), {angles.size(), 2, 2});
  });
  m.def("_scattering_vjp",
        [](const nb::object& vertices, const nb::object& triangles, double frequency_hz, const nb::object& transmit,
           const nb::object& receive, int bounces, int threads, const nb::object& cotangent) {
          const auto mesh = mesh_from(vertices, triangles);
          const auto angles = angles_from(transmit, receive);
          const auto held = complexes_from(cotangent, "the cotangent", {int64_t(angles.size()), 2, 2});
          std::vector<Vec3d> g;
          run_interruptibly(nb::none(), [&](const runtime::Progress&) {
            g = signal::scattering_vjp(mesh, frequency_hz, angles, held, {bounces, threads});
          });
          const size_t count = g.size();
          std::vector<double> flat;
          for (const Vec3d& v : g) flat.insert(flat.end(), {v.x, v.y, v.z});
          return array<double>(std::move(flat), {count, 3});
        });
}

}  // namespace raywave::python
