// SPDX-License-Identifier: Apache-2.0
#include "hooks/message.hpp"

#include "base/text.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"
#include "git/program.hpp"
#include "hooks/committer.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {
namespace {

git::Program program(const app::Context& ctx, const CommitQuestion& question) {
  const git::Program git = ctx.place.git ? git::Program(*ctx.place.git) : git::Program(ctx.place.work_tree.string());
  return question.index_file ? git.with_index(*question.index_file) : git;
}

bool is_staged(const git::Program& git, const std::string& path) {
  return !git.out({"ls-files", "--cached", "-z", "--", ":(top,literal)" + path}).empty();
}

void check_receipt_trailer(const git::Program& git, const std::string& value, HookReport& report) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string digest = value.starts_with(kPrefix) ? value.substr(kPrefix.size()) : "";
  if (!provenance::parse_digest(digest)) {
    report.refuse("the trailer Striatum-Receipt is not sha256: and 64 hex digits: " + quote(value),
                  "take the trailer out; `git striatum apply` writes it");
  } else if (!is_staged(git, provenance::receipt_path(digest))) {
    report.refuse("the trailer Striatum-Receipt names a receipt that the commit does not hold: " + quote(value),
                  "take the trailer out, or bring the record: " + provenance::receipt_path(digest));
  }
}

std::string message_in(const std::string& file) {
  const auto text = os::read_file(file);
  if (!text) refuse(Code::not_found, "could not find the message file " + quote(file), {"give the file that git gives to commit-msg"});
  return *text;
}

/// Cheap, and true for most messages of people.
bool mentions_us(const std::string& text) { return lower(text).find("striatum-") != std::string::npos; }

}  // namespace

void add_run_trailer(app::Context& ctx, const CommitQuestion& question, const std::string& file) {
  if (question.intent || !ctx.state_exists()) return;  // apply writes its own
  const git::Program git = program(ctx, question);
  const WhoCommits who = who_commits(ctx, named_session(git, question.session));
  if (!who.committer) return;
  const std::string text = message_in(file);
  const std::string trailer = "Striatum-Run: " + who.committer->job.run.str();
  if (blank(text) || text.find(trailer) != std::string::npos) return;
  static_cast<void>(git.out({"interpret-trailers", "--in-place", "--if-exists", "addIfDifferent", "--trailer", trailer,
                             os::path_join(os::current_directory(), file)}));
}

HookReport check_message(app::Context& ctx, const CommitQuestion& question, const std::string& file) {
  HookReport report;
  const std::string text = message_in(file);
  add_run_trailer(ctx, question, file);
  if (!mentions_us(text)) return report;
  const git::Program git = program(ctx, question);
  for (const auto& [name, value] : git::trailers(git, text)) {
    const std::string key = lower(name);
    if (key == "striatum-receipt") check_receipt_trailer(git, value, report);
    if (key == "striatum-run" && !provenance::valid_run_folder(value)) {
      report.refuse("the trailer Striatum-Run is no run id: " + quote(value), "take the trailer out; `git striatum apply` writes it");
    }
  }
  return report;
}

}  // namespace striatum::hooks
