// SPDX-License-Identifier: Apache-2.0
#include "os/process_identity.hpp"

#include <fstream>
#include <sstream>

namespace striatum::os {

std::optional<std::string> process_start_time(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');  // the name may hold blanks and brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return std::nullopt;
    if (number == 22) return field;
  }
  return std::nullopt;
}

}  // namespace striatum::os
