// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "hooks/evidence_export.hpp"

namespace striatum::cli {
namespace {

/// The time that reproducible builds set; a text that is no number is refused rather than passed over.
std::optional<Instant> source_date(Shell& shell) {
  const auto text = shell.world().environment("SOURCE_DATE_EPOCH");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size()) {
    refuse(Code::usage, "SOURCE_DATE_EPOCH is no number of seconds: " + quote(*text));
  }
  return Instant{seconds};
}

void add_evidence(CLI::App& root, Shell& shell) {
  struct Args {
    std::string run;
    std::string path;
  };
  auto args = std::make_shared<Args>();
  auto* group = root.add_subcommand("evidence", "Export what happened in a run");
  auto* verb = group->add_subcommand("export", "Write a redacted account of the run into the repository");
  add_text(*verb, "--run-id", args->run, "The run")->required();
  add_text(*verb, "--path", args->path, "Path of the Markdown file inside the repository")->required();
  verb->callback([args, &shell] {
    shell.finish(hooks::export_evidence(shell.open(), {RunId(args->run), args->path, source_date(shell)}));
  });
}

const Enlisted kEvidence({"evidence", add_evidence, Chapter::steer, 70});

}  // namespace
}  // namespace striatum::cli
