// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/io/mitsuba_xml.h"
#include "raywave/io/text_lines.h"

namespace raywave::io::detail {
namespace {

/// Readers recurse into nested elements: hostile nesting must not exhaust the stack.
struct FindTooDeep : pugi::xml_tree_walker {
  static constexpr int kMaxDepth = 64;
  pugi::xml_node found;
  bool for_each(pugi::xml_node& node) override {
    if (depth() > kMaxDepth) found = node;
    return !found;
  }
};

}  // namespace

Document::Document(const std::string& xml, const std::string& name, const std::map<std::string, std::string>& defaults)
    : name_(name), defaults_(defaults) {
  for (size_t i = 0; i < xml.size(); ++i) {
    if (xml[i] == '\n') line_ends_.push_back(i);
  }
  const pugi::xml_parse_result result =
      doc_.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_doctype);
  if (!result) {
    const auto at =
        std::lower_bound(line_ends_.begin(), line_ends_.end(), size_t(std::max<ptrdiff_t>(result.offset, 0)));
    throw Error(message(name_, ":", at - line_ends_.begin() + 1, ": ", result.description()));
  }
  FindTooDeep too_deep;
  doc_.traverse(too_deep);
  if (too_deep.found) fail(too_deep.found, message("elements are nested deeper than ", FindTooDeep::kMaxDepth));
  for (pugi::xml_node node : root().children("default")) {
    require_attributes(node, {"name", "value"});
    if (!node.attribute("name") || !node.attribute("value")) fail(node, "a default needs 'name' and 'value'");
    if (!defaults.contains(node.attribute("name").value()))
      defaults_[node.attribute("name").value()] = attribute(node, "value");
  }
}

int Document::line(pugi::xml_node node) const {
  const auto offset = size_t(std::max<ptrdiff_t>(node.offset_debug(), 0));
  return int(std::lower_bound(line_ends_.begin(), line_ends_.end(), offset) - line_ends_.begin()) + 1;
}

std::vector<pugi::xml_node> Document::children(pugi::xml_node node) const {
  std::vector<pugi::xml_node> out;
  for (pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element) {
      out.push_back(child);
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      fail(node, message("text in element '", node.name(), "': '", std::string(child.value()).substr(0, 40), "'"));
    }
  }
  return out;
}

void Document::fail(pugi::xml_node at, const std::string& what) const {
  throw Error(message(name_, ":", line(at), ": ", as_utf8(what)));
}

void Document::fail_unknown(pugi::xml_node at, const char* what, const std::string& word,
                            const std::vector<std::string>& known) const {
  fail(at, message("unknown ", what, " '", word, "'", did_you_mean(word, known)));
}

void Document::require_attributes(pugi::xml_node node, const std::vector<std::string>& known) const {
  for (pugi::xml_attribute a : node.attributes()) {
    if (std::find(known.begin(), known.end(), a.name()) == known.end())
      fail_unknown(node, "attribute", a.name(), known);
  }
}

std::string Document::substituted(pugi::xml_node node, std::string text) const {
  for (size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
    size_t end = at + 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    const std::string key = text.substr(at + 1, end - at - 1);
    const auto found = defaults_.find(key);
    if (found == defaults_.end()) {
      std::vector<std::string> known;
      for (const auto& [name, value] : defaults_) known.push_back(name);
      fail_unknown(node, "parameter", "$" + key, known);
    }
    text.replace(at, end - at, found->second);
    at += found->second.size();
    constexpr size_t kMaxText = 1 << 20;  // defaults that double each other grow without bound
    if (text.size() > kMaxText) fail(node, message("$", key, " makes a text of more than ", kMaxText, " characters"));
  }
  return text;
}

std::string Document::attribute(pugi::xml_node node, const char* key) const {
  return substituted(node, node.attribute(key).value());
}

std::string Document::key(pugi::xml_node node, const std::vector<std::string>& elements) const {
  const std::string element = node.name();
  if (std::find(elements.begin(), elements.end(), element) == elements.end()) {
    fail_unknown(node, "element", element, elements);
  }
  const std::string name = attribute(node, "name");
  if (name.empty() && element != "bsdf" && element != "ref" && element != "texture") {
    fail(node, message("element '", element, "' needs a 'name'"));
  }
  return name;
}

std::string Document::text(pugi::xml_node node) const {
  require_attributes(node, {"name", "value"});
  if (!node.attribute("value")) fail(node, message("element '", node.name(), "' needs a 'value'"));
  std::string value = attribute(node, "value");
  value.erase(0, std::min(value.find_first_not_of(" \t\r\n"), value.size()));
  value.resize(value.find_last_not_of(" \t\r\n") + 1);
  return value;
}

std::vector<double> Document::numbers(pugi::xml_node node, const char* key) const {
  const std::string all = attribute(node, key);
  std::vector<double> out;
  for (size_t i = 0; (i = all.find_first_not_of(" ,\t\r\n", i)) != std::string::npos;) {
    const size_t end = std::min(all.find_first_of(" ,\t\r\n", i), all.size());
    const size_t first = i + (all[i] == '+');
    double value = 0;
    const auto [stop, error] = std::from_chars(all.data() + first, all.data() + end, value);
    if (error != std::errc() || stop != all.data() + end || !std::isfinite(value)) {
      fail(node, message("'", all.substr(i, end - i), "' is not a finite number"));
    }
    out.push_back(value);
    i = end;
  }
  return out;
}

double Document::number(pugi::xml_node node) const {
  text(node);
  const std::vector<double> values = numbers(node, "value");
  if (values.size() != 1) fail(node, message("'", attribute(node, "value"), "' is not one number"));
  return values[0];
}

bool Document::boolean(pugi::xml_node node) const {
  const std::string value = in_lower_case(text(node));
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  fail(node, message("'", value, "' is neither true nor false"));
}

Vec3d Document::color(pugi::xml_node node) const {
  const std::string value = text(node);
  if (value.size() == 7 && value[0] == '#') {
    const auto channel = [&](size_t i) {
      int v = 0;
      const auto [end, error] = std::from_chars(value.data() + i, value.data() + i + 2, v, 16);
      if (error != std::errc() || end != value.data() + i + 2) fail(node, message("'", value, "' is not a color"));
      return v / 255.0;
    };
    return {channel(1), channel(3), channel(5)};
  }
  const std::vector<double> v = numbers(node, "value");
  if (v.size() == 1) return {v[0], v[0], v[0]};
  if (v.size() != 3) fail(node, message("'", value, "' is not a color"));
  return {v[0], v[1], v[2]};
}

namespace {

/// x, y, z attributes, or `value` with one (if one_is_all) or three numbers.
Vec3d vector_of(const Document& doc, pugi::xml_node node, double missing, bool one_is_all) {
  const auto axis = [&](const char* key) {
    const std::vector<double> v = doc.numbers(node, key);
    if (v.size() > 1) doc.fail(node, message("'", key, "' must be one number"));
    return v.empty() ? missing : v[0];
  };
  if (!node.attribute("value")) return {axis("x"), axis("y"), axis("z")};
  const std::vector<double> v = doc.numbers(node, "value");
  if (v.size() == 1 && one_is_all) return {v[0], v[0], v[0]};
  if (v.size() != 3) doc.fail(node, message("element '", node.name(), "' needs three numbers, got ", v.size()));
  return {v[0], v[1], v[2]};
}

Vec3d triple(const Document& doc, pugi::xml_node node, const char* key) {
  const std::vector<double> v = doc.numbers(node, key);
  if (v.size() != 3)
    doc.fail(node, message("'", key, "' of element '", node.name(), "' needs three numbers, got ", v.size()));
  return {v[0], v[1], v[2]};
}

/// Rodrigues' rotation by angle about the axis.
Mat3d rotation(const Document& doc, pugi::xml_node node) {
  doc.require_attributes(node, {"x", "y", "z", "value", "angle"});
  Vec3d u = vector_of(doc, node, 0, false);
  if (!(norm2(u) > 0)) doc.fail(node, "a rotation needs an axis");
  u = normalized(u);
  const std::vector<double> angle = doc.numbers(node, "angle");
  if (angle.size() != 1) doc.fail(node, "a rotation needs one 'angle' in degrees");
  const double c = std::cos(angle[0] * kPi / 180), s = std::sin(angle[0] * kPi / 180), t = 1 - c;
  return {{c + t * u.x * u.x, t * u.x * u.y - s * u.z, t * u.x * u.z + s * u.y},
          {t * u.x * u.y + s * u.z, c + t * u.y * u.y, t * u.y * u.z - s * u.x},
          {t * u.x * u.z - s * u.y, t * u.y * u.z + s * u.x, c + t * u.z * u.z}};
}

Affine matrix(const Document& doc, pugi::xml_node node) {
  doc.require_attributes(node, {"value"});
  const std::vector<double> v = doc.numbers(node, "value");
  if (v.size() == 9) return {{{v[0], v[1], v[2]}, {v[3], v[4], v[5]}, {v[6], v[7], v[8]}}, {0, 0, 0}, false};
  if (v.size() != 16) doc.fail(node, message("a matrix needs 16 or 9 numbers, got ", v.size()));
  if (v[12] != 0 || v[13] != 0 || v[14] != 0 || v[15] != 1) doc.fail(node, "the last row of a matrix must be 0 0 0 1");
  return {{{v[0], v[1], v[2]}, {v[4], v[5], v[6]}, {v[8], v[9], v[10]}}, {v[3], v[7], v[11]}, false};
}

/// Maps +z to the direction origin -> target and +y near `up`.
Affine look_at(const Document& doc, pugi::xml_node node) {
  doc.require_attributes(node, {"origin", "target", "up"});
  const Vec3d origin = triple(doc, node, "origin"), forward = triple(doc, node, "target") - origin;
  const Vec3d up = node.attribute("up") ? triple(doc, node, "up") : Vec3d{0, 0, 1};
  const Vec3d left = cross(up, forward);
  if (!(norm2(left) > 0)) doc.fail(node, "lookat: 'up' is parallel to the direction from origin to target");
  const Vec3d x = normalized(left), z = normalized(forward);
  return {transposed(Mat3d{x, cross(z, x), z}), origin, false};
}

}  // namespace

Affine read_transform(const Document& doc, pugi::xml_node node) {
  doc.require_attributes(node, {"name"});
  static const std::vector<std::string> known = {"translate", "rotate", "scale", "matrix", "lookat"};
  Affine total;
  for (pugi::xml_node child : doc.children(node)) {
    const std::string name = child.name();
    Affine step;
    if (name == "translate") {
      doc.require_attributes(child, {"x", "y", "z", "value"});
      step.translation = vector_of(doc, child, 0, false);
    } else if (name == "rotate") {
      step.linear = rotation(doc, child);
    } else if (name == "scale") {
      doc.require_attributes(child, {"x", "y", "z", "value"});
      const Vec3d s = vector_of(doc, child, 1, true);
      if (s.x * s.y * s.z == 0) doc.fail(child, "a scale of 0 flattens the shape");
      step.linear = {{s.x, 0, 0}, {0, s.y, 0}, {0, 0, s.z}};
    } else if (name == "matrix") {
      step = matrix(doc, child);
    } else if (name == "lookat" || name == "look_at") {
      step = look_at(doc, child);
    } else {
      doc.fail_unknown(child, "element", name, known);
    }
    total = {step.linear * total.linear, step.linear * total.translation + step.translation, false};
  }
  return total;
}

}  // namespace raywave::io::detail
