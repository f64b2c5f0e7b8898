// SPDX-License-Identifier: Apache-2.0
#include "cli/people_done.hpp"

#include <map>

#include "base/text.hpp"

namespace striatum::cli {
namespace {

std::string scalar(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

std::string label(std::string key) {
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return printable(key);
}

void append(std::string& out, const Json& value, const std::string& indent) {
  for (const auto& [key, item] : value.items()) {
    const std::string start = indent + (value.is_array() ? "-" : label(key) + ":");
    if (item.is_structured() && !item.empty()) {
      out += start + "\n";
      append(out, item, indent + "  ");
    } else if (item.is_structured()) {
      out += start + " none\n";
    } else {
      out += start + " " + scalar(item) + "\n";
    }
  }
}

std::string members(const Json& data) {
  if (!data.is_structured()) return scalar(data) + "\n";
  std::string out;
  append(out, data, "");
  return out;
}

std::string shown(const Json& object, std::string_view key) { return printable(text_member(object, key)); }

std::string next(const std::string& command) { return "\nnext: git striatum " + command + "\n"; }

bool is(const Json& data, std::string_view status) { return text_member(data, "status") == status; }

// ---- an agent's verbs

std::string acknowledged(const Json& data, Instant) { return "Working on " + shown(data, "job_id") + ".\n"; }

std::string kept(const Json& data, Instant now) {
  const auto end = parse_instant(text_member(data, "expires_at"));
  return "The lease is kept" + (end ? ", it ends " + relative(*end, now) : std::string()) + ".\n";
}

std::string given_back(const Json& data, Instant) { return "Given back; the job is " + shown(data, "job_state") + ".\n"; }

std::string sent(const Json& data, Instant) { return "Left the message " + shown(data, "message_id") + ".\n"; }

std::string published(const Json& data, Instant) {
  if (is(data, "already_published")) return "It was published before, as " + shown(data, "artifact_id") + ".\n";
  return "Published as " + shown(data, "artifact_id") + ", SHA-256 " + shown(data, "sha256").substr(0, 12) + "….\n";
}

std::string completed(const Json& data, Instant) { return "Completed " + shown(data, "job_id") + ".\n"; }

std::string blocked(const Json& data, Instant) {
  return "Stopped by " + shown(data, "blocker_id") + "; the lease is given back.\n" + next("why " + shown(data, "blocker_id"));
}

std::string session_closed(const Json& data, Instant) {
  const std::string note = shown(data, "note");
  return "Session " + shown(data, "session_id") + " is " + shown(data, "state") + (note.empty() ? "" : ": " + note) + ".\n";
}

// ---- verdicts

std::string judged(const Json& data, Instant) {
  std::string out = "Verdict " + shown(data, "verdict") + " on " + shown(data, "job_id");
  if (is(data, "revision_requested")) return out + "; the work is queued again as " + shown(data, "next_job_id") + ".\n";
  if (is(data, "waiting_human")) return out + "; a person has to decide.\n" + next("why " + shown(data, "blocker_id"));
  return out + (is(data, "failed") ? "; the job has failed.\n" : ".\n");
}

std::string reviewed(const Json& data, Instant now) {
  std::string out = judged(member(data, "verdict"), now);
  std::string open;
  for (const Json& job : member(data, "downstream_jobs")) {
    if (text_member(job, "state") == "queued") open += (open.empty() ? "" : ", ") + shown(job, "workflow_job_id");
  }
  if (!open.empty()) out += "Now to be taken: " + open + ".\n";
  if (text_member(data, "run_state") == "completed") out += "The run is completed.\n" + next("status");
  return out;
}

std::string overridden(const Json& data, Instant) {
  if (is(data, "already_accepting")) return "Nothing to override: the verdict is " + shown(data, "previous_verdict") + ".\n";
  return "Verdict " + shown(data, "verdict") + " in place of " + shown(data, "previous_verdict") + " on " +
         shown(data, "job_id") + ".\n";
}

// ---- a person's verbs

std::string decided(const Json& data, Instant) {
  return "Recorded the decision " + shown(data, "decision_id") + " (" + shown(data, "outcome") + ") in " +
         shown(data, "path") + ".\n";
}

std::string resolved(const Json& data, Instant) {
  if (!is(data, "resolved")) return members(data);
  const bool goes_on = text_member(data, "action") == "continue";
  return shown(data, "blocker_id") + " is resolved: " + shown(data, "job_id") +
         (goes_on ? " can be claimed again" : " is canceled") + ", the run is " + shown(data, "run_state") + ".\n";
}

std::string steered(const Json& data, Instant) {
  const std::string run = shown(data, "run_id");
  const std::string status = shown(data, "status");
  if (status == "paused") return run + " is paused: no work is handed out.\n" + next("run resume --run-id " + run);
  if (status == "resumed") return run + " hands out work again.\n";
  if (status == "canceled") return run + " is canceled, and its open jobs with it.\n";
  if (status == "not_paused") return run + " was not paused.\n";
  return run + " was " + shown(data, "state") + " before.\n";
}

std::string retried(const Json& data, Instant) {
  return shown(data, "job_id") + " is " + shown(data, "new_state") + " again; it was " + shown(data, "previous_state") + ".\n" +
         (member(data, "run_revived") == true ? shown(data, "run_id") + " runs again.\n" : "");
}

std::string exported(const Json& data, Instant) {
  return "Wrote " + shown(data, "path") + ", SHA-256 " + shown(data, "sha256").substr(0, 12) + "….\n";
}

using Sentence = std::string (*)(const Json& data, Instant now);

const std::map<std::string, Sentence, std::less<>>& sentences() {
  static const std::map<std::string, Sentence, std::less<>> kSentences{
      {"ack", acknowledged},         {"heartbeat", kept},           {"release", given_back},
      {"send", sent},                {"publish-artifact", published}, {"complete", completed},
      {"block", blocked},            {"session close", session_closed}, {"verdict", judged},
      {"submit-review", reviewed},   {"override-verdict", overridden}, {"decision record", decided},
      {"checkpoint resolve", resolved}, {"run pause", steered},     {"run resume", steered},
      {"run cancel", steered},       {"run retry-job", retried},    {"evidence export", exported},
  };
  return kSentences;
}

}  // namespace

std::string people_done(const std::string& verb, const Json& data, Instant now) {
  const auto found = sentences().find(verb);
  return found == sentences().end() ? members(data) : found->second(data, now);
}

}  // namespace striatum::cli
