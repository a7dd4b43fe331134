// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("Memory of connections that have gone")
struct MemoryReturnTests {
    private func observe(_ counts: [Int]) -> [Bool] {
        var tide = MemoryReturn.Tide()
        return counts.map { tide.observe($0) }
    }

    @Test("It is given back once, when the last of many has gone")
    func ebb() {
        #expect(observe([10_000, 6000, 100, 100, 100]) == [false, false, false, true, false])
        #expect(observe([10_000, 100, 100, 9000, 50, 50]) == [false, false, true, false, false, true])
    }

    @Test("A quarter, and five hundred at least")
    func few() {
        #expect(observe([10_000, 7501, 7501]) == [false, false, false])
        #expect(observe([10_000, 7500, 7500]) == [false, false, true])
        #expect(observe([500, 1, 1]) == [false, false, false])
        #expect(observe([500, 0, 0]) == [false, false, true])
        #expect(observe([0, 0, 300, 0, 0]) == [false, false, false, false, false])
    }

    @Test("The service asks until it is shut down, and releases")
    func service() async throws {
        let counts = Mutex([2000, 0])
        let released = Atomic(0)
        let service = MemoryReturn(
            connections: { counts.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } },
            interval: .milliseconds(1),
            release: { released.add(1, ordering: .relaxed) }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            try await eventually { released.load(ordering: .relaxed) == 1 }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(released.load(ordering: .relaxed) == 1)
    }

    @Test("glibc takes the order")
    func trims() async throws {
        let asked = Atomic(0)
        let service = MemoryReturn(
            connections: { asked.add(1, ordering: .relaxed).newValue == 1 ? 2000 : 0 },
            interval: .milliseconds(1)
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            try await eventually { asked.load(ordering: .relaxed) > 5 }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
