// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Glibc

/// How many descriptors this process may have open, for defaults that must stay below it.
package enum OpenFileLimit {
    /// What is left once `reserve` descriptors are kept for everything else, but at least `share` percent of all of them;
    /// 0, no limit, where the system names none.
    package static func budget(reserve: Int, atLeast share: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return 0 }
        guard limit.rlim_cur < rlim_t(Int32.max) else { return 0 }
        return max(Int(limit.rlim_cur) - reserve, Int(limit.rlim_cur) * share / 100)
    }
}
