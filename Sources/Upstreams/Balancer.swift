// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Fewer requests in flight of two random endpoints (proxy.md §8). Pure.
enum Balancer {
    /// The index of the choice, nil of nothing. When fewer than half are healthy, all are used: better a bad endpoint
    /// than to pour everything on the few that are left.
    static func pick(
        of count: Int,
        isHealthy: (Int) -> Bool,
        load: (Int) -> Int,
        using generator: inout some RandomNumberGenerator
    ) -> Int? {
        guard count > 1 else { return count == 1 ? 0 : nil }
        var healthy = 0
        for index in 0..<count where isHealthy(index) { healthy += 1 }
        let usesAll = healthy * 2 < count
        let candidates = usesAll ? count : healthy
        func candidate(_ rank: Int) -> Int {
            var rank = rank
            for index in 0..<count where usesAll || isHealthy(index) {
                if rank == 0 { return index }
                rank -= 1
            }
            return 0
        }
        let firstRank = Int.random(in: 0..<candidates, using: &generator)
        let first = candidate(firstRank)
        guard candidates > 1 else { return first }
        let second = candidate((firstRank + Int.random(in: 1..<candidates, using: &generator)) % candidates)
        return load(second) < load(first) ? second : first
    }
}

/// SplitMix64: a few instructions a number, for choices that need no secrecy. One per loop.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }
}
