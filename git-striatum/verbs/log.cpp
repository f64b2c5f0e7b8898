// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "app/doctor.hpp"
#include "app/log.hpp"
#include "cli/arguments.hpp"
#include "cli/people_read.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

constexpr std::chrono::milliseconds kPause{200};

struct LogArgs {
  std::string action;
  std::optional<std::string> run;
  bool follow = false;
};

void print_log(Shell& shell, const LogArgs& args) {
  const store::Scope scope = args.run ? store::Scope(RunId(*args.run)) : std::nullopt;
  const auto print = [&](const Json& event) {
    shell.line(shell.people() ? people_event(event, paper_of(shell)) : to_canonical_ascii(event));
  };
  std::int64_t after = app::log(shell.open(), scope, 0, print);
  while (args.follow) {
    std::this_thread::sleep_for(kPause);
    after = app::log(shell.open(), scope, after, print);
  }
}

void verify_log(Shell& shell) {
  const Json data = app::log_verify(shell.open());
  const Code code = data.at("ok") == true ? Code::ok : Code::verification;
  shell.finish_with(code, data, [&] { return people_chain(data, paper_of(shell)); });
}

void add_log(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<LogArgs>();
  auto* verb = root.add_subcommand("log", "Print the event log, one line an event, or verify its hash chain");
  add_choice(*verb, "action", args->action, {"verify"}, "Check the chain instead (exit 14 when it is broken)");
  add_optional(*verb, "--run-id", args->run, "The events of this run");
  verb->add_flag("--follow", args->follow, "Go on printing events as they are appended");
  verb->callback([args, verb, &shell] {
    if (args->action.empty()) return print_log(shell, *args);
    if (args->run || args->follow) throw UsageError{verb, "verify takes neither --run-id nor --follow"};
    verify_log(shell);
  });
}

const Enlisted kLog({"log", add_log, Chapter::look, 50});

}  // namespace
}  // namespace striatum::cli
