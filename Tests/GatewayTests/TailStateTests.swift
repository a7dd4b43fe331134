// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import gatecast

@Suite("gatecast tail's cursor")
struct TailStateTests {
    private func take(_ state: inout TailState, _ text: String) -> [String] { state.take(ByteBuffer(string: text)) }

    @Test("Moves at the end of an event, after its line was printed")
    func moves() {
        var state = TailState(since: nil, remaining: nil)
        #expect(take(&state, ": gatecast tail\n\nid: 5-0\n\n") == [])
        #expect(state.since == "5-0")
        #expect(take(&state, "id: 6-0\ndata: {\"n\":1}\n") == ["{\"n\":1}"])
        #expect(state.since == "5-0")
        #expect(take(&state, "\n") == [])
        #expect(state.since == "6-0")
        #expect(take(&state, "data: {\"ephemeral\":1}\n\n") == ["{\"ephemeral\":1}"])
        #expect(state.since == "6-0")
    }

    @Test("The pieces may be cut anywhere, inside a character too")
    func pieces() {
        let text = Array("id: 6-0\ndata: \"é\"\n\nid: 7-0\ndata: 2\n\n".utf8)
        var state = TailState(since: "5-0", remaining: nil)
        var lines: [String] = []
        for byte in text { lines += state.take(ByteBuffer(bytes: [byte])) }
        #expect(lines == ["\"é\"", "2"])
        #expect(state.since == "7-0")
    }

    @Test("A cut anywhere repeats at most the event it was in, and never skips one")
    func cuts() {
        let text = Array("id: 6-0\ndata: 1\n\nid: 7-0\ndata: 2\n\n".utf8)
        for cut in 0...text.count {
            var state = TailState(since: "5-0", remaining: nil)
            var lines = state.take(ByteBuffer(bytes: text[..<cut]))
            state.connected()
            // The gateway begins after the cursor it is given, with its greeting.
            let again: [String: String] = [
                "5-0": "id: 6-0\ndata: 1\n\nid: 7-0\ndata: 2\n\n", "6-0": "id: 7-0\ndata: 2\n\n", "7-0": "",
            ]
            let since = state.since ?? ""
            #expect(take(&state, ": gatecast tail\n\n") == [], "cut at \(cut)")
            #expect(state.since == since, "cut at \(cut)")
            lines += take(&state, again[since] ?? "")
            #expect(lines.filter { !["1", "2"].contains($0) } == [], "cut at \(cut)")
            #expect(Set(lines) == ["1", "2"], "cut at \(cut)")
            #expect(lines.count <= 3, "cut at \(cut)")
            #expect(state.since == "7-0")
        }
    }

    @Test("Stops after the number of events asked for, within one piece")
    func count() {
        var state = TailState(since: nil, remaining: 2)
        #expect(!state.isDone)
        #expect(take(&state, "data: 1\n\ndata: 2\n\ndata: 3\n\n") == ["1", "2"])
        #expect(state.isDone)
        #expect(take(&state, "data: 4\n\n") == [])
        #expect(TailState(since: nil, remaining: 0).isDone)
    }
}
