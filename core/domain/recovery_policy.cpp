// SPDX-License-Identifier: Apache-2.0
#include "domain/recovery_policy.hpp"

#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

[[noreturn]] void wrong(std::string_view field, std::string_view rule) {
  invalid(std::string(field) + " has to be " + std::string(rule));
}

void read_flag(const Json& block, std::string_view name, bool& target) {
  if (!has(block, name)) return;
  const Json& value = member(block, name);
  if (!value.is_boolean()) wrong("recovery_policy." + std::string(name), "true or false");
  target = value.get<bool>();
}

void read_count(const Json& block, std::string_view name, std::int64_t& target) {
  if (!has(block, name)) return;
  const Json& value = member(block, name);
  const bool whole =
      value.is_number_integer() && (value.is_number_unsigned() || value.get<std::int64_t>() >= 0);
  if (!whole) wrong("recovery_policy." + std::string(name), "an integer of at least 0");
  target = value.get<std::int64_t>();
}

std::string marker_path(const Json& hook) {
  const std::string path = text_member(hook, "path");
  if (path.empty()) wrong("escalation_hook.path", "given for kind marker_file");
  if (path.front() == '/') wrong("escalation_hook.path", "relative to the repository: " + quote(path));
  if (has_parent_component(path)) wrong("escalation_hook.path", "free of '..': " + quote(path));
  if (lies_inside(path, ".striatum")) wrong("escalation_hook.path", "outside .striatum/: " + quote(path));
  return path;
}

std::string web_url(const Json& hook) {
  const std::string url = text_member(hook, "url");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    wrong("escalation_hook.url", "an address that starts with http:// or https://");
  }
  return url;
}

std::vector<std::string> shell_command(const Json& hook) {
  const Json& command = member(hook, "command");
  if (!command.is_array() || command.empty())
    wrong("escalation_hook.command", "a list of at least one string");
  for (const Json& word : command) {
    if (!word.is_string()) wrong("escalation_hook.command", "strings only, not " + shown(word));
  }
  return string_list(command);
}

EscalationHook escalation_hook(const Json& hook) {
  if (!hook.is_object()) wrong("recovery_policy.escalation_hook", "an object");
  const std::string kind = text_member(hook, "kind");
  EscalationHook out;
  if (kind == "marker_file") {
    out.path = marker_path(hook);
  } else if (kind == "webhook") {
    out.kind = EscalationHook::Kind::webhook;
    out.url = web_url(hook);
  } else if (kind == "shell") {
    out.kind = EscalationHook::Kind::shell;
    out.command = shell_command(hook);
    for (const auto& [name, value] : member(hook, "env").items()) {
      if (value.is_string()) out.env[name] = value.get<std::string>();
    }
  } else {
    wrong("recovery_policy.escalation_hook.kind", "marker_file, shell or webhook");
  }
  return out;
}

}  // namespace

RecoveryPolicy recovery_policy(const Json& block) {
  RecoveryPolicy policy;
  if (block.is_null()) return policy;
  if (!block.is_object()) invalid("recovery_policy has to be an object");
  read_flag(block, "autonomous_review_requeue", policy.autonomous_review_requeue);
  read_flag(block, "autonomous_process_reconcile", policy.autonomous_process_reconcile);
  read_count(block, "checkpoint_timeout_seconds", policy.checkpoint_timeout_seconds);
  read_count(block, "eligible_after_seconds", policy.eligible_after_seconds);
  read_count(block, "max_requeues_per_sweep", policy.max_requeues_per_sweep);
  read_count(block, "max_total_requeues_per_job", policy.max_total_requeues_per_job);
  const Json& hook = member(block, "escalation_hook");
  if (!hook.is_null()) policy.escalation_hook = escalation_hook(hook);
  return policy;
}

}  // namespace striatum::domain
