// SPDX-License-Identifier: Apache-2.0
#include "domain/workflow_check.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::domain {
namespace {

constexpr std::string_view kSchema = "striatum.workflow.v1";
constexpr std::array<std::string_view, 13> kRequiredFields = {
    "branch",          "context_docs", "coordinator", "cycles", "edges",          "jobs",
    "lanes",           "name",         "parallelism", "roles",  "schema_version", "workflow_id",
    "workflow_version"};
constexpr std::size_t kLongestShown = 120;

}  // namespace

void invalid(std::string message, std::string path) {
  Error error(Code::workflow, std::move(message));
  if (path.empty()) throw error;
  throw std::move(error).with_details({{"path", std::move(path)}});
}

std::string shown(const Json& value) {
  std::string text =
      value.is_string() ? quote(value.get_ref<const std::string&>()) : to_canonical_ascii(value);
  if (text.size() > kLongestShown) text = to_utf8(text.substr(0, kLongestShown)) + "...";
  return text;
}

bool has(const Json& object, std::string_view key) { return object.is_object() && object.contains(key); }

std::string required_text(const Json& object, std::string_view key, std::string_view what, std::string path) {
  const Json& value = member(object, key);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    invalid(std::string(what) + " needs '" + std::string(key) + "', a string that is not empty",
            std::move(path));
  }
  return value.get<std::string>();
}

std::vector<std::string> path_parts(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> parts;
  if (path.starts_with('/')) parts.emplace_back("/");
  for (std::string& part : split(path, '/')) {
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return parts;
}

bool lies_inside(std::string_view path, std::string_view parent) {
  const auto inner = path_parts(path);
  const auto outer = path_parts(parent);
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

bool has_parent_component(std::string_view path) {
  const auto parts = split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

std::set<std::string> reachable(const std::map<std::string, std::vector<std::string>>& links,
                                const std::string& start) {
  std::set<std::string> seen;
  std::deque<std::string> open = {start};
  while (!open.empty()) {
    const auto found = links.find(open.front());
    open.pop_front();
    if (found == links.end()) continue;
    for (const std::string& next : found->second) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return seen;
}

std::vector<std::string> WorkflowChecker::keys_of(std::string_view field) const {
  const auto found = order_.find(field);
  if (found != order_.end()) return found->second;
  std::vector<std::string> keys;
  for (const auto& [key, value] : top(field).items()) keys.push_back(key);
  return keys;
}

std::string WorkflowChecker::repository_of(const Json& job) const {
  return cross_repository_ ? text_member(job, "repository") : std::string();
}

std::vector<std::string> WorkflowChecker::run() {
  check_top_level();
  check_repositories();
  check_provenance();
  check_branch();
  check_lanes();
  check_jobs();
  check_artifact_owners();
  check_edges();
  check_cycles();
  check_parallel_groups();
  check_repository_limits();
  check_revision_policy();
  if (checks_.strict) check_strict();
  return std::move(warnings_);
}

void WorkflowChecker::check_top_level() const {
  std::vector<std::string> missing;
  for (const std::string_view field : kRequiredFields) {
    if (!has(document_, field)) missing.emplace_back(field);
  }
  if (!missing.empty()) invalid("missing required fields in the workflow: " + join(missing, ", "));
  if (top("schema_version") != kSchema) {
    invalid("schema_version has to be " + std::string(kSchema) + ", not " + shown(top("schema_version")),
            "schema_version");
  }
}

}  // namespace striatum::domain
