// SPDX-License-Identifier: Apache-2.0
// pre-push and the server's pre-receive and update: `verify` on what is about to arrive somewhere else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/discover.hpp"
#include "hooks/report.hpp"

namespace striatum::hooks {

/// A ref that is about to move. A zero id: it is made, or taken away.
struct RefMove {
  std::string ref;
  Oid before;
  Oid after;
};

/// `<local ref> <local id> <remote ref> <remote id>` lines.
[[nodiscard]] std::vector<RefMove> parse_push_lines(std::string_view input);
/// `<old> <new> <ref>` lines.
[[nodiscard]] std::vector<RefMove> parse_receive_lines(std::string_view input);
/// What the pre-commit framework tells of a push in its environment.
[[nodiscard]] std::vector<RefMove> framework_push(const std::optional<std::string>& remote_ref,
                                                  const std::optional<std::string>& from,
                                                  const std::optional<std::string>& to);

/// Names the commits that went around the hooks; refuses those that no hook has judged and that break a rule, and,
/// where the remote's branch or what leaves has a policy, those that `verify` does not accept.
[[nodiscard]] HookReport check_push(const git::Places& places, const std::string& remote, const std::vector<RefMove>& moves);

/// The same verifier on a server, in git's quarantine or outside. Judged by the trust of the branch itself, of a new
/// one by that of the default branch; what cannot be judged is refused.
[[nodiscard]] HookReport check_receive(const git::Places& places, const std::vector<RefMove>& moves);

}  // namespace striatum::hooks
