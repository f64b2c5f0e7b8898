// SPDX-License-Identifier: Apache-2.0
#include "domain/front_matter.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/lines.hpp"

namespace striatum::domain {
namespace {

enum class Shape { text, flag, count, texts, choice, constant };

struct Field {
  std::string name;
  Shape shape = Shape::text;
  bool required = false;
  /// Of a choice, or the one value of a constant.
  std::vector<std::string> values;
};

using Schema = std::vector<Field>;

const std::map<std::string, Schema, std::less<>>& schemas() {
  static const std::map<std::string, Schema, std::less<>> kSchemas{
      {"finding",
       {{"verdict_intent", Shape::choice, true, {"accept", "accept_with_findings", "needs_revision", "reject"}},
        {"severity", Shape::choice, false, {"info", "low", "medium", "high", "critical"}},
        {"tags", Shape::texts, false, {}}}},
      {"decision",
       {{"decision_id", Shape::text, true, {}},
        {"run_id", Shape::text, true, {}},
        {"owner", Shape::constant, true, {"human"}},
        {"outcome", Shape::choice, true, {"accepted", "rejected", "accepted_with_follow_up"}},
        {"follow_up_required", Shape::flag, true, {}},
        {"title", Shape::text, true, {}},
        {"created_at", Shape::text, true, {}}}},
      {"findings_ledger", {{"summary_count", Shape::count, true, {}}, {"entries_path", Shape::text, false, {}}}},
      {"synthesis", {{"inputs", Shape::texts, false, {}}}},
      {"support_ledger", {{"audited_artifact", Shape::text, true, {}}, {"claim_count", Shape::count, false, {}}}},
      {"action_item_ledger",
       {{"source_review_artifact", Shape::text, true, {}},
        {"revision_round", Shape::count, true, {}},
        {"total_items", Shape::count, false, {}}}},
      {"harness_improvement_proposal",
       {{"target", Shape::choice, true, {"prompt", "workflow", "spec", "defaults", "documentation"}},
        {"expected_benefit", Shape::text, true, {}},
        {"risk", Shape::text, false, {}},
        {"rollback", Shape::text, false, {}}}},
  };
  return kSchemas;
}

constexpr std::size_t kMaxFrontMatter = std::size_t{1} << 20;

std::string schema_name(const std::string& kind) { return "striatum." + kind + ".v1"; }

std::string_view without_cr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_fence(std::optional<std::string_view> line) { return line && without_cr(*line) == "---"; }

[[noreturn]] void bad(const std::string& what) {
  refuse(Code::artifact, "front matter " + what, {"docs/SPEC.md lists the fields of each artifact kind"});
}

std::string shown(const Json& value) { return value.is_string() ? quote(value.get<std::string>()) : quote(value.dump()); }

void check_value(const Field& field, const Json& value) {
  const std::string name = "field " + quote(field.name) + " ";
  switch (field.shape) {
    case Shape::text:
      if (!value.is_string()) bad(name + "must be a string");
      return;
    case Shape::flag:
      if (!value.is_boolean()) bad(name + "must be true or false (a boolean)");
      return;
    case Shape::count:
      if (!value.is_number_integer() || value < 0) bad(name + "must be a non-negative integer");
      return;
    case Shape::texts:
      if (!value.is_array() || string_list(value).size() != value.size()) bad(name + "must be a list of strings");
      return;
    case Shape::choice: {
      const auto& values = field.values;
      if (value.is_string() && std::find(values.begin(), values.end(), value.get<std::string>()) != values.end()) return;
      bad(name + "must be one of " + join(values, "|") + ", got " + shown(value));
    }
    case Shape::constant:
      if (value == field.values.front()) return;
      bad(name + "must be " + quote(field.values.front()) + ", got " + shown(value));
  }
}

std::map<std::string, Json> parse_fields(Lines lines, std::size_t end) {
  std::map<std::string, Json> fields;
  for (std::size_t i = 1; i + 1 < end; ++i) {
    const std::string_view line = without_cr(lines.next().value_or(""));
    if (blank(line) || line.front() == '#') continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') {
      bad("line " + std::to_string(i + 1) + " is not 'key: value' with a value in JSON");
    }
    const std::string name(trim(line.substr(0, colon)));
    const std::string_view text = trim(line.substr(colon + 1));
    const auto value = parse_json(text);
    if (!value) bad("field " + quote(name) + " needs a JSON value (strings in quotes), got " + quote(text));
    if (!fields.emplace(name, *value).second) bad("field " + quote(name) + " stands there twice");
  }
  return fields;
}

Schema full_schema(const std::string& kind, const Schema& own) {
  Schema all{{"schema_version", Shape::constant, true, {schema_name(kind)}},
             {"artifact_kind", Shape::constant, true, {kind}}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace

std::optional<std::size_t> front_matter_end(std::string_view text) {
  Lines lines(text.substr(0, kMaxFrontMatter));
  if (!is_fence(lines.next())) return std::nullopt;
  std::size_t number = 1;
  for (auto line = lines.next(); line; line = lines.next()) {
    ++number;
    if (line->starts_with("---")) return number;
  }
  return std::nullopt;
}

std::optional<std::size_t> judged_front_matter(std::string_view text, const std::string& kind) {
  if (schemas().count(kind) == 0 || !is_fence(Lines(text).next())) return std::nullopt;
  if (const auto end = front_matter_end(text)) return end;
  bad("is not closed by a line `---` within its first MiB");
}

void check_front_matter(std::string_view text, const std::string& kind) {
  const auto end = judged_front_matter(text, kind);
  if (!end) return;
  Lines lines(text);
  (void)lines.next();
  const auto fields = parse_fields(lines, *end);
  const Schema schema = full_schema(kind, schemas().at(kind));
  std::vector<std::string> unknown;
  for (const auto& [name, ignored] : fields) {
    const auto known = [&name = name](const Field& field) { return field.name == name; };
    if (std::none_of(schema.begin(), schema.end(), known)) unknown.push_back(name);
  }
  for (const Field& field : schema) {
    const auto found = fields.find(field.name);
    if (found != fields.end()) {
      check_value(field, found->second);
    } else if (field.required) {
      bad("is missing required field " + quote(field.name));
    }
  }
  if (!unknown.empty()) bad("has unknown fields: " + join(unknown, ", "));
}

bool front_matter_is_added(const std::string& kind) { return kind == "synthesis"; }

std::string with_front_matter(std::string_view text, const std::string& kind) {
  return "---\nschema_version: \"" + schema_name(kind) + "\"\nartifact_kind: \"" + kind + "\"\n---\n\n" +
         std::string(text);
}

}  // namespace striatum::domain
