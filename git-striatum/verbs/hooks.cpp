// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/shell.hpp"
#include "hooks/install.hpp"
#include "hooks/staged.hpp"
#include "os/files.hpp"
#include "verbs/families.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

std::string rows_text(const Json& data, const char* word) {
  std::string out;
  for (const Json& row : data["hooks"]) {
    std::string name = text_member(row, "name");
    name.resize(std::max<std::size_t>(name.size() + 1, 12), ' ');
    out += name + text_member(row, word) + "  " + printable(text_member(row, "path"));
    if (const auto reason = optional_text(row, "reason")) out += "  (" + printable(*reason) + ")";
    out += "\n";
    if (const auto snippet = optional_text(row, "snippet")) {
      out += "  to run ours there, add:\n";
      for (const std::string& line : split(*snippet, '\n')) {
        if (!line.empty()) out += "    " + printable(line) + "\n";
      }
    }
  }
  return out;
}

using Change = Json (*)(const git::Places&, const hooks::InstallOptions&);

void add_change(CLI::App& group, Shell& shell, const char* name, const char* help, Change change) {
  auto options = std::make_shared<hooks::InstallOptions>();
  auto* verb = group.add_subcommand(name, help);
  verb->add_flag("--chain", options->chain, "Also stand inside plain shell scripts that are there");
  verb->add_flag("--dry-run", options->dry_run, "Say what would be done");
  verb->callback([options, change, &shell] {
    const Json data = change(places_of(shell), *options);
    shell.finish(data, [&] { return rows_text(data, "action"); });
  });
}

void add_status_verb(CLI::App& group, Shell& shell) {
  auto* verb = group.add_subcommand("status", "Would our hooks run? Per hook and worktree");
  verb->callback([&shell] {
    const Json data = hooks::hooks_status(places_of(shell));
    shell.finish(data, [&] {
      return std::string(data["ready"] == true ? "Ready.\n" : "Not ready: git striatum hooks install\n") +
             rows_text(data, "state");
    });
  });
}

hooks::StagedQuestion question(Shell& shell) {
  shell.daemon = false;  // a commit is judged here, whatever the agent's other calls go through
  hooks::StagedQuestion out;
  if (const auto index = shell.world().environment("GIT_INDEX_FILE")) {
    out.index_file = os::path_join(os::current_directory(), *index);
  }
  out.session = shell.world().environment("STRIATUM_SESSION_ID");
  out.intent = shell.world().environment("STRIATUM_APPLY");
  return out;
}

/// Says nothing when the commit may go on.
void judge(Shell& shell, const std::string& hook, const hooks::StagedReport& report) {
  for (const std::string& warning : report.warnings) shell.remark("striatum: note: " + printable(warning));
  if (report.refusals.empty()) return;
  for (std::size_t i = 1; i < report.refusals.size(); ++i) shell.remark("striatum: " + printable(report.refusals[i]));
  for (const std::string& hint : report.hints) shell.remark("striatum: hint: " + printable(hint));
  refuse(Code::artifact, "striatum " + hook + ": " + report.refusals.front(), report.hints);
}

}  // namespace

void add_hooks(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("hooks", "Install our git hooks, politely");
  add_change(*group, shell, "install", "Put our hooks where git looks for them", hooks::install_hooks);
  add_change(*group, shell, "uninstall", "Take them away and leave the bytes that were there", hooks::uninstall_hooks);
  add_status_verb(*group, shell);
}

void add_hook(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("hook", "What our git hooks run");
  auto* staged = group->add_subcommand("pre-commit", "Judge what is staged");
  staged->callback([&shell] { 
    const auto asked = question(shell);
    judge(shell, "pre-commit", hooks::check_staged(shell.open(), asked));
  });
  auto file = std::make_shared<std::string>();
  auto* message = group->add_subcommand("commit-msg", "Judge the trailers of a message");
  message->add_option("FILE", *file, "The file with the message")->required();
  message->callback([file, &shell] {
    const auto asked = question(shell);
    judge(shell, "commit-msg", hooks::check_message(shell.open(), asked, *file));
  });
}

}  // namespace striatum::cli
