// SPDX-License-Identifier: Apache-2.0
// An XML document with line numbers, $substitution and typed values; not part of the public interface.
#pragma once

#include <map>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/core/vec.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io::detail {

class Document {
 public:
  /// @param defaults  of the document that includes this one; they win over its own.
  /// @throws Error "name:line: ..." for malformed XML and bad <default> elements.
  Document(const std::string& xml, const std::string& name, const std::map<std::string, std::string>& defaults = {});

  const std::string& name() const { return name_; }
  const std::map<std::string, std::string>& defaults() const { return defaults_; }
  pugi::xml_node root() const { return doc_.document_element(); }
  int line(pugi::xml_node node) const;
  /// The child elements; text between them is an error.
  std::vector<pugi::xml_node> children(pugi::xml_node node) const;

  [[noreturn]] void fail(pugi::xml_node at, const std::string& what) const;
  /// "unknown <what> '<word>', did you mean ...?"
  [[noreturn]] void fail_unknown(pugi::xml_node at, const char* what, const std::string& word,
                                 const std::vector<std::string>& known) const;
  /// Does the message begin with this document's name and a line already?
  bool is_located(const std::string& text) const { return text.starts_with(name_ + ":"); }

  void require_attributes(pugi::xml_node node, const std::vector<std::string>& known) const;
  /// With $names replaced by their defaults; "" when absent.
  std::string attribute(pugi::xml_node node, const char* key) const;
  /// The `name` of a value element, which must be one of `elements`.
  std::string key(pugi::xml_node node, const std::vector<std::string>& elements) const;

  /// The `value`, without blanks around it.
  std::string text(pugi::xml_node node) const;
  double number(pugi::xml_node node) const;
  bool boolean(pugi::xml_node node) const;
  Vec3d color(pugi::xml_node node) const;
  /// Numbers of one attribute, separated by commas or blanks.
  std::vector<double> numbers(pugi::xml_node node, const char* key) const;

 private:
  std::string substituted(pugi::xml_node node, std::string text) const;

  std::string name_;
  pugi::xml_document doc_;
  std::vector<size_t> line_ends_;
  std::map<std::string, std::string> defaults_;
};

/// A <transform>: its children apply one after the other.
Affine read_transform(const Document& doc, pugi::xml_node node);

}  // namespace raywave::io::detail
