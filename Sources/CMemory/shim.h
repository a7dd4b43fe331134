// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// What C says about memory and Swift does not.
#pragma once
#include <malloc.h>

/// Asks the processor for that address, to be written soon. Any address will do: nothing is read, and nothing faults.
static inline void gatecast_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }
