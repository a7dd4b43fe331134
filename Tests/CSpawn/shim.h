// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

#pragma once

// Glibc 2.34 has all of these, but hides them from whoever does not define _GNU_SOURCE before its first header, as Swift does not.
#include <fcntl.h>
#include <spawn.h>

extern int pipe2(int ends[2], int flags);

extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// Neither end is inherited, not even by a child that another thread starts between two system calls.
static inline int pipe_cloexec(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
