// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/people_work.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "verbs/held.hpp"

namespace striatum::cli {
namespace {

constexpr std::int64_t kDefaultLeaseSeconds = 1800;

void add_claim_next(CLI::App& root, Shell& shell) {
  struct Args {
    std::string session;
    std::int64_t seconds = kDefaultLeaseSeconds;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("claim-next", "Claim the next job this session may do");
  add_session_id(*verb, args->session);
  add_integer(*verb, "--lease-seconds", args->seconds, "How long the lease lasts (default 1800)");
  verb->callback([args, &shell] {
    const Json data = app::claim_next(shell.open(), SessionId(args->session), Seconds{args->seconds});
    shell.finish(data, [&] { return people_claimed(data, shell.now()); });
  });
}

void add_ack(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::string message;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("ack", "Acknowledge claimed work: it begins");
  add_session_id(*verb, args->session);
  add_message_id(*verb, args->message);
  add_lease_id(*verb, args->lease);
  verb->callback([args, &shell] { shell.finish(app::ack(shell.open(), args->held(), MessageId(args->message))); });
}

void add_heartbeat(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::int64_t seconds = kDefaultLeaseSeconds;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("heartbeat", "Extend a lease this session holds");
  add_session_id(*verb, args->session);
  add_lease_id(*verb, args->lease);
  add_integer(*verb, "--extend-seconds", args->seconds, "From now (default 1800)");
  verb->callback([args, &shell] { shell.finish(app::heartbeat(shell.open(), args->held(), Seconds{args->seconds})); });
}

void add_release(CLI::App& root, Shell& shell) {
  struct Args : HeldArgs {
    std::string message;
    std::string reason;
    bool requeue = false;
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("release", "Give claimed work back");
  add_session_id(*verb, args->session);
  add_message_id(*verb, args->message);
  add_lease_id(*verb, args->lease);
  add_text(*verb, "--reason", args->reason, "Why")->required();
  verb->add_flag("--requeue", args->requeue, "Queue it again (jobs that do not write the repository)");
  verb->callback([args, &shell] {
    const auto requeue = args->requeue ? app::Requeue::yes : app::Requeue::no;
    shell.finish(app::release(shell.open(), args->held(), MessageId(args->message), args->reason, requeue));
  });
}

void add_send(CLI::App& root, Shell& shell) {
  struct Args {
    std::string session;
    std::string kind;
    std::string body = "{}";
  };
  auto args = std::make_shared<Args>();
  auto* verb = root.add_subcommand("send", "Leave a message in the run");
  add_session_id(*verb, args->session);
  add_text(*verb, "--kind", args->kind, "What kind of message")->required();
  add_text(*verb, "--body-json", args->body, "One JSON object (default {})");
  verb->callback([args, &shell] {
    shell.finish(app::send(shell.open(), SessionId(args->session), args->kind, args->body));
  });
}

const Enlisted kClaimNext({"claim-next", add_claim_next, Chapter::work, 30, Effect::writes});
const Enlisted kAck({"ack", add_ack, Chapter::work, 40, Effect::writes});
const Enlisted kHeartbeat({"heartbeat", add_heartbeat, Chapter::work, 50, Effect::writes});
const Enlisted kRelease({"release", add_release, Chapter::work, 110, Effect::writes});
const Enlisted kSend({"send", add_send, Chapter::work, 120, Effect::writes});

}  // namespace
}  // namespace striatum::cli
