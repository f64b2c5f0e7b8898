// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <map>
#include <vector>

#include "app/artifact.hpp"
#include "app/board.hpp"
#include "app/doctor.hpp"
#include "app/export_file.hpp"
#include "app/git_facts.hpp"
#include "app/read_model.hpp"
#include "app/status.hpp"
#include "base/time.hpp"
#include "store/evidence.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

std::string ticked(const std::string& text) { return "`" + text + "`"; }

/// A missing value reads `None`, as the contract has it.
std::string ticked(const Json& row, std::string_view key) { return ticked(text_member(row, key, "None")); }

std::string section(const std::string& title, const std::vector<std::string>& lines, const std::string& none) {
  std::string out = "\n## " + title + "\n\n";
  for (const std::string& line : lines) out += "- " + line + "\n";
  return lines.empty() ? out + "- " + none + "\n" : out;
}

template <class Show>
std::vector<std::string> shown(const Json& rows, Show&& show) {
  std::vector<std::string> out;
  for (const Json& row : rows) out.push_back(show(row));
  return out;
}

std::string branch_line(const std::optional<std::string>& branch, const std::optional<std::string>& current) {
  std::string out = "Branch: " + ticked(branch.value_or("None"));
  if (!current || current == branch) return out;
  out += " (current: " + ticked(*current) + ")";
  return branch ? out + " (MISMATCH)" : out;
}

std::string duration(const Json& run, Instant now) {
  const auto start = parse_instant(text_member(run, "started_at"));
  const Json& ended = member(run, "completed_at");
  const auto end = ended.is_string() ? parse_instant(ended.get<std::string>()) : std::optional(now);
  if (!start || !end) return "None";
  const std::int64_t seconds = (*end - *start).count;
  return std::to_string(seconds / 3600) + "h " + std::to_string(seconds / 60 % 60) + "m " +
         std::to_string(seconds % 60) + "s";
}

std::vector<std::string> timing(const Json& run, Instant now) {
  return {"Created at: " + ticked(run, "created_at"), "Started at: " + ticked(run, "started_at"),
          "Completed at: " + ticked(run, "completed_at"), "Duration: " + ticked(duration(run, now))};
}

std::vector<std::string> job_counts(const Json& counts) {
  std::vector<std::string> out;
  for (const auto& [state, count] : counts.items()) out.push_back(ticked(state) + ": " + count.dump());
  return out;
}

/// What was said about one review job, the first verdict in front.
struct Review {
  std::string name;
  std::vector<const Json*> verdicts;
};

std::vector<Review> reviews(const Json& verdicts) {
  std::vector<Review> out;
  std::map<std::string, std::size_t> places;
  for (const Json& verdict : verdicts) {
    const std::string name = text_member(verdict, "workflow_job_id");
    const auto [place, fresh] = places.emplace(name, out.size());
    if (fresh) out.push_back({name, {}});
    out[place->second].verdicts.push_back(&verdict);
  }
  return out;
}

/// `2x needs_revision, 1x reject`, in the order in which they were first given.
std::string earlier(const Review& review) {
  std::vector<std::pair<std::string, int>> counts;
  for (std::size_t i = 0; i + 1 < review.verdicts.size(); ++i) {
    const std::string verdict = text_member(*review.verdicts[i], "verdict");
    const auto same = [&](const auto& count) { return count.first == verdict; };
    const auto found = std::find_if(counts.begin(), counts.end(), same);
    if (found == counts.end()) counts.emplace_back(verdict, 1);
    else ++found->second;
  }
  std::string out;
  for (const auto& [verdict, count] : counts) {
    out += (out.empty() ? " after " : ", ") + std::to_string(count) + "x " + ticked(verdict);
  }
  return out;
}

std::vector<std::string> verdict_lines(const Json& verdicts) {
  const std::vector<Review> all = reviews(verdicts);
  const bool postures = std::any_of(all.begin(), all.end(), [](const Review& review) {
    return text_member(*review.verdicts.back(), "posture") != "neutral";
  });
  std::vector<std::string> out;
  for (const Review& review : all) {
    const Json& latest = *review.verdicts.back();
    std::string line = ticked(review.name) + " (" + std::to_string(review.verdicts.size()) + " attempts): " +
                       ticked(latest, "verdict");
    if (postures) line += " [posture: " + ticked(latest, "posture") + "]";
    out.push_back(line + earlier(review));
  }
  return out;
}

std::string artifact_line(const Json& row) {
  const std::string out = ticked(row, "artifact_kind") + " " + ticked(row, "logical_name") + ": " + ticked(row, "repo_path");
  if (member(row, "job_id").is_null()) return out;
  return out + " - " + ticked(text_member(row, "author_line", "author: <missing>"));
}

std::string session_line(const Json& row) {
  std::string out = ticked(row, "slug") + " " + ticked(row, "state");
  const auto add = [&](const char* key, const std::string& before, const char* after) {
    if (member(row, key).is_string()) out += before + ticked(row, key) + after;
  };
  add("closed_at", " (closed_at: ", ")");
  add("close_reason", " reason: ", "");
  add("non_fresh_reason", " non_fresh: ", "");
  return out;
}

std::string blocker_line(const Json& row) {
  return ticked(row, "state") + " " + ticked(row, "severity") + " " + ticked(row, "blocker_kind") + " (" +
         text_member(row, "blocker_id") + ")";
}

std::string document(const Context& ctx, store::Connection& db, const RunId& id) {
  const Run run = store::get_run(db, id);
  const Json row = store::run_row(db, id.str());
  const Instant now = ctx.clock.now();
  const Json status = status_model(db, id, now);
  const std::string healthy = doctor_model(ctx, db, id).at("ok") == true ? "true" : "false";
  return "# Striatum Run Summary\n\nRun ID: " + ticked(id.str()) + "\n" + branch_line(run.branch, current_branch(ctx)) +
         "\nRun state: " + ticked(std::string(to_text(run.state))) + "\nVerification: " + ticked("doctor ok=" + healthy) +
         "\n" + section("Timing", timing(row, now), "") +
         section("Jobs", job_counts(status.at("jobs")), "No jobs recorded.") +
         section("Verdicts", verdict_lines(store::verdicts_in_order(db, id)), "No verdicts recorded.") +
         section("Artifacts", shown(store::evidence_artifacts(db, id).rows(), artifact_line), "No artifacts recorded.") +
         section("Sessions", shown(store::evidence_sessions(db, id).rows(), session_line), "No sessions recorded.") +
         section("Blockers", shown(store::evidence_blockers(db, id).rows(), blocker_line), "No blockers recorded.") +
         section("Next Actions", shown(status.at("next_actions"), [](const Json& action) { return ticked(action.get<std::string>()); }),
                 "No deterministic next actions.");
}

}  // namespace

Json run_summary(Context& ctx, const RunId& run, const std::string& path) {
  (void)store::get_run(ctx.state().db(), run);
  (void)plain_path(path);  // refused before anything is looked at
  sweep(ctx, run);
  ExportFile file(ctx, path);
  (void)read(ctx, [&](store::Connection& db) {
    file.append(document(ctx, db, run));
    return Json();
  });
  return file.publish(run, "run_summary.exported");
}

}  // namespace striatum::app
