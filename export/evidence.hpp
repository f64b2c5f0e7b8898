// SPDX-License-Identifier: Apache-2.0
// Typed redaction of our own payloads: default-deny by field name, and every value that passes has the shape
// its name promises. What passes as free text goes through `Redactor::text`, the one place where contents are
// looked at.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "base/scalar.hpp"

namespace striatum::provenance {

inline constexpr std::string_view kRedactedFreeText = "<redacted-free-text>";

/// Members of a row that may leave the state.
using Listed = std::set<std::string, std::less<>>;

/// What is known of a member once for many rows.
struct Column {
  enum class Shape { text, word, digest, moment, random_id, number, flag, texts };
  JsonKey name;
  bool listed = false;
  Shape shape = Shape::text;
};
[[nodiscard]] Column column(std::string_view name, const Listed& listed);

class Redactor {
 public:
  /// What is shown of a column's value: itself or the placeholder.
  [[nodiscard]] Scalar shown(const Column& column, const Scalar& value);
  /// Members that are not listed become the placeholder, null stays null, names are kept.
  void row(Json& row, const Listed& listed);
  /// The same for each object of an array; anything else becomes the placeholder.
  void rows(Json& rows, const Listed& listed);
  /// One value that is listed under `name`.
  void value(std::string_view name, Json& value);
  /// A value that never passes.
  void hide(Json& value);
  /// Free text that passes.
  [[nodiscard]] Json text(std::string text);

  /// How many values were replaced, by kind (`free_text`, `shape`).
  [[nodiscard]] const std::map<std::string, std::int64_t>& counts() const { return counts_; }

 private:
  std::string_view placeholder(const char* kind);

  std::map<std::string, std::int64_t> counts_;
};

}  // namespace striatum::provenance
