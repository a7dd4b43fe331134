// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Observability

@Suite("W3C trace context")
struct TraceContextTests {
    private static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("A parent is read as it stands")
    func reading() throws {
        let context = try #require(TraceContext(Self.good.utf8))
        #expect(context.trace == TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736))
        #expect(context.span == 0x00f0_67aa_0ba9_02b7)
        #expect(context.isSampled)
        #expect(TraceContext((String(Self.good.dropLast()) + "2").utf8)?.isSampled == false)
    }

    @Test("A version to come may say more, behind a dash")
    func future() {
        let later = "cc" + Self.good.dropFirst(2)
        #expect(TraceContext(later.utf8) != nil)
        #expect(TraceContext((later + "-what-ever").utf8) != nil)
        #expect(TraceContext((later + "x").utf8) == nil)
    }

    @Test(
        "What is not well-formed to the letter is no parent",
        arguments: [
            "", "00", good + "-", good + " ", String(good.dropLast()), "ff" + good.dropFirst(2),
            "0x" + good.dropFirst(2),
            good.uppercased(), good.replacing("-", with: "_"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        ]
    )
    func malformed(text: String) {
        #expect(TraceContext(text.utf8) == nil)
    }

    @Test("tracestate passes with up to 32 members and 512 bytes")
    func state() {
        let members = (0..<33).map { "k\($0)=v" }
        #expect(TraceState.isValid("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE".utf8))
        #expect(TraceState.isValid(members.dropLast().joined(separator: ",").utf8))
        #expect(!TraceState.isValid(members.joined(separator: ",").utf8))
        #expect(TraceState.isValid(("k=" + String(repeating: "v", count: 510)).utf8))
        #expect(!TraceState.isValid(("k=" + String(repeating: "v", count: 511)).utf8))
        for wrong in ["", ",", "novalue", "=v", "k="] { #expect(!TraceState.isValid(wrong.utf8), "\(wrong)") }
    }
}
