// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// libargon2 (Debian: libargon2-dev), for passwords that were hashed by Django.
#pragma once
#include <argon2.h>
