// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/paper.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "cli/short_ids.hpp"
#include "hooks/receipt_files.hpp"
#include "hooks/receipt_review.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

hooks::ReceiptPlaces places(Shell& shell) {
  hooks::ReceiptPlaces out{places_of(shell), nullptr};
  app::Context& ctx = shell.open();
  if (ctx.state_exists()) out.state = &ctx;
  return out;
}

std::string list_text(const Json& data, const Paper& paper) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : data["items"]) {
    const auto issued = parse_instant(text_member(row, "issued_at"));
    rows.push_back({text_member(row, "receipt").substr(0, 12), text_member(row, "state"),
                    issued ? relative(*issued, paper.now) : "-", shorten_ids(printable(text_member(row, "run_id"))),
                    optional_text(row, "commit").value_or("-").substr(0, 12)});
  }
  if (rows.empty()) return "no receipts\n";
  return table({{"RECEIPT"}, {"STATE"}, {"ISSUED"}, {"RUN"}, {"COMMIT"}}, rows, paper);
}

std::string show_text(const Json& data) {
  const Json& predicate = member(member(data, "statement"), "predicate");
  std::string out = "Receipt " + text_member(data, "receipt") + ", " + printable(text_member(predicate, "state")) + "\n";
  out += "  run     " + printable(text_member(member(predicate, "run"), "run_id")) + " on branch " +
         printable(text_member(member(predicate, "run"), "branch")) + "\n";
  if (const auto issued = optional_text(predicate, "issued_at")) out += "  issued  " + printable(*issued) + "\n";
  for (const Json& gate : member(predicate, "gates")) {
    out += "  gate    " + printable(text_member(gate, "name")) + " " + printable(text_member(gate, "outcome")) + "\n";
  }
  for (const Json& row : member(predicate, "verdicts")) {
    out += "  verdict " + printable(text_member(row, "verdict")) + " by " + printable(text_member(row, "session_id")) + "\n";
  }
  for (const Json& row : data["signatures"]) {
    out += "  signed  " + printable(text_member(row, "keyid")) + " " +
           (row["valid"] == true ? "as " + printable(text_member(row, "principal")) : std::string("(not trusted here)")) + "\n";
  }
  return out;
}

std::string verify_text(const Json& data) {
  if (data["valid"] == true) return "Receipt " + text_member(data, "receipt") + " is good.\n";
  std::string out = "Receipt " + text_member(data, "receipt") + " does not count:\n";
  for (const Json& row : data["findings"]) {
    out += "  " + text_member(row, "kind") + ": " + printable(text_member(row, "detail")) + "\n";
  }
  return out;
}

void add_list_verb(CLI::App& group, Shell& shell) {
  auto run = std::make_shared<std::optional<std::string>>();
  auto* verb = group.add_subcommand("list", "Receipts of this repository, oldest first");
  add_optional(*verb, "--run-id", *run, "Of this run");
  verb->callback([run, &shell] {
    const auto id = *run ? std::optional(RunId(**run)) : std::nullopt;
    const Json data = hooks::receipt_list(places(shell), id);
    shell.finish(data, [&] { return list_text(data, paper_of(shell)); });
  });
}

void add_show(CLI::App& group, Shell& shell) {
  auto id = std::make_shared<std::string>();
  auto* verb = group.add_subcommand("show", "What a receipt says and who signed it");
  verb->add_option("ID", *id, "Its digest or the beginning of it")->required();
  verb->callback([id, &shell] {
    const Json data = hooks::receipt_show(places(shell), *id);
    shell.finish(data, [&] { return show_text(data); });
  });
}

void add_verify_verb(CLI::App& group, Shell& shell) {
  auto id = std::make_shared<std::string>();
  auto* verb = group.add_subcommand("verify", "Check one receipt by the trust in HEAD");
  verb->add_option("FILE", *id, "A file, or the digest of a receipt")->required();
  verb->callback([id, &shell] {
    const Json data = hooks::receipt_verify(places(shell), *id);
    shell.finish_with(data["valid"] == true ? Code::ok : Code::verification, data, [&] { return verify_text(data); });
  });
}

std::string review_text(const Json& data) {
  std::string out = "Signed: " + text_member(data, "verdict") + " of receipt " + text_member(data, "receipt").substr(0, 12) +
                    ".\nIt counts once it is committed:\n";
  for (const Json& command : data["next"]) out += "  " + printable(command.get<std::string>()) + "\n";
  return out;
}

void add_review(CLI::App& group, Shell& shell) {
  auto args = std::make_shared<hooks::ReceiptReview>();
  auto* verb = group.add_subcommand("review", "Sign a verdict on a committed receipt");
  verb->add_option("ID", args->receipt, "Its digest or the beginning of it")->required();
  add_choice(*verb, "--verdict", args->verdict, {"accept", "accept_with_findings", "needs_revision", "reject"}, "The verdict")
      ->required();
  add_text(*verb, "--path", args->path, "Path of the finding inside the repository")->required();
  add_list(*verb, "--key", args->keys, "Fingerprint of a key to sign with; may be repeated");
  verb->callback([args, &shell] {
    args->terminal = shell.asks();
    const Json data = hooks::receipt_review(places(shell), *args, shell.world().clock, shell.world().random);
    shell.finish(data, [&] { return review_text(data); });
  });
}

void add_receipt(CLI::App& root, Shell& shell) {
  auto* group = root.add_subcommand("receipt", "Look at signed receipts, and review them");
  add_list_verb(*group, shell);
  add_show(*group, shell);
  add_verify_verb(*group, shell);
  add_review(*group, shell);
}

const Enlisted kReceipt({"receipt", add_receipt, Chapter::commit, 30});

}  // namespace
}  // namespace striatum::cli
