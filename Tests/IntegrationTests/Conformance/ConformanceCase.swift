// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Testing

/// One exchange with an echo that keeps to RFC 6455: what is sent, and what has to come back. Pure data, so that the tables
/// could be read to any server.
struct ConformanceCase: Sendable {
    enum Reply: Sendable, Equatable {
        case text([UInt8])
        case binary([UInt8])
        case pong([UInt8])
        /// nil: without a status.
        case close(UInt16?)

        static func text(_ text: String) -> Reply { .text(Array(text.utf8)) }
    }

    /// Group and number, for the report.
    var id: String
    /// Written in this order.
    var sends: [[UInt8]]
    /// Octets of one write; nil: each of `sends` whole.
    var chop: Int?
    /// Where it does not end with a close, the client closes with 1000 and expects the same.
    var expected: [Reply]

    init(_ id: String, _ sends: [[UInt8]], chop: Int? = nil, _ expected: [Reply]) {
        (self.id, self.sends, self.chop, self.expected) = (id, sends, chop, expected)
    }

    private var endsByServer: Bool {
        if case .close = expected.last { true } else { false }
    }

    /// On a connection of its own, to the end of it.
    func run(port: Int) async throws {
        let client = try await EchoClient.open(port: port)
        do {
            let bytes = sends.flatMap { $0 }
            if let chop {
                for start in stride(from: 0, to: bytes.count, by: chop) {
                    // A server that has refused the rest may be gone by now.
                    guard await client.send(Array(bytes[start..<min(start + chop, bytes.count)])) else { break }
                }
            } else {
                for part in sends { guard await client.send(part) else { break } }
            }
            var expected = expected
            if !endsByServer {
                _ = await client.send(ClientFrame.close(1000))
                expected.append(.close(1000))
            }
            var replies: [Reply] = []
            while let reply = try await client.next() { replies.append(reply) }
            // Not the values themselves: they may be megabytes.
            #expect(replies == expected, "\(id): \(replies.map(Self.brief)) instead of \(expected.map(Self.brief))")
        }
        await client.close()
    }

    private static func brief(_ reply: Reply) -> String {
        switch reply {
        case .text(let bytes): "text of \(bytes.count)"
        case .binary(let bytes): "binary of \(bytes.count)"
        case .pong(let bytes): "pong of \(bytes.count)"
        case .close(let code): "close \(code.map(String.init) ?? "without status")"
        }
    }
}

/// Frames as a client sends them: masked.
enum ClientFrame {
    static let text: UInt8 = 1
    static let binary: UInt8 = 2
    static let continuation: UInt8 = 0

    static func make(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, rsv: UInt8 = 0) -> [UInt8] {
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | rsv << 4 | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ...0xFFFF: frame += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: frame += [0xFF] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 0xFF) }
        }
        frame += mask
        let start = frame.count
        frame += payload
        frame.withUnsafeMutableBytes { apply(mask, to: .init(rebasing: $0[start...])) }
        return frame
    }

    /// Word by word: payloads of megabytes would hold a thread of the pool for seconds.
    private static func apply(_ mask: [UInt8], to payload: UnsafeMutableRawBufferPointer) {
        let words = payload.count / 4
        let word = mask.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        for offset in stride(from: 0, to: words * 4, by: 4) {
            let plain = payload.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            payload.storeBytes(of: plain ^ word, toByteOffset: offset, as: UInt32.self)
        }
        for index in words * 4..<payload.count { payload[index] ^= mask[index & 3] }
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] {
        make(Self.text, Array(text.utf8), isFinal: isFinal)
    }

    static func more(_ text: String, isFinal: Bool) -> [UInt8] {
        make(continuation, Array(text.utf8), isFinal: isFinal)
    }

    static func ping(_ text: String = "") -> [UInt8] { make(9, Array(text.utf8)) }
    static func pong(_ text: String = "") -> [UInt8] { make(10, Array(text.utf8)) }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
        make(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    /// One message in frames of `size` octets.
    static func fragmented(_ opcode: UInt8, _ payload: [UInt8], size: Int) -> [UInt8] {
        var frames: [UInt8] = []
        for start in stride(from: 0, to: payload.count, by: size) {
            let end = min(start + size, payload.count)
            frames += make(
                start == 0 ? opcode : continuation,
                Array(payload[start..<end]),
                isFinal: end == payload.count
            )
        }
        return frames
    }
}
