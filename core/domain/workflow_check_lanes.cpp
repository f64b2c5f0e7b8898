// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::array<std::string_view, 15> kProfileFields = {
    "tool_family",    "strategy_version",     "native_delegation",   "feature_flags",
    "accountability", "supervision",          "workspace_isolation", "agent_loop_budget",
    "approval_mode",  "output_format",        "memory_files",        "mcp_servers",
    "turn_caps",      "prompt_envelope_path", "fallback_profile_id"};
constexpr std::array<std::string_view, 4> kToolFamilies = {"generic", "codex", "claude_code", "gemini_cli"};
constexpr std::int64_t kLongestTimeout = 86400;

template <class Range>
bool among(const Range& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The values that a constraint may have; empty for an unknown constraint.
const Words& constraint_values(std::string_view name) {
  static const std::map<std::string_view, Words> kValues = {
      {"network", {"allowed", "forbidden", "advisory_forbidden"}},
      {"transcripts", {"off", "redacted", "allowed"}},
      {"repo_scope", {"local_only", "unrestricted"}},
  };
  static const Words kNone;
  const auto found = kValues.find(name);
  return found == kValues.end() ? kNone : found->second;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

void check_constraints(const std::string& lane_name, const Json& lane) {
  const Json& constraints = member(lane, "constraints");
  if (!constraints.is_null() && !constraints.is_object())
    invalid(lane_name + ": constraints has to be an object");
  for (const auto& [name, value] : constraints.items()) {
    if (constraint_values(name).empty()) invalid(lane_name + " declares unknown constraint " + quote(name));
    if (!value.is_string() || !among(constraint_values(name), text_of(value))) {
      invalid(lane_name + ": constraint " + quote(name) + " cannot be " + shown(value));
    }
  }
  const Json& required = member(lane, "required_enforcement");
  if (!required.is_null() && !required.is_object())
    invalid(lane_name + ": required_enforcement has to be an object");
  for (const auto& [name, level] : required.items()) {
    if (!has(constraints, name)) {
      invalid(lane_name + " requires enforcement for undeclared constraint " + quote(name));
    }
    const auto wanted = enforcement_rank(text_of(level));
    if (!wanted)
      invalid(lane_name + ": required_enforcement of " + quote(name) + " cannot be " + shown(level));
    const auto given =
        provided_enforcement(text_member(lane, "adapter"), name, text_member(constraints, name));
    if (enforcement_rank(given) >= wanted) continue;
    invalid(lane_name + " requires " + quote(text_of(level)) + " enforcement of " + quote(name) +
            ", its adapter gives " + quote(given));
  }
}

void check_accountability(const std::string& name, const Json& body) {
  const Json& block = member(body, "accountability");
  if (block.is_null()) return;
  if (!block.is_object()) invalid(name + ": accountability has to be an object");
  const auto demand = [&](std::string_view key, std::string_view word) {
    const Json& value = member(block, key);
    if (value.is_null() || value == word) return;
    invalid(name + ": accountability." + std::string(key) + " must be " + quote(word) + ", not " +
            shown(value));
  };
  demand("native_subagents", "internal_to_parent_session");
  demand("first_class_registration", "not_supported");
}

void check_envelope(const std::string& name, const Json& body) {
  const Json& path = member(body, "prompt_envelope_path");
  if (path.is_null()) return;
  if (text_of(path).empty()) invalid(name + ": prompt_envelope_path has to be a string that is not empty");
  if (text_of(path).front() == '/' || has_parent_component(text_of(path))) {
    invalid(name + ": prompt_envelope_path must be repo-relative, without '..': " + shown(path));
  }
}

bool process_lane(const Json& lane) { return member(lane, "adapter") == "process"; }

}  // namespace

void WorkflowChecker::check_lanes() {
  if (!top("lanes").is_object()) invalid("lanes has to be an object");
  check_profiles();
  for (const std::string& id : keys_of("lanes")) check_lane(id, member(top("lanes"), id));
}

void WorkflowChecker::check_profiles() {
  const Json& profiles = top("harness_profiles");
  if (profiles.is_null()) return;
  if (!profiles.is_object()) invalid("harness_profiles has to be an object");
  for (const std::string& id : keys_of("harness_profiles")) check_profile(id, member(profiles, id));
}

void WorkflowChecker::check_profile(const std::string& id, const Json& body) {
  const std::string name = "harness profile " + quote(id);
  if (!body.is_object()) invalid(name + ": body must be an object");
  std::vector<std::string> missing;
  for (const char* field : {"strategy_version", "tool_family"}) {
    if (!has(body, field)) missing.emplace_back(field);
  }
  if (!missing.empty()) invalid(name + ": missing required fields: " + join(missing, ", "));
  const Json& family = member(body, "tool_family");
  if (!family.is_string() || !among(kToolFamilies, text_of(family))) {
    invalid(name + ": unknown tool_family " + shown(family) +
            ", not one of generic, codex, claude_code, gemini_cli");
  }
  (void)required_text(body, "strategy_version", name);
  check_accountability(name, body);
  check_envelope(name, body);
  const Json& fallback = member(body, "fallback_profile_id");
  if (!fallback.is_null()) {
    const std::string target = required_text(body, "fallback_profile_id", name);
    if (!has(top("harness_profiles"), target)) {
      invalid(name + ": fallback_profile_id " + quote(target) + " is not declared");
    }
  }
  for (const auto& [key, value] : body.items()) {
    if (among(kProfileFields, key)) continue;
    warnings_.push_back(name + ": field " + quote(key) + " is not known and has no effect");
  }
}

void WorkflowChecker::check_lane(const std::string& id, const Json& lane) {
  const std::string name = "lane " + quote(id);
  if (!lane.is_object()) invalid(name + " has to be an object");
  const Json& timeout = member(lane, "adapter_timeout_seconds");
  if (!timeout.is_null()) {
    const bool whole = timeout.is_number_integer() && timeout > 0;
    if (!whole)
      invalid(name + ": adapter_timeout_seconds has to be an integer above 0, not " + shown(timeout));
    if (timeout > kLongestTimeout)
      invalid(name + ": adapter_timeout_seconds is at most 86400, not " + shown(timeout));
  }
  const Json& profile = member(lane, "harness_profile_id");
  if (!profile.is_null()) {
    if (text_of(profile).empty()) invalid(name + ": harness_profile_id must be a non-empty string");
    if (!has(top("harness_profiles"), text_of(profile))) {
      invalid(name + " references undeclared harness profile " + shown(profile));
    }
  }
  if (process_lane(lane)) check_command(id, lane);
  const Json& isolation = member(lane, "worktree_isolation");
  if (!isolation.is_null() && isolation != "off" && isolation != "per_job") {
    invalid(name + ": worktree_isolation has to be off or per_job, not " + shown(isolation));
  }
  check_constraints(name, lane);
}

void WorkflowChecker::check_command(const std::string& id, const Json& lane) {
  const std::string name = "lane " + quote(id);
  const Json& command = member(lane, "command");
  if (!command.is_array() || command.empty())
    invalid(name + ": a process lane needs a command, a list of words");
  for (const Json& word : command) {
    if (text_of(word).empty()) invalid(name + ": each word of command has to be a string that is not empty");
  }
  const Json& env = member(lane, "env");
  if (!env.is_null()) {
    const bool strings =
        env.is_object() && std::all_of(env.begin(), env.end(), [](const Json& v) { return v.is_string(); });
    if (!strings) invalid(name + ": env has to be an object of strings");
  }
  const std::string program = text_of(command[0]);
  if (!checks_.command_exists || program.front() == '/' || program.find('/') == std::string::npos) return;
  if (checks_.command_exists(program)) return;
  warnings_.push_back(name + ": command " + quote(program) + " is not in the repository");
}

}  // namespace striatum::domain
