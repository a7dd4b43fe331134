// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// hiredis' reader (a RESP parser) and nothing else of hiredis.
#pragma once
#include <stddef.h>
#include <hiredis/read.h>
#include <hiredis/hiredis.h>
