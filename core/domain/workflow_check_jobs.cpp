// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string type_of(const Json& job) { return text_member(job, "type"); }

void check_scope(const std::string& job, const std::vector<std::string>& allowed,
                 const std::vector<std::string>& forbidden) {
  for (const std::string& path : allowed) {
    for (const std::string& barred : forbidden) {
      if (!lies_inside(path, barred)) continue;
      invalid(job + ": allowed_path " + quote(path) + " is inside forbidden_path " + quote(barred));
    }
  }
}

void check_placement(const std::string& job, const std::string& path, const std::vector<std::string>& allowed,
                     const std::vector<std::string>& forbidden, const std::string& at) {
  const std::string name = job + ": expected artifact " + quote(path);
  for (const std::string& barred : forbidden) {
    if (lies_inside(path, barred)) invalid(name + " is inside forbidden_path " + quote(barred), at);
  }
  const bool placed =
      std::any_of(allowed.begin(), allowed.end(), [&](const auto& root) { return lies_inside(path, root); });
  if (!placed) invalid(name + " is not inside any allowed_path", at);
}

bool patch_like(const Json& artifact) {
  const std::string name = text_member(artifact, "logical_name");
  const std::string path = text_member(artifact, "path");
  return text_member(artifact, "kind") == "patch_summary" || name == "patch" || name == "patch_summary" ||
         lower(path.substr(path.rfind('/') + 1)).find("patch") != std::string::npos;
}

void check_posture(const Json& job, const std::string& id) {
  if (!has(job, "review_posture")) return;
  if (type_of(job) != "review") invalid("non-review job " + quote(id) + " cannot declare review_posture");
  const std::string name = "review job " + quote(id);
  const std::string posture = text_of(member(job, "review_posture"));
  if (posture.empty()) invalid(name + ": review_posture must be a non-empty string");
  if (is_review_posture(posture)) return;
  if (posture.starts_with("custom:")) invalid(name + ": review_posture " + quote(posture) + " has empty custom name");
  invalid(name + ": unknown review_posture " + shown(posture) + ", not one of " +
          join(plain_review_postures(), ", ") + " or custom:NAME");
}

void check_required_list(const Json& job, const std::string& id) {
  if (!has(job, "required_review_postures")) return;
  if (type_of(job) != "build")
    invalid("non-build job " + quote(id) + " cannot declare required_review_postures");
  const std::string name = "build job " + quote(id) + ": required_review_postures ";
  const Json& list = member(job, "required_review_postures");
  if (!list.is_array() || list.empty()) invalid(name + "must be a non-empty list");
  for (const Json& entry : list) {
    if (!text_of(entry).empty() && is_review_posture(text_of(entry))) continue;
    invalid(name + "contains invalid entry " + shown(entry) + ", not one of " +
            join(plain_review_postures(), ", ") + " or custom:NAME");
  }
}

void check_gates(const Json& job, const std::string& id, const std::string& path) {
  const std::string name = "job " + quote(id);
  if (has(job, "require_attested_lane")) {
    const Json& flag = member(job, "require_attested_lane");
    if (!flag.is_boolean()) invalid(name + ": require_attested_lane has to be true or false");
    if (flag == true && type_of(job) != "review")
      invalid(name + ": require_attested_lane is for review jobs only");
  }
  const std::string at = path + ".apply_gate";
  const Json& gate = member(job, "apply_gate");
  if (gate.is_null()) return;
  if (!gate.is_boolean()) invalid(name + ": apply_gate has to be true or false", at);
  if (gate == false) return;
  if (type_of(job) != "build" && type_of(job) != "handoff") {
    invalid(name + ": apply_gate is for build and handoff jobs only", at);
  }
  const Json& artifacts = member(job, "expected_artifacts");
  const bool patch = artifacts.is_array() && std::any_of(artifacts.begin(), artifacts.end(), patch_like);
  if (!patch) invalid(name + ": apply_gate needs an expected artifact that is a patch summary", at);
}

}  // namespace

void WorkflowChecker::check_jobs() {
  if (!top("roles").is_object()) invalid("roles has to be an object");
  if (!top("jobs").is_array()) invalid("jobs has to be a list");
  for (std::size_t i = 0; i < top("jobs").size(); ++i) {
    check_job(top("jobs")[i], "jobs[" + std::to_string(i) + ']');
  }
}

void WorkflowChecker::check_job(const Json& job, const std::string& path) {
  if (!job.is_object()) invalid(path + " has to be an object, not " + shown(job), path);
  const std::string id = required_text(job, "id", path, path + ".id");
  if (!jobs_.emplace(id, &job).second) invalid("job " + quote(id) + " is declared twice", path + ".id");
  check_job_links(job, id, path);
  check_job_artifacts(job, id, path);
  check_reviewer_fields(job, id);
  check_posture(job, id);
  check_required_list(job, id);
  check_gates(job, id, path);
}

void WorkflowChecker::check_job_links(const Json& job, const std::string& id, const std::string& path) {
  const std::string name = "job " + quote(id);
  const std::string role = required_text(job, "role_id", name, path + ".role_id");
  if (!has(top("roles"), role))
    invalid(name + " names an unknown role " + quote(role), path + ".role_id");
  const Json& lane = member(job, "lane_id");
  if (!lane.is_null() && (!lane.is_string() || !has(top("lanes"), text_of(lane)))) {
    invalid(name + " names an unknown lane " + shown(lane), path + ".lane_id");
  }
  if (cross_repository_) {
    const std::string alias = text_member(job, "repository");
    if (alias.empty())
      invalid(name + " must declare repository in a cross-repo workflow", path + ".repository");
    if (!has(top("repositories"), alias)) {
      invalid(name + " names unknown repository alias " + quote(alias), path + ".repository");
    }
  }
  if (!has(job, "needs")) return;
  const Json& needs = member(job, "needs");
  if (!needs.is_array()) return;
  for (const Json& entry : needs) {
    if (!entry.is_string()) invalid(name + " needs lists " + shown(entry) + ", which is no job id");
  }
}

void WorkflowChecker::check_job_artifacts(const Json& job, const std::string& id,
                                          const std::string& path) const {
  const std::string name = "job " + quote(id);
  const Json& scope = member(job, "write_scope");
  const auto allowed = string_list(member(scope, "allowed_paths"));
  const auto forbidden = string_list(member(scope, "forbidden_paths"));
  check_scope(name, allowed, forbidden);
  const bool limited = member(scope, "allowed_paths").is_array() && !member(scope, "allowed_paths").empty();
  if (!has(job, "expected_artifacts")) return;
  const Json& list = member(job, "expected_artifacts");
  const bool nothing = list == "" || (list.is_object() && list.empty());
  if (nothing) return;
  if (!list.is_array())
    invalid(name + ": expected_artifacts has to be a list, each expected artifact an object");
  for (std::size_t k = 0; k < list.size(); ++k) {
    const std::string at = path + ".expected_artifacts[" + std::to_string(k) + "].path";
    if (!list[k].is_object())
      invalid(name + ": an expected artifact has to be an object, not " + shown(list[k]));
    const Json& where = member(list[k], "path");
    if (!where.is_string() || text_of(where).starts_with('/') || has_parent_component(text_of(where))) {
      invalid(name + ": artifact path " + shown(where) + " is no path inside the repository", at);
    }
    const Json& kind = member(list[k], "kind");
    if (kind.is_string() && !is_artifact_kind(text_of(kind))) {
      invalid(name + " declares unknown artifact kind " + shown(kind));
    }
    if (limited) check_placement(name, text_of(where), allowed, forbidden, at);
  }
}

void WorkflowChecker::check_reviewer_fields(const Json& job, const std::string& id) const {
  const bool access = has(job, "reviewer_access_scope");
  const bool context = has(job, "reviewer_context_policy");
  if (!access && !context) return;
  if (type_of(job) != "review") {
    invalid("non-review job " + quote(id) + " cannot declare reviewer_access_scope/reviewer_context_policy");
  }
  const std::string name = "review job " + quote(id);
  if (access) {
    const Json& scope = member(job, "reviewer_access_scope");
    const bool plain = scope == "document_only" || scope == "artifact_augmented" || scope == "repo_level";
    if (!plain && scope != "cross_repo_artifact_augmented") {
      invalid(name + " has unknown reviewer_access_scope " + shown(scope) +
              "; allowed: document_only|artifact_augmented|repo_level|cross_repo_artifact_augmented");
    }
    if (!plain && !cross_repository_) {
      invalid(
          name +
          ": reviewer_access_scope cross_repo_artifact_augmented is allowed only in cross-repo workflows");
    }
  }
  if (!context) return;
  const Json& policy = member(job, "reviewer_context_policy");
  if (policy != "fresh" && policy != "cross_round") {
    invalid(name + " has unknown reviewer_context_policy " + shown(policy) + "; allowed: fresh|cross_round");
  }
  if (policy == "fresh" && member(job, "fresh_session_required") == false) {
    invalid(name + " declares reviewer_context_policy=fresh but fresh_session_required=false");
  }
}

void WorkflowChecker::check_artifact_owners() const {
  std::map<std::string, std::string> owners;
  for (const Json& job : top("jobs")) {
    const std::string id = text_member(job, "id");
    for (const ExpectedArtifact& artifact : expected_artifacts(member(job, "expected_artifacts"))) {
      const std::string place = repository_of(job) + '\0' + join(path_parts(artifact.path), "/");
      const auto [owner, fresh] = owners.emplace(place, id);
      if (fresh || owner->second == id) continue;
      invalid("jobs " + quote(owner->second) + " and " + quote(id) + " both declare expected artifact path " +
              quote(artifact.path));
    }
  }
}

void WorkflowChecker::check_required_postures() const {
  std::map<std::string, std::vector<std::string>> forward;
  std::map<std::string, std::vector<std::string>> backward;
  for (const Json& edge : top("edges")) {
    const EdgeSpec link = edge_spec(edge);
    forward[link.from].push_back(link.to);
    backward[link.to].push_back(link.from);
  }
  for (const Json& job : top("jobs")) {
    if (!has(job, "required_review_postures")) continue;
    const std::string id = text_member(job, "id");
    std::set<std::string> around = reachable(forward, id);
    around.merge(reachable(backward, id));
    std::set<std::string> postures;
    for (const std::string& other : around) {
      const auto found = jobs_.find(other);
      if (found == jobs_.end() || type_of(*found->second) != "review") continue;
      postures.insert(text_member(*found->second, "review_posture", "neutral"));
    }
    for (const std::string& wanted : string_list(member(job, "required_review_postures"))) {
      if (postures.contains(wanted)) continue;
      const std::vector<std::string> available(postures.begin(), postures.end());
      invalid("build job " + quote(id) + " requires review posture " + quote(wanted) +
              " but no reachable review job declares it; reachable are: " +
              (available.empty() ? "none" : join(available, ", ")));
    }
  }
}

}  // namespace striatum::domain
