// SPDX-License-Identifier: Apache-2.0
#include "domain/workflow_spec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.hpp"

namespace striatum::domain {
namespace {

constexpr std::array<std::string_view, 8> kJobTypes = {"draft", "review", "ledger",           "synthesis",
                                                       "build", "test",   "human_checkpoint", "generic"};
constexpr std::array<std::string_view, 13> kArtifactKinds = {"prompt",
                                                             "finding",
                                                             "findings_ledger",
                                                             "synthesis",
                                                             "marker",
                                                             "handoff",
                                                             "decision",
                                                             "patch_summary",
                                                             "test_report",
                                                             "other",
                                                             "support_ledger",
                                                             "action_item_ledger",
                                                             "harness_improvement_proposal"};
constexpr std::array<std::string_view, 4> kEnforcementLevels = {"unsupported", "advisory", "advisory_strict",
                                                                "enforced"};
constexpr std::string_view kCustomPosture = "custom:";

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_true(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::optional<std::int64_t> optional_integer(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

/// The instruction's sentences; the posture word in each is one that readers of a packet look for.
std::string_view access_sentence(std::string_view scope) {
  if (scope == "artifact_augmented") {
    return "Read the documents listed under inputs and the supporting artifacts that earlier jobs published.";
  }
  if (scope == "repo_level") {
    return "Read the repository as far as allowed_paths and forbidden_paths of the write scope let you.";
  }
  return "Read the documents listed under inputs and judge from them alone.";
}

std::string_view context_sentence(std::string_view policy) {
  if (policy == "fresh") {
    return "This is a fresh-context review: bring nothing along from earlier rounds or sessions.";
  }
  return "What you know from earlier rounds of this review may be used.";
}

std::string_view posture_sentence(std::string_view posture) {
  static const std::map<std::string_view, std::string_view> kSentences = {
      {"devils_advocate",
       "Hold a devil's-advocate review: argue against the work and look for what breaks it."},
      {"security",
       "Hold a security-focused review: trust boundaries, input handling, secrets and permissions."},
      {"threat_model",
       "Hold a threat-modeling review: name attackers, assets, entry points and missing defences."},
      {"latency_performance",
       "Hold a latency / performance review: hot paths, memory, contention and growth."},
      {"ergonomics_dx",
       "Hold a developer-ergonomics review: names, defaults, errors and the first hour of use."},
      {"accessibility",
       "Hold an accessibility review: keyboard, contrast, screen readers and plain wording."},
      {"compliance_license",
       "Hold a compliance / license review: licences, notices, personal data, obligations."},
      {"supply_chain",
       "Hold a supply-chain review: dependencies, pins, build steps and where artifacts come from."},
  };
  const auto found = kSentences.find(posture);
  return found == kSentences.end() ? std::string_view() : found->second;
}

}  // namespace

bool is_job_type(std::string_view type) { return contains(kJobTypes, type); }

bool is_artifact_kind(std::string_view kind) { return contains(kArtifactKinds, kind); }

const std::vector<std::string>& plain_review_postures() {
  static const std::vector<std::string> kPostures = {
      "accessibility", "compliance_license", "devils_advocate", "ergonomics_dx", "latency_performance",
      "neutral",       "security",           "supply_chain",    "threat_model"};
  return kPostures;
}

bool is_review_posture(std::string_view posture) {
  if (posture.starts_with(kCustomPosture)) return !blank(posture.substr(kCustomPosture.size()));
  const auto& plain = plain_review_postures();
  return std::find(plain.begin(), plain.end(), posture) != plain.end();
}

std::vector<ExpectedArtifact> expected_artifacts(const Json& list) {
  std::vector<ExpectedArtifact> out;
  if (!list.is_array()) return out;
  out.reserve(list.size());
  for (const Json& item : list) {
    if (!item.is_object()) continue;
    out.push_back({text_member(item, "logical_name"), text_member(item, "kind"), text_member(item, "path"),
                   is_true(item, "required")});
  }
  return out;
}

WriteScope write_scope(const Json& scope) {
  WriteScope out;
  out.mode = text_member(scope, "mode");
  out.repo_write = is_true(scope, "repo_write");
  out.allowed_paths = string_list(member(scope, "allowed_paths"));
  out.forbidden_paths = string_list(member(scope, "forbidden_paths"));
  if (!member(scope, "forbidden_paths").is_array()) out.forbidden_paths = {".striatum"};
  return out;
}

bool is_repo_write(const Json& job) {
  const Json& scope = member(job, "write_scope");
  return is_true(scope, "repo_write") || text_member(scope, "mode") == "repo_write";
}

std::optional<std::int64_t> whole_number(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float() && std::abs(value.get<double>()) < 9e15) return std::int64_t(value.get<double>());
  if (!value.is_string()) return std::nullopt;
  const std::string text(trim(value.get_ref<const std::string&>()));
  const bool digits = !text.empty() && text.size() < 16 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::optional(std::int64_t{std::stoll(text)}) : std::nullopt;
}

std::optional<std::string> stored_text(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  return value.dump();
}

JobSpec job_spec(const Json& job) {
  JobSpec out;
  const std::string id = text_member(job, "id");
  out.id = WorkflowJobId(id);
  out.title = stored_text(member(job, "title")).value_or(id);
  out.type = text_member(job, "type", "generic");
  out.role_id = text_member(job, "role_id");
  out.lane_id = optional_text(job, "lane_id");
  out.parallel_group = optional_text(job, "parallel_group");
  out.repository = optional_text(job, "repository");
  out.write_scope = write_scope(member(job, "write_scope"));
  out.expected_artifacts = expected_artifacts(member(job, "expected_artifacts"));
  out.fresh_session_required = is_true(job, "fresh_session_required");
  const bool fresh_policy = out.type == "review" && text_member(job, "reviewer_context_policy") == "fresh";
  out.needs_fresh_session = out.fresh_session_required || fresh_policy;
  out.repo_write = is_repo_write(job);
  out.require_attested_lane = is_true(job, "require_attested_lane");
  out.apply_gate = is_true(job, "apply_gate");
  out.max_attempts = whole_number(member(job, "max_attempts")).value_or(1);
  out.review_posture = text_member(job, "review_posture", "neutral");
  return out;
}

LaneSpec lane_spec(const Json& lane) {
  LaneSpec out;
  out.adapter = text_member(lane, "adapter");
  out.display_model = text_member(lane, "display_model");
  out.command = string_list(member(lane, "command"));
  out.capabilities = string_list(member(lane, "capabilities"));
  out.adapter_timeout_seconds = optional_integer(lane, "adapter_timeout_seconds");
  out.harness_profile_id = optional_text(lane, "harness_profile_id");
  out.worktree_per_job = text_member(lane, "worktree_isolation") == "per_job";
  return out;
}

BranchSpec branch_spec(const Json& branch) {
  return {text_member(branch, "mode", "auto"), optional_text(branch, "suggested_name"),
          is_true(branch, "allow_dirty")};
}

EdgeSpec edge_spec(const Json& edge) { return {text_member(edge, "from"), text_member(edge, "to")}; }

CycleSpec cycle_spec(const Json& cycle) {
  return {text_member(cycle, "from"), text_member(cycle, "to"), text_member(cycle, "on_verdict"),
          optional_integer(cycle, "max_iterations").value_or(1)};
}

ParallelismSpec parallelism_spec(const Json& parallelism) {
  return {optional_integer(parallelism, "max_active_jobs"),
          is_true(parallelism, "require_disjoint_write_scopes")};
}

std::optional<int> enforcement_rank(std::string_view level) {
  const auto found = std::find(kEnforcementLevels.begin(), kEnforcementLevels.end(), level);
  if (found == kEnforcementLevels.end()) return std::nullopt;
  return static_cast<int>(found - kEnforcementLevels.begin());
}

std::string_view provided_enforcement(std::string_view adapter, std::string_view constraint,
                                      std::string_view value) {
  if (adapter != "process") return "unsupported";
  if (constraint == "transcripts" && value == "off") return "enforced";
  if (constraint == "network" && value == "forbidden") return "advisory_strict";
  if (constraint == "repo_scope" && value == "local_only") return "advisory_strict";
  return "advisory";
}

Json adapter_constraints(const Json& lane) {
  const std::string adapter = text_member(lane, "adapter");
  Json requested = member(lane, "constraints");
  Json required = member(lane, "required_enforcement");
  if (!requested.is_object()) requested = Json::object();
  if (!required.is_object()) required = Json::object();
  Json entries = Json::array();
  bool all = true;
  for (const auto& [name, value] : requested.items()) {
    const std::string_view level =
        provided_enforcement(adapter, name, value.is_string() ? text_member(requested, name) : "");
    const auto wanted = optional_text(required, name);
    const bool satisfied = !wanted || enforcement_rank(level) >= enforcement_rank(*wanted);
    all = all && satisfied;
    entries.push_back({{"constraint", name},
                       {"requested", value},
                       {"required_enforcement", nullable(wanted)},
                       {"enforcement", level},
                       {"satisfied", satisfied}});
  }
  return {{"requested", std::move(requested)},
          {"required_enforcement", std::move(required)},
          {"enforcement", std::move(entries)},
          {"satisfied", all}};
}

std::optional<Json> review_policy(const Json& job) {
  if (text_member(job, "type") != "review") return std::nullopt;
  const auto access = optional_text(job, "reviewer_access_scope");
  const auto context = optional_text(job, "reviewer_context_policy");
  const auto posture = optional_text(job, "review_posture");
  if (!access && !context && !posture) return std::nullopt;
  if (access == "cross_repo_artifact_augmented") return std::nullopt;
  const std::string scope = access.value_or("document_only");
  const std::string policy = context.value_or("cross_round");
  std::string instruction(access_sentence(scope));
  instruction += ' ';
  instruction += context_sentence(policy);
  const std::string_view view = posture ? posture_sentence(*posture) : std::string_view();
  if (!view.empty()) instruction += ' ' + std::string(view);
  Json out = {{"access_scope", scope}, {"context_policy", policy}, {"instruction", instruction}};
  if (posture) out["posture"] = *posture;
  return out;
}

Json harness_profile(const std::string& id, const Json& body) {
  Json out = body.is_object() ? body : Json::object();
  out["profile_id"] = id;
  return out;
}

}  // namespace striatum::domain
