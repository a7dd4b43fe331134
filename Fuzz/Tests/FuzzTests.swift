// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Testing

/// Every kept input, and as many mutations of it as a test run can afford: the same ones each time.
@Suite("What is fuzzed", .timeLimit(.minutes(5)))
struct FuzzTests {
    /// Of all a target's seeds together.
    private static let mutations = 6_000

    @Test("Kept inputs break nothing, nor do thousands made of them", arguments: FuzzTarget.all.map(\.name))
    func properties(name: String) async throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = try Seeds.files(of: target)
        #expect(seeds.count >= 3, "Fuzz/Corpus/\(name) holds too little to start from")
        for seed in seeds {
            do { try target.check(seed.bytes) } catch { Issue.record("\(seed.name): \(error)") }
        }
        let broken = await Self.search(target, seeds.map(\.bytes), seed: 0x6761_7465)
        #expect(broken == nil, "keep this input under Fuzz/Failures/\(name)")
    }

    @Test("Every folder of seeds has its target, and the other way round")
    func folders() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Seeds.folder.appendingPathComponent("Corpus").path
        ).filter { !$0.hasPrefix(".") }
        #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
    }

    @Test("A planted flaw is found")
    func planted() async {
        let target = FuzzTarget(name: "planted") { (bytes) throws(FuzzTarget.Broken) in
            try FuzzTarget.require(!bytes.starts(with: Array("GET \r\n".utf8)), "planted")
        }
        #expect(await Self.search(target, [Array("GET / HTTP/1.1\r\n".utf8)], seed: 1) != nil)
    }

    /// The first input that breaks a property, in a form to copy.
    private static func search(_ target: FuzzTarget, _ seeds: [[UInt8]], seed: UInt64) async -> String? {
        guard !seeds.isEmpty else { return nil }
        var mutator = Mutator(seed: seed)
        for round in 0..<Self.mutations {
            if round % 100 == 0 { await Task.yield() }
            let input = mutator.mutate(
                seeds[round % seeds.count],
                crossing: seeds[round / seeds.count % seeds.count]
            )
            do { try target.check(input) } catch {
                return "\(error): \(String(decoding: input, as: UTF8.self).debugDescription) \(input)"
            }
        }
        return nil
    }
}
