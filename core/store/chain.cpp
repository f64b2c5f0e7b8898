// SPDX-License-Identifier: Apache-2.0
#include "store/chain.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace striatum::store {
namespace {

constexpr std::string_view kDomain = "striatum-event-chain-v1";
constexpr std::string_view kAdopted = "gs.adopted";
constexpr std::size_t kSaltSize = 32;

std::string u64(std::uint64_t value) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[7 - i] = static_cast<char>(value >> (8 * i));
  return out;
}

/// T(x) of the format: length and bytes, so that no two columns can run into each other.
std::string framed(const std::optional<std::string>& value) {
  return value ? u64(value->size()) + *value : u64(~std::uint64_t{0});
}

struct Link {
  std::int64_t seq = 0;
  std::int64_t event_id = 0;
  std::string event_type;
  std::optional<std::string> run, session, job, message, artifact, lease;
  std::string created_at;
  std::string body_commit;
};

/// The columns of one event, as both hashes use them.
std::string framed_columns(const Link& link) {
  return framed(link.event_type) + framed(link.run) + framed(link.session) + framed(link.job) + framed(link.message) +
         framed(link.artifact) + framed(link.lease) + framed(link.created_at);
}

Sha256 link_hash(const std::string& store_id, const std::string& previous, const Link& link) {
  return sha256(framed(std::string(kDomain)) + framed(store_id) + framed(previous) +
                u64(static_cast<std::uint64_t>(link.seq)) + u64(static_cast<std::uint64_t>(link.event_id)) +
                framed_columns(link) + framed(link.body_commit));
}

std::string commit_to(const std::string& salt, std::string_view body) { return sha256(salt + std::string(body)).raw(); }

void write_link(Connection& db, const ChainHead& head, Link link, std::string_view body,
                const std::optional<std::string>& adopted, Random& random) {
  const std::string salt = random.bytes(kSaltSize);
  link.seq = head.seq + 1;
  link.body_commit = commit_to(salt, body);
  const Sha256 hash = link_hash(head.store_id, head.head.raw(), link);
  db.run(
      "INSERT INTO gs_event_chain (seq, event_id, adopted_json, adopted_at, salt, body_commit, hash) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      link.seq, link.event_id, adopted, adopted ? std::optional(link.created_at) : std::nullopt, Blob{salt},
      Blob{link.body_commit}, Blob{hash.raw()});
}

/// Reads an event row whose columns stand from `column` on, in the order of kEventColumns.
Link read_event(const Use& row, int column) {
  Link link;
  link.event_id = row.integer(column);
  link.event_type = row.text(column + 1);
  link.run = row.optional_text(column + 2);
  link.session = row.optional_text(column + 3);
  link.job = row.optional_text(column + 4);
  link.message = row.optional_text(column + 5);
  link.artifact = row.optional_text(column + 6);
  link.lease = row.optional_text(column + 7);
  link.created_at = row.text(column + 8);
  return link;
}

/// T() of the columns of one adopted event, its id and body included.
std::string framed_event(const Link& link, const std::string& body) {
  return u64(static_cast<std::uint64_t>(link.event_id)) + framed_columns(link) + framed(body);
}

/// Feeds the events `first`…`last` to a digest; returns the last id seen, or `first - 1`.
std::int64_t digest_events(Connection& db, std::int64_t first, std::int64_t last, Sha256Stream& digest) {
  Use events = db.use(
      "SELECT event_id, event_type, run_id, actor_session_id, job_id, message_id, artifact_id, lease_id, created_at, "
      "payload_json FROM events WHERE event_id BETWEEN ?1 AND ?2 ORDER BY event_id",
      first, last);
  std::int64_t seen = first - 1;
  while (events.step()) {
    const Link link = read_event(events, 0);
    digest.add(framed_event(link, events.text(9)));
    seen = link.event_id;
  }
  return seen;
}

Sha256 to_digest(const std::string& raw) {
  Sha256 out;
  if (raw.size() == out.bytes.size()) std::copy(raw.begin(), raw.end(), out.bytes.begin());
  return out;
}

}  // namespace

ChainHead chain_head(Connection& db) {
  ChainHead head;
  head.store_id = db.text("SELECT value FROM gs_meta WHERE key = 'store_id'").value_or("");
  Use last = db.use("SELECT seq, event_id, hash FROM gs_event_chain ORDER BY seq DESC LIMIT 1");
  if (!last.step()) return head;
  head.seq = last.integer(0);
  head.event_id = last.integer(1);
  head.head = to_digest(last.blob(2));
  return head;
}

std::int64_t append_event(Connection& db, const Event& event, Instant now, Random& random) {
  const ChainHead head = chain_head(db);
  const std::string last = db.text("SELECT created_at FROM events ORDER BY event_id DESC LIMIT 1").value_or("");
  const std::string body = to_canonical_ascii(event.payload);
  Link link;
  link.event_type = event.type;
  const auto text = [](const auto& id) { return id ? std::optional(id->str()) : std::nullopt; };
  link.run = text(event.run);
  link.session = text(event.session);
  link.job = text(event.job);
  link.message = text(event.message);
  link.artifact = text(event.artifact);
  link.lease = text(event.lease);
  link.created_at = std::max(to_text(now), last);
  db.run(
      "INSERT INTO events (run_id, event_type, actor_session_id, job_id, message_id, artifact_id, lease_id, "
      "payload_json, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      link.run, link.event_type, link.session, link.job, link.message, link.artifact, link.lease, body,
      link.created_at);
  link.event_id = db.last_insert_rowid();
  write_link(db, head, link, body, std::nullopt, random);
  return link.event_id;
}

Adoption::Adoption(Connection& db) {
  first_ = db.integer("SELECT event_id FROM gs_event_chain ORDER BY seq DESC LIMIT 1") + 1;
  last_ = first_ - 1;
  read_on(db);
}

void Adoption::read_on(Connection& db) {
  const std::int64_t newest = db.integer("SELECT max(event_id) FROM events");
  if (newest > last_) last_ = digest_events(db, last_ + 1, newest, digest_);
}

void Adoption::finish(Connection& db, Instant now, Random& random) {
  const ChainHead head = chain_head(db);
  if (head.event_id >= first_) {  // another writer of ours adopted the range meanwhile
    *this = Adoption(db);
    if (head.event_id >= first_) return;
  }
  read_on(db);
  if (last_ < first_) return;
  const std::string body = to_canonical_utf8({{"first", first_}, {"last", last_}, {"digest", digest_.finish().hex()}});
  Link link;
  link.event_id = last_;
  link.event_type = kAdopted;
  link.created_at = to_text(now);
  write_link(db, head, link, body, body, random);
}

namespace {

/// One walk over the chain; stops at the first row that does not fit. Events of another program behind the last
/// row are no damage: the next write adopts them.
class ChainWalk {
 public:
  explicit ChainWalk(Connection& db) : db_(db) {
    report_.store_id = db.text("SELECT value FROM gs_meta WHERE key = 'store_id'").value_or("");
  }

  ChainReport run() {
    Use rows = db_.use(
        "SELECT c.seq, c.event_id, c.adopted_json, c.adopted_at, c.salt, c.body_commit, c.hash, e.event_id, "
        "e.event_type, e.run_id, e.actor_session_id, e.job_id, e.message_id, e.artifact_id, e.lease_id, "
        "e.created_at, e.payload_json FROM gs_event_chain c LEFT JOIN events e ON e.event_id = c.event_id "
        "ORDER BY c.seq");
    while (report_.ok && rows.step()) visit(rows);
    report_.head = to_hex(previous_);
    return report_;
  }

 private:
  void bad(std::int64_t seq, std::string reason) {
    report_.ok = false;
    report_.bad_seq = seq;
    report_.reason = std::move(reason);
  }

  void visit(const Use& row) {
    const std::int64_t seq = row.integer(0);
    if (seq != report_.last + 1) return bad(report_.last + 1, "a row of the chain is missing");
    const auto adopted = row.optional_text(2);
    if (!adopted && row.is_null(7)) return bad(seq, "its event is missing");
    Link link = adopted ? adopted_link(row) : read_event(row, 7);
    const std::string body = adopted ? *adopted : row.text(16);
    link.seq = seq;
    link.event_id = row.integer(1);
    link.body_commit = row.blob(5);
    if (commit_to(row.blob(4), body) != link.body_commit) return bad(seq, "the event's body was changed");
    if (link_hash(report_.store_id, previous_, link).raw() != row.blob(6)) return bad(seq, "the hash does not fit");
    if (adopted ? !range_fits(seq, *adopted) : gap_before(link.event_id)) {
      return report_.ok ? bad(seq, "an event in between was added or removed") : void();
    }
    if (report_.first == 0) report_.first = seq;
    report_.last = seq;
    event_id_ = link.event_id;
    previous_ = row.blob(6);
  }

  static Link adopted_link(const Use& row) {
    Link link;
    link.event_type = kAdopted;
    link.created_at = row.text(3);
    return link;
  }

  /// Numbers may be skipped (a rolled-back insert), rows may not.
  bool gap_before(std::int64_t event_id) {
    return db_.exists("SELECT 1 FROM events WHERE event_id > ?1 AND event_id < ?2 LIMIT 1", event_id_, event_id);
  }

  bool range_fits(std::int64_t seq, const std::string& body) {
    const Json range = parse_json(body).value_or(Json());
    const auto number = [&](const char* key) {
      const Json& value = member(range, key);
      return value.is_number_integer() ? value.get<std::int64_t>() : -1;
    };
    if (gap_before(number("first"))) return false;
    Sha256Stream digest;
    digest_events(db_, number("first"), number("last"), digest);
    ++report_.adopted;
    if (digest.finish().hex() == text_member(range, "digest")) return true;
    bad(seq, "the events of an adopted range were changed");
    return false;
  }

  Connection& db_;
  ChainReport report_;
  std::int64_t event_id_ = 0;
  std::string previous_ = std::string(32, '\0');
};

}  // namespace

ChainReport verify_chain(Connection& db) { return ChainWalk(db).run(); }

}  // namespace striatum::store
