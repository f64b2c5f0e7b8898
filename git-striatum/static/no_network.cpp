// SPDX-License-Identifier: Apache-2.0
// Nothing here opens a transport: the git program does what needs a network. These stand in for the parts of libgit2's
// archive that would, so that neither they nor the libraries below them (TLS, SSH, Kerberos) are linked, and none of
// them is set up at every start. Names and meaning are those of libgit2 1.5; others are linked as shared libraries
// (../CMakeLists.txt).

namespace {
constexpr int kNone = -1;  // GIT_ERROR
}

extern "C" {
bool git_http__expect_continue = false;
int git_transport_ssh_global_init() { return 0; }
int git_mbedtls_stream_global_init() { return 0; }
int git_mbedtls_stream_new() { return kNone; }
int git_mbedtls_stream_wrap() { return kNone; }
int git_mbedtls__set_cert_location() { return kNone; }
int git_smart_subtransport_git() { return kNone; }
int git_smart_subtransport_http() { return kNone; }
int git_smart_subtransport_ssh() { return kNone; }
int git_transport_ssh_with_paths() { return kNone; }
}
