// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share of libgit2. Included by .cpp files only.
#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/oid.hpp"

namespace striatum::git {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

/// Sets libgit2 up when it is first needed: it costs time that most commands do not have to spend.
void ensure_library();

/// Throws `Error` for a negative code, with libgit2's own words after a colon.
void check(int code, std::string_view doing);

struct Hunk;
/// The hunks between two blobs, null where one is absent.
[[nodiscard]] std::vector<Hunk> hunks(const git_blob* before, const git_blob* after);

/// libgit2's last message on one line.
[[nodiscard]] std::string last_message();

[[nodiscard]] inline const git_oid* raw_id(const Oid& id) {
  return reinterpret_cast<const git_oid*>(id.bytes.data());
}
[[nodiscard]] inline Oid to_oid(const git_oid& id) {
  return *Oid::from_raw({reinterpret_cast<const char*>(id.id), GIT_OID_RAWSZ});
}

}  // namespace striatum::git
