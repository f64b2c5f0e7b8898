// SPDX-License-Identifier: Apache-2.0
#include "domain/workflow_starter.hpp"

#include <initializer_list>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"

namespace striatum::domain {
namespace {

/// Members stay in the order written: people read this file.
using Ordered = nlohmann::ordered_json;

constexpr std::string_view kAuthorRole =
    "# Author\n"
    "\n"
    "Does the work that the task prompt describes. Changes files only below the allowed paths of the job, "
    "publishes "
    "each expected artifact, and says in the summary what was left out.\n";
constexpr std::string_view kReviewerRole =
    "# Reviewer\n"
    "\n"
    "Judges the work of the author and changes none of it. Writes the findings down with file and line, "
    "publishes "
    "them, and ends with one verdict: accept, accept_with_findings, needs_revision or reject.\n";
constexpr std::string_view kDraftPrompt =
    "Write the first version of the result and publish it under the path that the job expects. Start the "
    "file with "
    "the author line from the work packet.\n";
constexpr std::string_view kReviewPrompt =
    "Read the draft that the inputs or the run's artifacts name. Publish your findings under the path that "
    "the job "
    "expects and submit a verdict with a short reason.\n";
constexpr std::string_view kApplyPrompt =
    "The review accepted the draft. Work its findings in, then publish a summary that lists what changed and "
    "what "
    "stays open.\n";

Ordered list(std::initializer_list<std::string> items) {
  Ordered out = Ordered::array();
  for (const std::string& item : items) out.push_back(item);
  return out;
}

Ordered scope(bool writes, const std::string& allowed) {
  Ordered out;
  out["mode"] = writes ? "repo_write" : "review_only_artifact";
  out["repo_write"] = writes;
  out["allowed_paths"] = list({allowed});
  out["forbidden_paths"] = list({".striatum/"});
  return out;
}

Ordered artifact(const char* name, const char* kind, const std::string& path) {
  Ordered out;
  out["logical_name"] = name;
  out["kind"] = kind;
  out["path"] = path;
  out["required"] = true;
  return out;
}

Ordered job(const char* id, const char* type, const char* title, const char* role, const char* objective) {
  Ordered out;
  out["id"] = id;
  out["type"] = type;
  out["title"] = title;
  out["role_id"] = role;
  out["lane_id"] = "local";
  if (std::string_view(type) == "review") out["fresh_session_required"] = true;
  out["objective"] = objective;
  out["task_prompt"]["path"] = "prompts/" + std::string(id) + ".md";
  return out;
}

Ordered jobs(StarterStyle style, const std::string& folder) {
  Ordered draft =
      job("draft", "draft", "Write the draft", "author", "A first version of the result, ready to be read.");
  draft["write_scope"] = scope(true, folder);
  draft["expected_artifacts"].push_back(artifact("draft", "handoff", folder + "DRAFT.md"));
  Ordered out = Ordered::array({draft});
  if (style == StarterStyle::minimal) return out;
  Ordered review =
      job("review", "review", "Judge the draft", "reviewer", "Findings on the draft and a verdict.");
  review["write_scope"] = scope(false, folder + "review/");
  review["expected_artifacts"].push_back(artifact("review", "finding", folder + "review/REVIEW.md"));
  out.push_back(std::move(review));
  Ordered apply =
      job("apply", "synthesis", "Work the findings in", "author", "The accepted result with its summary.");
  apply["write_scope"] = scope(true, folder);
  apply["expected_artifacts"].push_back(artifact("summary", "synthesis", folder + "SUMMARY.md"));
  out.push_back(std::move(apply));
  return out;
}

Ordered edge(const char* from, const char* to) {
  Ordered out;
  out["from"] = from;
  out["to"] = to;
  out["on"] = "completed";
  return out;
}

Ordered lanes() {
  Ordered local;
  local["adapter"] = "process";
  local["display_model"] = "Local Fixture";
  local["command"] = list({"sh", "-c", "cat >/dev/null"});
  local["capabilities"] = list({"write", "review"});
  Ordered out;
  out["local"] = std::move(local);
  return out;
}

Ordered roles(StarterStyle style) {
  Ordered out;
  out["author"]["definition_path"] = "roles/author.md";
  if (style != StarterStyle::minimal) out["reviewer"]["definition_path"] = "roles/reviewer.md";
  return out;
}

Ordered cycles(StarterStyle style) {
  Ordered out = Ordered::array();
  if (style != StarterStyle::code_change) return out;
  Ordered cycle;
  cycle["from"] = "review";
  cycle["to"] = "draft";
  cycle["on_verdict"] = "needs_revision";
  cycle["max_iterations"] = 1;
  out.push_back(std::move(cycle));
  return out;
}

Ordered document(StarterStyle style, const std::string& slug, Instant today) {
  Ordered out;
  out["schema_version"] = "striatum.workflow.v1";
  out["workflow_id"] = slug + "-starter";
  out["workflow_version"] = to_text(today).substr(0, 10);
  out["name"] = slug + " starter (" + std::string(word(style)) + ")";
  out["branch"]["mode"] = "confirm";
  out["branch"]["suggested_name"] = "striatum/" + slug;
  out["branch"]["allow_dirty"] = false;
  out["coordinator"]["role_id"] = "author";
  out["coordinator"]["lane_id"] = "local";
  out["lanes"] = lanes();
  out["roles"] = roles(style);
  out["context_docs"] = Ordered::array();
  out["parallelism"]["mode"] = "declared";
  out["parallelism"]["max_active_jobs"] = 1;
  out["parallelism"]["require_disjoint_write_scopes"] = true;
  out["jobs"] = jobs(style, "docs/workflows/" + slug + '/');
  out["edges"] = Ordered::array();
  if (style != StarterStyle::minimal) {
    out["edges"].push_back(edge("draft", "review"));
    out["edges"].push_back(edge("review", "apply"));
  }
  out["cycles"] = cycles(style);
  return out;
}

}  // namespace

std::optional<StarterStyle> starter_style(std::string_view text) {
  for (const auto style : {StarterStyle::minimal, StarterStyle::review, StarterStyle::code_change}) {
    if (word(style) == text) return style;
  }
  return std::nullopt;
}

std::string_view word(StarterStyle style) {
  switch (style) {
    case StarterStyle::minimal:
      return "minimal";
    case StarterStyle::review:
      return "review";
    case StarterStyle::code_change:
      return "code-change";
  }
  return "review";
}

std::vector<StarterFile> starter_files(StarterStyle style, const std::string& slug, Instant today) {
  std::vector<StarterFile> files = {{"roles/author.md", std::string(kAuthorRole)}};
  const bool reviewed = style != StarterStyle::minimal;
  if (reviewed) files.push_back({"roles/reviewer.md", std::string(kReviewerRole)});
  files.push_back({"prompts/draft.md", std::string(kDraftPrompt)});
  if (reviewed) files.push_back({"prompts/review.md", std::string(kReviewPrompt)});
  if (reviewed) files.push_back({"prompts/apply.md", std::string(kApplyPrompt)});
  files.push_back({"workflow.json", document(style, to_utf8(slug), today).dump(2, ' ', true) + '\n'});
  return files;
}

}  // namespace striatum::domain
