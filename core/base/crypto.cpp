// SPDX-License-Identifier: Apache-2.0
// Hashes go by SHA256_Update and its kin, which OpenSSL 3 calls deprecated, and neither by EVP nor by SHA256(), which is
// EVP below: finding a digest through the providers costs a small verb as much as all its SQLite. Signatures go by EVP.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "base/error.hpp"
#include "base/ports.hpp"
#include "base/text.hpp"

namespace striatum {
namespace {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BIGNUM, BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM, OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG, ECDSA_SIG_free>>;

constexpr std::size_t kEd25519Size = 32;
constexpr int kMinRsaBits = 3072;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

[[noreturn]] void crypto_failed(const char* what) {
  fail(Code::general, "crypto_failed", std::string("the cryptographic library refused: ") + what);
}

Number number(std::string_view big_endian) {
  if (big_endian.size() > 4096) return nullptr;
  return Number(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Key ed25519_private(std::string_view seed) {
  if (seed.size() != kEd25519Size) crypto_failed("an Ed25519 seed has 32 bytes");
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  if (!key) crypto_failed("Ed25519 private key");
  return key;
}

Key key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return Key(key);
}

bool verify_digest(EVP_PKEY* key, const EVP_MD* digest, std::string_view message, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace

std::string Sha256::hex() const { return to_hex(raw()); }

std::string Sha256::raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Sha256 sha256(std::string_view data) {
  Sha256Stream stream;
  stream.add(data);
  return stream.finish();
}

std::array<unsigned char, 20> sha1(std::string_view head, std::string_view data) {
  std::array<unsigned char, 20> out{};
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, head.data(), head.size());
  SHA1_Update(&context, data.data(), data.size());
  SHA1_Final(out.data(), &context);
  return out;
}

std::string sha512(std::string_view data) {
  std::string out(SHA512_DIGEST_LENGTH, '\0');
  SHA512_CTX context;
  SHA512_Init(&context);
  SHA512_Update(&context, data.data(), data.size());
  SHA512_Final(bytes_of(out), &context);
  return out;
}

struct Sha256Stream::State {
  SHA256_CTX context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::add(std::string_view data) { SHA256_Update(&state_->context, data.data(), data.size()); }

Sha256 Sha256Stream::finish() {
  Sha256 out;
  SHA256_Final(out.bytes.data(), &state_->context);
  return out;
}

std::string base64(std::string_view data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int length = EVP_EncodeBlock(bytes_of(out), bytes_of(data), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > INT_MAX) return std::nullopt;
  if (text.empty()) return std::string();
  std::string out(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(bytes_of(out), bytes_of(text), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(length));
  for (std::size_t i = text.size(); i > text.size() - 2 && text[i - 1] == '=' && !out.empty(); --i) out.pop_back();
  if (base64(out) != text) return std::nullopt;
  return out;
}

std::string SystemRandom::bytes(std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = ::getrandom(out.data() + done, count - done, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < 0 && errno != EINTR) crypto_failed("no randomness");
  }
  return out;
}

std::string new_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + '_' + to_hex(random.bytes(16));
}

namespace ed25519 {

std::string sign(std::string_view seed, std::string_view message) {
  const Key key = ed25519_private(seed);
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t length = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature), &length, bytes_of(message), message.size()) != 1) {
    crypto_failed("Ed25519 signature");
  }
  return signature;
}

std::string public_key(std::string_view seed) {
  const Key key = ed25519_private(seed);
  std::string out(kEd25519Size, '\0');
  std::size_t length = out.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), bytes_of(out), &length) != 1) crypto_failed("Ed25519 public key");
  return out;
}

bool verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kEd25519Size || signature.size() != 64) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key), public_key.size()));
  return verify_digest(key.get(), nullptr, message, signature);
}

}  // namespace ed25519

bool verify_ecdsa(std::string_view curve, std::string_view point, std::string_view message, std::string_view r,
                  std::string_view s) {
  const char* group = curve == "nistp256" ? "P-256" : curve == "nistp384" ? "P-384" : curve == "nistp521" ? "P-521" : nullptr;
  if (!group || point.empty()) return false;
  const EVP_MD* digest = curve == "nistp256" ? EVP_sha256() : curve == "nistp384" ? EVP_sha384() : EVP_sha512();
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return false;
  }
  const Key key = key_from("EC", builder.get());
  const EcdsaSignature signature(ECDSA_SIG_new());
  Number first = number(r);
  Number second = number(s);
  if (!key || !signature || !first || !second) return false;
  ECDSA_SIG_set0(signature.get(), first.release(), second.release());
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return false;
  const std::string encoded(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return verify_digest(key.get(), digest, message, encoded);
}

bool verify_rsa(std::string_view hash, std::string_view exponent, std::string_view modulus, std::string_view message,
                std::string_view signature) {
  const EVP_MD* digest = hash == "sha256" ? EVP_sha256() : hash == "sha512" ? EVP_sha512() : nullptr;
  const Number e = number(exponent);
  const Number n = number(modulus);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!digest || !e || !n || !builder || BN_num_bits(n.get()) < kMinRsaBits) return false;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return false;
  }
  return verify_digest(key_from("RSA", builder.get()).get(), digest, message, signature);
}

}  // namespace striatum
