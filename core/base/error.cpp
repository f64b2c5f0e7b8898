// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"

namespace striatum {
namespace {

std::string_view default_kind(Code code) {
  switch (code) {
    case Code::ok: return "ok";
    case Code::general: return "failure";
    case Code::usage: return "usage";
    case Code::not_found: return "not_found";
    case Code::transition: return "transition_refused";
    case Code::lease: return "lease_refused";
    case Code::artifact: return "artifact_refused";
    case Code::branch: return "branch_not_confirmed";
    case Code::workflow: return "workflow_invalid";
    case Code::schema: return "schema_too_new";
    case Code::daemon_unreachable: return "daemon_unreachable";
    case Code::daemon_auth: return "daemon_unauthorized";
    case Code::daemon_capability: return "daemon_capability";
    case Code::daemon_registry: return "daemon_registry";
    case Code::verification: return "verification_failed";
    case Code::interrupted: return "interrupted";
  }
  return "failure";
}

}  // namespace

Error::Error(Code code, std::string message, std::vector<std::string> hints)
    : code_(code), message_(one_line(message)), hints_(std::move(hints)) {}

std::string_view Error::kind() const { return kind_.empty() ? default_kind(code_) : std::string_view(kind_); }

Error&& Error::with_kind(std::string kind) && {
  kind_ = std::move(kind);
  return std::move(*this);
}

Error&& Error::with_details(nlohmann::json details) && {
  details_ = std::make_shared<const nlohmann::json>(std::move(details));
  return std::move(*this);
}

void refuse(Code code, std::string message, std::vector<std::string> hints) {
  throw Error(code, std::move(message), std::move(hints));
}

void fail(Code code, std::string kind, std::string message, std::vector<std::string> hints) {
  throw Error(code, std::move(message), std::move(hints)).with_kind(std::move(kind));
}

std::string quote(std::string_view value) {
  constexpr std::size_t kLongest = 4096;  // of what somebody else made long a beginning is shown
  const bool whole = value.size() <= kLongest;
  value = value.substr(0, kLongest);
  const char mark = value.find('\'') == std::string_view::npos ? '\'' : '"';
  return mark + printable(value) + (whole ? "" : "…") + mark;
}

}  // namespace striatum
