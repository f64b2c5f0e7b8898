// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace striatum::os {

/// Field 22 of /proc/<pid>/stat, which with the pid names one process of this boot; nullopt when there is no such
/// process, or only its remains (a zombie).
[[nodiscard]] std::optional<std::string> process_start_time(std::int64_t pid);

}  // namespace striatum::os
