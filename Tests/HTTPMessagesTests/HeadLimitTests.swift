// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import HTTPMessages

@Suite("Head limits, at the limit and one past it")
struct HeadLimitTests {
    private func expect(
        _ bytes: [UInt8],
        _ expected: MessageError.Code?,
        _ limits: HeadLimits,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(code(bytes, limits: limits) == expected, sourceLocation: location)
        #expect(
            outcome(bytes, limits: limits, pieceSize: 1) == outcome(bytes, limits: limits),
            sourceLocation: location
        )
    }

    @Test("URI")
    func uri() {
        let limits = HeadLimits(uri: 100)
        func target(_ length: Int) -> [UInt8] { request("GET /\(String(repeating: "a", count: length - 1)) HTTP/1.1") }
        self.expect(target(100), nil, limits)
        self.expect(target(101), .uriTooLong, limits)
        self.expect(target(5000), .uriTooLong, limits)
        #expect(code(target(8192)) == nil)
        #expect(code(target(8193)) == .uriTooLong)
        #expect(code(target(8193), limits: HeadLimits(uri: 0)) == nil)
        #expect(code(Array(String(repeating: "A", count: 9000).utf8)) == .badMessage)
    }

    @Test("One field, named in the refusal")
    func field() {
        let limits = HeadLimits(field: 100)
        func line(_ length: Int) -> [UInt8] {
            request("GET / HTTP/1.1", "x-long: " + String(repeating: "a", count: length - 8))
        }
        self.expect(line(100), nil, limits)
        self.expect(line(101), .headTooLarge, limits)
        guard case .refused(let error) = outcome(line(101), limits: limits) else { return #expect(Bool(false)) }
        #expect(error.field == "x-long")
        #expect(code(line(16384)) == nil)
        #expect(code(line(16385)) == .headTooLarge)
    }

    @Test("The whole head")
    func head() {
        let bytes = request("GET / HTTP/1.1", "a: b", "c: d")
        self.expect(bytes, nil, HeadLimits(head: bytes.count))
        self.expect(bytes, .headTooLarge, HeadLimits(head: bytes.count - 1))
    }

    @Test("The number of fields")
    func fields() {
        func head(_ count: Int) -> [UInt8] {
            Array(("GET / HTTP/1.1\r\nhost: a\r\n" + String(repeating: "x: y\r\n", count: count - 1) + "\r\n").utf8)
        }
        self.expect(head(100), nil, HeadLimits())
        self.expect(head(101), .headTooLarge, HeadLimits())
    }
}
