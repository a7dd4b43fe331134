// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Testing
internal import Wire

@Suite("Cursors")
struct CursorTests {
    @Test(
        "are read and written the same",
        arguments: ["0-0", "1767000000123-4", "18446744073709551615-18446744073709551615"]
    )
    func roundTrip(_ text: String) throws {
        let cursor = try #require(Cursor(text))
        #expect(cursor.description == text)
        var buffer = ByteBuffer()
        cursor.write(into: &buffer)
        #expect(String(buffer: buffer) == text)
    }

    @Test(
        "are refused in any other form",
        arguments: [
            "", "-", "1", "1-", "-1", "1-2-3", "01-2", "1-02", "+1-2", "1- 2", "a-b", "18446744073709551616-0",
            "stop-4001",
            "1-99999999999999999999999999999999999999999999",
        ]
    )
    func malformed(_ text: String) { #expect(Cursor(text) == nil) }

    @Test("are ordered by time, then by sequence, and have a successor")
    func order() {
        let cursors = [(0, 0), (0, 1), (1, 0), (1, 7), (2, 3)].map { Cursor(milliseconds: $0.0, sequence: $0.1) }
        #expect(cursors.shuffled().sorted() == cursors)
        #expect(Cursor(milliseconds: 1, sequence: 7).next() == Cursor(milliseconds: 1, sequence: 8))
        #expect(Cursor(milliseconds: 1, sequence: .max).next() == Cursor(milliseconds: 2, sequence: 0))
    }
}
