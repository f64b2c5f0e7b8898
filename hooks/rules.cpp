// SPDX-License-Identifier: Apache-2.0
#include "hooks/rules.hpp"

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/repo_path.hpp"
#include "export/dsse.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using git::Mode;

void check_forbidden(const Change& change, const Undo& undo, HookReport& report) {
  if (change.mode_after == Mode::none) return;
  for (const std::string& part : split(change.path, '/')) {
    if (forbidden_component(part) != PathRule::state_folder) continue;
    report.refuse(quote(change.path) + " belongs to the live state and is never committed", undo(change.path));
    return;
  }
}

/// Why a new record's name does not tell its content; empty when it does.
std::string name_problem(const provenance::RecordName& name, const std::string& bytes) {
  using provenance::RecordKind;
  if (name.kind == RecordKind::signature) return {};
  if (name.kind == RecordKind::changes || name.kind == RecordKind::evidence) {
    return sha256(bytes).hex() == name.digest ? "" : "has other bytes than its name says";
  }
  const auto envelope = provenance::parse_committed_envelope(bytes);
  if (!envelope) return "is no envelope as apply writes it: " + envelope.problem();
  return sha256(envelope->payload).hex() == name.digest ? "" : "has another payload than its name says";
}

void check_record(const git::Repository& repository, const Change& change, const Undo& undo, HookReport& report) {
  const std::string hint = "records are written by `git striatum apply` alone: " + undo(change.path);
  if (change.mode_after == Mode::none) {
    report.warnings.push_back(quote(change.path) + " is deleted: what it vouched for is no longer covered");
    return;
  }
  if (change.mode_before != Mode::none) {
    report.refuse(quote(change.path) + " is a record and must not be changed", hint);
    return;
  }
  const auto name = provenance::parse_record_path(change.path);
  if (!name || change.mode_after != Mode::regular || !change.after) {
    report.refuse(quote(change.path) + " is no record's name; only files named by their digest belong here", hint);
    return;
  }
  const std::string problem = name_problem(*name, repository.blob(*change.after));
  if (!problem.empty()) report.refuse(quote(change.path) + " " + problem, hint);
}

/// A private key has no business in a record or in the trust, whatever its name.
void check_secrets(const git::Repository& repository, const Change& change, const Undo& undo, HookReport& report) {
  if (!change.path.starts_with(".provenance/") || !change.after || change.mode_after == Mode::pointer) return;
  const std::string bytes = repository.blob(*change.after);
  const auto begin = bytes.find("-----BEGIN ");
  if (begin == std::string::npos || bytes.find("PRIVATE KEY", begin) == std::string::npos) return;
  report.refuse(quote(change.path) + " holds a private key", "take it out, and make a new key: this one may be known. " + undo(change.path));
}

}  // namespace

void check_rules(const git::Repository& repository, const std::vector<Change>& changes, const Undo& undo,
                 HookReport& report) {
  for (const Change& change : changes) {
    check_forbidden(change, undo, report);
    if (provenance::place_of(change.path) == provenance::Place::record) check_record(repository, change, undo, report);
    check_secrets(repository, change, undo, report);
  }
}

}  // namespace striatum::hooks
