// SPDX-License-Identifier: Apache-2.0
// raywave._raywave: converts between Python and the rooms, releases the GIL, holds no physics.
#include <string_view>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "own_lobes.h"
#include "raywave/cli/program.h"
#include "raywave/core/error.h"
#include "scattering.h"

namespace {

int run_program(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return raywave::cli::run_program(int(words.size()), argv.data());
}

}  // namespace

NB_MODULE(_raywave, m) {
  // What other modules still hold when Python ends, as PyTorch does a loss with its graph, is no leak of ours.
  nanobind::set_leak_warnings(false);
  m.attr("__version__") = RAYWAVE_VERSION;
  static nanobind::object error = nanobind::exception<raywave::Error>(m, "Error", PyExc_ValueError);
  // asked before the one above: what a message quotes from a file may be no UTF-8
  nanobind::register_exception_translator([](const std::exception_ptr& raised, void*) {
    try {
      std::rethrow_exception(raised);
    } catch (const raywave::Error& e) {
      const std::string_view text = e.what();
      const auto words = nanobind::steal(PyUnicode_DecodeUTF8(text.data(), Py_ssize_t(text.size()), "replace"));
      PyErr_SetObject(error.ptr(), words.ptr());
    }
  });
  m.def("_run_program", &run_program, nanobind::call_guard<nanobind::gil_scoped_release>(),
        "The program raywave with the words of a command line, its own name first: its exit code.");
  raywave::python::bind_scene(m);
  raywave::python::bind_paths(m);
  raywave::python::bind_maps(m);
  raywave::python::bind_arrivals(m);
  raywave::python::bind_scattering(m);
  raywave::python::bind_own_lobes(m);
  raywave::python::bind_wave(m);
  raywave::python::bind_plane(m);
  raywave::python::bind_plane_sampler(m);
}
