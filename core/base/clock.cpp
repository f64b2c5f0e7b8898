// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "base/ports.hpp"

namespace striatum {

Instant SystemClock::now() {
  using namespace std::chrono;
  return {duration_cast<seconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace striatum
