// SPDX-License-Identifier: Apache-2.0
#include "export/dsse.hpp"

#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace striatum::provenance {
namespace {

/// DSSE lets a reader meet the URL-safe alphabet and missing padding.
std::optional<std::string> from_any_base64(std::string_view text) {
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  while (standard.size() % 4 != 0) standard += '=';
  return from_base64(standard);
}

Parsed<std::vector<EnvelopeSignature>> read_signatures(const Json& list) {
  if (!list.is_array() || list.empty()) return Problem{"the envelope has no signature"};
  std::vector<EnvelopeSignature> out;
  for (const Json& item : list) {
    const Json& sig = member(item, "sig");
    if (!sig.is_string()) return Problem{"a signature entry has no text in 'sig'"};
    std::optional<std::string> bytes = from_any_base64(sig.get_ref<const std::string&>());
    if (!bytes) return Problem{"a signature is not base64"};
    out.push_back({text_member(item, "keyid"), *std::move(bytes)});
  }
  return out;
}

Parsed<Envelope> read_envelope(const std::optional<Json>& document) {
  if (!document) return Problem{"the envelope is not JSON"};
  const Json& payload = member(*document, "payload");
  const Json& type = member(*document, "payloadType");
  if (!payload.is_string() || !type.is_string())
    return Problem{"the envelope has no payload or no payloadType"};
  std::optional<std::string> bytes = from_any_base64(payload.get_ref<const std::string&>());
  if (!bytes) return Problem{"the payload is not base64"};
  Parsed<std::vector<EnvelopeSignature>> signatures = read_signatures(member(*document, "signatures"));
  if (!signatures) return Problem{signatures.problem()};
  return Envelope{type.get<std::string>(), *std::move(bytes), signatures.take()};
}

}  // namespace

std::string pae(std::string_view payload_type, std::string_view payload) {
  std::string out = "DSSEv1 " + std::to_string(payload_type.size()) + ' ';
  out.append(payload_type).append(" ").append(std::to_string(payload.size())).append(" ").append(payload);
  return out;
}

std::string encode(const Envelope& envelope) {
  Json signatures = Json::array();
  for (const EnvelopeSignature& signature : envelope.signatures) {
    signatures.push_back({{"keyid", signature.keyid}, {"sig", base64(signature.sig)}});
  }
  const Json document = {{"payload", base64(envelope.payload)},
                         {"payloadType", envelope.payload_type},
                         {"signatures", std::move(signatures)}};
  return to_canonical_utf8(document) + '\n';
}

Parsed<Envelope> parse_committed_envelope(std::string_view bytes) {
  if (bytes.size() > kMaxEnvelopeBytes) return Problem{"the envelope is larger than 64 KiB"};
  Parsed<Envelope> envelope = read_envelope(parse_json(bytes));
  if (!envelope) return envelope;
  if (envelope->payload_type != kPayloadType) return Problem{"the payload type is not in-toto JSON"};
  if (envelope->signatures.size() > kMaxSignatures)
    return Problem{"the envelope has more than 16 signatures"};
  std::set<std::string> keyids;
  for (const EnvelopeSignature& signature : envelope->signatures) {
    if (!keyids.insert(signature.keyid).second) return Problem{"the envelope names a key twice"};
  }
  if (encode(*envelope) != bytes) return Problem{"the envelope is not in its canonical form"};
  return envelope;
}

Parsed<Envelope> parse_foreign_envelope(std::string_view bytes) {
  constexpr std::size_t kMaxForeignBytes = 16 * 1024 * 1024;
  if (bytes.size() > kMaxForeignBytes) return Problem{"the envelope is larger than 16 MiB"};
  return read_envelope(parse_json(bytes));
}

}  // namespace striatum::provenance
