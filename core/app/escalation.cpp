// SPDX-License-Identifier: Apache-2.0
#include "app/escalation.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hmac.hpp"
#include "base/text.hpp"
#include "domain/repo_path.hpp"
#include "git/program.hpp"
#include "os/lock_file.hpp"
#include "os/process.hpp"
#include "os/repo_files.hpp"

namespace striatum::app {
namespace {

using Ordered = nlohmann::ordered_json;
using domain::EscalationHook;
using std::chrono::milliseconds;

constexpr milliseconds kCommandDeadline{30'000};
constexpr milliseconds kCurlDeadline{12'000};
constexpr std::size_t kCaptured = 4096;
constexpr std::string_view kTitle = "# Striatum stall escalation\n";

constexpr std::array<std::string_view, 3> kKinds{"marker_file", "webhook", "shell"};

std::string_view word(EscalationHook::Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

git::Config configuration(const Context& ctx) { return git::Config::read(git::Program(ctx.place.work_tree.string())); }

// ---- marker_file

std::string marker_text(const Escalation& escalation) {
  const auto line = [](const char* name, const std::string& value) { return "- " + std::string(name) + ": `" + value + "`\n"; };
  return std::string(kTitle) + "\n" + line("run_id", escalation.run.str()) + line("blocker_id", escalation.blocker.str()) +
         line("job_id", escalation.job ? escalation.job->str() : "None") +
         line("severity", std::string(to_text(escalation.severity))) + line("opened_at", escalation.opened_at) +
         line("age_seconds", std::to_string(escalation.age_seconds));
}

/// Appends to a file that holds nothing but escalations.
Ordered mark(const Context& ctx, const std::string& path, const Escalation& escalation) {
  if (const auto rule = broken_rule(path)) refuse(Code::artifact, "the path " + quote(path) + " " + std::string(explain(*rule)));
  const os::RepoFiles files(ctx.place.root.string());
  const auto lock = os::FairLock::acquire((ctx.place.state_dir / "escalation.lock").string(), ctx.command);
  const os::FileBytes there = files.read(path);
  const bool ours = there.access == os::Access::ok && there.bytes.starts_with(kTitle);
  if (there.access != os::Access::absent && !ours) {
    refuse(Code::artifact, quote(path) + " is not a plain file of earlier escalations");
  }
  if (files.write_atomically(path, there.bytes + marker_text(escalation), 0644) != os::Access::ok) {
    refuse(Code::artifact, quote(path) + " is not a plain file inside the repository");
  }
  return {{"wrote", true}, {"path", (ctx.place.root / path).string()}};
}

// ---- webhook

/// A value in curl's configuration language.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out + "\"\n";
}

/// Everything that says who is told what goes to curl through its standard input: command lines can be read by all.
std::string curl_configuration(const std::string& url, const std::string& body, const std::optional<std::string>& secret) {
  std::string out = "url = " + quoted(url) + "header = \"Content-Type: application/json\"\n";
  if (secret) out += "header = " + quoted("X-Striatum-Signature: sha256=" + hmac_sha256(*secret, body).hex());
  return out + "data-binary = " + quoted(body);
}

Ordered post(const Context& ctx, const std::string& url, const Escalation& escalation) {
  const std::string body = to_canonical_ascii(Json(escalation_object(escalation)));
  const auto secret = ctx.place.git ? configuration(ctx).get("striatum.webhooksecret") : std::nullopt;
  os::Command command;
  command.argv = {"curl", "-q", "--silent", "--show-error", "--globoff", "--max-time", "10", "--max-redirs", "0", "--proto", "=http,https",
                  "--output", "/dev/null", "--write-out", "%{http_code}", "--config", "-"};
  command.input = curl_configuration(url, body, secret);
  command.deadline = kCurlDeadline;
  command.capture_cap = kCaptured;
  const os::Finished done = os::run(command);
  Ordered out{{"wrote", false}, {"url", public_url(url)}};
  if (!done.ok()) {
    out["error"] = done.timed_out ? "no answer in time" : one_line(to_utf8(trim(done.err)));
    return out;
  }
  int status = 0;
  std::from_chars(done.out.data(), done.out.data() + done.out.size(), status);
  out["wrote"] = status >= 200 && status < 300;
  out["status"] = status;
  return out;
}

// ---- shell

Ordered call(const Context& ctx, const EscalationHook& hook, const Escalation& escalation) {
  const bool allowed = ctx.place.git && configuration(ctx).boolean("striatum.allowshellhooks").value_or(false);
  if (!allowed) {
    refuse(Code::transition, "commands of a workflow run only where `git config striatum.allowShellHooks true` was given");
  }
  os::Command command;
  command.argv = hook.command;
  command.cwd = ctx.place.root.string();
  for (const auto& [name, value] : hook.env) command.environment.emplace_back(name, value);
  command.environment.emplace_back("STRIATUM_RUN_ID", escalation.run.str());
  command.environment.emplace_back("STRIATUM_BLOCKER_ID", escalation.blocker.str());
  if (escalation.job) command.environment.emplace_back("STRIATUM_JOB_ID", escalation.job->str());
  command.environment.emplace_back("STRIATUM_REPO", ctx.place.root.string());
  command.input = to_canonical_ascii(Json(escalation_object(escalation))) + "\n";
  command.deadline = kCommandDeadline;
  command.capture_cap = kCaptured;
  const os::Finished done = os::run(command);
  Ordered out{{"wrote", done.ok()}};
  if (done.timed_out) out["error"] = "not over after 30 seconds";
  else out["exit_code"] = done.signal != 0 ? -done.signal : done.exit_code;
  return out;
}

Ordered tell(const Context& ctx, const EscalationHook& hook, const Escalation& escalation) {
  if (hook.kind == EscalationHook::Kind::marker_file) return mark(ctx, hook.path, escalation);
  if (hook.kind == EscalationHook::Kind::webhook) return post(ctx, hook.url, escalation);
  return call(ctx, hook, escalation);
}

}  // namespace

Ordered escalation_object(const Escalation& escalation) {
  return {{"kind", "checkpoint_timeout"},
          {"blocker_id", escalation.blocker.str()},
          {"job_id", escalation.job ? Json(escalation.job->str()) : Json()},
          {"severity", to_text(escalation.severity)},
          {"opened_at", escalation.opened_at},
          {"age_seconds", escalation.age_seconds}};
}

Ordered run_hook(Context& ctx, const std::optional<EscalationHook>& hook, const Escalation& escalation) {
  if (!hook) return {{"kind", "no_hook_configured"}};
  Ordered out{{"kind", word(hook->kind)}};
  try {
    out.update(tell(ctx, *hook, escalation));
  } catch (const Error& error) {
    out["wrote"] = false;
    if (hook->kind == EscalationHook::Kind::webhook) out["url"] = public_url(hook->url);
    out["error"] = error.message();
  }
  return out;
}

Ordered hook_preview(const std::optional<EscalationHook>& hook) {
  if (!hook) return {{"kind", "no_hook_configured"}};
  return {{"kind", word(hook->kind)}, {"dry_run", true}};
}

std::string public_url(const std::string& url) {
  const std::size_t host = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t user = url.rfind('@', path);
  const std::size_t from = user != std::string::npos && user >= host ? user + 1 : host;
  return url.substr(0, host) + url.substr(from, std::min(url.find_first_of("?#", from), url.size()) - from);
}

}  // namespace striatum::app
