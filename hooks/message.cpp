// SPDX-License-Identifier: Apache-2.0
#include "hooks/message.hpp"

#include <algorithm>
#include <cctype>

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

constexpr std::string_view kRun = "striatum-run:";

/// Lines of ours, wherever they stand. Most messages have none, and most of the others only the run's: git need not be
/// asked which lines are trailers then.
std::vector<std::string> our_lines(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& line : split(text, '\n')) {
    if (lower(line.substr(0, 9)) == "striatum-") out.push_back(line);
  }
  return out;
}

bool names_run(const std::string& line) {
  return lower(line).starts_with(kRun) && provenance::valid_run_folder(trim(std::string_view(line).substr(kRun.size())));
}

/// A message of plain paragraphs whose last one cannot be taken for trailers: a trailer behind it is a paragraph of its
/// own. Anything else (comments, dividers, trailers) is for git to judge.
bool plain(const std::string& text) {
  const std::string body(trim(text));
  for (const std::string& line : split(body, '\n')) {
    if (!line.empty() && std::isalnum(static_cast<unsigned char>(line.front())) == 0) return false;
  }
  const auto last = body.rfind("\n\n");
  return last == std::string::npos || body.find(':', last) == std::string::npos;
}

void add_trailer(const git::Program& git, const std::string& file, const std::string& text, const std::string& trailer) {
  const std::string path = os::path_join(os::current_directory(), file);
  if (plain(text)) {
    os::append(path, (text.ends_with("\n") ? "\n" : "\n\n") + trailer + "\n");
  } else {
    static_cast<void>(git.out({"interpret-trailers", "--in-place", "--if-exists", "addIfDifferent", "--trailer", trailer, path}));
  }
}

}  // namespace

void add_run_trailer(app::Context& ctx, const CommitQuestion& question, const std::string& file) {
  if (question.intent || !ctx.state_exists()) return;  // apply writes its own
  const std::string text = message_in(file);
  const auto ours = our_lines(text);
  if (blank(text) || std::any_of(ours.begin(), ours.end(), names_run)) return;
  const git::Program git = program(ctx, question);
  const WhoCommits who = who_commits(ctx, named_session(git, question.session));
  if (who.committer) add_trailer(git, file, text, "Striatum-Run: " + who.committer->job.run.str());
}

HookReport check_message(app::Context& ctx, const CommitQuestion& question, const std::string& file) {
  HookReport report;
  const std::string text = message_in(file);
  add_run_trailer(ctx, question, file);
  const auto ours = our_lines(text);
  if (std::all_of(ours.begin(), ours.end(), names_run)) return report;
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
