// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/artifact.hpp"
#include "app/outbox.hpp"
#include "app/verbs.hpp"
#include "base/text.hpp"
#include "os/repo_files.hpp"

namespace striatum::app {
namespace {

void check_words(const RecordDecision& command) {
  if (blank(command.title)) {
    refuse(Code::artifact, "a decision needs a title; --title is blank",
           {"say what was decided: --title TEXT"});
  }
  if (command.outcome == DecisionOutcome::accepted_with_follow_up && blank(command.follow_up.value_or(""))) {
    refuse(Code::artifact, "outcome accepted_with_follow_up needs --follow-up", {"say what has to follow"});
  }
  if (!command.decision_id) return;
  const std::string& id = *command.decision_id;
  const bool spaced = id.find_first_of(" \t\r\n\f\v") != std::string::npos;
  if (id.empty() || spaced) {
    refuse(Code::artifact, "decision id " + quote(id) + " must be one word",
           {"leave --decision-id out to have one made"});
  }
}

void refuse_repeated(store::Connection& db, const RecordDecision& command, const std::string& id) {
  if (store::find_decision(db, command.run, id)) {
    refuse(Code::artifact, "decision id " + quote(id) + " is already recorded in run " + quote(command.run.str()),
           {"choose another --decision-id"});
  }
  if (store::decision_path_taken(db, command.run, command.path)) {
    refuse(Code::artifact, "decision path " + quote(command.path) + " is already recorded in run " +
                               quote(command.run.str()),
         {"choose another --path"});
  }
}

std::string section(const std::string& title, const std::optional<std::string>& text) {
  if (!text || blank(*text)) return {};
  return "\n## " + title + "\n\n" + std::string(trim(*text)) + "\n";
}

std::string document(const RecordDecision& command, const std::string& id, Instant now) {
  const std::string outcome(to_text(command.outcome));
  const std::string title(trim(command.title));
  const auto json = [](const std::string& text) { return to_canonical_ascii(text); };
  const bool follow_up = command.outcome == DecisionOutcome::accepted_with_follow_up;
  return "---\nschema_version: striatum.decision.v1\ndecision_id: " + json(id) + "\nrun_id: " + json(command.run.str()) +
         "\nartifact_kind: decision\nowner: human\noutcome: " + outcome +
         "\nfollow_up_required: " + (follow_up ? "true" : "false") + "\ntitle: " + json(title) +
         "\ncreated_at: " + json(to_text(now)) + "\n---\n\n# " + title + "\n\nDecision ID: `" + id + "`\nRun ID: `" +
         command.run.str() + "`\nOutcome: `" + outcome + "`\n" + section("Rationale", command.rationale) +
         section("Follow-Up", command.follow_up);
}

/// The document, staged; a decision never takes the place of anything.
OutFile stage_document(const Context& ctx, const std::string& path, const std::string& text) {
  const auto there = os::RepoFiles(ctx.place.work_tree.string()).stat(path);
  if (there.access != os::Access::ok) {
    OutFile file(ctx, path, os::Existing::keep);
    if (file.access() == os::Access::ok) {
      file.append(text);
      return file;
    }
  }
  const bool taken = there.access == os::Access::ok && there.type == os::FileType::regular;
  refuse(Code::artifact,
         "decision path " + quote(path) + (taken ? " already exists" : " is not a plain path inside the repository"),
         {"choose another --path"});
}

}  // namespace

Json decision_record(Context& ctx, const RecordDecision& command) {
  return write_with_file(ctx, [&](store::WriteUnit& unit, std::optional<OutFile>& out) -> Json {
    (void)store::get_run(unit.db(), command.run);
    check_words(command);
    const std::string id = command.decision_id.value_or(unit.new_id("dec"));
    refuse_repeated(unit.db(), command, id);
    const std::string file = plain_path(command.path);
    const std::string text = document(command, id, unit.now());
    store::NewArtifact row;
    row.id = ArtifactId(unit.new_id("art"));
    row.run = command.run;
    row.logical_name = id;
    row.kind = "decision";
    row.path = command.path;
    out.emplace(stage_document(ctx, file, text));
    row.sha256 = out->finish().hex();
    row.size = static_cast<std::int64_t>(text.size());
    store::insert_artifact(unit.db(), row, unit.now());
    Event event{"decision.recorded", command.run};
    event.artifact = row.id;
    event.payload = {{"decision_id", id},
                     {"outcome", to_text(command.outcome)},
                     {"path", command.path},
                     {"sha256", row.sha256}};
    unit.event(event);
    return {{"status", "recorded"},   {"run_id", command.run.str()}, {"decision_id", id},
            {"artifact_id", row.id.str()}, {"path", command.path},   {"outcome", to_text(command.outcome)},
            {"sha256", row.sha256}};
  });
}

}  // namespace striatum::app
