// SPDX-License-Identifier: Apache-2.0
#include "export/evidence.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"

namespace striatum::provenance {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kIdDigits = 32;

using Shape = Column::Shape;

/// Names with a shape of their own; other names hold one line of text.
Shape shape_of(std::string_view name) {
  static const std::map<std::string, Shape, std::less<>> kShapes{
      {"run_id", Shape::random_id},
      {"session_id", Shape::random_id},
      {"artifact_id", Shape::random_id},
      {"verdict_id", Shape::random_id},
      {"blocker_id", Shape::random_id},
      {"findings_artifact_id", Shape::random_id},
      {"content_sha256", Shape::digest},
      {"registered_at", Shape::moment},
      {"closed_at", Shape::moment},
      {"state", Shape::word},
      {"job_state", Shape::word},
      {"job_type", Shape::word},
      {"artifact_kind", Shape::word},
      {"verdict", Shape::word},
      {"latest_verdict", Shape::word},
      {"severity", Shape::word},
      {"schema_version", Shape::text},
      {"attempt", Shape::number},
      {"max_attempts", Shape::number},
      {"ordinal", Shape::number},
      {"count", Shape::number},
      {"ok", Shape::flag},
      {"fresh_session_required", Shape::flag},
      {"workflow_job_ids", Shape::texts},
      {"required_verdicts", Shape::texts},
  };
  const auto found = kShapes.find(name);
  return found == kShapes.end() ? Shape::text : found->second;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxWord &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool is_random_id(std::string_view text) {
  const auto end = text.rfind('_');
  return end != std::string_view::npos && is_word(text.substr(0, end)) &&
         is_hex(text.substr(end + 1), kIdDigits);
}

bool is_line(const Scalar& value) {
  const std::string_view text = value.text();
  if (text.size() > kMaxText) return false;
  if (value.is_plain() || printable_ascii(text)) return true;
  return valid_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool fits(Shape shape, const Scalar& value) {
  if (shape == Shape::number) return value.kind() == Scalar::Kind::integer;
  if (shape == Shape::flag) return value.kind() == Scalar::Kind::boolean;
  if (value.kind() != Scalar::Kind::text) return false;
  switch (shape) {
    case Shape::texts:
      return false;
    case Shape::word:
      return is_word(value.text());
    case Shape::digest:
      return is_hex(value.text(), 64);
    case Shape::moment:
      return parse_instant(value.text()).has_value();
    case Shape::random_id:
      return is_random_id(value.text());
    default:
      return is_line(value);
  }
}

}  // namespace

Column column(std::string_view name, const Listed& listed) {
  const bool known = listed.find(name) != listed.end();
  const Shape shape = shape_of(name);
  return {JsonKey(name), known, shape};
}

std::string_view Redactor::placeholder(const char* kind) {
  ++counts_[kind];
  return kRedactedFreeText;
}

Scalar Redactor::shown(const Column& column, const Scalar& value) {
  if (value.is_null()) return value;
  if (!column.listed) return Scalar::of(placeholder("free_text"));
  return fits(column.shape, value) ? value : Scalar::of(placeholder("shape"));
}

void Redactor::hide(Json& value) {
  if (!value.is_null()) value = placeholder("free_text");
}

Json Redactor::text(std::string text) {
  if (!is_line(Scalar::of(text))) return placeholder("shape");
  return text;
}

void Redactor::value(std::string_view name, Json& value) {
  if (value.is_null()) return;
  const Shape shape = shape_of(name);
  if (shape == Shape::texts && value.is_array()) {
    for (Json& entry : value) {
      if (!fits(Shape::text, scalar_of(entry))) entry = placeholder("shape");
    }
  } else if (!fits(shape, scalar_of(value))) {
    value = placeholder("shape");
  }
}

void Redactor::row(Json& row, const Listed& listed) {
  if (!row.is_object()) return hide(row);
  for (auto& [name, value] : row.items()) {
    if (listed.find(name) == listed.end()) {
      hide(value);
    } else {
      this->value(name, value);
    }
  }
}

void Redactor::rows(Json& rows, const Listed& listed) {
  if (!rows.is_array()) return hide(rows);
  for (Json& entry : rows) row(entry, listed);
}

}  // namespace striatum::provenance
