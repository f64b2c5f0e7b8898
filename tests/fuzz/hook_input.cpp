// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hooks/managers.hpp"
#include "hooks/push.hpp"
#include "hooks/spool.hpp"
#include "hooks/stubs.hpp"

/// What stands in hook files, managers' configurations, the spool and git's input is read without harm; a hook file
/// that is called ours is what we write, and a block is taken out to the byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace striatum::hooks;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const HookSpec& hook : kHooks) {
    const HookFile file = read_hook_file(hook, bytes);
    if (file.kind == HookFile::Kind::ours && stub(hook, file.target) != bytes) __builtin_trap();
    if (file.kind == HookFile::Kind::chained && chained(hook, file.target, file.rest) != bytes) __builtin_trap();
    static_cast<void>(configured_target(hook, bytes));
  }
  static_cast<void>(husky_proof(kHooks[0], bytes));
  static_cast<void>(lefthook_proof(kHooks[0], bytes));
  static_cast<void>(pre_commit_proof(kHooks[0], bytes));
  static_cast<void>(parse_push_lines(bytes));
  static_cast<void>(parse_receive_lines(bytes));
  const auto line = parse_spool_line(bytes);
  if (line && !parse_spool_line(to_text(*line).substr(0, to_text(*line).size() - 1))) __builtin_trap();
  return 0;
}
