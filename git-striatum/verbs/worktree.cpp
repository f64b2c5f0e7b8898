// SPDX-License-Identifier: Apache-2.0
#include "app/worktree.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "verbs/held.hpp"

namespace striatum::cli {
namespace {

std::string shown(const Json& object, std::string_view key) { return printable(text_member(object, key)); }

std::string created_text(const Json& data) {
  std::string out = "Made " + shown(data, "worktree_id") + " at the tip of branch " + shown(data, "base_branch") + ".\n";
  for (const Json& other : member(data, "earlier")) {
    out += "An earlier try of this work lies in " + shown(other, "folder") + "\n";
  }
  return out + "\nnext: cd " + shown(data, "folder") + "\n";
}

std::string released_text(const Json& data) {
  const std::string id = shown(data, "worktree_id");
  if (text_member(data, "status") == "already_released") return id + " is " + shown(data, "state") + " already.\n";
  const auto saved = optional_text(data, "saved");
  return "Removed " + id + "." + (saved ? " What it held is kept as " + printable(*saved) + "\n" : "\n");
}

std::string list_text(const Json& data) {
  std::string out;
  for (const Json& row : data["worktrees"]) {
    out += shown(row, "worktree_id") + "  " + shown(row, "state") + "  " + shown(row, "workflow_job_id") + "  " +
           shown(row, "base_branch") + (row["on_disk"] == true ? "  " + shown(row, "folder") : "") + "\n";
  }
  return out.empty() ? "No worktrees yet.\n" : out;
}

std::string pruned_text(const Json& data) {
  std::string out;
  for (const Json& item : data["items"]) {
    out += shown(item, "action") + "  " + shown(item, "worktree_id");
    if (const auto reason = optional_text(item, "reason")) out += ": " + printable(*reason);
    out += "\n";
    for (const Json& hint : member(item, "hints")) out += "  " + printable(hint.get<std::string>()) + "\n";
  }
  return out.empty() ? "No worktrees to look at.\n" : out;
}

void add_create(CLI::App& group, Shell& shell) {
  struct Args : HeldArgs {
    std::string job;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("create", "Make a worktree for a job under its lease");
  add_session_id(*verb, args->session);
  add_job_id(*verb, args->job);
  add_lease_id(*verb, args->lease);
  verb->callback([args, &shell] {
    const Json data = app::worktree_create(shell.open(), args->held(), JobId(args->job));
    shell.finish(data, [&] { return created_text(data); });
  });
}

void add_release_verb(CLI::App& group, Shell& shell) {
  struct Args {
    std::string worktree;
    bool save = false;
    bool discard = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("release", "Remove a worktree whose work stands elsewhere");
  add_text(*verb, "--worktree-id", args->worktree, "The worktree")->required();
  auto* save = verb->add_flag("--save", args->save, "Keep what it holds as refs/striatum/worktrees/ID");
  verb->add_flag("--discard", args->discard, "Lose what it holds")->excludes(save);
  verb->callback([args, &shell] {
    const auto leftover = args->save      ? app::Leftover::save
                          : args->discard ? app::Leftover::discard
                                          : app::Leftover::refuse;
    const Json data = app::worktree_release(shell.open(), WorktreeId(args->worktree), leftover);
    shell.finish(data, [&] { return released_text(data); });
  });
}

std::optional<RunId> run_of(const std::optional<std::string>& text) {
  return text ? std::optional(RunId(*text)) : std::nullopt;
}

void add_list_verb(CLI::App& group, Shell& shell) {
  auto run = std::make_shared<std::optional<std::string>>();
  auto* verb = group.add_subcommand("list", "List the worktrees of jobs");
  add_optional(*verb, "--run-id", *run, "Of this run");
  verb->callback([run, &shell] {
    const Json data = app::worktree_list(shell.open(), run_of(*run));
    shell.finish(data, [&] { return list_text(data); });
  });
}

void add_prune(CLI::App& group, Shell& shell) {
  struct Args {
    std::optional<std::string> run;
    bool dry_run = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = group.add_subcommand("prune", "Remove the worktrees that nobody needs any more");
  add_optional(*verb, "--run-id", args->run, "Of this run");
  verb->add_flag("--dry-run", args->dry_run, "Say what would happen");
  verb->callback([args, &shell] {
    const auto rehearsal = args->dry_run ? app::Rehearsal::yes : app::Rehearsal::no;
    const Json data = app::worktree_prune(shell.open(), run_of(args->run), rehearsal);
    shell.finish(data, [&] { return pruned_text(data); });
  });
}

void add_worktree(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("worktree", "Give a job a worktree of its own");
  add_create(*group, shell);
  add_release_verb(*group, shell);
  add_list_verb(*group, shell);
  add_prune(*group, shell);
}

const Enlisted kWorktree({"worktree", add_worktree, Chapter::work, 130, Effect::writes});

}  // namespace
}  // namespace striatum::cli
