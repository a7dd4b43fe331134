// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

@testable import Edge

/// An HTTP/2 client's bytes, right or wrong, and a server's read back.
enum HTTP2Bytes {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = Self.frame(4)
    static let hello = Self.preface + Self.settings

    /// What a server answers with.
    enum Answer: Equatable {
        case goAway(UInt32)
        case reset(UInt32)
        /// `:status` by its byte of the static table.
        case headers(UInt8)
        case data(String)
        case ping
    }

    static func frame(_ kind: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = UInt32(payload.count)
        return [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), kind, flags]
            + Self.word(stream) + payload
    }

    static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * UInt32($0)) & 0xFF) } }

    static func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] { Self.frame(4, 0, 0, [0, id] + Self.word(value)) }

    static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    /// `0x82`: GET, `0x83`: POST.
    static func head(_ method: UInt8 = 0x82, host: String, path: String = "/none") -> [UInt8] {
        [method, 0x87, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x01, UInt8(host.utf8.count)]
            + Array(host.utf8)
    }

    static func answers(_ bytes: [UInt8]) -> [Answer] {
        var answers: [Answer] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard rest.count >= 9 + length else { break }
            let payload = Array(rest.dropFirst(9).prefix(length))
            rest = rest.dropFirst(9 + length)
            func code(at index: Int) -> UInt32 { payload[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
            switch head[3] {
            case 0: answers.append(.data(String(decoding: payload, as: UTF8.self)))
            case 1: answers.append(.headers(payload.first { $0 & 0x80 != 0 || $0 == 0x08 } ?? 0))
            case 3: answers.append(.reset(code(at: 0)))
            case 6: answers.append(.ping)
            case 7: answers.append(.goAway(code(at: 4)))
            default: break
            }
        }
        return answers
    }
}
