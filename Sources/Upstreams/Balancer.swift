// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Fewer requests in flight of two random endpoints (proxy.md §8). Pure.
enum Balancer {
    /// The index of the choice, nil of nothing. When fewer than half are healthy, all are used: better a bad endpoint
    /// than to pour everything on the few that are left.
    /// - Parameter mayTake: whether one may have this request at all, healthy or not.
    static func pick(
        of count: Int,
        mayTake: (Int) -> Bool = { _ in true },
        isHealthy: (Int) -> Bool,
        load: (Int) -> Int,
        using generator: inout some RandomNumberGenerator
    ) -> Int? {
        guard count > 1 else { return count == 1 && mayTake(0) ? 0 : nil }
        var healthy = 0
        for index in 0..<count where isHealthy(index) { healthy += 1 }
        let usesAll = healthy * 2 < count
        func isCandidate(_ index: Int) -> Bool { (usesAll || isHealthy(index)) && mayTake(index) }
        var candidates = 0
        for index in 0..<count where isCandidate(index) { candidates += 1 }
        guard candidates > 0 else { return nil }
        func candidate(_ rank: Int) -> Int? {
            var rank = rank
            for index in 0..<count where isCandidate(index) {
                if rank == 0 { return index }
                rank -= 1
            }
            return nil  // one became unfit since they were counted
        }
        let firstRank = Int.random(in: 0..<candidates, using: &generator)
        guard let first = candidate(firstRank) else { return candidate(0) }
        guard candidates > 1 else { return first }
        let secondRank = (firstRank + Int.random(in: 1..<candidates, using: &generator)) % candidates
        guard let second = candidate(secondRank) else { return first }
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
