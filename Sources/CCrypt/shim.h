// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// crypt_r of the system's libcrypt, whose 32 KiB work area Swift does not import.
#pragma once
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/// Hashes `key` as `setting` (a whole crypt hash, or its beginning) says. Answers whether `output`, of `size` bytes, now
/// holds a hash. Blocks for as long as the setting's cost demands; any thread.
static inline int gatecast_crypt(const char *key, const char *setting, char *output, size_t size) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return 0;
    const char *hash = crypt_r(key, setting, data);
    // A failure is NULL or a text that begins with an asterisk and equals no hash.
    int made = hash && hash[0] != '*' && strlen(hash) < size;
    if (made) strcpy(output, hash);
    explicit_bzero(data, sizeof *data);
    free(data);
    return made;
}
