// SPDX-License-Identifier: Apache-2.0
#include "hooks/apply.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

std::string gate_line(const Json& gate) {
  std::string out = "  " + text_member(gate, "outcome");
  out.resize(12, ' ');
  out += text_member(gate, "name");
  if (const auto detail = optional_text(gate, "detail")) out += ": " + printable(*detail);
  out += "\n";
  if (const auto hint = optional_text(gate, "hint")) out += "            " + printable(*hint) + "\n";
  return out;
}

std::string list(const std::string& title, const Json& paths) {
  if (paths.empty()) return {};
  std::string out = title + "\n";
  for (const Json& path : paths) out += "  " + printable(path.get<std::string>()) + "\n";
  return out;
}

std::string people_text(const Json& data) {
  const std::string status = text_member(data, "status");
  const std::string branch = printable(text_member(data, "branch"));
  if (status == "nothing_to_apply") {
    return "Nothing to apply: no finished work of this run is missing on branch " + branch + ".\n";
  }
  std::string out;
  if (status == "dry_run") {
    out = "An apply onto branch " + branch + " would find:\n";
    for (const Json& gate : data["gates"]) out += gate_line(gate);
    out += list("It would commit:", data["paths"]);
  } else {
    out = (status == "proposed" ? "Proposed " : "Applied ") + std::to_string(data["job_ids"].size()) + " job" +
          (data["job_ids"].size() == 1 ? "" : "s") + " as " + text_member(data, "commit").substr(0, 12) + " on branch " +
          branch + ".\nReceipt " + text_member(data, "receipt") + "\n" + list("Paths:", data["paths"]);
    for (const Json& gate : data["gates"]) {
      if (gate["outcome"] == "rewrote") out += "A pre-commit hook rewrote: " + printable(text_member(gate, "detail")) + "\n";
    }
  }
  return out + list("Left as they are:", data["left_alone"]);
}

void add_apply(CLI::App& root, Shell& shell) {
  struct Args {
    std::string run;
    std::optional<std::string> job;
    hooks::ApplyCommand command;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("apply", "Commit reviewed work with a signed receipt");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_optional(*verb, "--job-id", args->job, "This job alone");
  add_optional(*verb, "-m,--message", args->command.message, "The commit message");
  add_list(*verb, "--key", args->command.keys, "Fingerprint of a key to sign with; may be repeated");
  verb->add_flag("--propose", args->command.propose, "Commit for review, before the verdicts exist");
  verb->add_flag("--dry-run", args->command.dry_run, "Say what would happen and what is missing");
  verb->callback([args, &shell] {
    auto& command = args->command;
    command.run = RunId(args->run);
    if (args->job) command.job = JobId(*args->job);
    command.terminal = shell.asks();
    const Json data = hooks::apply(shell.open(), command);
    shell.finish(data, [&] { return people_text(data); });
  });
}

const Enlisted kApply({"apply", add_apply, Chapter::commit, 10});

}  // namespace
}  // namespace striatum::cli
