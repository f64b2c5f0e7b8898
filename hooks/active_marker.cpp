// SPDX-License-Identifier: Apache-2.0
#include "hooks/active_marker.hpp"

#include "hooks/baseline.hpp"
#include "os/files.hpp"
#include "store/apply.hpp"

namespace striatum::hooks {

void refresh_active_marker(app::Context& ctx) {
  if (!ctx.place.git) return;
  try {
    const std::string folder = own_folder(*ctx.place.git);
    const std::string marker = os::path_join(folder, "active");
    const bool active = os::exists((ctx.place.work_tree / ".provenance").string()) ||
                        (ctx.state_exists() && store::any_active_run(ctx.state().db()));
    if (active == os::exists(marker)) return;
    if (!active) {
      // Who sees no state here may stand beside it (--repo PATH).
      if (ctx.state_exists()) os::remove_file(marker);
      return;
    }
    os::ensure_directory(folder, 0700);
    if (has_baseline(*ctx.place.git)) set_baseline(*ctx.place.git);  // nobody judged what came before
    os::write_atomically(marker, "", 0600);
  } catch (const Error&) {
    return;  // the verb has done its work
  }
}

}  // namespace striatum::hooks
