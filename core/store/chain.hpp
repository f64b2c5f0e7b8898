// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/crypto.hpp"
#include "base/ports.hpp"
#include "domain/event.hpp"
#include "store/connection.hpp"

namespace striatum::store {

/// Where the chain of events stands. `head` is 32 zero bytes while it is empty.
struct ChainHead {
  std::string store_id;
  std::int64_t seq = 0;
  std::int64_t event_id = 0;
  Sha256 head;
};

[[nodiscard]] ChainHead chain_head(Connection& db);

/// Appends an event and its chain row (docs/format/event-chain.md). Call inside a write transaction.
/// Returns the event id. `created_at` never goes back: a clock set back repeats the last event's time.
std::int64_t append_event(Connection& db, const Event& event, Instant now, Random& random);

/// Digest of the events that another program appended behind the last chained one; kept outside the lock,
/// finished inside it.
class Adoption {
 public:
  /// Reads what is there now, without a lock.
  explicit Adoption(Connection& db);
  /// Reads what came since and writes one chain row for the range, if there is any. Inside a transaction.
  void finish(Connection& db, Instant now, Random& random);

 private:
  void read_on(Connection& db);
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  Sha256Stream digest_;
};

/// The result of walking the whole chain.
struct ChainReport {
  bool ok = true;
  std::string store_id;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string head;
  std::int64_t adopted = 0;
  std::optional<std::int64_t> bad_seq;
  std::optional<std::string> reason;
};

[[nodiscard]] ChainReport verify_chain(Connection& db);

}  // namespace striatum::store
