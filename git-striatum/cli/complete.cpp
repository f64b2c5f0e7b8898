// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <algorithm>
#include <exception>
#include <map>

#include "app/suggestions.hpp"
#include "base/text.hpp"

namespace striatum::cli {
namespace {

using store::Live;

/// Options that name the same thing behind every verb.
const std::map<std::string, Live, std::less<>>& everywhere() {
  static const std::map<std::string, Live, std::less<>> kOptions{
      {"--run-id", Live::run},           {"--job-id", Live::job},
      {"--session-id", Live::session},   {"--parent-session-id", Live::session},
      {"--lease-id", Live::lease},       {"--message-id", Live::message},
      {"--blocker-id", Live::blocker},   {"--findings-artifact-id", Live::artifact},
      {"--branch", Live::branch},        {"--workflow-job-id", Live::workflow_job},
      {"--lane", Live::lane}};
  return kOptions;
}

/// Those that mean something of their own behind one verb; "" is its argument.
const std::map<std::pair<std::string, std::string>, Live>& special() {
  static const std::map<std::pair<std::string, std::string>, Live> kPlaces{
      {{"why", ""}, Live::anything},
      {{"register-session", "--role"}, Live::role},
      {{"list sessions", "--role"}, Live::role},
      {{"list runs", "--state"}, Live::run_state},
      {{"list sessions", "--state"}, Live::session_state},
      {{"list jobs", "--state"}, Live::job_state}};
  return kPlaces;
}

/// Runs and jobs that a verb can do something with, by their state.
std::optional<std::string> fitting_states(const std::string& verb, Live kind) {
  static const std::map<std::pair<std::string, Live>, std::string> kFitting{
      {{"run start", Live::run}, " ready "},
      {{"branch confirm", Live::run}, " needs_branch_confirmation ready running "},
      {{"run pause", Live::run}, " needs_branch_confirmation ready running "},
      {{"run cancel", Live::run}, " needs_branch_confirmation ready running "},
      {{"register-session", Live::run}, " ready running "},
      {{"recovery watch", Live::run}, " running "},
      {{"recovery requeue-stale", Live::job}, " queued blocked stale_lease "},
      {{"recovery cancel-job", Live::job}, " blocked queued claimed running stale_lease waiting_human "},
      {{"run retry-job", Live::job}, " failed canceled blocked "}};
  const auto found = kFitting.find({verb, kind});
  if (found == kFitting.end()) return std::nullopt;
  return found->second;
}

/// What of a line matters here.
struct Typed {
  std::string verb;
  /// The option whose value is typed, or "".
  std::string option;
  std::string current;
  std::map<std::string, std::string, std::less<>> values;

  [[nodiscard]] std::optional<std::string> value(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
};

bool is_option(const std::string& word) { return word.starts_with("-"); }

/// Verbs are what stands before the first option; only the options of the root that take a value can precede them.
Typed read(const std::vector<std::string>& words) {
  Typed out;
  bool verbs = true;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool root_value = words[i] == "--repo" || words[i] == "--request-id";
    if (is_option(words[i]) && i + 2 < words.size() && !is_option(words[i + 1])) out.values[words[i]] = words[i + 1];
    if (root_value) {
      ++i;
    } else if (is_option(words[i])) {
      verbs = verbs && out.verb.empty();
    } else if (verbs) {
      out.verb += (out.verb.empty() ? "" : " ") + words[i];
    }
  }
  if (!words.empty()) out.current = words.back();
  if (words.size() > 1 && is_option(words[words.size() - 2])) out.option = words[words.size() - 2];
  return out;
}

store::SuggestionFilter filter_of(const Typed& typed, Live kind) {
  store::SuggestionFilter out;
  out.prefix = typed.current;
  out.run = typed.value("--run-id");
  out.session = typed.value("--session-id");
  out.states = fitting_states(typed.verb, kind);
  return out;
}

}  // namespace

std::optional<store::Live> live_value(const std::string& verb, const std::string& option) {
  if (const auto found = special().find({verb, option}); found != special().end()) return found->second;
  const auto found = everywhere().find(option);
  if (found == everywhere().end()) return std::nullopt;
  return found->second;
}

void complete(Shell& shell, const std::vector<std::string>& words) {
  const Typed typed = read(words);
  const auto kind = live_value(typed.verb, typed.option);
  if (!kind) return;
  try {
    shell.daemon = false;
    shell.repo = typed.value("--repo");
    for (const store::Suggestion& each : app::suggestions(shell.open(), *kind, filter_of(typed, *kind))) {
      shell.line(printable(each.value) + '\t' + printable(each.about));
    }
  } catch (const std::exception&) {  // no state, a damaged one, no repository: there is nothing to offer
  }
}

}  // namespace striatum::cli
