// SPDX-License-Identifier: Apache-2.0
#include "domain/workflow.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

/// Objects of the file whose member order decides which problem is the first.
constexpr std::array<std::string_view, 3> kOrdered = {"harness_profiles", "lanes", "repositories"};

/// SAX pass that notes the order of keys and where the text ceases to be JSON; ids of lanes, profiles and
/// repositories sit at depth 2.
class KeyOrderReader : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 0; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
    error_byte = byte;
    number_out_of_range = dynamic_cast<const Json::out_of_range*>(&error) != nullptr;
    return false;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) enter(name);
    if (depth_ == 2 && current_ != nullptr && seen_.insert(name).second) current_->push_back(name);
    return true;
  }

  KeyOrder order;
  std::size_t error_byte = 0;
  bool number_out_of_range = false;

 private:
  void enter(const std::string& name) {
    const bool wanted = std::find(kOrdered.begin(), kOrdered.end(), name) != kOrdered.end();
    current_ = wanted ? &order[name] : nullptr;
    if (current_ != nullptr) current_->clear();
    seen_.clear();
  }

  int depth_ = 0;
  std::vector<std::string>* current_ = nullptr;
  std::set<std::string> seen_;
};

std::string name_of(std::string_view source) { return std::string(source.substr(source.rfind('/') + 1)); }

/// Where parsing stopped, so that a person finds it.
std::string parse_problem(std::string_view text) {
  KeyOrderReader reader;
  if (Json::sax_parse(text, &reader)) return "it is nested too deeply, holds a NUL byte or a whole number beyond 64 bits";
  if (reader.number_out_of_range) return "a number is out of range";
  const std::string_view before = text.substr(0, reader.error_byte > 0 ? reader.error_byte - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "syntax error at line " + std::to_string(line) + " column " +
         std::to_string(before.size() - start + 1);
}

Json read_document(std::string_view text, std::string_view source) {
  refuse_yaml_name(source);
  const std::string name = quote(name_of(source));
  const std::size_t first = text.find_first_not_of(" \t\r\n\f\v");
  if (first == std::string_view::npos || text[first] != '{') {
    invalid("workflow " + name + " has to be one JSON object");
  }
  auto document = text.find('\0') == std::string_view::npos ? parse_json(text) : std::nullopt;
  if (!document) invalid("workflow " + name + " is not valid JSON: " + parse_problem(text));
  return std::move(*document);
}

}  // namespace

void refuse_yaml_name(std::string_view source) {
  const std::string name = lower(name_of(source));
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) return;
  invalid("workflow " + quote(name_of(source)) + " has a YAML name; workflows are written in JSON");
}

Workflow Workflow::parse(std::string_view text, std::string_view source, const WorkflowChecks& checks) {
  Workflow workflow;
  workflow.document_ = read_document(text, source);
  KeyOrderReader reader;
  Json::sax_parse(text, &reader);
  workflow.warnings_ = WorkflowChecker(workflow.document_, reader.order, checks).run();
  return workflow;
}

std::string Workflow::provenance_mode() const {
  return text_member(document_, "provenance_mode", "advisory");
}

void refuse_unknown_job_types(const Json& document) {
  const Json& jobs = member(document, "jobs");
  if (!jobs.is_array()) return;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!has(jobs[i], "type")) continue;
    const Json& type = member(jobs[i], "type");
    if (type.is_string() && is_job_type(type.get_ref<const std::string&>())) continue;
    invalid("job " + shown(member(jobs[i], "id")) + " has unknown type " + shown(type) +
                ", not one of draft, review, ledger, synthesis, build, test, human_checkpoint, generic",
            "jobs[" + std::to_string(i) + "].type");
  }
}

std::string needs_warning(const Json& workflow) {
  std::vector<std::string> ids;
  for (const Json& job : member(workflow, "jobs")) {
    if (job.contains("needs")) ids.push_back(text_member(job, "id"));
  }
  if (ids.empty()) return {};
  std::sort(ids.begin(), ids.end());
  return "warning: deprecated 'needs' in jobs " + join(ids, ", ") +
         ": the order comes from 'edges' alone, so the field can be deleted";
}

}  // namespace striatum::domain
