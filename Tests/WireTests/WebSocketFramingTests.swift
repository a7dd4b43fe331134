// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Testing
internal import Wire

@Suite("WebSocket frames of a server")
struct WebSocketFramingTests {
    private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return Array(buffer.readableBytesView)
    }

    @Test(
        "A text frame has the shortest header that holds its length",
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65_535, [0x81, 126, 0xFF, 0xFF]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func text(_ length: Int, _ header: [UInt8]) {
        #expect(bytes { WebSocketFraming.writeTextHeader(length: length, into: &$0) } == header)
        #expect(WebSocketFraming.headerLength(for: length) == header.count)
    }

    @Test("Control frames")
    func control() {
        #expect(
            bytes { WebSocketFraming.writeClose(.draining, retry: 8200, into: &$0) }
                == [0x88, 21, 0x10, 0x68] + Array("draining retry=8200".utf8)
        )
        #expect(bytes { WebSocketFraming.writeClose(code: 1002, into: &$0) } == [0x88, 2, 0x03, 0xEA])
        #expect(bytes { WebSocketFraming.writeEmptyClose(into: &$0) } == [0x88, 0])
        #expect(bytes { WebSocketFraming.writePing(into: &$0) } == [0x89, 0])
        #expect(bytes { WebSocketFraming.writePong(ByteBuffer(bytes: [1, 2]), into: &$0) } == [0x8A, 2, 1, 2])
    }

    @Test("A long reason is cut between two characters")
    func longReason() {
        let frame = bytes {
            WebSocketFraming.writeClose(code: 4000, reason: String(repeating: "é", count: 80), into: &$0)
        }
        #expect(frame.count == 2 + 124)
        #expect(String(validating: frame[4...], as: UTF8.self) == String(repeating: "é", count: 61))
    }

    @Test("Every close code fits its hundred, and its reason a control frame")
    func codes() {
        for code in CloseCode.allCases {
            #expect(code.isPermanent == (code.rawValue / 100 == 40))
            #expect(code.reason(retry: .max).utf8.count <= 123)
        }
        #expect(CloseCode.tooManyConnections.reason() == "too_many_connections")
    }
}
