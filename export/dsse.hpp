// SPDX-License-Identifier: Apache-2.0
// DSSE 1.0 envelopes (https://github.com/secure-systems-lab/dsse).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "export/parsed.hpp"

namespace striatum::provenance {

inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
inline constexpr std::size_t kMaxEnvelopeBytes = 64 * 1024;
inline constexpr std::size_t kMaxSignatures = 16;

struct EnvelopeSignature {
  std::string keyid;
  /// Decoded: 64 raw Ed25519 bytes, or a binary SSHSIG.
  std::string sig;
  bool operator==(const EnvelopeSignature&) const = default;
};

struct Envelope {
  std::string payload_type;
  /// Decoded.
  std::string payload;
  std::vector<EnvelopeSignature> signatures;
  bool operator==(const Envelope&) const = default;
};

/// The bytes a signature is made over: `DSSEv1 LEN TYPE LEN PAYLOAD`.
[[nodiscard]] std::string pae(std::string_view payload_type, std::string_view payload);

/// The committed form: canonical JSON and one newline.
[[nodiscard]] std::string encode(const Envelope& envelope);

/// Accepts exactly what `encode` writes for our payload type, at most kMaxEnvelopeBytes.
[[nodiscard]] Parsed<Envelope> parse_committed_envelope(std::string_view bytes);

/// Accepts what DSSE asks of a reader: unknown members, any spacing, URL-safe or unpadded base64, absent
/// keyid.
[[nodiscard]] Parsed<Envelope> parse_foreign_envelope(std::string_view bytes);

}  // namespace striatum::provenance
