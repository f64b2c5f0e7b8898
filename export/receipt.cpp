// SPDX-License-Identifier: Apache-2.0
#include "export/receipt.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"

namespace striatum::provenance {
namespace {

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kArtifactPrefix = "artifact/";
constexpr std::array<std::string_view, 4> kVerdicts{"accept", "accept_with_findings", "needs_revision",
                                                    "reject"};
constexpr std::array<std::string_view, 7> kGates{"verdicts",  "scope",     "base",      "snapshot",
                                                 "artifacts", "redaction", "pre_commit"};
constexpr std::array<std::string_view, 4> kOutcomes{"passed", "failed", "skipped", "rewrote"};

template <class List>
bool one_of(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Json nullable_digest(const std::optional<Sha256>& digest) { return digest ? Json(digest->hex()) : Json(); }

Json to_json(const std::vector<JobSnapshot>& list) {
  Json out = Json::array();
  for (const JobSnapshot& item : list) {
    out.push_back({{"job_id", item.job_id.str()}, {"snapshot", item.snapshot.hex()}});
  }
  return out;
}

Json to_json(const ToolName& tool) { return {{"name", tool.name}, {"version", tool.version}}; }

Json to_json(const Actor& actor) {
  return {{"session_id", actor.session_id.str()},
          {"role", nullable(actor.role)},
          {"lane", nullable(actor.lane)},
          {"attested", actor.attested},
          {"lease_id", nullable(actor.lease_id)}};
}

Json to_json(const ReceiptVerdict& verdict) {
  return {{"verdict_id", verdict.verdict_id.str()},
          {"job_id", verdict.job_id.str()},
          {"verdict", verdict.verdict},
          {"posture", verdict.posture},
          {"session_id", verdict.session_id.str()},
          {"lane", nullable(verdict.lane)},
          {"artifact_sha256", nullable_digest(verdict.artifact_sha256)},
          {"reviewed", to_json(verdict.reviewed)},
          {"review", nullable_digest(verdict.review)}};
}

Json to_json(const Gate& gate) {
  return {{"name", gate.name}, {"outcome", gate.outcome}, {"detail_code", nullable(gate.detail_code)}};
}

template <class Item>
Json list_json(const std::vector<Item>& items) {
  Json out = Json::array();
  for (const Item& item : items) out.push_back(to_json(item));
  return out;
}

Json subject_json(const Receipt& receipt) {
  Json out = Json::array();
  const auto add = [&](std::string_view name, Json digest) {
    out.push_back({{"name", name}, {"digest", std::move(digest)}});
  };
  add("content-tree", {{"gitTree", receipt.content_tree.hex()}});
  add("changes", {{"sha256", receipt.changes.hex()}});
  add("evidence", {{"sha256", receipt.evidence.hex()}});
  if (receipt.evidence_run) add("evidence-run", {{"sha256", receipt.evidence_run->hex()}});
  for (const ArtifactSubject& artifact : receipt.artifacts) {
    add(std::string(kArtifactPrefix) + artifact.path,
        {{"gitBlob", artifact.git_blob.hex()}, {"sha256", artifact.sha256.hex()}});
  }
  return out;
}

Json predicate_json(const Receipt& receipt) {
  Json roots = Json::array();
  for (const Oid& id : receipt.root_commits) roots.push_back(id.hex());
  return {
      {"repository", {{"root_commits", std::move(roots)}, {"object_format", "sha1"}}},
      {"base",
       {{"commit", receipt.base_commit.hex()},
        {"content_tree", receipt.base_content_tree.hex()},
        {"branch_base", receipt.branch_base.hex()}}},
      {"run",
       {{"run_id", receipt.run_id.str()},
        {"jobs", to_json(receipt.jobs)},
        {"superseded_job_ids", receipt.superseded_job_ids},
        {"workflow_sha256", receipt.workflow_sha256.hex()},
        {"branch", receipt.branch},
        {"strict", receipt.strict}}},
      {"actors", list_json(receipt.actors)},
      {"verdicts", list_json(receipt.verdicts)},
      {"gates", list_json(receipt.gates)},
      {"log", {{"store_id", receipt.store_id}, {"seq", receipt.log_seq}, {"head", receipt.log_head.hex()}}},
      {"redaction",
       {{"policy", receipt.redaction_policy},
        {"version", receipt.redaction_version},
        {"counts", receipt.redaction_counts}}},
      {"previous", nullable_digest(receipt.previous)},
      {"nonce", receipt.nonce},
      {"issued_at", to_text(receipt.issued_at)},
      {"tool", to_json(receipt.tool)},
      {"state", to_text(receipt.state)}};
}

std::string statement(Json subject, std::string_view predicate_type, Json predicate) {
  return to_canonical_utf8({{"_type", kStatementType},
                            {"subject", std::move(subject)},
                            {"predicateType", predicate_type},
                            {"predicate", std::move(predicate)}});
}

/// Reads members one after the other and remembers the first that has not its shape.
class Reader {
 public:
  explicit Reader(const Json& object, std::string& problem) : object_(object), problem_(problem) {}

  [[nodiscard]] const Json& at(std::string_view key) const { return member(object_, key); }
  [[nodiscard]] std::string text(std::string_view key) {
    const Json& value = at(key);
    return value.is_string() ? value.get<std::string>() : wrong<std::string>(key);
  }
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view key) {
    return absent(key) ? std::nullopt : std::optional(text(key));
  }
  template <class List>
  [[nodiscard]] std::string word(std::string_view key, const List& words) {
    std::string value = text(key);
    return one_of(words, value) ? value : wrong<std::string>(key);
  }
  [[nodiscard]] bool boolean(std::string_view key) {
    return at(key).is_boolean() ? at(key).get<bool>() : wrong<bool>(key);
  }
  [[nodiscard]] std::int64_t integer(std::string_view key,
                                     std::int64_t least = std::numeric_limits<std::int64_t>::min()) {
    const Json& value = at(key);
    const bool good = value.is_number_integer() && value.get<std::int64_t>() >= least;
    return good ? value.get<std::int64_t>() : wrong<std::int64_t>(key);
  }
  [[nodiscard]] Oid oid(std::string_view key) { return or_wrong(key, read_oid(at(key))); }
  [[nodiscard]] Sha256 digest(std::string_view key) { return or_wrong(key, read_digest(at(key))); }
  [[nodiscard]] std::optional<Sha256> optional_digest(std::string_view key) {
    return absent(key) ? std::nullopt : std::optional(digest(key));
  }
  [[nodiscard]] std::string hex32(std::string_view key) {
    std::string value = text(key);
    return is_hex(value, 32) && lower(value) == value ? value : wrong<std::string>(key);
  }
  [[nodiscard]] Timestamp time(std::string_view key) { return or_wrong(key, parse_timestamp(text(key))); }
  /// An empty list when the member is no array.
  [[nodiscard]] const Json& list(std::string_view key) {
    static const Json kEmpty = Json::array();
    if (at(key).is_array()) return at(key);
    wrong<bool>(key);
    return kEmpty;
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    for (const Json& item : list(key)) {
      if (!item.is_string())
        wrong<bool>(key);
      else
        out.push_back(item.get<std::string>());
    }
    return out;
  }
  [[nodiscard]] Reader inner(std::string_view key) {
    if (!at(key).is_object()) wrong<bool>(key);
    return Reader(at(key), problem_);
  }
  template <class T>
  T wrong(std::string_view key) {
    if (problem_.empty()) problem_ = "member '" + std::string(key) + "' is absent or not well formed";
    return T{};
  }

 private:
  /// Present with the value null.
  [[nodiscard]] bool absent(std::string_view key) const {
    return object_.is_object() && object_.contains(std::string(key)) && at(key).is_null();
  }
  template <class T>
  T or_wrong(std::string_view key, const std::optional<T>& value) {
    return value ? *value : wrong<T>(key);
  }

  const Json& object_;
  std::string& problem_;
};

bool has_exactly(const Json& object, std::initializer_list<std::string_view> keys) {
  if (!object.is_object() || object.size() != keys.size()) return false;
  return std::all_of(keys.begin(), keys.end(),
                     [&](std::string_view key) { return object.contains(std::string(key)); });
}

std::vector<JobSnapshot> read_snapshots(Reader& reader, std::string_view key, std::string& problem) {
  std::vector<JobSnapshot> out;
  for (const Json& item : reader.list(key)) {
    Reader row(item, problem);
    out.push_back({JobId(row.text("job_id")), row.digest("snapshot")});
  }
  return out;
}

ToolName read_tool(Reader reader) { return {reader.text("name"), reader.text("version")}; }

Actor read_actor(Reader reader) {
  return {SessionId(reader.text("session_id")), reader.optional_text("role"), reader.optional_text("lane"),
          reader.boolean("attested"), reader.optional_text("lease_id")};
}

ReceiptVerdict read_verdict(Reader reader, std::string& problem) {
  ReceiptVerdict out;
  out.verdict_id = VerdictId(reader.text("verdict_id"));
  out.job_id = JobId(reader.text("job_id"));
  out.verdict = reader.word("verdict", kVerdicts);
  out.posture = reader.text("posture");
  out.session_id = SessionId(reader.text("session_id"));
  out.lane = reader.optional_text("lane");
  out.artifact_sha256 = reader.optional_digest("artifact_sha256");
  out.reviewed = read_snapshots(reader, "reviewed", problem);
  out.review = reader.optional_digest("review");
  return out;
}

std::vector<Gate> read_gates(Reader& reader, std::string& problem) {
  std::vector<Gate> out;
  std::set<std::string> names;
  for (const Json& item : reader.list("gates")) {
    Reader row(item, problem);
    out.push_back(
        {row.word("name", kGates), row.word("outcome", kOutcomes), row.optional_text("detail_code")});
    if (!names.insert(out.back().name).second) reader.wrong<bool>("gates");
  }
  return out;
}

std::vector<Oid> read_roots(Reader repository) {
  std::vector<Oid> out;
  for (const Json& item : repository.list("root_commits")) {
    const std::optional<Oid> id = read_oid(item);
    if (!id)
      repository.wrong<bool>("root_commits");
    else
      out.push_back(*id);
  }
  if (out.empty() || !std::is_sorted(out.begin(), out.end())) repository.wrong<bool>("root_commits");
  return out;
}

std::map<std::string, std::int64_t> read_counts(Reader redaction) {
  std::map<std::string, std::int64_t> out;
  const Json& counts = redaction.at("counts");
  if (!counts.is_object()) return redaction.wrong<std::map<std::string, std::int64_t>>("counts");
  Reader inner = redaction.inner("counts");
  for (const auto& [key, value] : counts.items()) out[key] = inner.integer(key);
  return out;
}

ReceiptState read_state(Reader& reader) {
  const std::string text = reader.word("state", std::array<std::string_view, 2>{"applied", "proposed"});
  return text == "proposed" ? ReceiptState::proposed : ReceiptState::applied;
}

void read_predicate(Reader reader, Receipt& out, std::string& problem) {
  Reader repository = reader.inner("repository");
  out.root_commits = read_roots(repository);
  (void)repository.word("object_format", std::array<std::string_view, 1>{"sha1"});
  Reader base = reader.inner("base");
  out.base_commit = base.oid("commit");
  out.base_content_tree = base.oid("content_tree");
  out.branch_base = base.oid("branch_base");
  Reader run = reader.inner("run");
  out.run_id = RunId(run.text("run_id"));
  if (!valid_run_folder(out.run_id.str())) run.wrong<bool>("run_id");
  out.jobs = read_snapshots(run, "jobs", problem);
  out.superseded_job_ids = run.texts("superseded_job_ids");
  out.workflow_sha256 = run.digest("workflow_sha256");
  out.branch = run.text("branch");
  out.strict = run.boolean("strict");
  for (const Json& item : reader.list("actors")) out.actors.push_back(read_actor(Reader(item, problem)));
  for (const Json& item : reader.list("verdicts"))
    out.verdicts.push_back(read_verdict(Reader(item, problem), problem));
  out.gates = read_gates(reader, problem);
  Reader log = reader.inner("log");
  out.store_id = log.hex32("store_id");
  out.log_seq = log.integer("seq", 0);
  out.log_head = log.digest("head");
  Reader redaction = reader.inner("redaction");
  out.redaction_policy = redaction.text("policy");
  out.redaction_version = redaction.integer("version");
  out.redaction_counts = read_counts(redaction);
  out.previous = reader.optional_digest("previous");
  out.nonce = reader.hex32("nonce");
  out.issued_at = reader.time("issued_at");
  out.tool = read_tool(reader.inner("tool"));
  out.state = read_state(reader);
}

/// name → digest object; the problem is set for anything that is not the exact shape.
std::map<std::string, Json> read_subjects(const Json& list, std::string& problem) {
  std::map<std::string, Json> out;
  if (!list.is_array()) problem = "the statement has no subjects";
  for (const Json& item : list) {
    const bool shaped =
        has_exactly(item, {"name", "digest"}) && item["name"].is_string() && item["digest"].is_object();
    if (!shaped || !out.emplace(item["name"].get<std::string>(), item["digest"]).second) {
      problem = "a subject is not well formed or stands twice";
      return out;
    }
  }
  return out;
}

/// Takes the subject out of the map and returns its one digest.
template <class T>
std::optional<T> take_subject(std::map<std::string, Json>& subjects, const std::string& name,
                              std::string_view kind, std::optional<T> (*read)(const Json&)) {
  const auto found = subjects.find(name);
  if (found == subjects.end() || !has_exactly(found->second, {kind})) return std::nullopt;
  const std::optional<T> digest = read(member(found->second, kind));
  if (digest) subjects.erase(found);
  return digest;
}

/// `{gitBlob, sha256}`
bool read_blob_subject(const Json& digest, Oid& blob, Sha256& sha) {
  const auto id = read_oid(member(digest, "gitBlob"));
  const auto hash = read_digest(member(digest, "sha256"));
  if (!has_exactly(digest, {"gitBlob", "sha256"}) || !id || !hash) return false;
  blob = *id;
  sha = *hash;
  return true;
}

void read_receipt_subjects(const Json& list, Receipt& out, std::string& problem) {
  std::map<std::string, Json> subjects = read_subjects(list, problem);
  const auto tree = take_subject<Oid>(subjects, "content-tree", "gitTree", read_oid);
  const auto changes = take_subject<Sha256>(subjects, "changes", "sha256", read_digest);
  const auto evidence = take_subject<Sha256>(subjects, "evidence", "sha256", read_digest);
  out.evidence_run = take_subject<Sha256>(subjects, "evidence-run", "sha256", read_digest);
  if (!tree || !changes || !evidence) {
    if (problem.empty()) problem = "the subject 'content-tree', 'changes' or 'evidence' is absent";
    return;
  }
  out.content_tree = *tree;
  out.changes = *changes;
  out.evidence = *evidence;
  for (const auto& [name, digest] : subjects) {
    ArtifactSubject artifact;
    const bool named = name.substr(0, kArtifactPrefix.size()) == kArtifactPrefix;
    if (named) artifact.path = name.substr(kArtifactPrefix.size());
    if (!named || artifact.path.empty() || !read_blob_subject(digest, artifact.git_blob, artifact.sha256)) {
      if (problem.empty()) problem = "a subject is unknown or not well formed";
      return;
    }
    out.artifacts.push_back(std::move(artifact));
  }
}

/// The statement's members, checked up to the predicate's type.
Parsed<Json> parse_statement(std::string_view payload, std::string_view predicate_type) {
  std::optional<Json> document = parse_restricted_json(payload);
  if (!document) return Problem{"the payload is not canonical JSON"};
  if (to_canonical_utf8(*document) != payload) return Problem{"the payload is not in its canonical form"};
  if (!has_exactly(*document, {"_type", "subject", "predicateType", "predicate"}) ||
      text_member(*document, "_type") != kStatementType) {
    return Problem{"the payload is no in-toto statement of version 1"};
  }
  if (text_member(*document, "predicateType") != predicate_type)
    return Problem{"the predicate type is unknown"};
  return *std::move(document);
}

}  // namespace

std::string to_text(Timestamp when) {
  std::string text = striatum::to_text(when.seconds);
  if (when.nanoseconds == 0) return text;
  std::string fraction = std::to_string(1'000'000'000U + when.nanoseconds).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text.insert(text.size() - 1, '.' + fraction);
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  constexpr std::size_t kWhole = 19;
  if (text.size() < kWhole + 1 || text.back() != 'Z') return std::nullopt;
  const std::optional<Instant> seconds = parse_instant(std::string(text.substr(0, kWhole)) + 'Z');
  std::string_view rest = text.substr(kWhole, text.size() - kWhole - 1);
  if (!seconds) return std::nullopt;
  if (rest.empty()) return Timestamp{*seconds, 0};
  if (rest[0] != '.' || rest.size() < 2 || rest.size() > 10) return std::nullopt;
  std::string digits(rest.substr(1));
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  digits.resize(9, '0');
  return Timestamp{*seconds, static_cast<std::uint32_t>(std::stoul(digits))};
}

std::string_view to_text(ReceiptState state) {
  return state == ReceiptState::applied ? "applied" : "proposed";
}

bool accepting(std::string_view verdict) { return verdict == "accept" || verdict == "accept_with_findings"; }

std::string encode(const Receipt& receipt) {
  return statement(subject_json(receipt), kReceiptPredicate, predicate_json(receipt));
}

Parsed<Receipt> parse_receipt(std::string_view payload) {
  const Parsed<Json> document = parse_statement(payload, kReceiptPredicate);
  if (!document) return Problem{document.problem()};
  Receipt out;
  std::string problem;
  read_receipt_subjects(member(*document, "subject"), out, problem);
  read_predicate(Reader(member(*document, "predicate"), problem), out, problem);
  if (!problem.empty()) return Problem{std::move(problem)};
  return out;
}

std::string encode(const Review& review) {
  Json artifacts = Json::array();
  for (const ReviewedArtifact& artifact : review.artifacts) {
    artifacts.push_back({{"path", artifact.path}, {"gitBlob", artifact.git_blob.hex()}});
  }
  Json subject = Json::array();
  subject.push_back(
      {{"name", "finding"},
       {"digest", {{"gitBlob", review.finding_blob.hex()}, {"sha256", review.finding_sha256.hex()}}}});
  subject.push_back({{"name", "receipt"}, {"digest", {{"sha256", review.receipt.hex()}}}});
  return statement(std::move(subject), kReviewPredicate,
                   {{"receipt", review.receipt.hex()},
                    {"run_id", review.run_id.str()},
                    {"job_id", review.job_id.str()},
                    {"snapshots", to_json(review.snapshots)},
                    {"artifacts", std::move(artifacts)},
                    {"verdict", review.verdict},
                    {"posture", review.posture},
                    {"finding_path", review.finding_path},
                    {"reviewer", review.reviewer},
                    {"nonce", review.nonce},
                    {"issued_at", to_text(review.issued_at)},
                    {"tool", to_json(review.tool)}});
}

Parsed<Review> parse_review(std::string_view payload) {
  const Parsed<Json> document = parse_statement(payload, kReviewPredicate);
  if (!document) return Problem{document.problem()};
  std::string problem;
  Review out;
  std::map<std::string, Json> subjects = read_subjects(member(*document, "subject"), problem);
  const auto receipt = take_subject<Sha256>(subjects, "receipt", "sha256", read_digest);
  const bool finding = subjects.size() == 1 && subjects.begin()->first == "finding" &&
                       read_blob_subject(subjects.begin()->second, out.finding_blob, out.finding_sha256);
  if (!receipt || !finding) return Problem{"the subjects are not exactly 'finding' and 'receipt'"};
  Reader reader(member(*document, "predicate"), problem);
  out.receipt = reader.digest("receipt");
  if (out.receipt != *receipt) return Problem{"the review names another receipt than its subject"};
  out.run_id = RunId(reader.text("run_id"));
  out.job_id = JobId(reader.text("job_id"));
  out.snapshots = read_snapshots(reader, "snapshots", problem);
  for (const Json& item : reader.list("artifacts")) {
    Reader row(item, problem);
    out.artifacts.push_back({row.text("path"), row.oid("gitBlob")});
  }
  out.verdict = reader.word("verdict", kVerdicts);
  out.posture = reader.text("posture");
  out.finding_path = reader.text("finding_path");
  if (!is_judged_path(out.finding_path)) reader.wrong<bool>("finding_path");
  out.reviewer = reader.text("reviewer");
  out.nonce = reader.hex32("nonce");
  out.issued_at = reader.time("issued_at");
  out.tool = read_tool(reader.inner("tool"));
  if (!problem.empty()) return Problem{std::move(problem)};
  return out;
}

}  // namespace striatum::provenance
