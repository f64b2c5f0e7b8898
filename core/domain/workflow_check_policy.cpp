// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "domain/recovery_policy.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

/// The list, or an empty one when the field is absent.
const Json& path_list(const Json& document, const std::string& field) {
  static const Json kNone = Json::array();
  if (!has(document, field)) return kNone;
  const Json& list = member(document, field);
  const bool strings = list.is_array() && std::all_of(list.begin(), list.end(),
                                                      [](const Json& entry) { return entry.is_string(); });
  if (!strings) invalid(field + " has to be a list of paths inside the repository", field);
  return list;
}

void check_protected_paths(const Json& list, const std::string& field) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = list[i].get<std::string>();
    const std::string at = field + '[' + std::to_string(i) + ']';
    if (path.empty() || path.front() == '/' || has_parent_component(path)) {
      invalid(field + ": " + quote(path) + " is no path inside the repository", at);
    }
    const auto parts = path_parts(path);
    if (!parts.empty() && parts.front() == ".striatum") {
      invalid(field + ": " + quote(path) + " names the state folder .striatum/", at);
    }
  }
}

void refuse_overlap(const Json& guarded, const Json& writable) {
  for (const Json& left : guarded) {
    for (const Json& right : writable) {
      const auto a = left.get<std::string>();
      const auto b = right.get<std::string>();
      if (!lies_inside(a, b) && !lies_inside(b, a)) continue;
      invalid("protected_paths and operator_writable_paths overlap: " + quote(a) + " and " + quote(b),
              "operator_writable_paths");
    }
  }
}

}  // namespace

void WorkflowChecker::check_repositories() {
  const Json& repositories = top("repositories");
  if (repositories.is_null()) {
    if (has(document_, "primary_repository")) {
      invalid("primary_repository is declared, but repositories is not", "primary_repository");
    }
    if (!top("jobs").is_array()) return;
    for (std::size_t i = 0; i < top("jobs").size(); ++i) {
      if (!has(top("jobs")[i], "repository")) continue;
      invalid(
          "single-repo workflows must not declare job repository: job " + shown(member(top("jobs")[i], "id")),
          "jobs[" + std::to_string(i) + "].repository");
    }
    return;
  }
  cross_repository_ = true;
  if (!repositories.is_object()) invalid("repositories has to be an object", "repositories");
  if (repositories.size() < 2) invalid("repositories has to name at least two aliases", "repositories");
  std::map<std::string, std::string> owners;
  for (const std::string& alias : keys_of("repositories")) {
    const std::string path = "repositories." + alias;
    if (alias.empty()) invalid("repositories holds an empty alias", "repositories");
    const Json& body = member(repositories, alias);
    if (!body.is_object()) invalid("repository alias " + quote(alias) + " has to be an object", path);
    const std::string id =
        required_text(body, "repo_id", "repository alias " + quote(alias), path + ".repo_id");
    const auto [owner, fresh] = owners.emplace(id, alias);
    if (fresh) continue;
    invalid(
        "repository aliases " + quote(owner->second) + " and " + quote(alias) + " share repo_id " + quote(id),
        path + ".repo_id");
  }
  const std::string primary = text_member(document_, "primary_repository");
  if (primary.empty())
    invalid("primary_repository is missing in a cross-repo workflow", "primary_repository");
  if (!has(repositories, primary)) {
    invalid("primary_repository " + quote(primary) + " is not among the repositories", "primary_repository");
  }
  if (top("require_daemon") == false) {
    invalid("require_daemon cannot be false in a cross-repo workflow", "require_daemon");
  }
}

void WorkflowChecker::check_provenance() const {
  const Json& daemon = top("require_daemon");
  if (!daemon.is_null() && !daemon.is_boolean())
    invalid("require_daemon has to be true or false", "require_daemon");
  const bool sealed = top("provenance_mode") == "sealed_patch";
  const Json& provider = top("sealed_patch_provider");
  if (!provider.is_null()) {
    if (provider != "daemon" && provider != "refuse") {
      invalid("sealed_patch_provider has to be daemon or refuse, not " + shown(provider),
              "sealed_patch_provider");
    }
    if (!sealed) {
      invalid("sealed_patch_provider belongs to provenance_mode sealed_patch only", "sealed_patch_provider");
    }
  }
  if (has(document_, "provenance_mode")) {
    const Json& mode = top("provenance_mode");
    if (!sealed && mode != "advisory" && mode != "attested_bylines") {
      invalid("provenance_mode has to be advisory, attested_bylines or sealed_patch, not " + shown(mode),
              "provenance_mode");
    }
  }
  if (!sealed) return;
  if (daemon == false)
    invalid("require_daemon cannot be false with provenance_mode sealed_patch", "require_daemon");
  const Json& guarded = path_list(document_, "protected_paths");
  const Json& writable = path_list(document_, "operator_writable_paths");
  check_protected_paths(guarded, "protected_paths");
  check_protected_paths(writable, "operator_writable_paths");
  refuse_overlap(guarded, writable);
}

void WorkflowChecker::check_branch() const {
  const Json& branch = top("branch");
  if (!branch.is_null()) {
    if (!branch.is_object()) invalid("branch has to be an object");
    const bool declared = has(branch, "mode");
    const Json& mode = member(branch, "mode");
    if (declared && mode != "auto" && mode != "confirm") {
      invalid("branch.mode has to be auto or confirm, not " + shown(mode));
    }
    const Json& name = member(branch, "suggested_name");
    const bool usable = name.is_string() && !name.get_ref<const std::string&>().empty();
    if (!name.is_null() && !usable) invalid("branch.suggested_name has to be a string that is not empty");
    if ((!declared || mode == "auto") && !usable) {
      invalid("branch.mode 'auto' needs suggested_name, the branch to create");
    }
  }
  (void)recovery_policy(top("recovery_policy"));
}

}  // namespace striatum::domain
