// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "store/connection.hpp"

namespace striatum::store {

/// `PRAGMA user_version` of the shared tables; the value of release 1.24 and of ours.
inline constexpr int kSchemaVersion = 14;

/// Creates the file (mode 0600, in a folder of mode 0700) with every table when it is absent.
/// Refuses a newer file (code 9) before anything is touched.
void create_state(const std::filesystem::path& file);

/// A restored copy is another log than the one that went on without it: it gets a new store id and an empty chain,
/// and the next write adopts the events that are there.
void restart_chain(Connection& db);

/// Brings an open file up to date: shared tables to version 14, ours (`gs_*`) to their own version.
/// An older file is copied to `<file>.bak-v<N>` first. Nothing happens when all is current.
void migrate(Connection& db);

}  // namespace striatum::store
