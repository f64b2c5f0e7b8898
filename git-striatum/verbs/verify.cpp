// SPDX-License-Identifier: Apache-2.0
#include "export/verify.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/paper.hpp"
#include "cli/registry.hpp"
#include "cli/shell.hpp"
#include "export/annotations.hpp"
#include "export/ssh.hpp"
#include "git/program.hpp"
#include "hooks/log_heads.hpp"
#include "os/files.hpp"
#include "verbs/repository.hpp"

namespace striatum::cli {
namespace {

using provenance::Class;
using provenance::Finding;
using provenance::Report;

struct VerifyArgs {
  provenance::VerifyOptions options;
  bool pin = false;
  /// A file for the verification summary.
  std::optional<std::string> vsa;
  /// `github`, `gitlab` or empty.
  std::string annotations;
};

// ---- for people ----------------------------------------------------------------------------------------

/// What a person can do about a finding.
std::string advice(const std::string& kind) {
  static const std::map<std::string, std::string> kAdvice{
      {"bad_signature", "do not merge: the bytes are not what was signed"},
      {"untrusted_key", "ask whose key it is; only a root-signed trust change can add it"},
      {"key_not_yet_valid", "the receipt is dated before its key counts"},
      {"expired_key", "have the work applied again with a valid key"},
      {"revoked", "do not merge: the key was withdrawn"},
      {"malformed", "do not merge: the record is not what apply writes"},
      {"receipt_altered", "do not merge: a record was changed after it was made"},
      {"tree_mismatch", "do not merge: the commit holds other content than its receipt vouches for"},
      {"policy_rollback", "do not merge: it would bring an older trust back"},
      {"trust_change_unsigned",
       "have a root key sign the change of trust, at the tip by: "
       "git -c gpg.format=ssh -c user.signingkey=ROOT_KEY_FILE commit --amend --no-edit -S"},
      {"partial", "bring the missing paths too, or apply the change anew"},
      {"time_order", "ask for the history of this run: its receipts are out of order"},
      {"leak_found", "do not publish: a secret stands in a record"},
      {"policy_unmet", "have the change reviewed and applied, or signed by a person the trust names"}};
  const auto found = kAdvice.find(kind);
  return found == kAdvice.end() ? std::string() : found->second;
}

std::string counts_line(const Report& report) {
  std::string out;
  for (const auto& [cls, count] : report.counts()) {
    if (count != 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(to_text(cls));
  }
  return out.empty() ? "no commits" : out;
}

std::string anchor_line(const Report& report) {
  std::string out = "anchor: ";
  switch (report.anchor) {
    case provenance::Anchor::given: out += "given with --root"; break;
    case provenance::Anchor::pinned: out += "pinned in this clone"; break;
    case provenance::Anchor::self_asserted: out += "self-asserted: this clone vouches for itself"; break;
  }
  for (const std::string& root : report.anchors) out += "\n        " + root;
  if (report.policy_version) out += "\npolicy: version " + std::to_string(*report.policy_version);
  return out + "\n";
}

std::string commit_lines(const provenance::JudgedCommit& commit, const Paper& paper) {
  const std::string word(to_text(commit.cls));
  std::string cls = word;
  cls.resize(std::max<std::size_t>(cls.size(), 17), ' ');
  std::string out = "  " + commit.id.hex().substr(0, 12) + "  " + painted(cls, word, paper) + printable(commit.subject) + "\n";
  for (const auto& path : commit.paths) {
    if (path.cls == Class::exact || path.cls == Class::carried || path.cls == Class::human) continue;
    out += "      " + std::string(to_text(path.cls)) + ": " + printable(path.path) + " +" + std::to_string(path.added) +
           " -" + std::to_string(path.removed) + "\n";
  }
  return out;
}

std::string place_of(const Finding& finding) {
  std::string out = finding.commit ? " " + finding.commit->hex().substr(0, 12) : "";
  if (finding.path) out += " " + printable(*finding.path);
  return out;
}

bool same_but_path(const Finding& a, const Finding& b) {
  return a.kind == b.kind && a.commit == b.commit && a.detail == b.detail && a.hints == b.hints;
}

/// Findings that differ in nothing but their path, as one: the reason and the way out stand once.
std::string finding_lines(std::span<const Finding> alike, const Paper& paper) {
  constexpr std::size_t kShown = 10;
  const Finding& first = alike.front();
  std::string out = painted(first.kind, "failed", paper) + place_of(first) + ": " + printable(first.detail) + "\n";
  for (std::size_t i = 1; i < alike.size() && i <= kShown; ++i) out += "  and" + place_of(alike[i]) + "\n";
  if (alike.size() > kShown + 1) out += "  and " + std::to_string(alike.size() - kShown - 1) + " more; --json names them\n";
  for (const std::string& hint : first.hints) out += "    " + printable(hint) + "\n";
  if (const std::string what = advice(first.kind); first.hints.empty() && !what.empty()) out += "    " + what + "\n";
  return out;
}

std::string people_text(const Report& report, const Paper& paper) {
  std::string out = anchor_line(report);
  for (const auto& commit : report.commits) out += commit_lines(commit, paper);
  for (auto at = report.findings.begin(); at != report.findings.end();) {
    const auto end = std::find_if_not(at, report.findings.end(), [&](const Finding& f) { return same_but_path(*at, f); });
    out += finding_lines({at, end}, paper);
    at = end;
  }
  for (const Finding& warning : report.warnings) {
    out += "note: " + warning.kind + place_of(warning) + ": " + printable(warning.detail) + "\n";
  }
  if (report.unreadable != 0) {
    out += std::to_string(report.unreadable) + " commits cannot be judged here; fetch their history: git fetch --unshallow\n";
  }
  const Code code = report.exit_code();
  if (code == Code::verification && report.findings.empty()) {
    out += painted("not verified", "failed", paper) + ": name the root key with --root SHA256:FINGERPRINT, or accept this with --self-asserted\n";
  } else {
    out += (code == Code::ok ? painted("verified", "completed", paper) : painted("not verified", "failed", paper)) + ": " +
           counts_line(report) + "\n";
  }
  return out;
}

// ---- the verb ------------------------------------------------------------------------------------------

void check_roots(const std::vector<std::string>& roots) {
  for (const std::string& root : roots) {
    if (provenance::fingerprint_to_hex(root)) continue;
    refuse(Code::usage, "--root is not a fingerprint: " + quote(root), {"write it as SHA256:… (ssh-keygen -lf FILE.pub)"});
  }
}

/// What a clone's own configuration pins, where a value of another scope does not count.
std::vector<std::string> pinned_roots(const git::Program& git) {
  return git::Config::read(git).all("striatum.trustroot");
}

void pin(const git::Program& git, const std::vector<std::string>& roots) {
  static_cast<void>(git.run({"config", "--local", "--unset-all", "striatum.trustRoot"}));
  for (const std::string& root : roots) {
    static_cast<void>(git.out({"config", "--local", "--add", "striatum.trustRoot", root}));
  }
}

void check_usage(const Shell& shell, const VerifyArgs& args) {
  check_roots(args.options.roots);
  if (args.pin && args.options.roots.empty()) {
    refuse(Code::usage, "--pin needs a key to pin", {"add --root SHA256:FINGERPRINT"});
  }
  if (args.options.all && !args.options.revision.empty()) {
    refuse(Code::usage, "--all goes without a revision", {"leave one of them out"});
  }
  if (shell.json && !args.annotations.empty()) {
    refuse(Code::usage, "--annotations and --json are two forms of one reply", {"leave one of them out"});
  }
}

/// On GitHub commit messages and paths stand in the same stream as commands; the fence keeps them apart.
std::string annotated(Shell& shell, const VerifyArgs& args, const Report& report) {
  if (args.annotations == "gitlab") return provenance::gitlab_report(report);
  const std::string token = to_hex(shell.world().random.bytes(16));
  return provenance::github_quoted(people_text(report, {}), token) + provenance::github_annotations(report);
}

void run_verify(Shell& shell, VerifyArgs& args) {
  check_usage(shell, args);
  const git::Places places = places_of(shell);
  const git::Program git(places);
  args.options.pinned = pinned_roots(git);
  const auto repository = git::Repository::open(places);
  Report report = provenance::verify(repository, args.options);
  if (args.pin) pin(git, args.options.roots);
  hooks::compare_log_heads(app::locate(shell.repo, shell.name()), report);
  if (args.vsa) {
    os::write_atomically(*args.vsa,
                         provenance::verification_summary(report, shell.now(), {"git-striatum", STRIATUM_VERSION}), 0644);
  }
  if (!args.annotations.empty()) {
    shell.finish_as_is(report.exit_code(), annotated(shell, args, report));
    return;
  }
  shell.finish_with(report.exit_code(), provenance::to_json(report), [&] { return people_text(report, paper_of(shell)); });
}

void add_verify(CLI::App& root, Shell& shell) {
  auto args = std::make_shared<VerifyArgs>();
  auto* verb = root.add_subcommand("verify", "Judge commits by the receipts they bring");
  verb->add_option("REV", args->options.revision, "A commit, or a range A..B (default HEAD)");
  verb->add_flag("--all", args->options.all, "Everything from the first commit on");
  add_list(*verb, "--root", args->options.roots, "Fingerprint of the root key; may be repeated");
  verb->add_flag("--pin", args->pin, "Keep --root in this clone's configuration");
  verb->add_flag("--self-asserted", args->options.self_asserted, "Be content without a root key from elsewhere");
  add_optional(*verb, "--base-trusted", args->options.base_trusted, "A commit that was verified before");
  add_optional(*verb, "--vsa", args->vsa, "Write a SLSA verification summary to this file");
  add_choice(*verb, "--annotations", args->annotations, {"github", "gitlab"},
             "Reply as a forge reads it: workflow commands, or a code quality report");
  verb->callback([args, &shell] { run_verify(shell, *args); });
}

const Enlisted kVerify({"verify", add_verify, Chapter::commit, 20});

}  // namespace
}  // namespace striatum::cli
