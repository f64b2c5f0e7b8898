// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "hooks/active_marker.hpp"
#include "hooks/install.hpp"
#include "hooks/status.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

std::string rows_text(const Json& data, const char* word) {
  std::string out;
  for (const Json& row : data["hooks"]) {
    if (text_member(row, word) == "none") continue;
    std::string name = text_member(row, "name");
    name.resize(std::max<std::size_t>(name.size() + 1, 19), ' ');
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
  if (change == hooks::install_hooks) {
    verb->add_flag("--all", options->all, "Also prepare-commit-msg and post-commit, which git runs for each pick of a rebase");
  }
  verb->add_flag("--chain", options->chain, "Also stand inside plain shell scripts that are there");
  verb->add_flag("--dry-run", options->dry_run, "Say what would be done");
  verb->callback([options, change, &shell] {
    const Json data = change(places_of(shell), *options);
    shell.daemon = false;
    if (!options->dry_run) hooks::refresh_active_marker(shell.open());
    shell.finish(data, [&] { return rows_text(data, "action"); });
  });
}

std::string around_text(const Json& data) {
  std::string out;
  for (const Json& row : data["around"]) {
    out += "around the hooks: " + text_member(row, "commit").substr(0, 12) + "  " + text_member(row, "seen") + "  " +
           printable(text_member(row, "subject")) + "\n";
  }
  return out;
}

std::string probe_text(const Json& probe) {
  std::string out = "Probe:\n";
  for (const Json& row : probe["hooks"]) {
    out += "  " + text_member(row, "name") + (row["ran"] == true ? " ran\n" : " did not run\n");
  }
  if (const auto error = optional_text(probe, "error")) out += "  git said: " + printable(*error) + "\n";
  return out;
}

std::string status_text(const Json& data) {
  std::string out = data["ready"] == true ? "Ready.\n" : "Not ready: git striatum hooks install\n";
  out += rows_text(data, "state") + around_text(data);
  return data.contains("probe") ? out + probe_text(data["probe"]) : out;
}

void add_status_verb(CLI::App& group, Shell& shell) {
  auto probe = std::make_shared<bool>(false);
  auto* verb = group.add_subcommand("status", "Would our hooks run? Per hook and worktree");
  verb->add_flag("--probe", *probe, "Make a throw-away commit, merge, patch and push to see them run");
  verb->callback([probe, &shell] {
    Json data = hooks::hooks_status(places_of(shell));
    if (*probe) data["probe"] = hooks::probe_hooks(places_of(shell));
    shell.finish(data, [&] { return status_text(data); });
  });
}

void add_hooks(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("hooks", "Install our git hooks, politely");
  add_change(*group, shell, "install", "Put our hooks where git looks for them", hooks::install_hooks);
  add_change(*group, shell, "uninstall", "Take them away and leave the bytes that were there", hooks::uninstall_hooks);
  add_status_verb(*group, shell);
}

const Enlisted kHooks({"hooks", add_hooks, Chapter::set_up, 40});

}  // namespace
}  // namespace striatum::cli
