// SPDX-License-Identifier: Apache-2.0
// What libgit2's archive asks of a Kerberos library, for which there is no archive. Only its HTTP transport calls
// these, and nothing here opens a transport: the git program does what needs a network.

namespace {
constexpr unsigned kFailure = 13U << 16;  // GSS_S_FAILURE
}

extern "C" {
void* GSS_C_NT_HOSTBASED_SERVICE = nullptr;
unsigned gss_delete_sec_context() { return kFailure; }
unsigned gss_display_status() { return kFailure; }
unsigned gss_import_name() { return kFailure; }
unsigned gss_indicate_mechs() { return kFailure; }
unsigned gss_init_sec_context() { return kFailure; }
unsigned gss_release_buffer() { return kFailure; }
unsigned gss_release_name() { return kFailure; }
unsigned gss_release_oid_set() { return kFailure; }
}
