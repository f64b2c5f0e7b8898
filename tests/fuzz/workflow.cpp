// SPDX-License-Identifier: Apache-2.0
#include "domain/workflow.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "domain/graph.hpp"

/// A workflow file is refused by an Error of code 8 or can be planned. Read in parts, all of it is the whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace striatum;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (parse_json(text, [](std::size_t, std::string_view) { return true; }) != parse_json(text)) __builtin_trap();
  for (const bool strict : {false, true}) {
    domain::WorkflowChecks checks;
    checks.strict = strict;
    try {
      const auto workflow = domain::Workflow::parse(text, "workflow.json", checks);
      static_cast<void>(domain::workflow_plan(workflow.document()));
    } catch (const Error& error) {
      if (error.code() != Code::workflow) __builtin_trap();
    }
  }
  return 0;
}
