// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace striatum {

enum class RunState { needs_branch_confirmation, ready, running, blocked, completed, failed, canceled };
enum class JobState {
  blocked,
  queued,
  claimed,
  running,
  stale_lease,
  waiting_human,
  completed,
  failed,
  canceled,
  skipped
};
enum class SessionState { active, expired, stopped, lost, closed };
enum class LeaseState { active, released, expired };
enum class MessageState { pending, claimed, acked, blocked, completed, released, expired, canceled, dead };
enum class Verdict { accept, accept_with_findings, needs_revision, reject };
enum class Severity { info, warning, blocked, human_checkpoint };
enum class BlockerState { open, resolved, canceled };
enum class DecisionOutcome { accepted, rejected, accepted_with_follow_up };

/// The stored words of an enum, in the order of its values; one specialisation an enum.
template <class Enum>
inline constexpr std::array<std::string_view, 0> kWords{};

template <>
inline constexpr std::array<std::string_view, 7> kWords<RunState>{
    "needs_branch_confirmation", "ready", "running", "blocked", "completed", "failed", "canceled"};
template <>
inline constexpr std::array<std::string_view, 10> kWords<JobState>{
    "blocked",   "queued",    "claimed", "running",  "stale_lease", "waiting_human",
    "completed", "failed",    "canceled", "skipped"};
template <>
inline constexpr std::array<std::string_view, 5> kWords<SessionState>{"active", "expired", "stopped", "lost", "closed"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<LeaseState>{"active", "released", "expired"};
template <>
inline constexpr std::array<std::string_view, 9> kWords<MessageState>{
    "pending", "claimed", "acked", "blocked", "completed", "released", "expired", "canceled", "dead"};
template <>
inline constexpr std::array<std::string_view, 4> kWords<Verdict>{"accept", "accept_with_findings", "needs_revision",
                                                                 "reject"};
template <>
inline constexpr std::array<std::string_view, 4> kWords<Severity>{"info", "warning", "blocked", "human_checkpoint"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<BlockerState>{"open", "resolved", "canceled"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<DecisionOutcome>{"accepted", "rejected",
                                                                         "accepted_with_follow_up"};

/// The thirteen kinds of artifacts, as release 1.24 orders them.
inline constexpr std::array<std::string_view, 13> kArtifactKinds{
    "prompt",        "finding",     "findings_ledger", "synthesis",      "marker",
    "handoff",       "decision",    "patch_summary",   "test_report",    "other",
    "support_ledger", "action_item_ledger", "harness_improvement_proposal"};

template <class Enum>
[[nodiscard]] constexpr std::string_view to_text(Enum value) {
  return kWords<Enum>[static_cast<std::size_t>(value)];
}

template <class Enum>
[[nodiscard]] constexpr std::optional<Enum> from_text(std::string_view word) {
  for (std::size_t i = 0; i < kWords<Enum>.size(); ++i) {
    if (kWords<Enum>[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

[[nodiscard]] constexpr bool is_terminal(RunState state) {
  return state == RunState::completed || state == RunState::failed || state == RunState::canceled;
}
[[nodiscard]] constexpr bool is_terminal(JobState state) {
  return state == JobState::completed || state == JobState::failed || state == JobState::canceled ||
         state == JobState::skipped;
}
[[nodiscard]] constexpr bool is_accepting(Verdict verdict) {
  return verdict == Verdict::accept || verdict == Verdict::accept_with_findings;
}

}  // namespace striatum
